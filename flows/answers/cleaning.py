"""Cleaning: one shape for what people type, whatever keyboard, case and decoration they use."""

import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_QUOTES = dict.fromkeys(map(ord, "‘’ʼ`´"), "'")
_DROPPED = ("Cf", "Cs", "Co", "Cn", "Cc", "Mn", "Me")
"""Format characters, surrogates, unassigned and control characters, and marks that are left after composition."""

WORDLESS = ("S", "P")
EMOJI_JOINS = {"\ufe0f", "\u200d", "\u20e3"}


def plain(text: str) -> str:
    """`text` composed (NFKC), with ASCII digits, dashes, quotes and spaces, without invisible characters.

    Full-width and circled forms become plain ones, Arabic-Indic and other digits 0-9, a no-break or thin space a space.
    """
    text = text.translate(_DASHES).translate(_QUOTES)
    composed = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return " ".join("".join(map(_plain_character, composed)).split())


def _plain_character(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in {"Zs", "Zl", "Zp"} or character == "\x85":
        return " "
    return "" if category in _DROPPED else character


def folded(text: str) -> str:
    """`plain` without case, and with `ё` as `е`: for comparing words."""
    return plain(plain(text).casefold()).replace("ё", "е")


def words_of(text: str) -> str:
    """`folded` with everything but letters and digits as single spaces: for comparing labels."""
    return " ".join("".join(c if c.isalnum() else " " for c in folded(text)).split())
