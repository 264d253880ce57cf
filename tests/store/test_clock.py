"""The database's time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.clock import DatabaseClock
from hub.store.connection import Database

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clocks:
    """A database's clock and a monotonic one that a test turns."""

    def __init__(self) -> None:
        self.database_time = NOON
        self.seconds = 100.0

    async def read(self) -> datetime:
        return self.database_time

    def monotonic(self) -> float:
        return self.seconds


def turned(clocks: Clocks, database: Database) -> DatabaseClock:
    return DatabaseClock(database, read=clocks.read, monotonic=clocks.monotonic)


async def test_the_time_is_the_database_s(database: Database) -> None:
    """It agrees with $$NOW, is aware, and has the store's precision."""
    clock = DatabaseClock(database)
    await clock.sync()
    before = clock.now()
    await database["times"].update_one({"_id": 1}, [{"$set": {"at": "$$NOW"}}], upsert=True)
    after = clock.now()
    stored = await database["times"].find_one()
    assert stored is not None
    assert before - timedelta(milliseconds=50) <= stored["at"] <= after + timedelta(milliseconds=50)
    assert after.tzinfo is UTC
    assert after.microsecond % 1000 == 0


async def test_between_samples_the_time_goes_on(database: Database) -> None:
    """The monotonic clock carries it; the wall clock is not asked."""
    clocks = Clocks()
    clock = turned(clocks, database)
    await clock.sync()
    clocks.seconds += 7.25
    assert clock.now() == NOON + timedelta(seconds=7.25)


async def test_a_later_sample_moves_the_time_forward(database: Database) -> None:
    """A database that was ahead of what we thought is believed at once."""
    clocks = Clocks()
    clock = turned(clocks, database)
    await clock.sync()
    clocks.database_time += timedelta(hours=1)
    await clock.sync()
    assert clock.now() == NOON + timedelta(hours=1)


@given(jumps=st.lists(st.tuples(st.integers(-4_000_000, 4_000_000), st.floats(0, 100)), max_size=20))
async def test_the_time_never_goes_backwards(jumps: list[tuple[int, float]]) -> None:
    """Whatever the database's clock does, each reading is at or after the one before."""
    clocks = Clocks()
    clock = DatabaseClock(None, read=clocks.read, monotonic=clocks.monotonic)  # type: ignore[arg-type]
    await clock.sync()
    last = clock.now()
    for jump_ms, passed_s in jumps:
        clocks.database_time += timedelta(milliseconds=jump_ms)
        clocks.seconds += passed_s
        await clock.sync()
        assert clock.now() >= last
        last = clock.now()


async def test_the_time_before_the_first_sample_is_an_error(database: Database) -> None:
    """Nobody gets the wall clock by mistake."""
    with pytest.raises(RuntimeError, match="sync"):
        DatabaseClock(database).now()
