"""Days: what a text in figures or words may mean, seen from one day. An ambiguous one has several meanings."""

import calendar
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.answers.date_words import (
    AFTER,
    AGO,
    COUPLE,
    DAY,
    DAYS_AWAY,
    END,
    HALF_YEARS,
    LAST,
    MONTH,
    MONTHS,
    NEXT,
    ONE,
    OPEN_END,
    OR,
    ORDINALS,
    SILENT,
    THIS,
    TWO_DAYS_AWAY,
    UNITS,
    VAGUE,
    WEEK,
    WEEKDAYS,
    YEAR,
    YEAR_WORDS,
)
from flows.answers.number_words import HALVES, SMALL
from flows.answers.reading import Context
from flows.phrases import LANGUAGES, Phrase

LIBRARY_TEXT_LIMIT = 40
FAR_YEARS = 8
"""Years that are tried for a day without a year: 29 February may be so far."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The days a text may mean, likeliest first. `doubt`: even a single one is to be confirmed."""

    days: tuple[date, ...]
    doubt: bool = False


class Unreadable(Exception):
    """The text names no single day. `code` says why."""

    def __init__(self, code: Phrase) -> None:
        super().__init__(code)
        self.code = code


def bounds(context: Context) -> tuple[date | None, date | None]:
    """The first and the last day that the question allows."""
    low, high = (limit.date() if isinstance(limit, datetime) else limit for limit in context.limits)
    return low if isinstance(low, date) else None, high if isinstance(high, date) else None


def is_allowed(day: date, context: Context) -> bool:
    """Whether `day` is within the question's limits."""
    low, high = bounds(context)
    return (low is None or low <= day) and (high is None or day <= high)


def nearest(day: int, month: int, now: date, context: Context) -> tuple[date, ...]:
    """The day of a date without a year: the next that the limits allow, else the last one before today."""
    days = []
    for year in range(now.year - FAR_YEARS, now.year + FAR_YEARS + 1):
        with suppress(ValueError):
            days.append(date(year, month, day))
    if not days:
        raise Unreadable(Phrase.NO_SUCH_DATE)
    ahead = [one for one in days if one >= now]
    behind = [one for one in reversed(days) if one < now]
    return next(((one,) for one in ahead + behind if is_allowed(one, context)), (ahead[0],))


_CLOCK = re.compile(
    r"(?:^| )(?:(?:в|к|at) )?(?:\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?|\d{1,2} ?(?:часов|часа|час|ч|утра|вечера|am|pm))\b"
    r"| (?:в|at) \d{1,2}$"
)
_ISO_TIME = re.compile(r"^(\d{4}-\d{2}-\d{2})[t ]\d{2}:\S{1,30}$")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:-?(?:ого|ому|ое|го|му|е|й)|st|nd|rd|th)\b")
_SPACED = re.compile(r"(?<=\d) ?([./]) ?(?=\d)")
_TOKEN = re.compile(r"\d{1,4}(?:[./-]\d{1,4}){1,2}(?![\d./])|\d+|[^\W\d_]+(?:[-'][^\W\d_]+)*|[^\w\s,.()]")
_FIGURES = re.compile(r"(\d{1,4})([./-])(\d{1,4})(?:([./-])(\d{1,4}))?")
STRANGE_WORDS = 4
"""Unknown words around a date that are let pass, to be confirmed; with more it is a story."""


def find_day(text: str, now: date, context: Context) -> Meaning:
    """The days that folded `text` may mean. Raises `Unreadable`."""
    if iso := _ISO_TIME.match(text):
        text = iso[1]
    whole = DAYS_AWAY.get(text)
    if whole is not None:
        return Meaning((_moved(now, whole, DAY),))
    if _FIGURES.fullmatch(text) and (meaning := _by_figures((text,), now, context)):
        return meaning  # one token, whichever way it is split
    said, text = text, _SPACED.sub(r"\1", _ORDINAL.sub(r"\1", _CLOCK.sub(" ", text)))
    tokens = list(_with_ordinals([token for token in _TOKEN.findall(text) if token not in SILENT]))
    if not OR.isdisjoint(tokens) and OPEN_END.isdisjoint(tokens):
        raise Unreadable(Phrase.SEVERAL_DATES)
    weekdays = [WEEKDAYS[token] for token in tokens if token in WEEKDAYS]
    rest = [token for token in tokens if token not in WEEKDAYS]
    for recognise in (_by_figures, _by_month, _by_distance, _by_name, _by_numbers):
        if meaning := recognise(rest, now, context):
            return _checked(meaning, weekdays)
    if len(weekdays) > 1:
        raise Unreadable(Phrase.SEVERAL_DATES)
    if weekdays:
        return _by_weekday(weekdays[0], rest, now)
    if meaning := _by_day_alone(rest, said, now, context):
        return meaning
    if any(token in UNITS or token in MONTHS or token in VAGUE for token in rest):
        raise Unreadable(Phrase.DAY_MISSING)
    if meaning := _in_another_language(said, now, context):
        return meaning
    raise Unreadable(Phrase.NOT_A_DATE)


