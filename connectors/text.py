"""Text on its way in and out: cleaned, cut where a reader would cut it, and buttons as lines where there are none."""

import re
import unicodedata
from collections.abc import Sequence

import regex

from hub.model.message import Button

NAME_LIMIT = 128
CUT_MARK = "…"

_NEWLINES = re.compile(r"\r\n?|\u2028|\u2029")
# NUL breaks BSON keys and terminals, lone surrogates break UTF-8; a newline and a tab are all that a message needs.
_NEVER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_HARMLESS = bytes(range(32, 127)) + b"\n\t"
_GRAPHEME = regex.compile(r"\X")
# Where a text may be broken, the best place first: between paragraphs, lines, sentences, words.
_BREAKS = (re.compile(r"\n\n+"), re.compile(r"\n"), re.compile(r"(?<=[.!?…;:])\s+"), re.compile(r"\s+"))


def clean_text(text: str) -> str:
    """A message's text without characters that no store or screen can keep: NUL, other controls, lone surrogates."""
    if text.isprintable():  # nearly every text of one line: nothing of what follows is in it
        return text
    text = text.replace("\r\n", "\n")
    if text.isascii() and not text.encode().translate(None, _HARMLESS):  # a fifth of the work of what follows
        return text
    if text.replace("\n", "").replace("\t", "").isprintable():  # nor in nearly every text of several
        return text
    return _NEVER.sub("", _NEWLINES.sub("\n", text))


def clean_name(name: str, limit: int = NAME_LIMIT) -> str:
    """A name on one line, without bidi controls and zero-width characters that could make it look like another.

    Empty when nothing is left.
    """
    if name.isascii() and name.isprintable():
        return cut(" ".join(name.split()), limit)
    one_line = " ".join(clean_text(name).split())
    visible = "".join(c for c in unicodedata.normalize("NFC", one_line) if unicodedata.category(c) != "Cf")
    return cut(" ".join(visible.split()), limit)


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters (at least 1), with a mark where something was left out."""
    if len(text) <= limit:
        return text
    return _head(text, limit - len(CUT_MARK)) + CUT_MARK


def split_text(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` characters, broken between paragraphs, lines, sentences or words.

    Only white space at the breaks is lost. A word longer than `limit` is broken between visible characters, and a
    visible character longer than `limit` between code points. No parts for a text of white space.
    """
    parts = []
    rest = text.strip()
    while len(rest) > limit:
        end = cut_places(rest, limit)[0]
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    if rest:
        parts.append(rest)
    return parts


def cut_places(text: str, limit: int) -> list[int]:
    """Where a first part of at most `limit` characters of `text` may end, the best place first; never empty.

    Paragraphs, lines, sentences and words in the second half of it; then any of those; then between visible characters.
    """
    window = text[: limit + 1]
    good, early = [], []
    for pattern in _BREAKS:
        ends = [match.start() for match in pattern.finditer(window) if 0 < match.start() <= limit]
        good += [end for end in reversed(ends) if end >= limit // 2]
        early += [end for end in reversed(ends) if end < limit // 2]
    return [*good, *sorted(early, reverse=True), len(_head(text, limit)) or limit]


def with_numbered_lines(text: str, buttons: Sequence[Button]) -> str:
    """`text` with its quick replies as numbered lines, for channels without buttons."""
    lines = [f"{number}. {clean_name(button.label)}" for number, button in enumerate(buttons, 1)]
    return "\n".join([*([text, ""] if text and lines else [text] if text else []), *lines])


def _head(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` characters that cuts no visible character; maybe empty."""
    end = 0
    # The window is longer than the limit, so that a visible character across the limit is seen whole.
    for match in _GRAPHEME.finditer(text[: limit + 64]):
        if match.end() > limit:
            break
        end = match.end()
    return text[:end]
