"""Group commit: each caller is told truly and alone what became of its document."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import IndexModel

from hub.store import group_commit
from hub.store.connection import Connection, Database
from hub.store.embedded import Embedded
from hub.store.errors import NotDurable, NotStorable, PredecessorRefused, StoreBusy, StoreUnavailable
from hub.store.group_commit import Duplicate, GroupCommit, Inserted
from tests.store.commands import Sent, own_mongod, watched

TEST_COMMANDS = ("--setParameter", "enableTestCommands=1")


@asynccontextmanager
async def running(writer: GroupCommit) -> AsyncIterator[GroupCommit]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(writer.run())
        try:
            yield writer
        finally:
            task.cancel()


async def insert_all(writer: GroupCommit, documents: list[dict[str, object]]) -> list[object]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(writer.insert(dict(each), str(each["key"]))) for each in documents]
    return [task.result() for task in tasks]


async def test_what_was_inserted_is_in_the_collection_as_it_was_given(database: Database) -> None:
    """One document, every kind of value kept."""
    document = {
        "_id": "a",
        "at": datetime(2026, 1, 2, 3, 4, 5, 678000, UTC),
        "raw": b"\x00\xff",
        "list": [1, {"x": None}],
    }
    async with running(GroupCommit(database["messages"])) as writer:
        assert await writer.insert(document, "k") == Inserted()
    assert await database["messages"].find_one() == document


async def test_each_of_many_writers_hears_of_its_own_duplicate(database: Database) -> None:
    """In one flush some are stored and some are duplicates, each of the index that refused it."""
    messages = database["messages"]
    await messages.create_indexes(
        [IndexModel([("channel", 1), ("external_id", 1)], unique=True), IndexModel([("conversation", 1)], unique=True)]
    )
    await messages.insert_one({"_id": "old", "channel": "c", "external_id": "7", "conversation": 0})
    documents: list[dict[str, object]] = [
        {"_id": "new 1", "channel": "c", "external_id": "8", "conversation": 1},
        {"_id": "again", "channel": "c", "external_id": "7", "conversation": 2},
        {"_id": "new 2", "channel": "c", "external_id": "9", "conversation": 3},
        {"_id": "taken", "channel": "c", "external_id": "10", "conversation": 0},
        {"_id": "old", "channel": "c", "external_id": "7", "conversation": 0},
    ]
    async with running(GroupCommit(messages)) as writer:
        outcomes = await insert_all(writer, [{**each, "key": index} for index, each in enumerate(documents)])
    assert outcomes[0] == outcomes[2] == Inserted()
    again, taken, old = outcomes[1], outcomes[3], outcomes[4]
    assert isinstance(again, Duplicate)
    assert isinstance(taken, Duplicate)
    assert isinstance(old, Duplicate)
    assert again.index_name == "channel_1_external_id_1"
    assert again.key_pattern == {"channel": 1, "external_id": 1}
    assert again.key_value == {"channel": "c", "external_id": "7"}
    assert taken.key_pattern == {"conversation": 1}
    assert old.key_pattern == {"_id": 1}, "a repeat of the whole document clashes on _id first"
    assert await messages.count_documents({}) == 3


async def test_a_flush_never_holds_two_documents_of_a_key_and_keeps_their_order(
    embedded: Embedded, database: Database
) -> None:
    """Many documents of few keys: each insert has a key once, and each key arrives in its order."""
    sent = Sent("insert", "documents")
    documents: list[dict[str, object]] = [
        {"_id": number, "key": number % 7 if number % 3 else 0} for number in range(300)
    ]
    async with watched(embedded, sent) as client, running(GroupCommit(client[database.name]["messages"])) as writer:
        assert set(await insert_all(writer, documents)) == {Inserted()}
    for batch in sent.batches:
        assert max(Counter(each["key"] for each in batch).values()) == 1
    assert max(len(batch) for batch in sent.batches) == 7
    for key in range(7):
        arrived = [each["_id"] for batch in sent.batches for each in batch if each["key"] == key]
        assert arrived == sorted(arrived)


async def test_what_arrives_during_a_flush_is_the_next_flush(embedded: Embedded, database: Database) -> None:
    """A hundred writers at once need a handful of inserts, not a hundred."""
    sent = Sent("insert", "documents")
    async with (
        watched(embedded, sent) as client,
        running(GroupCommit(client[database.name]["messages"], flush_documents=60)) as writer,
    ):
        await insert_all(writer, [{"_id": number, "key": number} for number in range(100)])
    assert [len(batch) for batch in sent.batches] == [60, 40]


async def test_a_flush_is_bounded_in_bytes(embedded: Embedded, database: Database) -> None:
    """Big documents go in several flushes, and one that is over the bound goes alone."""
    sent = Sent("insert", "documents")
    sizes = [1000, 1000, 1000, 5000, 1000, 1000]
    documents: list[dict[str, object]] = [
        {"_id": number, "key": number, "body": "x" * size} for number, size in enumerate(sizes)
    ]
    async with (
        watched(embedded, sent) as client,
        running(GroupCommit(client[database.name]["messages"], flush_bytes=3000)) as writer,
    ):
        await insert_all(writer, documents)
    assert [[each["_id"] for each in batch] for batch in sent.batches] == [[0, 1], [2], [3], [4, 5]]


async def test_a_document_over_the_limit_is_refused_before_it_is_taken(database: Database) -> None:
    """With the queue full the caller hears at once that nothing was taken; those inside are stored."""
    writer = GroupCommit(database["messages"], waiting_limit=3)
    async with asyncio.TaskGroup() as group:
        inside = [group.create_task(writer.insert({"_id": number}, "k")) for number in range(3)]
        async with asyncio.timeout(5):
            while writer.waiting < 3:
                await asyncio.sleep(0)
        with pytest.raises(StoreBusy):
            await writer.insert({"_id": "one too many"}, "k")
        flushing = group.create_task(writer.run())
        assert [await task for task in inside] == [Inserted()] * 3
        flushing.cancel()
    assert await database["messages"].count_documents({}) == 3


@pytest.mark.parametrize(
    "poison",
    [{"text": "\ud800"}, {"number": 2**64}, {"nul\0key": 1}, {"big": b"x" * 17_000_000}, {"deep": 200}],
    ids=["surrogate", "integer", "key", "size", "depth"],
)
async def test_a_document_that_cannot_be_stored_fails_alone(database: Database, poison: dict[str, object]) -> None:
    """What BSON or the server refuses is told to its caller, and its neighbours in the flush are stored."""
    if "deep" in poison:
        deep: dict[str, object] = {}
        for _ in range(200):
            deep = {"d": deep}
        poison = {"deep": deep}
    async with running(GroupCommit(database["messages"])) as writer:
        async with asyncio.TaskGroup() as group:
            neighbour = group.create_task(writer.insert({"_id": 1}, "a"))
            with pytest.raises(NotStorable):
                await writer.insert({"_id": 2, **poison}, "b")
        assert neighbour.result() == Inserted()
    assert await database["messages"].distinct("_id") == [1]


async def test_a_cancelled_caller_leaves_the_flush_alone(database: Database) -> None:
    """One caller goes away; its neighbours are stored and answered."""
    async with running(GroupCommit(database["messages"])) as writer:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(writer.insert({"_id": number}, str(number))) for number in range(20)]
            async with asyncio.timeout(5):
                while not writer.waiting:
                    await asyncio.sleep(0)
            for task in tasks[:10]:
                task.cancel()
        assert all(task.cancelled() for task in tasks[:10])
        assert {task.result() for task in tasks[10:]} == {Inserted()}
        assert await writer.insert({"_id": "next"}, "0") == Inserted()


async def test_patient_document_waits_for_company_until_somebody_is_in_a_hurry(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes with another that cannot wait, or at a word; alone when its time is over."""
    async with asyncio.timeout(30), running(GroupCommit(database["turns"])) as writer:
        assert await writer.insert({"_id": "first"}, "1", patient=True) == Inserted()
        monkeypatch.setattr(group_commit, "PATIENCE_S", 3_600)
        for number in range(2):
            async with asyncio.TaskGroup() as group:
                patient = group.create_task(writer.insert({"_id": f"patient {number}"}, "1", patient=True))
                for _ in range(5):
                    await asyncio.sleep(0)
                assert not patient.done()
                if number:
                    writer.hurry()
                else:
                    assert await writer.insert({"_id": "urgent"}, "2") == Inserted()
            assert patient.result() == Inserted()


