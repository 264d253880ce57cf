"""Reminders by the contact's own clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.definition import Hours
from flows.effects import SetTimer
from flows.engine import Verdict, begin, step
from flows.engine.timers import at_a_good_hour
from flows.events import At, Begin, Due, TimedOut
from flows.session import State
from tests.flows.samples import b2b, flow_of

NIGHT = Hours(time(21), time(9))
SESSION = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("zone", "moment", "due"),
    [
        ("Europe/Moscow", "2026-11-23T12:00", "2026-11-23T12:00"),
        ("Europe/Moscow", "2026-11-23T21:00", "2026-11-24T09:00"),
        ("Europe/Moscow", "2026-11-24T08:59", "2026-11-24T09:00"),
        ("Europe/Moscow", "2026-11-24T09:00", "2026-11-24T09:00"),
        # The clocks go forward in the night to 29 March and back in that to 25 October: nine is nine on both days.
        ("Europe/Berlin", "2026-03-28T23:30", "2026-03-29T09:00"),
        ("Europe/Berlin", "2026-10-24T23:30", "2026-10-25T09:00"),
        ("Asia/Kolkata", "2026-11-23T22:15", "2026-11-24T09:00"),
    ],
)
def test_a_reminder_in_quiet_hours_waits_for_their_end_by_the_wall_clock(zone: str, moment: str, due: str) -> None:
    there = ZoneInfo(zone)
    asked = datetime.fromisoformat(moment).replace(tzinfo=there).astimezone(UTC)
    assert at_a_good_hour(asked, NIGHT, there).astimezone(there).isoformat(timespec="minutes")[:16] == due


def test_the_night_of_the_change_of_clocks_is_an_hour_shorter_or_longer() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
    assert at_a_good_hour(spring, NIGHT, berlin) - spring == timedelta(hours=8, minutes=30)
    assert at_a_good_hour(autumn, NIGHT, berlin) - autumn == timedelta(hours=10, minutes=30)


def test_an_end_of_quiet_hours_that_the_clocks_leave_out_still_comes() -> None:
    """Half past two does not exist in the night to 29 March: an hour later does."""
    berlin = ZoneInfo("Europe/Berlin")
    due = at_a_good_hour(datetime(2026, 3, 28, 23, tzinfo=UTC), Hours(time(22), time(2, 30)), berlin)
    assert due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def at(now: datetime, turn: int, zone: str = "Europe/Moscow") -> At:
    return At(now, turn, zone=zone)


def test_a_timer_of_an_older_turn_does_nothing() -> None:
    flow, now = flow_of(b2b()), datetime(2026, 11, 23, 9, tzinfo=UTC)
    session = begin(flow, SESSION, "ru", Begin(), at(now, 5)).session
    later = now + timedelta(hours=3)
    for due in Due:
        late = step(flow, session, TimedOut(due, 4), at(later, 6))
        assert (late.session, late.effects, late.verdict) == (session, (), Verdict.NOTHING)
    assert step(flow, session, TimedOut(Due.REMIND, 5), at(later, 6)).verdict is Verdict.REMINDED


def test_a_contact_who_has_moved_to_a_zone_where_it_is_night_is_reminded_in_the_morning() -> None:
    """The wall time counts when the timer fires, not when it was set."""
    flow, now = flow_of(b2b()), datetime(2026, 11, 23, 9, tzinfo=UTC)
    session = begin(flow, SESSION, "ru", Begin(), at(now, 1)).session
    fired = step(flow, session, TimedOut(Due.REMIND, 1), at(now + timedelta(hours=2), 2, "Pacific/Auckland"))
    morning = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert fired.effects == (SetTimer(Due.REMIND, morning.astimezone(UTC)),)
    assert fired.session == session


def test_a_session_closes_once() -> None:
    flow, now = flow_of(b2b()), datetime(2026, 11, 23, 9, tzinfo=UTC)
    session = begin(flow, SESSION, "ru", Begin(), at(now, 1)).session
    closed = step(flow, session, TimedOut(Due.CLOSE, 1), at(now + timedelta(days=3), 2))
    assert (closed.session.state, closed.session.outcome) == (State.ABANDONED, "abandoned")
    assert step(flow, closed.session, TimedOut(Due.CLOSE, 1), at(now + timedelta(days=3), 3)).verdict is Verdict.NOTHING


def test_a_zone_that_does_not_exist_is_utc() -> None:
    flow, now = flow_of(b2b()), datetime(2026, 11, 23, 20, tzinfo=UTC)
    taken = begin(flow, SESSION, "ru", Begin(), at(now, 1, "Nowhere/Atall"))
    assert SetTimer(Due.REMIND, datetime(2026, 11, 24, 9, tzinfo=UTC)) in taken.effects
