"""Dates: what people write, in two languages, from where they are."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import NotUnderstood, read
from flows.answers.dates import show_date
from flows.phrases import LANGUAGES, Phrase
from tests.flows.answers.said import context, say


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("сегодня", "2026-11-25"),
        ("завтра", "2026-11-26"),
        ("Завтра утром", "2026-11-26"),
        ("завтра в 10", "2026-11-26"),
        ("послезавтра в 15:00", "2026-11-27"),
        ("вчера", "2026-11-24"),
        ("15.12", "2026-12-15"),
        ("15.12.2026", "2026-12-15"),
        ("15.12.26", "2026-12-15"),
        ("15 декабря 2026 г.", "2026-12-15"),
        ("15-го декабря", "2026-12-15"),
        ("к 15 декабря", "2026-12-15"),
        ("1 марта", "2027-03-01"),
        ("пятнадцатого декабря", "2026-12-15"),
        ("29 февраля", "2028-02-29"),
        ("2026-12-15", "2026-12-15"),
        ("2026-12-15T10:00:00Z", "2026-12-15"),
        ("через неделю", "2026-12-02"),
        ("через две недели", "2026-12-09"),
        ("через 3 месяца", "2027-02-25"),
        ("через полгода", "2027-05-25"),
        ("3 дня назад", "2026-11-22"),
        ("в пятницу", "2026-11-27"),
        ("пятница, 27 ноября", "2026-11-27"),
        ("пятница, 28 ноября", ("?", "2026-11-28")),
        ("следующий вторник", "2026-12-01"),
        ("в следующую пятницу", ("?", "2026-12-04")),
        ("в пятницу на следующей неделе", "2026-12-04"),
        ("в среду", ("?", "2026-11-25")),
        ("до 15 декабря", ("?", "2026-12-15")),
        ("через пару дней", ("?", "2026-11-27")),
        ("в конце года", ("?", "2026-12-31")),
        ("двадцать пятое декабря", "2026-12-25"),
        ("15 12 2026", "2026-12-15"),
        ("15 12", ("?", "2026-12-15")),
        ("15122026", ("?", "2026-12-15")),
        ("20261215", ("?", "2026-12-15")),
        ("конец декабря", ("?", "2026-12-31")),
        ("через полтора месяца", Phrase.NOT_A_DATE),
        ("через три-четыре дня", Phrase.NOT_A_DATE),
        ("завтра или в пятницу", Phrase.SEVERAL_DATES),
        ("25 декабря или позже", ("?", "2026-12-25")),
        ("в выходные", Phrase.DAY_MISSING),
        ("15 числа", "2026-12-15"),
        ("15", ("?", "2026-12-15")),
        ("31.02", Phrase.NO_SUCH_DATE),
        ("32 декабря", Phrase.NO_SUCH_DATE),
        ("в декабре", Phrase.DAY_MISSING),
        ("12.2026", Phrase.DAY_MISSING),
        ("на следующей неделе", Phrase.DAY_MISSING),
        ("15-20 декабря", Phrase.SEVERAL_DATES),
        ("с 15 по 20 декабря", Phrase.SEVERAL_DATES),
        ("завтра или послезавтра", Phrase.SEVERAL_DATES),
        ("не знаю", Phrase.NOT_A_DATE),
        ("через 999999999 лет", Phrase.NOT_A_DATE),
        ("99999999999999999999", Phrase.NOT_A_DATE),
    ],
)
def test_a_date_is_read_as_russians_write_it(text: str, meant: object) -> None:
    """Seen from the contact's own day, the nearest in the future; never a guessed day of a month."""
    assert say("date", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow at 5pm", "2026-11-26"),
        ("the day after tomorrow", "2026-11-27"),
        ("in two weeks", "2026-12-09"),
        ("two weeks from now", "2026-12-09"),
        ("in half a year", "2027-05-25"),
        ("a month ago", "2026-10-25"),
        ("this Friday", "2026-11-27"),
        ("next Friday", ("?", "2026-12-04")),
        ("Monday next week", "2026-11-30"),
        ("last Friday", "2026-11-20"),
        ("Dec 15th, 2026", "2026-12-15"),
        ("the 15th of December", "2026-12-15"),
        ("twenty-first of December", "2026-12-21"),
        ("May 5", "2027-05-05"),
        ("12/15/2026", "2026-12-15"),
        ("05/06/2027", ("?", "2027-06-05")),
        ("by December 15", ("?", "2026-12-15")),
        ("a week from Friday", Phrase.NOT_A_DATE),
        ("Mon or Tue", Phrase.SEVERAL_DATES),
        ("in May", Phrase.DAY_MISSING),
        ("next week", Phrase.DAY_MISSING),
    ],
)
def test_a_date_is_read_as_english_is_written(text: str, meant: object) -> None:
    """A slash date that two orders allow is asked about."""
    assert say("date", text, "en") == meant


def test_a_day_begins_where_the_contact_is() -> None:
    """At 23:00 in Moscow it is the next day in Vladivostok; an unknown zone is UTC."""
    assert say("date", "завтра", zone="Europe/Moscow") == "2026-11-26"
    assert say("date", "завтра", zone="Asia/Vladivostok") == "2026-11-27"
    assert say("date", "завтра", zone="No/Where") == "2026-11-26"


def test_limits_choose_the_year_of_a_date() -> None:
    """The next one ahead, unless only the past is allowed; a date outside says which one was understood."""
    assert say("date", "15.12", limits=(None, date(2026, 11, 25))) == "2025-12-15"
    assert say("date", "15.12", limits=(date(2027, 1, 1), None)) == "2027-12-15"
    assert say("date", "05/06/2027", "en", limits=(date(2027, 6, 1), None)) == "2027-06-05"
    refusal = read("date", "вчера", context(limits=(date(2026, 11, 25), None)))
    assert isinstance(refusal, NotUnderstood)
    assert "24 ноября 2026" in refusal.sentence
    assert "25 ноября 2026" in refusal.sentence


def test_a_date_in_another_language_is_confirmed() -> None:
    """A flow may be translated into a language without rules of our own; one that nobody knows is no error."""
    assert say("date", "15 Dezember 2026", "de") == ("?", "2026-12-15")
    assert say("date", "15 décembre", "fr") == ("?", "2026-12-15")
    assert say("date", "15 Dezember 2026", "xx") == Phrase.NOT_A_DATE


def test_a_date_in_america_has_its_month_first() -> None:
    """The likelier order is offered first, and still asked about."""
    assert say("date", "05/06/2027", "en", region="US") == ("?", "2027-05-06")


@given(day=st.dates(date(1900, 1, 1), date(2200, 12, 31)), lang=st.sampled_from(LANGUAGES))
def test_a_shown_date_reads_back_as_itself(day: date, lang: str) -> None:
    """In words as shown, in ISO, and in figures."""
    for text in (show_date(day, lang), day.isoformat(), f"{day:%d.%m.%Y}"):
        assert say("date", text, lang) == day.isoformat()
