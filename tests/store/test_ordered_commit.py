"""Ordered commit: a row of documents is stored in its order, and what is missing of it is its end."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest
from pymongo import IndexModel

from hub.store.connection import Connection, Database
from hub.store.errors import NotDurable, StoreUnavailable
from hub.store.ordered_commit import OrderedCommit
from tests.store.commands import own_mongod
from tests.store.test_group_commit import TEST_COMMANDS


def row(*names: object) -> list[dict[str, object]]:
    return [{"_id": name} for name in names]


async def fail_inserts(connection: Connection, times: int, **how: object) -> None:
    await connection.client.admin.command(
        {"configureFailPoint": "failCommand", "mode": {"times": times}, "data": {"failCommands": ["insert"], **how}}
    )


async def test_a_row_is_stored_in_its_order(database: Database) -> None:
    names = list(range(200, 0, -1))
    assert await OrderedCommit(database["messages"]).insert(row(*names)) == 200
    assert [one["_id"] async for one in database["messages"].find().sort("$natural", 1)] == names


async def test_nothing_is_stored_behind_one_whose_place_is_taken(database: Database) -> None:
    """Whoever stands behind it would else overtake it."""
    messages = database["messages"]
    await messages.create_indexes([IndexModel([("place", 1)], unique=True)])
    await messages.insert_one({"_id": "theirs", "place": 2})
    documents: list[dict[str, object]] = [{"_id": f"{place}", "place": place} for place in range(5)]
    assert await OrderedCommit(messages).insert(documents) == 2
    assert await messages.count_documents({}) == 3


async def test_one_that_can_never_be_stored_costs_only_itself_and_the_wait_behind_it(database: Database) -> None:
    """It is the first of what is left once those before it are stored."""
    commit = OrderedCommit(database["messages"])
    bad: dict[str, object] = {"_id": "bad", "text": "\ud800"}
    assert await commit.insert([bad, *row("a")]) == 0
    assert await database["messages"].count_documents({}) == 0
    deep: dict[str, object] = {"_id": "deep"}
    for _ in range(200):
        deep = {"_id": "deep", "in": deep}
    assert await commit.insert([deep, *row("a")]) == 0
    assert await database["messages"].count_documents({}) == 0


async def test_without_a_majority_nothing_of_a_row_counts_as_stored(short_folder: Path) -> None:
    """Also beside a place that is taken: that answer may be about a document that is yet to be lost."""
    async with own_mongod(short_folder, *TEST_COMMANDS) as (_, connection):
        messages = connection.database["messages"]
        await messages.create_indexes([IndexModel([("place", 1)], unique=True)])
        await messages.insert_one({"_id": "theirs", "place": 1})
        commit = OrderedCommit(messages)
        for second in (1, 2):
            await fail_inserts(connection, 1, writeConcernError={"code": 64, "errmsg": "no majority"})
            with pytest.raises(NotDurable):
                await commit.insert(
                    [{"_id": f"{second}a", "place": second * 10}, {"_id": f"{second}b", "place": second}]
                )


async def test_a_row_whose_answer_was_lost_is_stored_once(short_folder: Path) -> None:
    """The connection closes on both attempts of the driver; a part of the row had arrived by an attempt before."""
    async with own_mongod(short_folder, *TEST_COMMANDS) as (_, connection):
        messages = connection.database["messages"]
        await messages.insert_many(row(1, 2))
        await fail_inserts(connection, 5, closeConnection=True)
        assert await OrderedCommit(messages).insert(row(1, 2, 3, 4)) == 4
        assert await messages.count_documents({}) == 4


async def test_a_row_waits_for_a_database_that_is_away_no_longer_than_promised(short_folder: Path) -> None:
    async with own_mongod(short_folder) as (mongod, connection):
        await mongod.stop()
        with pytest.raises(StoreUnavailable):
            await OrderedCommit(connection.database["messages"], deadline_s=1).insert(row(1))


async def test_what_a_killed_database_has_of_a_row_is_its_beginning(short_folder: Path) -> None:
    """Killed three times among rows that nobody repeats; those that were confirmed are whole."""
    async with own_mongod(short_folder) as (mongod, connection):
        messages = connection.database["messages"]
        whole: set[int] = set()

        async def write() -> None:
            commit, number = OrderedCommit(messages, deadline_s=0.5), 0
            while not ended.is_set():
                number += 1
                documents: list[dict[str, object]] = [
                    {"_id": f"{number}/{place}", "row": number, "place": place} for place in range(50)
                ]
                with suppress(StoreUnavailable):
                    assert await commit.insert(documents) == 50
                    whole.add(number)

        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(mongod.run())
            writing = group.create_task(write())
            for kill in range(4):
                wanted = len(whole) + (5 if kill < 3 else 100)
                async with asyncio.timeout(60):
                    while len(whole) < wanted:
                        await asyncio.sleep(0.001)
                if kill < 3:
                    mongod.kill()
            ended.set()
            await writing
            running.cancel()
        found: dict[int, list[int]] = defaultdict(list)
        async for one in messages.find():
            found[one["row"]].append(one["place"])
        assert all(sorted(places) == list(range(len(places))) for places in found.values())
        assert {number for number, places in found.items() if len(places) == 50} >= whole