def _with_ordinals(tokens: Sequence[str]) -> Iterator[str]:
    """Days in words as figures: `двадцать пятое` is one of them."""
    tens = 0
    for token in tokens:
        day = ORDINALS.get(token)
        if SMALL.get(token) in {20, 30} and not tens:
            tens = SMALL[token]
            continue
        if day is not None:
            yield str(tens + int(day)) if int(day) < 10 else day
        else:
            if tens:
                yield str(tens)
            yield token
        tens = 0
    if tens:
        yield str(tens)


def _in_another_language(text: str, now: date, context: Context) -> Meaning | None:
    """What dateparser makes of a text in a language without rules of our own; always to be confirmed.

    It takes milliseconds, and up to a tenth of a second for the first in a language: so only figures with a month in
    words get here, never the languages that the hub itself speaks.
    """
    if context.lang in LANGUAGES or len(text) > LIBRARY_TEXT_LIMIT or not any(map(str.isdigit, text)):
        return None
    from dateparser.date import DateDataParser

    settings = {
        "PARSERS": ["absolute-time"],
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": datetime.combine(now, datetime.min.time()),
        "REQUIRE_PARTS": ["day", "month"],
    }
    try:
        found = DateDataParser(languages=[context.lang], settings=settings).get_date_data(text).date_obj
    except (ValueError, TypeError, OverflowError):  # a language it does not know
        return None
    return Meaning((found.date(),), doubt=True) if found else None


def _checked(meaning: Meaning, weekdays: Sequence[int]) -> Meaning:
    """A weekday beside a date must be that date's own, else it is asked about."""
    if weekdays and any(day.weekday() not in weekdays for day in meaning.days):
        return Meaning(meaning.days, doubt=True)
    return meaning


def _doubt_of(strange: Sequence[str]) -> bool:
    if len(strange) > STRANGE_WORDS:
        raise Unreadable(Phrase.NOT_A_DATE)
    return bool(strange)


def _by_figures(tokens: Sequence[str], now: date, context: Context) -> Meaning | None:
    """`15.12.2026`, `2026-12-15`, `12/15`, `15.12`."""
    found = [match for token in tokens if (match := _FIGURES.fullmatch(token))]
    if not found or any(token in MONTHS for token in tokens):
        return None
    strange = [token for token in tokens if not _FIGURES.fullmatch(token) and token not in YEAR_WORDS]
    if len(found) > 1 or any(token.isdigit() for token in strange):
        raise Unreadable(Phrase.SEVERAL_DATES)
    if any(token in UNITS for token in strange):  # `через 1.5 месяца`
        raise Unreadable(Phrase.NOT_A_DATE)
    doubt = _doubt_of(strange)
    first, mark, second, mark_again, third = found[0].groups()
    if third is None:
        if len(first) > 2 or len(second) > 2:
            raise Unreadable(Phrase.DAY_MISSING)
        days = [day for d, m in _orders(int(first), int(second), mark, context) for day in nearest(d, m, now, context)]
        return Meaning(_unique(days), doubt)
    if mark != mark_again:
        raise Unreadable(Phrase.NOT_A_DATE)
    if len(first) == 4:
        return Meaning((_day(int(first), int(second), int(third)),), doubt)
    if len(third) not in {2, 4} or len(first) > 2 or len(second) > 2:
        raise Unreadable(Phrase.NO_SUCH_DATE)
    year = int(third) if len(third) == 4 else _full_year(int(third), now)
    days = [_day(year, m, d) for d, m in _orders(int(first), int(second), mark, context)]
    return Meaning(_unique(days), doubt or (mark == "-" and len(third) == 2))


