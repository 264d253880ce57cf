"""Ratings: a whole number on the question's scale, also as `8/10`, `8 из 10`, stars or one word."""

import re

from flows.answers.amounts import Unreadable, find_amount
from flows.answers.cleaning import folded
from flows.answers.numbers import as_number
from flows.answers.reading import Context, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 100
DEFAULT_SCALE = (0, 10)

_OF_SCALE = re.compile(r"(\d{1,3}) ?(?:/|из|of|out of) ?(\d{1,3})\b")
_STARS = {"⭐", "★", "🌟"}


def read_rating(raw: Raw, context: Context) -> Reading:
    """The rating that `raw` says: an int within the scale."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    low, high = scale(context)
    stars = raw.strip().replace("\ufe0f", "")[: TEXT_LIMIT + 1]
    if stars and set(stars) <= _STARS:
        return _within(len(stars), context, doubt=False)
    text = folded(raw[: TEXT_LIMIT + 1])
    if not text:
        return refuse(Phrase.EMPTY, context)
    if len(text) > TEXT_LIMIT:
        return refuse(Phrase.NOT_A_RATING, context, min=low, max=high)
    if match := _OF_SCALE.search(text):
        if int(match[2]) != high:
            return refuse(Phrase.NOT_A_RATING, context, min=low, max=high)
        text = text[: match.start()] + match[1] + text[match.end() :]
    try:
        amount = find_amount(text, context.lang)
    except Unreadable as unreadable:
        if unreadable.code in {Phrase.NOT_ONE_NUMBER, Phrase.SEVERAL_NUMBERS}:
            return refuse(unreadable.code, context)
        return refuse(Phrase.NOT_A_RATING, context, min=low, max=high)
    value = as_number(amount.values[0])
    if not isinstance(value, int) or len(amount.values) > 1:
        return refuse(Phrase.NOT_A_RATING, context, min=low, max=high)
    return _within(value, context, doubt=amount.doubtful)


def scale(context: Context) -> tuple[int, int]:
    """The lowest and the highest mark."""
    low, high = context.limits
    return (
        int(low) if isinstance(low, (int, float)) else DEFAULT_SCALE[0],
        int(high) if isinstance(high, (int, float)) else DEFAULT_SCALE[1],
    )


def _within(value: int, context: Context, *, doubt: bool) -> Reading:
    low, high = scale(context)
    if not low <= value <= high:
        return refuse(Phrase.RATING_OUTSIDE, context, min=low, max=high)
    return Unsure(value, str(value)) if doubt else Understood(value, str(value))
