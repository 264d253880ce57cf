"""The live feed against a real MongoDB: in order, once, across reconnects, kills and other processes, or "reload"."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from bson.timestamp import Timestamp
from pymongo import AsyncMongoClient

from hub.app.background import background
from hub.model.feed import Change, ChangeKind, Reload, ReloadReason, SignedOut
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, OperatorId, TeamId
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.operator import Role, Scope, Viewer
from hub.services.commands import (
    Assign,
)
from hub.services.feed import Feed
from hub.services.subscription import QUEUE_CHANGES
from hub.store.changes import Changes, HistoryLost, StoreChange
from hub.store.connection import Connection, Database, retrying
from hub.store.documents import Document, to_document
from hub.store.drafts import Drafts
from hub.store.presence import Presences
from hub.store.read_marks import ReadMarks
from hub.store.schema import new_generation
from hub.store.sessions import Sessions
from tests.services.desk import NOW, PROJECT, Desk, eventually, open_desk, viewer
from tests.services.live import following, last_word, open_feed
from tests.store.commands import own_mongod

ANNA = viewer("a", role=Role.CURATOR)
OWN = viewer("o", Scope.OWN)
TEAM = Viewer(**{**viewer("t", Scope.TEAM).model_dump(), "teams": (TeamId("sales"),)})
CONVERSATION = ConversationId("c" * 32)


def message(position: int, *, text: str = "", direction: Direction = Direction.IN) -> Message:
    """A message of one conversation."""
    return Message(
        id=MessageId(f"{position:032x}"), project=PROJECT, conversation=CONVERSATION, channel=ChannelId("shop"),
        contact=ContactId("contact"), position=position, direction=direction, author=Actor(kind=ActorKind.CONTACT),
        text=text, created_at=NOW,
    )  # fmt: skip


async def insert(database: Database, first: int, last: int, **fields: str) -> None:
    """Store messages at these positions, one after the other, however often the database goes away meanwhile."""
    for position in range(first, last + 1):
        fields_of = to_document(message(position, **fields))  # type: ignore[arg-type]
        key = fields_of.pop("_id")
        await retrying(
            lambda key=key, fields_of=fields_of: database["messages"].update_one(  # type: ignore[misc]
                {"_id": key}, {"$setOnInsert": fields_of}, upsert=True
            )
        )


def positions(changes: list[Change]) -> list[object]:
    """Which messages these changes are about."""
    return [change.data["position"] for change in changes]


async def test_a_subscriber_is_told_what_the_api_shows(connection: Connection) -> None:
    """A message that arrives is told in its frame exactly as the HTTP API shows it, under an ascending cursor."""
    async with open_desk(connection) as desk, open_feed(connection) as feed, feed.subscribe(ANNA) as changes:
        received = await desk.says("hi")
        change = (await following(changes, ChangeKind.MESSAGE, 1))[0]
        assert (change.conversation, change.data["text"]) == (received.conversation, "hi")
        assert change.cursor > changes.cursor
        shown = (await following(changes, ChangeKind.CONVERSATION, 1))[0]
        assert shown.cursor > change.cursor
        stored = await desk.pipeline.conversations.get(ANNA, ConversationId(str(received.conversation)))
        assert stored is not None
        assert shown.data == stored.model_dump(mode="json")
        frame = orjson.loads(shown.frame)
        assert frame["type"] == "change"
        assert frame["data"] == shown.data


async def test_that_a_message_was_decided_is_told_to_nobody(connection: Connection) -> None:
    """The mark is the hub's own: each message is told once, an edit of it as ever, and neither shows the mark."""
    async with open_desk(connection) as desk, open_feed(connection) as feed, feed.subscribe(ANNA) as changes:
        messages = connection.database["messages"]

        async def decided() -> bool:
            return not await messages.count_documents({"undecided": True})

        for text in ("one", "two"):
            await desk.says(text)
            await eventually(decided)
        await desk.pipeline.messages.edit(desk.shop.id, "visitor:one", "corrected", None, desk.pipeline.clock.now())
        told = await following(changes, ChangeKind.MESSAGE, 3)
        assert [change.data["text"] for change in told] == ["one", "two", "corrected"]
        assert all("undecided" not in change.data for change in told)