async def test_what_follows_another_is_written_with_it_in_one_flush(embedded: Embedded, database: Database) -> None:
    """A chain of one key needs one insert and not one for each, beside others."""
    sent = Sent("insert", "documents")
    async with watched(embedded, sent) as client, running(GroupCommit(client[database.name]["turns"])) as writer:
        chain = [writer.put({"_id": 0}, "k")]
        for number in range(1, 9):
            chain.append(writer.put({"_id": number}, "k", follows=chain[-1]))
        other = writer.put({"_id": "other"}, "o")
        assert {await each.answer for each in (*chain, other)} == {Inserted()}
    assert [[each["_id"] for each in batch] for batch in sent.batches] == [[*range(9), "other"]]


async def test_what_follows_a_refused_document_is_not_stored(database: Database) -> None:
    """Another process has written that seq: none of those decided behind it may be stored; others are not held up."""
    turns = database["turns"]
    await turns.create_index([("conversation", 1), ("seq", 1)], unique=True)
    await turns.insert_one({"_id": "theirs", "conversation": "k", "seq": 2})
    async with running(GroupCommit(turns)) as writer:
        chain = [writer.put({"_id": 1, "conversation": "k", "seq": 1}, "k")]
        for seq in range(2, 6):
            chain.append(writer.put({"_id": seq, "conversation": "k", "seq": seq}, "k", follows=chain[-1]))
        others = [writer.put({"_id": f"o{n}", "conversation": f"o{n}", "seq": 1}, f"o{n}") for n in range(5)]
        assert await chain[0].answer == Inserted()
        assert isinstance(await chain[1].answer, Duplicate)
        for each in chain[2:]:
            with pytest.raises(PredecessorRefused):
                await each.answer
        assert {await each.answer for each in others} == {Inserted()}
        assert writer.waiting == 0
    assert {each["_id"] async for each in turns.find()} == {1, "theirs", *(f"o{n}" for n in range(5))}


