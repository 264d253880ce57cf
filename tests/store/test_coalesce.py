"""Coalesced updates of derived documents."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.store.coalesce import Coalescer, Update
from hub.store.connection import Database
from hub.store.documents import Document
from hub.store.embedded import Embedded
from hub.store.errors import NotStorable, StoreUnavailable
from tests.store.commands import Sent, own_mongod, watched

Value = tuple[str, int]


def newest(first: Value, later: Value) -> Value:
    return max(first, later)


def update(value: Value) -> Update:
    return {"_id": value[0]}, {"$max": {"position": value[1]}}


def broken(value: Value) -> Update:
    return {"_id": value[0]}, {"$nonsense": {"position": 1}}


@asynccontextmanager
async def running(coalescer: Coalescer) -> AsyncIterator[Coalescer]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(coalescer.run())
        try:
            yield coalescer
        finally:
            task.cancel()


async def test_flush_returns_when_everything_before_it_is_written(database: Database) -> None:
    """Each document holds the newest of what was submitted."""
    async with running(Coalescer(database["conversations"], upsert=True, batch=50)) as coalescer:
        for position in range(1, 6):
            for number in range(200):
                await coalescer.submit(str(number), (str(number), position), newest, update)
        await coalescer.flush()
        stored = {each["_id"]: each["position"] async for each in database["conversations"].find()}
    assert stored == {str(number): 5 for number in range(200)}


async def test_short_update_that_finds_nothing_is_written_in_full(database: Database) -> None:
    """Of a batch, whose answer counts only how many were found, every document is right in the end."""
    collection = database["conversations"]
    await collection.insert_many([{"_id": "one", "position": 1}, {"_id": "seven", "position": 7}])

    def short(value: Value) -> Update:
        return {"_id": value[0], "position": 1}, {"$set": {"position": value[1], "short": True}}

    async with running(Coalescer(collection, upsert=True)) as coalescer:
        for name in ("one", "seven", "new"):
            await coalescer.submit(name, (name, 3), newest, update, short)
        await coalescer.flush()
    stored = {each.pop("_id"): each async for each in collection.find()}
    assert stored == {"one": {"position": 3, "short": True}, "seven": {"position": 7}, "new": {"position": 3}}


async def test_a_new_document_of_which_there_is_one_already_is_written_in_full(database: Database) -> None:
    """What stands there is newer, or another process was first: it is updated, and the others of the batch are made."""
    collection = database["conversations"]
    await collection.insert_many([{"_id": "one", "position": 1}, {"_id": "seven", "position": 7}])

    def new(value: Value) -> Document:
        return {"_id": value[0], "position": value[1], "new": True}

    async with running(Coalescer(collection, upsert=True)) as coalescer:
        for name in ("one", "seven", "new", "newer"):
            await coalescer.submit(name, (name, 3), newest, update, new)
        await coalescer.flush()
    stored = {each.pop("_id"): each async for each in collection.find()}
    made = {"position": 3, "new": True}
    assert stored == {"one": {"position": 3}, "seven": {"position": 7}, "new": made, "newer": made}


async def test_updates_of_one_document_become_one_write(embedded: Embedded, database: Database) -> None:
    """A hundred values for two documents are folded into one update each."""
    sent = Sent("update", "updates")
    async with (
        watched(embedded, sent) as client,
        running(Coalescer(client[database.name]["conversations"], upsert=True)) as coalescer,
    ):
        for position in range(100):
            await coalescer.submit(str(position % 2), (str(position % 2), position), newest, update)
        await coalescer.flush()
    assert [len(batch) for batch in sent.batches] == [2]
    assert {each["_id"]: each["position"] async for each in database["conversations"].find()} == {"0": 98, "1": 99}


async def test_written_waits_for_one_document_alone(database: Database) -> None:
    """Once it returns the document of that key is there."""
    async with running(Coalescer(database["conversations"], upsert=True)) as coalescer:
        await coalescer.submit("a", ("a", 1), newest, update)
        await coalescer.written("a")
        assert await database["conversations"].find_one() == {"_id": "a", "position": 1}
        await coalescer.written("never submitted")


async def test_two_batches_behind_is_as_far_as_it_goes(database: Database) -> None:
    """The next document waits for room; one that waits already is folded without waiting."""
    coalescer = Coalescer(database["conversations"], upsert=True, batch=2)
    for name in "abcd":
        await coalescer.submit(name, (name, 1), newest, update)
    async with asyncio.timeout(5):
        await coalescer.submit("a", ("a", 2), newest, update)
    async with asyncio.TaskGroup() as group:
        fifth = group.create_task(coalescer.submit("e", ("e", 1), newest, update))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not fifth.done()
        assert coalescer.waiting == 4
        writing = group.create_task(coalescer.run())
        await fifth
        await coalescer.flush()
        writing.cancel()
    assert await database["conversations"].count_documents({}) == 5


async def test_without_upsert_a_missing_document_stays_missing(database: Database) -> None:
    """An update of what is not there changes nothing."""
    async with running(Coalescer(database["turns"])) as coalescer:
        await coalescer.submit("a", ("a", 1), newest, update)
        await coalescer.flush()
    assert await database["turns"].count_documents({}) == 0


async def test_a_refused_update_is_reported_and_the_others_are_written(database: Database) -> None:
    """One wrong update neither holds up nor hides its neighbours, nor ends the writer."""
    async with running(Coalescer(database["conversations"], upsert=True)) as coalescer:
        for name in "abc":
            await coalescer.submit(name, (name, 1), newest, broken if name == "b" else update)
        with pytest.raises(NotStorable):
            await coalescer.written("b")
        await coalescer.submit("d", ("d", 1), newest, update)
        await coalescer.flush()
    assert sorted(await database["conversations"].distinct("_id")) == ["a", "c", "d"]


async def test_updates_wait_for_a_database_that_is_away(short_folder: Path) -> None:
    """The database is killed and stays away for a while; nothing is dropped and flush returns in the end."""
    async with own_mongod(short_folder) as (mongod, connection):
        conversations = connection.database["conversations"]
        async with running(Coalescer(conversations, upsert=True, batch=20)) as coalescer, asyncio.TaskGroup() as group:
            watching = group.create_task(mongod.run())
            for position in range(1, 4):
                mongod.kill()
                for number in range(100):
                    await coalescer.submit(str(number), (str(number), position), newest, update)
            async with asyncio.timeout(60):
                await coalescer.flush()
            watching.cancel()
        assert await conversations.count_documents({"position": 3}) == 100


async def test_a_lost_answer_is_written_again(short_folder: Path) -> None:
    """The connection closes on both attempts of the driver, and again; in the end the update is there."""
    async with own_mongod(short_folder, "--setParameter", "enableTestCommands=1") as (_, connection):
        data = {"failCommands": ["update"], "closeConnection": True}
        await connection.client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 5}, "data": data})
        async with running(Coalescer(connection.database["conversations"], upsert=True)) as coalescer:
            await coalescer.submit("a", ("a", 1), newest, update)
            async with asyncio.timeout(30):
                await coalescer.flush()
        assert await connection.database["conversations"].find_one() == {"_id": "a", "position": 1}


def unwritable(value: Value) -> Update:
    return {"_id": value[0]}, {"$set": {"name": "\ud800"}}


async def test_an_update_that_the_driver_cannot_write_fails_alone(database: Database) -> None:
    """Text that is no text ends neither the coalescer nor what was to be written with it."""
    async with running(Coalescer(database["conversations"], upsert=True)) as coalescer:
        await coalescer.submit("a", ("a", 1), newest, update)
        await coalescer.submit("b", ("b", 1), newest, unwritable)
        with pytest.raises(NotStorable):
            await coalescer.written("b")
        await coalescer.written("a")
        await coalescer.submit("c", ("c", 1), newest, update)
        await coalescer.flush()
    assert {each["_id"] async for each in database["conversations"].find()} == {"a", "c"}


async def test_a_coalescer_that_ends_leaves_nobody_waiting(database: Database) -> None:
    """Whoever waits for a flush or for room, or comes later, hears that the hub stops."""
    coalescer = Coalescer(database["conversations"], upsert=True, batch=1)
    await coalescer.submit("a", ("a", 1), newest, update)
    await coalescer.submit("b", ("b", 1), newest, update)

    async with asyncio.TaskGroup() as group:

        async def refused(waiting: Awaitable[None]) -> bool:
            try:
                await waiting
            except StoreUnavailable:
                return True
            return False

        flush = group.create_task(refused(coalescer.flush()))
        submits = [group.create_task(refused(coalescer.submit(name, (name, 1), newest, update))) for name in "cdef"]
        for _ in range(5):
            await asyncio.sleep(0)
        ended = group.create_task(coalescer.run())
        await asyncio.sleep(0)
        ended.cancel()
    assert flush.result()
    assert [task.result() for task in submits].count(True) >= 3, "a batch under way may have made room for one"
    with pytest.raises(StoreUnavailable):
        await coalescer.submit("d", ("d", 1), newest, update)


async def test_pause_between_writes_ends_when_somebody_waits(database: Database) -> None:
    """Who needs the lists up to date does not wait for what is gathered for nobody."""
    conversations = database["conversations"]
    async with running(Coalescer(conversations, upsert=True, rest_s=3_600, quiet_s=3_600)) as coalescer:
        for position in (1, 2, 3):
            await coalescer.submit("one", ("one", position), newest, update)
            async with asyncio.timeout(20):
                await coalescer.written("one")
        assert await database["conversations"].find_one() == {"_id": "one", "position": 3}


async def test_pause_between_writes_ends_when_nothing_more_comes(database: Database) -> None:
    """What gathered is written then, though nobody waits for it."""
    conversations = database["conversations"]
    async with running(Coalescer(conversations, upsert=True, rest_s=3_600)) as coalescer:
        await coalescer.submit("one", ("one", 1), newest, update)
        await coalescer.written("one")
        for position in (2, 3):
            await coalescer.submit("one", ("one", position), newest, update)
        async with asyncio.timeout(30):
            while await conversations.find_one() != {"_id": "one", "position": 3}:
                await asyncio.sleep(0.01)


async def test_pause_between_writes_ends_at_once_when_nothing_more_is_on_its_way(database: Database) -> None:
    """What came last is written with what gathered before it, and nobody waits out the pause."""
    conversations, more = database["conversations"], [True]
    resting = Coalescer(conversations, upsert=True, rest_s=3_600, quiet_s=3_600, more_comes=lambda: more[0])
    async with running(resting) as coalescer:
        await coalescer.submit("one", ("one", 1), newest, update)
        await coalescer.written("one")
        await coalescer.submit("one", ("one", 2), newest, update)
        for _ in range(20):
            await asyncio.sleep(0)
        assert coalescer.waiting == 1
        more[0] = False
        await coalescer.submit("one", ("one", 3), newest, update)
        async with asyncio.timeout(30):
            await coalescer.written("one", hurry=False)
    assert await conversations.find_one() == {"_id": "one", "position": 3}