def _orders(first: int, second: int, mark: str, context: Context) -> list[tuple[int, int]]:
    """Day and month, likeliest first. Only a slash, in English, leaves the order open."""
    day_first, month_first = (first, second), (second, first)
    if second > 12 >= first >= 1:
        return [month_first]
    if mark != "/" or context.lang == "ru" or first > 12:
        return [day_first]
    return [month_first, day_first] if context.region == "US" else [day_first, month_first]


def _unique(days: Sequence[date]) -> tuple[date, ...]:
    return tuple(dict.fromkeys(days))


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable(Phrase.NO_SUCH_DATE) from None


def _full_year(short: int, now: date) -> int:
    """Two figures of a year: at most twenty years ahead, else of the century before."""
    year = now.year - now.year % 100 + short
    return year if year <= now.year + 20 else year - 100


def _by_month(tokens: Sequence[str], now: date, context: Context) -> Meaning | None:
    """`15 декабря`, `December 15, 2026`."""
    months = [MONTHS[token] for token in tokens if token in MONTHS]
    if not months:
        return None
    figures = [token for token in tokens if token.isdigit() or _FIGURES.fullmatch(token)]
    strange = [token for token in tokens if token not in MONTHS and token not in figures and token not in YEAR_WORDS]
    days = [figure for figure in figures if figure.isdigit() and len(figure) <= 2]
    years = [figure for figure in figures if figure.isdigit() and len(figure) == 4]
    if len(months) > 1 or len(days) + len(years) < len(figures) or len(years) > 1:
        raise Unreadable(Phrase.SEVERAL_DATES)
    if len(days) == 2 and not years and tokens[-1] == days[1] and tokens[-2] in MONTHS:
        years = [str(_full_year(int(days.pop()), now))]  # `15 дек 26`
    if len(days) > 1:
        raise Unreadable(Phrase.SEVERAL_DATES)
    if not days and not years and not END.isdisjoint(strange):
        (last,) = nearest(
            calendar.monthrange(now.year, months[0])[1] if months[0] != 2 else 28, months[0], now, context
        )
        return Meaning((last,), doubt=True)
    if not days:
        raise Unreadable(Phrase.DAY_MISSING)
    doubt = _doubt_of(strange)
    if years:
        return Meaning((_day(int(years[0]), months[0], int(days[0])),), doubt)
    return Meaning(nearest(int(days[0]), months[0], now, context), doubt)


def _by_distance(tokens: Sequence[str], now: date, _context: Context) -> Meaning | None:
    """`через 2 недели`, `in a week`, `3 дня назад`, `a month from now`, `полгода`."""
    words = [part for word in tokens for part in HALF_YEARS.get(word, (word,))]
    units = [word for word in words if word in UNITS]
    counts = [word for word in words if word.isdigit() or word in SMALL or word in ONE or word in COUPLE]
    ahead = not AFTER.isdisjoint(words) or ("from" in words and not {"now", "today"}.isdisjoint(words))
    back = not AGO.isdisjoint(words)
    if len(units) != 1 or not (ahead or back or counts) or not NEXT.isdisjoint(words) or not LAST.isdisjoint(words):
        return None
    unit, half = UNITS[units[0]], "half" in words
    counts = [word for word in counts if word != "a"] or counts
    if len(counts) > 1 or (ahead and back) or (half and unit != YEAR):
        raise Unreadable(Phrase.SEVERAL_DATES)
    count = _count(counts[0]) if counts else 1
    strange = set(words) - AFTER - AGO - set(counts) - set(units) - {"from", "now", "today", "a", "half"}
    if any(word in HALVES or _FIGURES.fullmatch(word) or _is_pair(word) for word in strange):
        raise Unreadable(Phrase.NOT_A_DATE)
    if "from" in words and not ahead:  # `a week from Friday`
        raise Unreadable(Phrase.NOT_A_DATE)
    doubt = _doubt_of(sorted(strange)) or not COUPLE.isdisjoint(words) or not (ahead or back)
    unit, count = (MONTH, 6) if half else (unit, count)
    return Meaning((_moved(now, -count if back else count, unit),), doubt)


def _is_pair(word: str) -> bool:
    """`три-четыре`."""
    first, hyphen, second = word.partition("-")
    return bool(hyphen) and first in SMALL and second in SMALL


def _count(word: str) -> int:
    if word.isdigit():
        return min(int(word), 100_000)
    return 2 if word in COUPLE else SMALL.get(word, 1)


