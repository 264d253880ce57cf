"""Leases: one owner at a time, and a number that tells a late one apart."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.store.connection import Database
from hub.store.errors import LeaseLost, StoreUnavailable
from hub.store.leases import Lease, Leases
from tests.services.faults import Faulty


async def expire(database: Database, name: str) -> None:
    """As if the lease's time were over."""
    await database["leases"].update_one({"_id": name}, [{"$set": {"expires_at": {"$subtract": ["$$NOW", 1]}}}])


async def test_while_one_holds_it_nobody_else_gets_it(database: Database) -> None:
    """The second owner gets None, and gets it once the first gave it back."""
    leases = Leases(database)
    first = await leases.acquire("channel:1", "hub a", 60)
    assert first is not None
    assert await leases.acquire("channel:1", "hub b", 60) is None
    assert await leases.acquire("channel:2", "hub b", 60) is not None
    await leases.release(first)
    second = await leases.acquire("channel:1", "hub b", 60)
    assert second is not None
    assert second.fence > first.fence


async def test_of_many_who_ask_at_once_one_gets_it(database: Database) -> None:
    """Fifty owners race for one new lease and for one that expired."""
    leases = Leases(database)
    for _ in range(2):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(leases.acquire("channel:1", f"hub {number}", 60)) for number in range(50)]
        assert sum(task.result() is not None for task in tasks) == 1
        await expire(database, "channel:1")


async def test_the_same_owner_keeps_its_number_and_gets_more_time(database: Database) -> None:
    """Asking again is renewing."""
    leases = Leases(database)
    first = await leases.acquire("channel:1", "hub a", 60)
    again = await leases.acquire("channel:1", "hub a", 120)
    assert first is not None
    assert again is not None
    assert again.fence == first.fence
    assert again.expires_at > first.expires_at + timedelta(seconds=50)


async def test_each_new_owner_has_a_larger_number(database: Database) -> None:
    """Also an owner that comes back after its lease was over, and after the old document was removed."""
    leases = Leases(database)
    fences: list[int] = []
    for owner in ("a", "b", "a", "a", "b"):
        lease = await leases.acquire("channel:1", owner, 60)
        assert lease is not None
        fences.append(lease.fence)
        await expire(database, "channel:1")
    await database["leases"].delete_many({})
    await asyncio.sleep(0.002)  # the database's clock must have moved on by the millisecond that a number counts
    last = await leases.acquire("channel:1", "c", 60)
    assert last is not None
    assert [*fences, last.fence] == sorted({*fences, last.fence})


async def test_an_owner_paused_past_its_lease_is_found_out(database: Database) -> None:
    """It can neither renew nor give back what another owns by now, and the other does not notice it."""
    leases = Leases(database)
    late = await leases.acquire("channel:1", "hub a", 60)
    assert late is not None
    await expire(database, "channel:1")
    assert not await leases.holds(late)
    current = await leases.acquire("channel:1", "hub b", 60)
    assert current is not None
    assert await leases.renew(late) is None
    await leases.release(late)
    assert await leases.holds(current)
    assert not await leases.holds(late)


async def test_giving_back_ends_though_the_database_is_silent(database: Database) -> None:
    """Whoever stops does not wait for it, and gives the lease back where it can."""
    leases = Leases(database)
    lease = await leases.acquire("channel:1", "hub a", 60)
    assert lease is not None
    silent = Faulty(leases._collection, "update_one")
    leases._collection = silent  # type: ignore[assignment]
    silent.hold()
    await leases.give_back(lease, 0.05)
    assert silent.met.is_set()
    assert await leases.acquire("channel:1", "hub b", 60) is None
    silent.held.set()
    await leases.give_back(lease)
    assert await leases.acquire("channel:1", "hub b", 60) is not None


