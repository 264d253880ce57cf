"""Cleaning: one shape for what people type, whatever keyboard, case and decoration they use."""

import unicodedata
from functools import lru_cache

_DASHES = dict.fromkeys("‐‑‒–—―−﹣－", "-")
_QUOTES = dict.fromkeys("‘’ʼ`´", "'")
_DROPPED = {"Cf", "Cs", "Co", "Cn", "Cc", "Mn", "Me"}
"""Format characters, surrogates, unassigned and control characters, and marks that are left after composition."""

KNOWN_CHARACTERS = 4_096
"""Characters whose plain form is kept: several alphabets, and a bound for whoever sends all of Unicode."""


class _Plain(dict[int, str]):
    """What each character of composed text becomes, worked out once."""

    def __missing__(self, code: int) -> str:
        result = _plain_character(chr(code))
        if len(self) < KNOWN_CHARACTERS:
            self[code] = result
        return result


def _plain_character(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    if special := _DASHES.get(character) or _QUOTES.get(character):
        return special
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in {"Zs", "Zl", "Zp"} or character == "\x85":
        return " "
    return "" if category in _DROPPED else character


_PLAIN = _Plain()
_MARKS = {ord(character): plain for character, plain in (_DASHES | _QUOTES).items()}


def plain(text: str) -> str:
    """`text` composed (NFKC), with ASCII digits, dashes, quotes and spaces, without invisible characters.

    Full-width and circled forms become plain ones, Arabic-Indic and other digits 0-9, a no-break or thin space a space.
    """
    if not text.isascii():
        text = unicodedata.normalize(
            "NFKC", text.translate(_MARKS)
        )  # NFKC splits some marks into a space and an accent
    return " ".join(text.translate(_PLAIN).split())


def folded(text: str) -> str:
    """`plain` without case, and with `ё` as `е`: for comparing words."""
    folding = plain(text).casefold()
    return (folding if folding.isascii() else plain(folding)).replace("ё", "е")


def words_of(text: str) -> str:
    """`folded` with everything but letters and digits as single spaces: for comparing labels."""
    return " ".join("".join(c if c.isalnum() else " " for c in folded(text)).split())


@lru_cache(maxsize=4_096)
def name_of(label: str) -> str:
    """`words_of` for what authors write, which is compared with every answer."""
    return words_of(label)


@lru_cache(maxsize=4_096)
def plain_label(label: str) -> str:
    """`plain` for what authors write."""
    return plain(label)