async def test_what_follows_a_document_that_was_taken_back_is_not_stored(database: Database) -> None:
    """Whoever put the first has gone before it was written."""
    async with running(GroupCommit(database["turns"])) as writer:
        first = writer.put({"_id": 1}, "k")
        second = writer.put({"_id": 2}, "k", follows=first)
        first.answer.cancel()
        with pytest.raises(PredecessorRefused):
            await second.answer
        assert await writer.insert({"_id": 3}, "k") == Inserted()
    assert [each["_id"] async for each in database["turns"].find()] == [3]


async def test_what_follows_one_that_is_being_written_is_the_next_flush(embedded: Embedded, database: Database) -> None:
    """It need not wait until its predecessor is known to be stored."""
    sent = Sent("insert", "documents")
    async with watched(embedded, sent) as client, running(GroupCommit(client[database.name]["turns"])) as writer:
        first = writer.put({"_id": 1}, "k")
        async with asyncio.timeout(30):
            while not writer._in_flight:
                await asyncio.sleep(0)
        second = writer.put({"_id": 2}, "k", follows=first)
        assert (await first.answer, await second.answer) == (Inserted(), Inserted())
    assert [[each["_id"] for each in batch] for batch in sent.batches] == [[1], [2]]


async def test_without_a_majority_nothing_of_the_flush_is_an_answer(short_folder: Path) -> None:
    """A write concern error beside a duplicate key: neither the duplicate nor the stored one may be acknowledged."""
    async with own_mongod(short_folder, *TEST_COMMANDS) as (_, connection):
        messages = connection.database["messages"]
        await messages.insert_one({"_id": "old"})
        await connection.client.admin.command(
            {
                "configureFailPoint": "failCommand",
                "mode": {"times": 1},
                "data": {"failCommands": ["insert"], "writeConcernError": {"code": 64, "errmsg": "no majority"}},
            }
        )
        async with running(GroupCommit(messages)) as writer:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_outcome(writer, each)) for each in ("old", "new")]
            assert [type(task.result()) for task in tasks] == [NotDurable, NotDurable]
            assert isinstance(await writer.insert({"_id": "old"}, "k"), Duplicate)
            assert isinstance(await writer.insert({"_id": "new"}, "k"), Duplicate)


async def _outcome(writer: GroupCommit, name: str) -> object:
    try:
        return await writer.insert({"_id": name}, name)
    except NotDurable as error:
        return error


