"""The short ways of the readers: whatever they answer, the long way answers too."""

import re
import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import Context, Understood, dates, emails, phones
from flows.answers.numbering import plan_of
from flows.compile import Source, Sources
from flows.definition import Flow, Question
from flows.engine import Verdict, begin, step
from flows.events import At, Begin, Mode, Said
from flows.render import Look, prompt_of
from flows.words import key_of
from flows.zones import shown_at
from tests.flows.samples import flow_of

NOW = datetime(2026, 11, 25, 20, tzinfo=UTC)
SESSION = "0123456789abcdef"
EXAMPLES = sorted(
    {
        (number.country_code or 0, phonenumbers.national_significant_number(number))
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in range(11)
        if (number := phonenumbers.example_number_for_type(region, kind))
    }
)


def context(lang: str = "ru", limits: tuple[date | None, date | None] = (None, None)) -> Context:
    return Context(NOW, lang, "Europe/Moscow", limits=limits)


@st.composite
def national_numbers(draw: st.DrawFn) -> tuple[int, str]:
    """A country's code and a number that exists there, or one with some other figures."""
    country, figures = draw(st.sampled_from(EXAMPLES))
    changed = draw(st.dictionaries(st.integers(0, len(figures) - 1), st.sampled_from("0123456789"), max_size=4))
    figures = "".join(changed.get(place, figure) for place, figure in enumerate(figures))
    return country, figures + draw(st.sampled_from(["", "", "", "7"]))


def test_every_number_of_the_library_is_known_and_written_as_the_library_does() -> None:
    """An example of every kind of number in every region."""
    for country, figures in EXAMPLES:
        if not figures.startswith("0"):
            number, plan = phonenumbers.PhoneNumber(country, int(figures)), plan_of(country)
            assert plan is not None
            assert plan.has(figures), (country, figures)
            written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            assert plan.shown(figures) == written


@given(number=national_numbers())
def test_a_numbering_plan_tells_numbers_apart_as_the_library_does(number: tuple[int, str]) -> None:
    country, figures = number
    plan = plan_of(country)
    assert plan is not None
    if not figures.startswith("0"):
        assert plan.has(figures) == phonenumbers.is_valid_number(phonenumbers.PhoneNumber(country, int(figures)))


@given(number=national_numbers(), gaps=st.lists(st.sampled_from(["", "", "", " ", "-", " (", "("]), min_size=20))
def test_a_phone_number_in_full_is_the_one_that_a_search_finds(number: tuple[int, str], gaps: list[str]) -> None:
    country, figures = number
    raw = f"+{country}" + "".join(gap + figure for gap, figure in zip(gaps, figures, strict=False))
    found = phones.read_in_full(raw)
    assert found is None or found == phones.search(raw, context())


def test_a_number_that_may_begin_with_a_trunk_prefix_is_searched_for() -> None:
    """In Belarus, `8` is dialled before numbers; this one is a number with it and without it."""
    assert phones.search("+3758102450911", context()) != Understood("+3758102450911", "+375 8102450911")
    assert phones.read_in_full("+3758102450911") is None


def test_most_numbers_of_the_world_need_no_search() -> None:
    """The short way is taken: else the tests above would say nothing."""
    quick = [phones.read_in_full(f"+{country}{figures}") is not None for country, figures in EXAMPLES]
    assert sum(quick) > 0.8 * len(quick)
    assert phones.read_in_full("+7 916 123-45-67") is not None


@given(raw=st.one_of(st.from_regex(emails._PLAIN, fullmatch=True), st.text("ab.-_+@ АаXx1,<>", max_size=24)))
def test_a_plain_address_is_the_one_that_a_search_finds(raw: str) -> None:
    found = emails.read_plain(raw)
    assert found is None or found == emails.search(raw, context())


def test_an_address_with_a_slip_is_not_plain() -> None:
    assert emails.read_plain("buyer@example.org") is not None
    assert emails.read_plain("buyer@gmial.com") is None
    assert emails.read_plain("mail:buyer@example.org") is None


@given(
    raw=st.one_of(st.from_regex(dates._IN_FULL, fullmatch=True), st.dates().map(lambda day: f"{day:%d.%m.%Y}")),
    lang=st.sampled_from(["ru", "en"]),
    ends=st.tuples(st.none() | st.dates(), st.none() | st.dates()),
)
def test_a_day_in_full_is_the_one_that_a_search_finds(
    raw: str, lang: str, ends: tuple[date | None, date | None]
) -> None:
    found = dates.read_in_full(raw, context(lang, ends))
    assert found is None or found == dates.search(raw, context(lang, ends))
    assert dates.read_in_full("15.12.2026", context(lang)) is not None


@given(text=st.text(max_size=40) | st.text("аёЁйСТОПstop _!.-  \t١ﬁ\u0306", max_size=20))
def test_a_text_is_compared_without_what_stands_between_its_words(text: str) -> None:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    assert key_of(text) == re.sub(r"[\W_]+", " ", plain).strip()


@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["UTC", "Europe/Moscow", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
                          "Africa/Casablanca", "Pacific/Apia", "America/New_York"]),
)  # fmt: skip
def test_a_clock_shows_what_its_zone_says(moment: datetime, zone: str) -> None:
    shown, there = shown_at(moment, ZoneInfo(zone)), moment.astimezone(ZoneInfo(zone))
    assert (shown.date(), shown.time()) == (there.date(), there.time())


@pytest.mark.parametrize("hour", range(48))
def test_a_clock_is_right_in_the_night_when_it_changes(hour: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day in (28, 29):
        moment = datetime(2026, 3, day, hour // 2, 30 * (hour % 2), tzinfo=UTC)
        assert shown_at(moment, berlin).time() == moment.astimezone(berlin).time()


@pytest.mark.parametrize("bounds", ["today..today+730", "today..when+3"])
def test_the_days_to_press_are_those_of_today(bounds: str) -> None:
    """What a question looks like is remembered for a day, and no longer."""
    asked = dates_flow(bounds)

    def days(question: Question, today: date) -> list[str | None]:
        look = Look(asked, "ru", Mode.CHAT, "0123", 1, {"today": today, "when": "2027-01-01"}, {})
        return [choice.code for choice in prompt_of(question, look).choices if choice.code]

    for today in (date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 24)):
        for question in asked.questions.values():
            assert days(question, today)[0] == today.isoformat()


def test_the_ends_of_a_range_move_with_the_day() -> None:
    """The same date is in time on its day, and too late on the next."""
    asked = dates_flow("today..today+730")
    for day, verdict in ((25, Verdict.ENDED), (26, Verdict.ASKED_AGAIN), (25, Verdict.ENDED)):
        now = datetime(2026, 11, day, 12, tzinfo=UTC)
        session = begin(asked, SESSION, "ru", Begin({"when": "2026-12-01"}), At(now, 1)).session
        assert step(asked, session, Said("m1", now, "25.11.2026"), At(now, 2)).verdict is verdict


def dates_flow(bounds: str) -> Flow:
    """Two dates; `bounds` are the range of the second."""
    text = f"""flow: dates
ask:
- when: date
  text: Когда?
- then: date
  text: А потом?
  range: {bounds}
outcomes:
- done: else
"""
    return flow_of(Sources(Source("dates.yml", text)))
