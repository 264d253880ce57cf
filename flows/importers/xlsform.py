"""XLSForm (ODK, KoboToolbox, SurveyCTO) becomes a flow: the questions, their texts, conditions and limits.

The conventions are those of pyxform (https://xlsform.org). Refused, with row and reason, is what flows do not have:
repeats, calculations other than a score, ranking, times, drawings, filtered options, regular expressions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.importers.choices import code_of, read_choices
from flows.importers.columns import Languages, languages_of, read_row
from flows.importers.sheets import CannotImport, FileKind, Sheet, read_sheets
from flows.importers.survey import Refusal, SurveyReader
from flows.importers.texts import TextReader
from flows.importers.writing import Draft, translation, written

THANKS = {"ru": "Спасибо за ответы!", "en": "Thank you for your answers!"}


@dataclass(frozen=True, slots=True)
class Imported:
    """The flow as YAML, its translations by language, and what did not come along.

    `imported` of `total` questions are in the flow; both are questions alone, without notes and groups. `refusals` are
    in the order of the rows; `notes` say what was changed on the way. Without any question, `yaml` is empty.
    """

    name: str
    lang: str
    yaml: str
    translations: Mapping[str, str]
    imported: int
    total: int
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return f"imported {self.imported} of {self.total} questions"


def import_xlsform(source: bytes | Path, kind: FileKind | str | None = None, *, name: str = "") -> Imported:
    """Read an XLSForm. `kind` is `xlsx` or `csv`, by default the file's ending; `name` is a name for the flow.

    Raises `CannotImport` when the file as a whole cannot be read, with what to do about it.
    """
    if isinstance(source, Path):
        kind, name = kind or source.suffix.lstrip(".").lower(), name or source.stem
        source = _read(source)
    try:
        sheets = read_sheets(source, FileKind(kind or FileKind.XLSX))
    except ValueError as error:
        if isinstance(error, CannotImport):
            raise
        raise CannotImport(f"A file of kind `{kind}` cannot be read. Save it as .xlsx or .csv.") from error
    settings = _settings(sheets.get("settings", Sheet()))
    survey, choices = sheets["survey"], sheets.get("choices", Sheet())
    languages = languages_of(survey, choices, settings.get("default_language", ""))
    flow = code_of(settings.get("form_id") or name or settings.get("form_title", ""), ())
    draft = Draft(flow if flow[0].isalpha() else f"f_{flow}", languages.main, settings.get("form_title"))
    return _imported(draft, survey, choices, languages)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotImport(f"The file {path.name} cannot be read: {error.strerror}.") from error


def _settings(sheet: Sheet) -> Mapping[str, str]:
    if not sheet.lines:
        return {}
    return read_row(sheet.lines[0], Languages("en")).cells


def _imported(draft: Draft, survey: Sheet, choices: Sheet, languages: Languages) -> Imported:
    lists = read_choices([read_row(line, languages) for line in choices.lines])
    texts = TextReader(languages, {}, [])
    reader = SurveyReader(draft, texts, lists)
    reader.read([read_row(line, languages) for line in survey.lines])
    end = "done"
    while end in reader.ids:
        end += "_1"
    draft.outcomes.append({end: "else", "say": THANKS[draft.lang]})
    for lang in languages.others:
        translations = draft.translations.setdefault(lang, {})
        translations[end] = THANKS[lang]
        if draft.title:
            translations["title"] = draft.title
    for language in languages.left_out:
        reader.refuse_part(1, f"the engine does not speak the language `{language}`", "its texts are left out")
    found = reader.imported > 0
    return Imported(
        name=draft.name,
        lang=draft.lang,
        yaml=written(draft) if found else "",
        translations={lang: translation(draft, lang) for lang in languages.others} if found else {},
        imported=reader.imported,
        total=reader.total,
        refusals=tuple(sorted(reader.refusals, key=lambda refusal: refusal.row)),
        notes=tuple(texts.notes),
    )