async def test_a_reader_who_comes_back_with_its_cursor_misses_and_repeats_nothing(connection: Connection) -> None:
    """Wherever a reader stops, resuming after its cursor goes on with the very next change."""
    async with open_feed(connection) as feed, feed.subscribe(ANNA) as whole:
        cursor, seen = whole.cursor, list[Change]()
        for stop in (1, 3, 7, 20):
            await insert(connection.database, len(seen) + 1, stop)
            async with feed.subscribe(ANNA, cursor) as changes:
                seen += await following(changes, ChangeKind.MESSAGE, stop - len(seen))
            cursor = seen[-1].cursor
        assert positions(seen) == list(range(1, 21))
        assert positions(await following(whole, ChangeKind.MESSAGE, 20)) == list(range(1, 21))


async def test_a_feed_that_nobody_listened_to_goes_on_where_it_was(connection: Connection) -> None:
    """While nobody is there nothing is read; whoever comes back soon is told everything that came in between."""
    async with open_feed(connection, alone_s=0.1) as feed:
        async with feed.subscribe(ANNA) as changes:
            await insert(connection.database, 1, 20)
            cursor = (await following(changes, ChangeKind.MESSAGE, 20))[-1].cursor
        await eventually(lambda: is_resting(feed))
        await insert(connection.database, 21, 40)
        for _ in range(2):
            async with feed.subscribe(ANNA, cursor) as changes:
                assert positions(await following(changes, ChangeKind.MESSAGE, 20)) == list(range(21, 41))
            await eventually(lambda: is_resting(feed))


async def test_a_feed_that_nobody_listened_to_for_long_begins_anew(connection: Connection) -> None:
    """Old cursors are answered with a reload; whoever begins is told what comes from then on, and nothing before."""
    async with open_feed(connection, alone_s=0.1, kept_s=0) as feed:
        async with feed.subscribe(ANNA) as changes:
            await insert(connection.database, 1, 5)
            cursor = (await following(changes, ChangeKind.MESSAGE, 5))[-1].cursor
        await eventually(lambda: is_resting(feed))
        await insert(connection.database, 6, 10)
        async with feed.subscribe(ANNA) as changes:
            await insert(connection.database, 11, 15)
            assert positions(await following(changes, ChangeKind.MESSAGE, 5)) == [11, 12, 13, 14, 15]
            async with feed.subscribe(ANNA, cursor) as late:
                assert await last_word(late) == Reload(reason=ReloadReason.BEHIND)


