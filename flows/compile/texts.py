"""The texts of a flow in all its languages: each key once, none missing, none unknown, placeholders that exist."""

import re
from collections.abc import Collection
from collections.abc import Mapping as Dict
from string import Formatter

from flows.compile.fields import meant
from flows.definition import Texts
from flows.load import Mapping, Node, Report, Scalar, Sequence, Tree
from flows.phrases import LANGUAGES

TEXT_LIMIT = 3_500
"""Characters. A Telegram message has 4,096, and the numbered lines or the heading come on top."""
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
CONTACT_FIELD = re.compile(r"contact\.[a-z][a-z0-9_]*")


class TextBook:
    """Gives every text of the flow in every language, and afterwards knows which translations nobody asked for."""

    def __init__(self, lang: str, translations: Dict[str, Mapping], report: Report) -> None:
        self.lang = lang
        self.report = report
        self._translations = translations
        self._asked: dict[str, str] = {}
        self._allowed: set[str] = set()

    @property
    def langs(self) -> tuple[str, ...]:
        """The languages, the file's own first."""
        return (self.lang, *sorted(self._translations))

    def texts(self, key: str, node: Tree, names: Collection[str], *, limit: int = TEXT_LIMIT) -> Texts | None:
        """The text at `node`, translated by `key`. `names` may stand in `{}` in it. None when it is no text."""
        written = self._written(node, names, limit)
        if written is None:
            return None
        self._asked[key] = written
        found = {self.lang: written}
        for lang, mapping in self._translations.items():
            other = mapping.get(key)
            if other is None:
                self._add_missing(node, key, lang, mapping.file)
            elif (text := self._written(other, names, limit)) is not None:
                found[lang] = text
        return found if len(found) == len(self.langs) else {**dict.fromkeys(self.langs, written), **found}

    def by_language(self, node: Tree, names: Collection[str], key: str) -> Texts | None:
        """A text of the shared settings: one for all by `key`, or each language written out."""
        if not isinstance(node, Mapping):
            return self.texts(key, node, names)
        found: dict[str, str] = {}
        for lang, value in node.pairs:
            if lang.text not in LANGUAGES:
                known = meant(lang.text, LANGUAGES)
                self.report.add(lang, "unknown_language", f"`{lang.text}` is no language here.", known)
            elif (text := self._written(value, names, TEXT_LIMIT)) is not None:
                found[lang.text] = text
        for lang_name in self.langs:
            if lang_name not in found:
                sentence = f"This text is missing in `{lang_name}`, a language of the flow."
                self.report.add(node, "missing_translation", sentence, f"Add `{lang_name}: ...`.")
        return found if all(name in found for name in self.langs) else None

    def words(self, key: str, node: Tree | None) -> Dict[str, Tree]:
        """Where the words of `key` stand, by language. A translation may have some where the flow itself has none."""
        self._allowed.add(key)
        found = {} if node is None else {self.lang: node}
        if node is not None:
            self._asked[key] = ", ".join(one.text for one in _scalars(node))
        for lang, mapping in self._translations.items():
            if (other := mapping.get(key)) is not None:
                found[lang] = other
            elif node is not None:
                self._add_missing(node, key, lang, mapping.file)
        return found

    def finish(self) -> None:
        """Complain about every translation that no text of the flow asked for."""
        for mapping in self._translations.values():
            for key, _ in mapping.pairs:
                if key.text not in self._asked and key.text not in self._allowed:
                    sentence = f"The flow has no text `{key.text}`."
                    self.report.add(key, "unknown_translation", sentence, meant(key.text, self._asked) or "Remove it.")

    def missing(self, lang: str) -> Dict[str, str]:
        """The keys that `lang` lacks, with the text of the flow's own language."""
        mapping = self._translations.get(lang)
        return {key: text for key, text in self._asked.items() if mapping is None or mapping.get(key) is None}

    def _add_missing(self, node: Tree, key: str, lang: str, file: str) -> None:
        sentence = f"`{key}` has no translation to `{lang}`."
        self.report.add(node, "missing_translation", sentence, f"Add `{key}: ...` to {file}.")

    def _written(self, node: Tree, names: Collection[str], limit: int) -> str | None:
        if not isinstance(node, Scalar):
            self.report.add(node, "wrong_value", "A text is expected here, not a list or a mapping.")
            return None
        text = node.text.strip()
        if not text:
            self.report.add(node, "empty_text", "The text is empty.", "Write what the contact reads.")
            return None
        if len(text) > limit:
            self.report.add(node, "too_long", f"The text has {len(text)} characters; {limit} are allowed.", "Cut it.")
        check_placeholders(node, text, names, self.report)
        return text


def _scalars(node: Tree) -> list[Scalar]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return [one for one in items if isinstance(one, Scalar)]


def check_placeholders(node: Node, text: str, names: Collection[str], report: Report) -> None:
    """Every `{name}` must be a question asked before, or a field of the contact."""
    if "{" not in text and "}" not in text:
        return
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        report.add(node, "bad_placeholder", "A brace is not closed.", "Write `{name}`, and `{{` for a brace itself.")
        return
    place = 0
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        place = text.find("{" + name, place)
        known = name in names or CONTACT_FIELD.fullmatch(name)
        if not known or spec or conversion:
            hint = meant(name, names) or "Name a question asked before, or a field such as `{contact.name}`."
            sentence = f"`{{{name}}}` stands for nothing here."
            report.add(node, "unknown_placeholder", sentence, hint, offset=place)
        place += 1


def language_of(text: str) -> str:
    """The language of a file that does not say: Russian where it has Cyrillic letters, else English."""
    return "ru" if CYRILLIC.search(text) else "en"
