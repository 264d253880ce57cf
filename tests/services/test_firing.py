"""Timers that are due at the same time: each once, and none waits for another's conversation."""

from datetime import datetime, timedelta

from hub.model.ids import ConversationId, TimerId, new_id
from hub.model.timer import TimerStatus
from hub.model.turn import TurnKind
from hub.services.commands import Snooze
from hub.services.firing import READ_AT_ONCE
from hub.store.connection import Connection
from tests.services.desk import Desk, eventually, open_desk, viewer

ANNA = viewer("a")


async def snoozed(desk: Desk, who: str, until: datetime) -> ConversationId:
    """A conversation that wakes at a time."""
    received = await desk.says("hi", who=who)
    conversation = ConversationId(str(received.conversation))
    await desk.pipeline.turns.settle(conversation)
    await desk.pipeline.turns.act(ANNA, conversation, Snooze(until=until), f"k{who}")
    return conversation


def soon(desk: Desk, seconds: float) -> datetime:
    return desk.pipeline.clock.now() + timedelta(seconds=seconds)


async def woken(connection: Connection, *conversations: ConversationId) -> bool:
    query = {"kind": TurnKind.WAKE.value, "conversation": {"$in": [*conversations]}}
    return await connection.database["turns"].count_documents(query) >= len(conversations)


async def test_a_conversation_that_is_busy_delays_no_timers_of_others(connection: Connection) -> None:
    """Whatever goes on in one, such as a flood that is being decided: its own timer alone waits."""
    async with open_desk(connection) as desk:
        busy = await snoozed(desk, "busy", soon(desk, 2))
        other = await snoozed(desk, "other", soon(desk, 2.5))
        async with desk.pipeline.turns._in_order(busy):
            await eventually(lambda: woken(connection, other))
        await eventually(lambda: woken(connection, busy))


async def test_timers_that_cannot_be_fired_do_not_starve_the_rest(connection: Connection) -> None:
    """However many there are, and though they are due before all others."""
    async with open_desk(connection) as desk:
        broken = await snoozed(desk, "broken", soon(desk, 2))
        timers = connection.database["timers"]
        row = await timers.find_one({"conversation": broken})
        assert row is not None
        listed = await connection.database["conversations"].find_one_and_delete({"_id": broken})
        assert listed is not None
        await timers.insert_many([{**row, "_id": TimerId(new_id())} for _ in range(READ_AT_ONCE)])
        other = await snoozed(desk, "other", soon(desk, 2.5))
        await eventually(lambda: woken(connection, other))
        await connection.database["conversations"].insert_one(listed)
        await eventually(lambda: woken(connection, broken))


async def test_many_timers_fire_once_each_with_two_hubs(connection: Connection) -> None:
    async with open_desk(connection) as one, open_desk(connection) as two:
        at = soon(one, 4)
        people = [await snoozed((one, two)[number % 2], f"p{number}", at) for number in range(60)]

        async def all_done() -> bool:
            return not await connection.database["timers"].count_documents({"status": TimerStatus.PENDING.value})

        await eventually(all_done)
        turns = await connection.database["turns"].distinct("conversation", {"kind": TurnKind.WAKE.value})
        assert sorted(turns) == sorted(people)
        assert await connection.database["turns"].count_documents({"kind": TurnKind.WAKE.value}) == len(people)
