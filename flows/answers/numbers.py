"""Numbers: figures and words, as people of both languages write them; an ambiguous separator is asked about."""

import re
from decimal import Decimal

from flows.answers.amounts import Unreadable, find_amount
from flows.answers.cleaning import folded
from flows.answers.reading import Context, Limit, NotUnderstood, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 200
"""Characters: no number needs more, and the rest would be a story with figures in it."""

DIGITS_LIMIT = 15
"""Digits that a float and JavaScript's number both keep exactly."""

_FIGURES = re.compile(r"[0-9]+|[0-9]{1,3}(?: [0-9]{3})+")
"""What most people write, read without the rest of the grammar."""


def read_number(raw: Raw, context: Context) -> Reading:
    """The number that `raw` says."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    text = folded(raw[: TEXT_LIMIT + 1])
    if not text:
        return refuse(Phrase.EMPTY, context)
    if len(text) > TEXT_LIMIT:
        return refuse(Phrase.NOT_A_NUMBER, context)
    if len(text) <= DIGITS_LIMIT and _FIGURES.fullmatch(text):
        value = int(text.replace(" ", ""))
        echo = show_number(value, context.lang)
        return outside(value, context) or Understood(value, echo, repeat=echo.replace("\u00a0", " ") != text)
    try:
        amount = find_amount(text, context.lang)
    except Unreadable as unreadable:
        return refuse(unreadable.code, context)
    values = [number for value in amount.values if (number := as_number(value)) is not None]
    if not values:
        return refuse(Phrase.NUMBER_TOO_LONG, context)
    within = [value for value in values if outside(value, context) is None]
    if not within:
        return outside(values[0], context) or refuse(Phrase.NOT_A_NUMBER, context)
    echo = show_number(within[0], context.lang)
    if len(within) > 1 or amount.doubtful:
        return Unsure(within[0], echo)
    return Understood(within[0], echo, repeat=folded(echo) != text)


def as_number(value: Decimal) -> int | float | None:
    """An int where nothing is lost, else a float; None when there are more digits than both can keep."""
    digits = len(value.as_tuple().digits)
    if digits > DIGITS_LIMIT or abs(value) >= 10**DIGITS_LIMIT:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def outside(value: float, context: Context) -> NotUnderstood | None:
    """Why `value` breaks the question's limits, or None."""
    low, high = context.limits
    if isinstance(low, (int, float)) and value < low:
        return refuse(Phrase.NUMBER_TOO_SMALL, context, min=show_limit(low, context.lang))
    if isinstance(high, (int, float)) and value > high:
        return refuse(Phrase.NUMBER_TOO_BIG, context, max=show_limit(high, context.lang))
    return None


def show_limit(limit: Limit, lang: str) -> str:
    """A limit as it stands in a sentence."""
    return show_number(limit, lang) if isinstance(limit, (int, float)) else str(limit)


def show_number(value: float, lang: str) -> str:
    """`value` so that it reads back as itself: groups by no-break spaces, the language's mark before the fraction.

    A fraction of exactly three digits gets a zero: `1,234` alone could be a thousand and more.
    """
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u00a0")
    whole, _, fraction = format(Decimal(repr(value)), "f").partition(".")
    grouped = ("-" if whole.startswith("-") else "") + f"{abs(int(whole)):,}".replace(",", "\u00a0")
    if not fraction.strip("0"):
        return grouped
    return grouped + ("," if lang == "ru" else ".") + (fraction + "0" if len(fraction) == 3 else fraction)