async def test_a_lost_answer_is_repeated_until_the_outcome_is_known(short_folder: Path) -> None:
    """The connection closes on both attempts of the driver; the writer goes on and stores the document once."""
    async with own_mongod(short_folder, *TEST_COMMANDS) as (_, connection):
        await connection.client.admin.command(
            {
                "configureFailPoint": "failCommand",
                "mode": {"times": 5},
                "data": {"failCommands": ["insert"], "closeConnection": True},
            }
        )
        async with running(GroupCommit(connection.database["messages"])) as writer:
            assert await writer.insert({"_id": "a"}, "k") == Inserted()
        assert await connection.database["messages"].count_documents({}) == 1


async def test_while_the_database_is_away_the_caller_waits_no_longer_than_promised(short_folder: Path) -> None:
    """After the deadline it hears StoreUnavailable; when mongod is back the writer works on."""
    async with own_mongod(short_folder) as (mongod, connection):
        async with running(GroupCommit(connection.database["messages"], deadline_s=2)) as writer:
            assert await writer.insert({"_id": 1}, "k") == Inserted()
            await mongod.stop()
            with pytest.raises(StoreUnavailable):
                await writer.insert({"_id": 2}, "k")
            await mongod.start()
            async with asyncio.timeout(20):
                while True:
                    try:
                        await writer.insert({"_id": 3}, "k")
                        break
                    except StoreUnavailable:
                        continue
        assert 3 in await connection.database["messages"].distinct("_id")


async def test_a_writer_that_ends_leaves_nobody_waiting(database: Database) -> None:
    """Those who wait, and those who come later, hear that the hub stops."""
    writer = GroupCommit(database["messages"])
    async with asyncio.TaskGroup() as group:
        flushing = group.create_task(writer.run())
        await writer.insert({"_id": 1}, "k")
        flushing.cancel()
    with pytest.raises(StoreUnavailable, match="stopping"):
        await writer.insert({"_id": 2}, "k")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(st.integers(0, 5), max_size=60), flush_documents=st.integers(1, 8))
async def test_any_mix_of_keys_is_stored_once(mongo: Connection, keys: list[int], flush_documents: int) -> None:
    """Whatever the keys and the size of a flush, every document is stored and answered."""
    collection = mongo.client["t_mixes"]["messages"]
    await collection.delete_many({})
    async with running(GroupCommit(collection, flush_documents=flush_documents)) as writer:
        outcomes = await insert_all(writer, [{"_id": index, "key": key} for index, key in enumerate(keys)])
        assert writer.waiting == 0
    assert outcomes == [Inserted()] * len(keys)
    assert await collection.count_documents({}) == len(keys)


async def test_nothing_acknowledged_is_lost_or_doubled_when_mongod_is_killed(short_folder: Path) -> None:
    """Writers run on while mongod is killed three times; afterwards every acknowledged document is there, once."""
    acknowledged: list[tuple[str, int]] = []
    async with own_mongod(short_folder) as (mongod, connection):
        messages = connection.database["messages"]
        await messages.create_index([("conversation", 1), ("position", 1)], unique=True)
        writer = GroupCommit(messages)

        async def converse(conversation: str, ended: asyncio.Event) -> None:
            position = 0
            while not ended.is_set():
                position += 1
                document = {"_id": f"{conversation}/{position}", "conversation": conversation, "position": position}
                await _insert_for_sure(writer, document, conversation)
                acknowledged.append((conversation, position))

        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(mongod.run()), group.create_task(writer.run())]
            writers = [group.create_task(converse(f"c{number}", ended)) for number in range(8)]
            for _ in range(3):
                goal = len(acknowledged) + 200
                async with asyncio.timeout(30):
                    while len(acknowledged) < goal:
                        await asyncio.sleep(0.01)
                mongod.kill()
            goal = len(acknowledged) + 200
            async with asyncio.timeout(30):
                while len(acknowledged) < goal:
                    await asyncio.sleep(0.01)
            ended.set()
            for task in writers:
                await task
            for task in tasks:
                task.cancel()
        stored = [(each["conversation"], each["position"]) async for each in messages.find()]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) == set(stored)


async def _insert_for_sure(writer: GroupCommit, document: dict[str, object], key: str) -> None:
    """As an honest caller: repeats until it knows, and takes a clash on its own `_id` for its own success."""
    while True:
        try:
            outcome = await writer.insert(dict(document), key)
        except (StoreUnavailable, NotDurable):
            continue
        assert isinstance(outcome, Inserted) or outcome.key_pattern == {"_id": 1}
        return
