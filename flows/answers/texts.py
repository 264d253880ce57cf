"""Texts: what was written, without what cannot be stored or shown."""

import unicodedata

from flows.answers.reading import RAW_LIMIT, Context, Raw, Reading, Understood, refuse
from flows.phrases import Phrase

_KEPT = {"\n", "\t"}
_JOINERS = {"\u200d", "\u200c", "\ufe0f"}
"""Parts of emoji and of words in some scripts, though they are format characters."""


def read_text(raw: Raw, context: Context) -> Reading:
    """The text itself, trimmed; `limits` are its length in characters."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    low, high = context.limits
    longest = int(high) if isinstance(high, (int, float)) else RAW_LIMIT
    if len(raw) > max(RAW_LIMIT, longest):
        return refuse(Phrase.TOO_LONG, context, max=longest)
    text = storable(raw)
    if not text or not (text.isprintable() or any(one.isprintable() and not one.isspace() for one in text)):
        return refuse(Phrase.EMPTY, context)
    if len(text) > longest:
        return refuse(Phrase.TOO_LONG, context, max=longest)
    if isinstance(low, (int, float)) and len(text) < low:
        return refuse(Phrase.TOO_SHORT, context, min=int(low))
    return Understood(text, text)


def storable(text: str) -> str:
    """`text` composed, without control characters, surrogates and invisible direction marks, trimmed."""
    if text.isprintable():  # no control characters, no breaks, nothing invisible
        return unicodedata.normalize("NFC", text).strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", "".join(filter(_is_storable, text))).strip()


def _is_storable(character: str) -> bool:
    if character in _KEPT or character in _JOINERS:
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn"}
