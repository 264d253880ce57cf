"""Dates: the day that an answer names, seen from the contact's own, within the question's limits."""

from datetime import UTC, date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.answers.cleaning import folded
from flows.answers.date_words import MONTH_NAMES
from flows.answers.days import Unreadable, bounds, find_day, is_allowed
from flows.answers.reading import Context, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 80
FIRST_YEAR, LAST_YEAR = 1900, 2200


def read_date(raw: Raw, context: Context) -> Reading:
    """The day that `raw` names, as ISO `2026-12-15`."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
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
    try:
        zone = ZoneInfo(context.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return context.now.astimezone(UTC).date()
    return context.now.astimezone(zone).date()


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
