"""The free-space guard."""

import asyncio

import pytest
import pytest_asyncio

from hub.store.connection import Database
from hub.store.space import SpaceGuard

EVERYTHING = 2**60


def accepts(guard: SpaceGuard) -> bool:
    return guard.accepting


@pytest_asyncio.fixture
async def database(database: Database) -> Database:
    """A database that exists: the server tells the size of its disk only then."""
    await database["meta"].insert_one({"_id": "schema"})
    return database


async def test_nothing_is_accepted_before_the_first_look(database: Database) -> None:
    """The hub does not take responsibility for what it may have no room for."""
    guard = SpaceGuard(database, 0, 0)
    assert not accepts(guard)
    await guard.check()
    assert accepts(guard)
    assert guard.message is None


async def test_below_the_limit_nothing_is_accepted_and_room_changes_that(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit above what is free closes the hub; when there is room again it opens by itself."""
    monkeypatch.setattr("hub.store.space.CHECK_EVERY_S", 0.01)
    guard = SpaceGuard(database, EVERYTHING, 1.0)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(guard.run())
        async with asyncio.timeout(10):
            while guard.free_bytes is None:
                await asyncio.sleep(0.01)
        assert not accepts(guard)
        assert guard.warning
        assert guard.message is not None
        assert "nothing is accepted" in guard.message
        guard.limit_bytes = 1
        async with asyncio.timeout(10):
            while not accepts(guard):
                await asyncio.sleep(0.01)
        watching.cancel()


async def test_the_warning_comes_at_twice_the_limit(database: Database) -> None:
    """With a little less than double the limit free the hub works on, and says so."""
    guard = SpaceGuard(database, 0, 1.0)
    await guard.check()
    assert guard.free_bytes is not None
    guard.limit_bytes = int(guard.free_bytes * 0.75)
    assert accepts(guard)
    assert guard.warning
    assert guard.message is not None
    assert "nearly full" in guard.message
    guard.limit_bytes = int(guard.free_bytes * 0.25)
    assert not guard.warning


async def test_the_lower_of_the_two_limits_counts(database: Database) -> None:
    """On a small disk the share keeps the bytes from closing the hub for ever."""
    guard = SpaceGuard(database, EVERYTHING, 0.0)
    await guard.check()
    assert accepts(guard)