async def test_what_runs_under_a_lease_is_stopped_when_it_is_lost(database: Database) -> None:
    """It renews the lease while it runs; when another has it, it ends, and the other goes on."""
    leases, stopped = Leases(database), asyncio.Event()
    holding = asyncio.Event()

    async def hold(owner: str) -> None:
        async with leases.held("channel:1", owner, 6):
            holding.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        first = group.create_task(_lost(hold("hub a")))
        await holding.wait()
        holding.clear()
        asked = await _ends(database)
        while await _ends(database) == asked:
            await asyncio.sleep(0.05)
        assert not stopped.is_set()
        second = group.create_task(hold("hub b"))
        await database["leases"].update_one({"_id": "channel:1"}, {"$set": {"owner": "hub b"}, "$inc": {"fence": 1}})
        await holding.wait()
        assert await first
        assert stopped.is_set()
        second.cancel()
    assert await leases.acquire("channel:1", "hub c", 60) is not None


async def test_whoever_waits_has_a_lease_soon_after_it_was_given_back(database: Database) -> None:
    """However long leases run: a hub that is stopped leaves the next one no pause."""
    leases = Leases(database)
    holding = await leases.acquire("channel:1", "hub a", 3_600)
    assert holding is not None
    asked = Faulty(leases._collection, "find_one_and_update")
    leases._collection = asked  # type: ignore[assignment]

    async def hold() -> None:
        async with leases.held("channel:1", "hub b", 3_600):
            pass

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(hold())
        await asked.met.wait()
        await leases.release(holding)


async def test_what_runs_under_a_lease_ends_with_it_where_the_database_is_silent(database: Database) -> None:
    """No error comes on a connection that is dead at the other end, and by then another hub may have the lease."""
    leases = Leases(database)
    silent = Faulty(leases._collection, "find_one_and_update")
    leases._collection = silent  # type: ignore[assignment]

    async def hold() -> None:
        async with leases.held("channel:1", "hub a", 1):
            silent.hold()
            await asyncio.Event().wait()

    with pytest.raises(StoreUnavailable, match="channel:1"):
        async with asyncio.timeout(60):
            await hold()
    silent.held.set()
    assert await leases.acquire("channel:1", "hub b", 60) is not None


async def test_a_fault_of_what_runs_under_a_lease_comes_out_as_it_is(database: Database) -> None:
    """And the lease is free at once."""
    leases = Leases(database)
    with pytest.raises(ValueError, match="of its own"):
        async with leases.held("channel:1", "hub a", 60):
            raise ValueError("a fault of its own")
    assert await leases.acquire("channel:1", "hub b", 60) is not None


async def _ends(database: Database) -> Any:
    """When the lease ends, as the database has it."""
    document = await database["leases"].find_one({"_id": "channel:1"})
    assert document is not None
    return document["expires_at"]


async def _lost(work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work ended because its lease was lost."""
    try:
        await work
    except LeaseLost:
        return True
    return False


async def test_renewing_starts_the_time_anew(database: Database) -> None:
    """The renewed lease is young, has its number, and ends later."""
    leases = Leases(database)
    lease = await leases.acquire("channel:1", "hub a", 60)
    assert lease is not None
    old = replace(lease, claimed_at_s=lease.claimed_at_s - 40)
    assert not old.fresh()
    renewed = await leases.renew(old)
    assert renewed is not None
    assert renewed.fresh()
    assert renewed.fence == lease.fence
    assert renewed.expires_at >= lease.expires_at


async def test_a_lease_is_fresh_for_half_of_its_time() -> None:
    """By the monotonic clock, from before the claim was asked for."""
    now = [100.0]
    lease = Lease("n", "o", 1, 10.0, datetime.now(UTC), 100.0, monotonic=lambda: now[0])
    assert lease.fresh()
    now[0] = 104.9
    assert lease.fresh()
    assert round(lease.age_s(), 3) == 4.9
    now[0] = 105.0
    assert not lease.fresh()


async def test_a_name_that_looks_like_an_expression_is_a_name(database: Database) -> None:
    """Owners and names are values, never parts of a pipeline."""
    leases = Leases(database)
    lease = await leases.acquire("$fence", "$$NOW", 60)
    assert lease is not None
    stored = await database["leases"].find_one({"_id": "$fence"})
    assert stored is not None
    assert stored["owner"] == "$$NOW"