def _moved(day: date, count: int, unit: str) -> date:
    """`day` moved by `count` units; a month's end stays within its month. Raises `Unreadable` past the calendar."""
    try:
        if unit in {DAY, WEEK}:
            return day + timedelta(days=count * (7 if unit == WEEK else 1))
        months = day.year * 12 + day.month - 1 + count * (12 if unit == YEAR else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError, calendar.IllegalMonthError):
        raise Unreadable(Phrase.NOT_A_DATE) from None


def _by_numbers(tokens: Sequence[str], now: date, context: Context) -> Meaning | None:
    """`15 12 2026`, `15 12`, `15122026`, `20261215`: figures alone; all but the first are to be confirmed."""
    if not tokens or not all(token.isdigit() for token in tokens):
        return None
    if len(tokens) == 1 and len(tokens[0]) == 8:
        (text,) = tokens
        year_first = text[:2] in {"19", "20"} and 1 <= int(text[4:6]) <= 12
        parts = (text[:4], text[4:6], text[6:]) if year_first else (text[:2], text[2:4], text[4:])
        return Meaning(_by_figures([".".join(parts)], now, context).days, doubt=True)  # type: ignore[union-attr]
    if len(tokens) not in {2, 3}:
        return None
    found = _by_figures([".".join(tokens)], now, context) if all(len(token) <= 4 for token in tokens) else None
    return Meaning(found.days, doubt=len(tokens) == 2) if found else None


def _by_name(tokens: Sequence[str], now: date, _context: Context) -> Meaning | None:
    """`завтра` among other words, and `конец месяца`."""
    text = " ".join(tokens)
    for name, days in TWO_DAYS_AWAY.items():
        text = text.replace(name, days)
    words = text.split()
    near = [word for word in words if word in DAYS_AWAY]
    if len(set(near)) > 1:
        raise Unreadable(Phrase.SEVERAL_DATES)
    if near:
        strange = [word for word in words if word not in near]
        return Meaning((_moved(now, DAYS_AWAY[near[0]], DAY),), _doubt_of(strange))
    units = [UNITS[token] for token in tokens if token in UNITS]
    if not (END & set(tokens)) or len(units) != 1:
        return None
    later = _moved(now, 1, units[0]) if NEXT & set(tokens) else now
    match units[0]:
        case "week":
            return Meaning((_moved(later, 6 - later.weekday(), DAY),), doubt=True)
        case "month":
            return Meaning((later.replace(day=calendar.monthrange(later.year, later.month)[1]),), doubt=True)
        case "year":
            return Meaning((date(later.year, 12, 31),), doubt=True)
    return None


def _by_weekday(weekday: int, rest: Sequence[str], now: date) -> Meaning:
    """`в пятницу`, `next Friday`. One that may be in this week or in the next is asked about."""
    words = set(rest)
    monday = _moved(now, -now.weekday(), DAY)
    this_week = _moved(monday, weekday, DAY)
    known = {word for word in words if word in UNITS and UNITS[word] == WEEK} | NEXT | LAST | THIS
    doubt = _doubt_of([word for word in rest if word not in known])
    names_week = any(UNITS.get(word) == WEEK for word in words)
    if words & NEXT:
        return Meaning((_moved(this_week, 1, WEEK),), doubt or (this_week > now and not names_week))
    if words & LAST:
        before = _moved(this_week, -1, WEEK) if this_week >= now or names_week else this_week
        return Meaning((before,), doubt)
    if names_week and words & THIS:
        return Meaning((this_week,), doubt)
    ahead = this_week if this_week >= now else _moved(this_week, 1, WEEK)
    return Meaning((ahead,), doubt or ahead == now)


def _by_day_alone(rest: Sequence[str], said: str, now: date, context: Context) -> Meaning | None:
    """`15-го`, `15 числа`: the next such day; a bare figure is confirmed."""
    if len(rest) != 1 or not rest[0].isdigit() or len(rest[0]) > 2 or not 1 <= int(rest[0]) <= 31:
        return None
    days = []
    for months in range(-12, 13):
        with suppress(ValueError):
            days.append(_moved(now.replace(day=1), months, MONTH).replace(day=int(rest[0])))
    ahead = [day for day in days if day >= now]
    behind = [day for day in reversed(days) if day < now]
    found = next((day for day in ahead + behind if is_allowed(day, context)), ahead[0])
    return Meaning((found,), doubt=said == rest[0])
