"""The columns of XLSForm under all their names, and the languages of their texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.importers.sheets import Line, Sheet

LANGUAGES = ("ru", "en")
"""What the engine speaks: a flow in another language could not say its own sentences."""

# Names as pyxform takes them (pyxform/aliases.py), besides those that differ only in capitals, blanks and underscores.
_ALIASES = {
    "caption": "label",
    "command": "type",
    "tag": "name",
    "value": "name",
    "relevance": "relevant",
    "bind_relevant": "relevant",
    "bind_constraint": "constraint",
    "bind_required": "required",
    "bind_calculate": "calculation",
    "bind_readonly": "read_only",
    "calculate": "calculation",
    "readonly": "read_only",
    "constraining_message": "constraint_message",
    "constraint_msg": "constraint_message",
    "bind_jr_constraintmsg": "constraint_message",
    "jr_constraintmsg": "constraint_message",
    "requiredmsg": "required_message",
    "bind_jr_requiredmsg": "required_message",
    "media_image": "image",
    "media_big-image": "image",
    "big-image": "image",
    "media_audio": "audio",
    "media_video": "video",
    "list": "list_name",
    "set_form_title": "form_title",
    "title": "form_title",
    "set_form_id": "form_id",
    "id_string": "form_id",
}
_TEXTS = ("label", "hint", "constraint_message", "required_message", "guidance_hint", "image", "audio", "video")
"""Columns that a language may follow."""
_CODE = re.compile(r"\(\s*([a-zA-Z]{2,3})(?:[-_]\w+)?\s*\)\s*$")
_NAMES = {"english": "en", "en": "en", "russian": "ru", "русский": "ru", "ru": "ru", "default": ""}
_CYRILLIC = re.compile("[А-Яа-яЁё]")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet: plain cells by column, and texts by column and language."""

    number: int
    cells: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]

    def cell(self, column: str) -> str:
        """A plain cell; empty where there is none."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Languages:
    """The language of the flow, its others, those that were left out, and how the headers call each."""

    main: str
    others: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        """The languages of the flow, its own first."""
        return (self.main, *self.others)


def column_of(header: str) -> tuple[str, str]:
    """The column that a header means, and the language after it: `label::English (en)` is `label`, `English (en)`."""
    head, colons, language = header.partition("::")
    if not colons:
        head, _, language = header.partition(":")
    plain = _plain(head)
    if plain in {"media", "bind", "control", "jr"}:
        inner, _, language = language.partition("::")
        plain = f"{plain}_{_plain(inner)}"
    column = _ALIASES.get(plain, plain)
    return (column, language.strip()) if column in _TEXTS else (_ALIASES.get(_plain(header), column), "")


def _plain(header: str) -> str:
    return re.sub(r"[\s_:]+", "_", header.strip().lower())


def languages_of(survey: Sheet, choices: Sheet, default: str) -> Languages:
    """Which languages the texts are in. `default` is what the settings call the first one."""
    codes = {language: _code_of(language) for language in (*_labels(survey), *_labels(choices))}
    if "" in codes:
        codes[""] = _known_code(default) or _guess(survey, "")
    candidates = [name for name in ("", default, *codes) if name in _labels(survey)] or [""]
    first = next((name for name in candidates if codes.get(name) in LANGUAGES), candidates[0])
    main = codes.get(first, "")
    spoken = main if main in LANGUAGES else _guess(survey, first)
    others = tuple(dict.fromkeys(code for code in codes.values() if code in LANGUAGES and code != spoken))
    left_out = tuple(name for name, code in codes.items() if name != first and code not in LANGUAGES)
    headers = {name: code for name, code in codes.items() if code in {spoken, *others}}
    return Languages(spoken, others, left_out, headers | {first: spoken})


def _labels(sheet: Sheet) -> list[str]:
    """The languages that labels are in."""
    return [language for column, language in map(column_of, sheet.headers) if column == "label"]


def _known_code(name: str) -> str:
    code = _code_of(name)
    return code if code in LANGUAGES else ""


def _code_of(name: str) -> str:
    if found := _CODE.search(name):
        return found[1].lower()
    return _NAMES.get(name.strip().lower(), name.strip().lower())


def _guess(sheet: Sheet, language: str) -> str:
    """Russian where a label has Cyrillic letters."""
    labels = (
        text for line in sheet.lines for header, text in line.cells.items() if column_of(header) == ("label", language)
    )
    return "ru" if any(_CYRILLIC.search(text) for text in labels) else "en"


def read_row(line: Line, languages: Languages) -> Row:
    """A line with its columns under their names."""
    cells: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for header, text in line.cells.items():
        column, language = column_of(header)
        if column not in _TEXTS:
            cells.setdefault(column, text)
        elif (code := languages.headers.get(language)) is not None:
            texts.setdefault(column, {}).setdefault(code, text)
        elif not language:
            # A column without a language beside columns with one: `hint` beside `label::English (en)`.
            texts.setdefault(column, {}).setdefault(languages.main, text)
    return Row(line.number, cells, texts)
