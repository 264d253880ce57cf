"""The texts of XLSForm's rows in the languages of the flow, with the answers they name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.importers.columns import Languages, Row
from flows.importers.translate import Known
from flows.importers.xpath import Untranslatable

TEXT_LIMIT = 3500
"""Characters, as flows take them."""
HEADING_LIMIT = 200
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")

Texts = Mapping[str, str]
"""A text by language."""


@dataclass(slots=True)
class TextReader:
    """Reads texts, and notes where one language had to stand in for another."""

    languages: Languages
    known: Mapping[str, Known]
    notes: list[str]
    _seen: dict[str, int] = field(default_factory=dict)

    def translated(self, row: Row, column: str, limit: int = TEXT_LIMIT, *, plain: bool = False) -> dict[str, str]:
        """A column in every language of the flow. `plain` texts name no answers. Raises `Untranslatable`."""
        found = row.texts.get(column, {})
        main = in_language(found, self.languages.main)
        if not main:
            raise Untranslatable(f"it has no {column}")
        texts: dict[str, str] = {}
        for lang in self.languages.all:
            if lang not in found:
                self.notes.append(f"Row {row.number} has no {column} in `{lang}`: another language stands in for it.")
            texts[lang] = self._text(found.get(lang, main), limit, plain=plain)
        return texts

    def _text(self, text: str, limit: int, *, plain: bool) -> str:
        if plain:
            whole = text
        else:
            # `split` gives the text between references and the names in them by turns.
            pieces = _REFERENCE.split(text)
            pieces[::2] = [piece.replace("{", "{{").replace("}", "}}") for piece in pieces[::2]]
            pieces[1::2] = [self._reference(name) for name in pieces[1::2]]
            whole = "".join(pieces)
        if len(whole) > limit:
            raise Untranslatable(f"its text has {len(whole)} characters, and {limit} are allowed")
        return whole.strip()

    def _reference(self, name: str) -> str:
        known = self.known.get(name)
        if known is None or known.id == "today":
            raise Untranslatable(f"its text names `{name}`, which is no answer given before")
        return f"{{{known.id}}}"

    def unique(self, text: str, row: Row) -> str:
        """The text, or with a number where an earlier row says the same: nobody could tell the two apart."""
        key = " ".join(text.split()).casefold()
        self._seen[key] = self._seen.get(key, 0) + 1
        if self._seen[key] == 1:
            return text
        self.notes.append(f"Row {row.number} says the same as an earlier one: a number was added to its text.")
        return f"{text} ({self._seen[key]})"


def in_language(texts: Texts, lang: str) -> str:
    """The text of a language, or of the first one; empty when there is none."""
    return texts.get(lang) or next(iter(texts.values()), "")
