"""Messages in a row: decided while the first of them is being written, and still strictly one after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hub.model.conversation import Control
from hub.model.ids import ConversationId
from hub.services.commands import Take
from hub.store.connection import Connection
from tests.services.desk import Desk, eventually, open_desk, viewer
from tests.services.faults import Faulty

ANNA = viewer("a")


async def begun(desk: Desk) -> tuple[ConversationId, Faulty]:
    """A conversation whose first message is decided, and the writes of Turns that come after it."""
    conversation = ConversationId(str((await desk.says("first")).conversation))
    await desk.pipeline.turns.settle(conversation)
    writer = desk.pipeline.turn_store._writer
    writes = Faulty(writer._collection, "insert_many")
    writer._collection = writes  # type: ignore[assignment]
    return conversation, writes


async def turns_of(connection: Connection, conversation: ConversationId) -> list[dict[str, Any]]:
    return await connection.database["turns"].find({"conversation": conversation}).sort("seq", 1).to_list()


def has_turns(connection: Connection, conversation: ConversationId, count: int) -> Callable[[], Awaitable[bool]]:
    async def has() -> bool:
        return len(await turns_of(connection, conversation)) == count

    return has


def is_settled(connection: Connection) -> Callable[[], Awaitable[bool]]:
    async def settled() -> bool:
        return await connection.database["messages"].count_documents({"undecided": True}) == 0

    return settled


async def test_messages_of_one_conversation_share_a_write_of_their_turns(connection: Connection) -> None:
    """While one Turn is being written, those behind it are decided; they are stored together, in the order of seq."""
    async with open_desk(connection) as desk:
        conversation, writes = await begun(desk)
        written: list[int] = []
        collection = writes._collection

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(collection, name)

            async def insert_many(self, documents: list[Any], **options: Any) -> Any:
                written.append(len(documents))
                return await collection.insert_many(documents, **options)

        writes._collection = Counting()
        writes.hold()
        await desk.says("2")
        await asyncio.wait_for(writes.met.wait(), 30)
        for number in range(3, 9):
            await desk.says(f"{number}")
        await eventually(lambda: waiting(desk, 7))
        writes.held.set()
        await eventually(has_turns(connection, conversation, 8))
        await eventually(is_settled(connection))
        assert written == [1, 6]
        rows = await turns_of(connection, conversation)
        assert [(row["seq"], row["position"]) for row in rows] == [(number, number) for number in range(1, 9)]
        listed = await desk.pipeline.conversations.any(conversation)
        assert listed is not None
        assert (listed.last_position, listed.last_message and listed.last_message.preview) == (8, "8")


async def test_turns_behind_one_that_came_too_late_are_decided_anew(connection: Connection) -> None:
    """Another hub took over meanwhile: what was decided before that is not stored, and every message has one Turn."""
    async with open_desk(connection) as one, open_desk(connection, decide=False) as two:
        conversation, writes = await begun(one)
        writes.hold()
        for number in range(2, 6):
            await one.says(f"{number}")
        await asyncio.wait_for(writes.met.wait(), 30)
        await eventually(lambda: waiting(one, 4))
        await two.pipeline.turns.act(ANNA, conversation, Take(), "k")
        writes.held.set()
        await one.says("6")
        await eventually(has_turns(connection, conversation, 7))
        await eventually(is_settled(connection))
        rows = await turns_of(connection, conversation)
        assert [row["seq"] for row in rows] == list(range(1, 8))
        assert [row["position"] for row in rows if row["kind"] == "message"] == list(range(1, 7))
        assert rows[-1]["state"]["control"] == Control.OPERATOR.value


async def test_command_is_taken_between_messages_in_a_row(connection: Connection) -> None:
    """A person who takes over waits for what is being written, and not for messages that go on coming."""
    async with open_desk(connection) as desk:
        conversation, writes = await begun(desk)
        writes.hold()
        await desk.says("2")
        await asyncio.wait_for(writes.met.wait(), 30)
        async with asyncio.TaskGroup() as group:
            taken = group.create_task(desk.pipeline.turns.act(ANNA, conversation, Take(), "k"))
            await eventually(lambda: wanted(desk, conversation))
            for number in range(3, 6):
                await desk.says(f"{number}")
            writes.held.set()
        turn = taken.result().turn
        assert turn is not None
        await eventually(has_turns(connection, conversation, 6))
        await eventually(is_settled(connection))
        rows = await turns_of(connection, conversation)
        assert [row["seq"] for row in rows] == list(range(1, 7))
        assert [row["position"] for row in rows if row["kind"] == "message"] == list(range(1, 6))
        assert all(row["state"]["assignee"] == ANNA.operator for row in rows[turn.seq - 1 :])


async def waiting(desk: Desk, turns: int) -> bool:
    """Whether so many Turns are on their way."""
    return desk.pipeline.turn_store._writer.waiting == turns


async def wanted(desk: Desk, conversation: ConversationId) -> bool:
    """Whether a command waits for the conversation."""
    return desk.pipeline.turns._in_order.is_wanted(conversation)
