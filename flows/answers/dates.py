"""Dates: the day that an answer names, seen from the contact's own, within the question's limits."""

import re
from datetime import date

from flows.answers.cleaning import folded
from flows.answers.date_words import MONTH_NAMES
from flows.answers.days import Unreadable, bounds, find_day, is_allowed
from flows.answers.reading import Context, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase
from flows.zones import shown_at, zone_of

TEXT_LIMIT = 80
FIRST_YEAR, LAST_YEAR = 1900, 2200
_IN_FULL = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})|([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")


def read_date(raw: Raw, context: Context) -> Reading:
    """The day that `raw` names, as ISO `2026-12-15`."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    return read_in_full(raw, context) or search(raw, context)


def read_in_full(raw: str, context: Context) -> Understood | None:
    """A day in figures that leave no doubt, `15.12.2026` or `2026-12-15`: the one `search` finds, without a search.

    None for any other text, and for a day that does not exist or is not allowed.
    """
    match = _IN_FULL.fullmatch(raw)
    if match is None:
        return None
    first, second, third, *iso = match.groups()
    year, month, day = map(int, (third, second, first) if third else iso)
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR or not is_allowed(found, context):
        return None
    return Understood(found.isoformat(), show_date(found, context.lang), repeat=True)


def search(raw: str, context: Context) -> Reading:
    """The day that `raw` names in figures or words."""
    text = folded(raw[: TEXT_LIMIT + 1]).strip(" .,!")
    if not text:
        return refuse(Phrase.EMPTY, context)
    if len(text) > TEXT_LIMIT:
        return refuse(Phrase.NOT_A_DATE, context)
    try:
        meaning = find_day(text, today(context), context)
    except Unreadable as unreadable:
        return refuse(unreadable.code, context)
    days = [day for day in meaning.days if FIRST_YEAR <= day.year <= LAST_YEAR]
    if not days:
        return refuse(Phrase.NOT_A_DATE, context)
    within = [day for day in days if is_allowed(day, context)]
    if not within:
        return _outside(days[0], context)
    echo = show_date(within[0], context.lang)
    if len(within) > 1 or meaning.doubt:
        return Unsure(within[0].isoformat(), echo)
    return Understood(within[0].isoformat(), echo, repeat=folded(echo) != text)


def today(context: Context) -> date:
    """The contact's own day."""
    return shown_at(context.now, zone_of(context.zone)).date()


def show_date(day: date, lang: str) -> str:
    """`15 December 2026`."""
    names = MONTH_NAMES["ru" if lang == "ru" else "en"]
    return f"{day.day} {names[day.month - 1]} {day.year}"


def _outside(day: date, context: Context) -> Reading:
    low, high = bounds(context)
    shown = show_date(day, context.lang)
    if low is not None and day < low:
        return refuse(Phrase.DATE_TOO_EARLY, context, value=shown, min=show_date(low, context.lang))
    assert high is not None
    return refuse(Phrase.DATE_TOO_LATE, context, value=shown, max=show_date(high, context.lang))