async def test_a_reader_who_comes_while_a_feed_lies_down_is_told(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream takes a while to be closed. Whoever comes in that moment wakes the feed, and does not rest with it."""
    closing, closed = asyncio.Event(), asyncio.Event()
    async with open_feed(connection, alone_s=0.1) as feed:
        changes = feed._changes
        opened = changes._open

        async def closed_slowly(token: str | None, start: Timestamp | None) -> Any:
            stream = await opened(token, start)
            close = stream.close

            async def slowly() -> None:
                closing.set()
                await closed.wait()
                await close()

            monkeypatch.setattr(stream, "close", slowly)
            return stream

        monkeypatch.setattr(changes, "_open", closed_slowly)
        async with feed.subscribe(ANNA):
            pass
        async with asyncio.timeout(20):
            await closing.wait()

        async def first_message() -> Change:
            async with feed.subscribe(ANNA) as subscription:
                await insert(connection.database, 1, 1)
                return (await following(subscription, ChangeKind.MESSAGE, 1))[0]

        async with asyncio.TaskGroup() as group:
            first = group.create_task(first_message())
            asyncio.get_running_loop().call_later(0.1, closed.set)
        assert positions([first.result()]) == [1]


async def test_a_feed_begins_anew_while_something_is_written_at_every_moment(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for a quiet moment, which under a flood never comes."""
    database = connection.feed_database
    watch = database.watch

    async def busily_watched(*arguments: Any, **options: Any) -> Any:
        stream = await watch(*arguments, **options)
        await connection.database["elsewhere"].insert_one({})
        return stream

    monkeypatch.setattr(database, "watch", busily_watched)
    async with asyncio.timeout(10):
        token = await Changes(database).patient_token()
    monkeypatch.undo()
    await insert(connection.database, 1, 1)
    async with asyncio.timeout(10), aclosing(Changes(database).follow(token)) as steps:
        async for step in steps:
            assert not isinstance(step, HistoryLost), "a place at what the feed does not read is none"
            if isinstance(step, StoreChange):
                assert step.id == "1".zfill(32)
                break


async def is_resting(feed: Feed) -> bool:
    """Whether the feed has not asked the database for some rounds."""
    return feed.silent_s > 0.7


async def test_another_process_resumes_the_cursor_of_the_first(connection: Connection) -> None:
    """A process that has just started reads the last minute again, so a reader of its predecessor needs no reload."""
    async with open_feed(connection) as first, first.subscribe(ANNA) as changes:
        await insert(connection.database, 1, 3)
        cursor = (await following(changes, ChangeKind.MESSAGE, 2))[-1].cursor
    await insert(connection.database, 4, 5)
    async with open_feed(connection) as second, second.subscribe(ANNA, cursor) as changes:
        assert positions(await following(changes, ChangeKind.MESSAGE, 3)) == [3, 4, 5]


async def test_nothing_is_missed_while_mongod_is_killed_and_started_again(short_folder: Path) -> None:
    """With SIGKILL in mid-stream, twice, a reader still gets every message once and in order, without a reload."""
    async with own_mongod(short_folder) as (mongod, connection), background(mongod.run):
        async with open_feed(connection) as feed, feed.subscribe(ANNA) as changes, asyncio.TaskGroup() as group:
            writing = group.create_task(insert(connection.database, 1, 400))
            told = await following(changes, ChangeKind.MESSAGE, 50)
            mongod.kill()
            told += await following(changes, ChangeKind.MESSAGE, 150, within_s=60)
            mongod.kill()
            told += await following(changes, ChangeKind.MESSAGE, 200, within_s=60)
            await writing
            assert positions(told) == list(range(1, 401))


async def test_nothing_is_missed_after_an_outage_that_the_driver_gives_up_on(short_folder: Path) -> None:
    """When the database is away for so long that the stream has to be opened anew, it goes on after the last change."""
    async with own_mongod(short_folder) as (mongod, connection):
        impatient = AsyncMongoClient[Document](mongod.uri, tz_aware=True, serverSelectionTimeoutMS=300)
        quick = replace(connection, feed_client=impatient)
        async with open_feed(quick) as feed, feed.subscribe(ANNA) as changes:
            await insert(connection.database, 1, 20)
            told = await following(changes, ChangeKind.MESSAGE, 20)
            await mongod.stop()

            async def given_up() -> bool:
                return feed.silent_s > 1.5

            await eventually(given_up)
            await mongod.start()
            await insert(connection.database, 21, 40)
            told += await following(changes, ChangeKind.MESSAGE, 20)
            assert positions(told) == list(range(1, 41))
        await impatient.close()


async def test_a_full_queue_reloads_its_reader_and_slows_nobody_else(connection: Connection) -> None:
    """A reader who does not read is told to reload; one who does gets every change at once."""
    count = QUEUE_CHANGES + 50
    async with open_feed(connection) as feed, feed.subscribe(ANNA) as slow, feed.subscribe(ANNA) as quick:
        documents = [to_document(message(position)) for position in range(1, count + 1)]
        await connection.database["messages"].insert_many(documents)
        assert positions(await following(quick, ChangeKind.MESSAGE, count)) == list(range(1, count + 1))
        assert await last_word(slow) == Reload(reason=ReloadReason.OVERFLOW)
        assert slow.waiting == 0


async def test_a_queue_is_bounded_by_bytes_as_well(connection: Connection) -> None:
    """Few but large changes end a subscription nobody reads."""
    async with open_feed(connection) as feed, feed.subscribe(ANNA) as changes:
        await insert(connection.database, 1, 12, text="x" * 100_000)
        assert await last_word(changes) == Reload(reason=ReloadReason.OVERFLOW)


async def test_a_cursor_older_than_the_ring_is_answered_with_reload(connection: Connection) -> None:
    """What is no longer remembered cannot be resumed, and is never passed over silently."""
    async with open_feed(connection, ring_changes=5) as feed:
        async with feed.subscribe(ANNA) as changes:
            cursor = changes.cursor
            await insert(connection.database, 1, 10)
            told = await following(changes, ChangeKind.MESSAGE, 10)
        async with feed.subscribe(ANNA, cursor) as changes:
            assert await last_word(changes) == Reload(reason=ReloadReason.BEHIND)
        async with feed.subscribe(ANNA, told[3].cursor) as changes:
            assert await last_word(changes) == Reload(reason=ReloadReason.BEHIND)
        async with feed.subscribe(ANNA, told[4].cursor) as changes:
            assert positions(await following(changes, ChangeKind.MESSAGE, 5)) == [6, 7, 8, 9, 10]


@pytest.mark.parametrize("cursor", ["nonsense", "other/82", "/", "other/"])
async def test_a_cursor_of_another_history_is_answered_with_reload(connection: Connection, cursor: str) -> None:
    """A cursor whose generation is not this database's means nothing here."""
    async with open_feed(connection) as feed, feed.subscribe(ANNA, cursor) as changes:
        assert await last_word(changes) == Reload(reason=ReloadReason.GENERATION)


async def test_a_restored_database_has_another_generation(connection: Connection) -> None:
    """After a restore every cursor given before is answered with reload."""
    async with open_feed(connection) as feed:
        cursor = feed.head
    await new_generation(connection.database)
    async with open_feed(connection) as feed, feed.subscribe(ANNA, cursor) as changes:
        assert await last_word(changes) == Reload(reason=ReloadReason.GENERATION)


async def test_lost_history_reloads_everybody_and_the_feed_goes_on(short_folder: Path) -> None:
    """When the oplog no longer reaches back, every reader reloads, and fresh readers are served."""
    arguments = ("--setParameter", "enableTestCommands=1")
    async with own_mongod(short_folder, *arguments) as (_, connection), open_feed(connection) as feed:
        async with feed.subscribe(ANNA) as changes, feed.subscribe_conversation(CONVERSATION) as visitor:
            await connection.client.admin.command(
                {
                    "configureFailPoint": "failCommand",
                    "mode": {"times": 1},
                    "data": {"failCommands": ["getMore"], "errorCode": 286},
                }
            )
            assert await last_word(changes) == Reload(reason=ReloadReason.BEHIND)
            assert await last_word(visitor) == Reload(reason=ReloadReason.BEHIND)
        async with feed.subscribe(ANNA) as changes:
            await insert(connection.database, 1, 1)
            assert positions(await following(changes, ChangeKind.MESSAGE, 1)) == [1]


async def test_a_session_that_ends_ends_its_subscriptions_in_every_process(connection: Connection) -> None:
    """Signing out in one process ends the readers of that session in another within a second, and no others."""
    sessions = Sessions(connection.database, partial(datetime.now, UTC), idle_s=60, absolute_s=60)
    for name in ("one", "two"):
        await sessions.start(name, f"hash-{name}", OperatorId("a"), PROJECT, "")
    async with open_feed(connection) as feed, open_feed(connection) as other:
        async with (
            feed.subscribe(ANNA, session="one") as here,
            other.subscribe(ANNA, session="one") as there,
            other.subscribe(ANNA, session="two") as unconcerned,
        ):
            await sessions.end(OperatorId("a"), "one")
            assert await last_word(here, within_s=1) == SignedOut()
            assert await last_word(there, within_s=1) == SignedOut()
            await insert(connection.database, 1, 1)
            assert positions(await following(unconcerned, ChangeKind.MESSAGE, 1)) == [1]


async def test_only_a_change_of_rights_ends_the_subscriptions_of_an_operator(connection: Connection) -> None:
    """Another language changes nothing; another role, or a closed account, ends every socket of the person."""
    operators = connection.database["operators"]
    await operators.insert_one({"_id": "a", "email": "a@example.test", "active": True, "memberships": [{"role": "x"}]})
    async with open_feed(connection) as feed, feed.subscribe(ANNA) as changes:
        await operators.update_one({"_id": "a"}, {"$set": {"locale": "ru"}})
        await insert(connection.database, 1, 1)
        await following(changes, ChangeKind.MESSAGE, 1)
        await operators.update_one({"_id": "a"}, {"$set": {"memberships": [{"role": "y"}]}})
        assert await last_word(changes) == SignedOut()


async def test_a_visitor_is_told_no_notes_and_who_types(connection: Connection) -> None:
    """The contact's side of a conversation: public messages, typing operators and read marks, and nothing else."""
    presences, marks = Presences(connection.database), ReadMarks(connection.database)
    async with open_feed(connection) as feed, feed.subscribe_conversation(CONVERSATION) as changes:
        await insert(connection.database, 1, 1, direction=Direction.NOTE)
        await insert(connection.database, 2, 2, direction=Direction.OUT)
        for kind, person in ((ActorKind.CONTACT, "contact"), (ActorKind.OPERATOR, "a")):
            await presences.note(PROJECT, CONVERSATION, kind, person, "Name", looking=False, typing=True)
        await marks.move(PROJECT, OperatorId("a"), CONVERSATION, 2)
        async with asyncio.timeout(10):
            told = [await anext(changes) for _ in range(3)]
        assert all(isinstance(change, Change) for change in told)
        assert [(change.kind, change.data.get("operator")) for change in told if isinstance(change, Change)] == [
            (ChangeKind.MESSAGE, None),
            (ChangeKind.PRESENCE, "a"),
            (ChangeKind.READ_MARK, "a"),
        ]


async def test_drafts_and_read_marks_are_told_to_their_own_person_only(connection: Connection) -> None:
    """Another device of the same person hears of a draft, also of its end; a colleague does not."""
    drafts = Drafts(connection.database)
    async with open_feed(connection) as feed, feed.subscribe(ANNA) as own, feed.subscribe(viewer("b")) as colleague:
        await drafts.keep(PROJECT, OperatorId("a"), CONVERSATION, "Dear", Direction.OUT)
        await drafts.keep(PROJECT, OperatorId("a"), CONVERSATION, "", Direction.OUT)
        assert [change.data["text"] for change in await following(own, ChangeKind.DRAFT, 2)] == ["Dear", ""]
        copies = ("boss@example.test",)
        await drafts.keep(PROJECT, OperatorId("a"), CONVERSATION, "", Direction.OUT, copies)
        [change] = await following(own, ChangeKind.DRAFT, 1)
        assert change.data["copies"] == list(copies)
        kept = await drafts.get(OperatorId("a"), CONVERSATION)
        assert kept is not None, "who gets copies is worth keeping before a word is written"
        assert kept.copies == copies
        await drafts.keep(PROJECT, OperatorId("a"), CONVERSATION, "", Direction.OUT)
        assert await drafts.get(OperatorId("a"), CONVERSATION) is None
        await insert(connection.database, 1, 1)
        async with asyncio.timeout(10):
            first = await anext(colleague)
        assert isinstance(first, Change)
        assert first.kind is ChangeKind.MESSAGE


async def test_a_conversation_that_leaves_the_scope_is_removed(connection: Connection) -> None:
    """Given to somebody else it disappears from a person who sees only their own, and its messages with it."""
    async with open_desk(connection) as desk, open_feed(connection) as feed, feed.subscribe(OWN) as changes:
        conversation = await _settled(desk, "hi")
        await following(changes, ChangeKind.CONVERSATION, 1)
        await desk.pipeline.turns.act(ANNA, conversation, Assign(operator=OperatorId("b")), "k1")
        gone = (await following(changes, ChangeKind.REMOVED, 1))[0]
        assert (gone.conversation, gone.data) == (conversation, {})
        await desk.says("secret")
        await desk.pipeline.turns.act(ANNA, conversation, Assign(operator=OperatorId("o")), "k2")
        back = (await following(changes, ChangeKind.CONVERSATION, 1))[0]
        assert back.data["assignee"] == "o"


async def test_a_feed_that_has_just_started_knows_who_loses_a_conversation(connection: Connection) -> None:
    """Where a conversation stood before is read from its Turns when this process has never seen it."""
    async with open_desk(connection) as desk:
        conversation = await _settled(desk, "hi")
        await desk.pipeline.turns.act(ANNA, conversation, Assign(operator=OperatorId("o")), "k1")
        async with open_feed(connection, rewind_s=0) as feed, feed.subscribe(OWN) as changes:
            await desk.pipeline.turns.act(ANNA, conversation, Assign(operator=OperatorId("b")), "k2")
            assert (await following(changes, ChangeKind.REMOVED, 1))[0].conversation == conversation


async def test_another_project_is_told_nothing(connection: Connection) -> None:
    """A viewer of one project never hears of another's conversations."""
    stranger = Viewer(**{**ANNA.model_dump(), "project": "other"})
    async with open_feed(connection) as feed, feed.subscribe(stranger) as changes, feed.subscribe(ANNA) as own:
        await insert(connection.database, 1, 3)
        await following(own, ChangeKind.MESSAGE, 3)
        assert changes.waiting == 0


async def _settled(desk: Desk, text: str) -> ConversationId:
    """A conversation whose first message is decided and listed."""
    conversation = ConversationId(str((await desk.says(text)).conversation))

    async def listed() -> bool:
        return await desk.pipeline.conversations.get(ANNA, conversation) is not None

    await eventually(listed)
    return conversation
