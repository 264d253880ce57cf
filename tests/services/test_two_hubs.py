"""Several hubs on one database: none decides, refuses or sends by what only it remembers."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from hub.model.conversation import Control, Status
from hub.model.ids import ConversationId
from hub.model.timer import TimerStatus
from hub.model.turn import Say, Turn, TurnKind
from hub.services.commands import HandBack, Reply, Snooze, Take
from hub.services.decisions import BOT, Decision
from hub.services.errors import Conflict
from hub.store.connection import Connection
from tests.services.desk import Desk, eventually, open_desk, viewer
from tests.services.faults import Faulty, sets

ANNA, BORIS = viewer("a"), viewer("b")


async def test_taking_back_what_a_colleague_took_at_another_hub_is_no_repetition(connection: Connection) -> None:
    """A hub that remembers the operator as the holder asks the store before it says that nothing is to be done."""
    async with open_desk(connection) as one, open_desk(connection, decide=False) as two:
        conversation = await opened(one)
        await one.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await two.pipeline.turns.act(BORIS, conversation, Take(seen=ANNA.operator), "k2")
        await one.pipeline.turns.act(ANNA, conversation, Take(seen=BORIS.operator), "k3")
        held = await one.pipeline.conversations.any(conversation)
        assert held is not None
        assert held.assignee == ANNA.operator


async def test_nobody_is_refused_for_what_is_over_at_another_hub(connection: Connection) -> None:
    """A conversation that was handed back elsewhere can be taken here."""
    async with open_desk(connection) as one, open_desk(connection, decide=False) as two:
        conversation = await opened(one)
        await one.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await two.pipeline.turns.act(ANNA, conversation, HandBack(), "k2")
        acted = await one.pipeline.turns.act(BORIS, conversation, Take(), "k3")
        assert acted.turn is not None
        assert acted.turn.state.assignee == BORIS.operator


async def test_snooze_set_at_one_hub_is_ended_by_another(connection: Connection) -> None:
    """The hub that fires a timer knows the conversation as it was before it was snoozed."""
    async with open_desk(connection) as one, open_desk(connection, decide=False) as two:
        conversation = await opened(one)
        until = two.pipeline.clock.now() + timedelta(seconds=0.3)
        await two.pipeline.turns.act(ANNA, conversation, Snooze(until=until), "k")

        async def finished() -> bool:
            timer = await connection.database["timers"].find_one({})
            return timer is not None and timer["status"] != TimerStatus.PENDING.value

        await eventually(finished)
        held = await two.pipeline.conversations.any(conversation)
        assert held is not None
        assert held.status is Status.OPEN
        assert await connection.database["turns"].count_documents({"kind": TurnKind.WAKE.value}) == 1


async def test_second_reply_hears_of_one_that_another_hub_is_still_writing(connection: Connection) -> None:
    """A reply that is committed and not yet in the thread counts as newer for everybody who has not seen it."""
    async with open_desk(connection) as one, open_desk(connection, decide=False) as two:
        conversation = await opened(one)
        writes = Faulty(one.pipeline.messages._writer._collection, "insert_many")
        one.pipeline.messages._writer._collection = writes  # type: ignore[assignment]
        writes.hold()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(
                one.pipeline.turns.act(ANNA, conversation, Reply(text="first", seen_position=1), "k1")
            )
            await eventually(lambda: committed(connection, conversation, 2))
            with pytest.raises(Conflict, match="newer message"):
                await two.pipeline.turns.act(BORIS, conversation, Reply(text="second", seen_position=1), "k2")
            writes.held.set()
            await first
        assert [message.text for message in await one.thread(conversation)] == ["hi", "first"]


async def test_take_over_cancels_bot_messages_that_another_hub_has_not_queued_yet(connection: Connection) -> None:
    """A bot's Turn that is committed and not applied when a person takes over sends nothing afterwards."""
    async with open_desk(connection) as one, open_desk(connection, decide=False) as two:
        conversation = await opened(one)
        one.service.up = False
        writes = Faulty(one.pipeline.messages._writer._collection, "insert_many")
        one.pipeline.messages._writer._collection = writes  # type: ignore[assignment]
        writes.hold()
        async with asyncio.TaskGroup() as group:
            group.create_task(bot_says(one, conversation, "one", "two"))
            await eventually(lambda: committed(connection, conversation, 2))
            await two.pipeline.turns.act(ANNA, conversation, Take(), "k")
            codes = [message.delivery.code for message in await two.thread(conversation) if message.delivery]
            assert codes == ["cancelled", "cancelled"]
            writes.held.set()
        one.service.up = True
        await eventually(lambda: nothing_waits(one, conversation))
        assert one.service.seen == []
        assert [message.text for message in await one.thread(conversation)] == ["hi", "one", "two"]


async def test_only_bot_messages_of_older_holders_are_cancelled_when_turns_are_applied_late(
    connection: Connection,
) -> None:
    """A hub that applies what a dead one left cancels as the dead one would have, Turn by Turn."""
    async with open_desk(connection, decide=False) as dead:
        dead.service.up = False
        received = await dead.says("hi", channel=dead.phone)
        conversation = ConversationId(str(received.conversation))
        await dead.pipeline.turns._settle(conversation)
        await bot_says(dead, conversation, "old")
        taken = await dead.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await dead.pipeline.turns.act(ANNA, conversation, Reply(text="mine", seen_position=9), "k2")
        assert taken.turn is not None
    # As if the dead hub had committed both and applied neither.
    await connection.database["turns"].update_many({"seq": {"$gte": taken.turn.seq}}, {"$set": {"applied": False}})
    await connection.database["messages"].update_one(
        {"text": "old"}, {"$set": {"delivery.status": "queued", "delivery.code": None, "delivery.reason": None}}
    )
    async with open_desk(connection, decide=False) as next_:
        await next_.pipeline.turns.act(ANNA, conversation, Reply(text="more", seen_position=9), "k3")
        codes = {m.text: m.delivery.code for m in await next_.thread(conversation) if m.delivery}
        assert codes == {"old": "cancelled", "mine": None, "more": None}


async def test_state_of_every_turn_follows_from_the_one_before_with_two_hubs(connection: Connection) -> None:
    """Whoever decides, seq is dense, the epoch rises with each change of the holder, and the list shows the newest."""
    async with open_desk(connection) as one, open_desk(connection) as two:
        conversation = await opened(one)

        async def acts(desk: Desk, number: int) -> None:
            who = viewer(f"o{number}")
            for command in (Take(), Reply(text=f"r{number}", seen_position=0, confirm=True), HandBack()):
                with suppress(Conflict):
                    await desk.pipeline.turns.act(who, conversation, command, f"{type(command).__name__}{number}")

        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(acts((one, two)[number % 2], number))
                group.create_task((one, two)[number % 2].says(f"m{number}", channel=one.phone))
        await eventually(lambda: all_applied(connection))
        rows = await connection.database["turns"].find({"conversation": conversation}).sort("seq", 1).to_list()
        turns = [Turn.model_validate({**row, "id": row["_id"]}) for row in rows]
        assert [turn.seq for turn in turns] == list(range(1, len(turns) + 1))
        for before, after in pairwise(turns):
            moved = (before.state.control, before.state.assignee) != (after.state.control, after.state.assignee)
            assert after.state.control_epoch == before.state.control_epoch + moved
            assert (after.state.assignee is not None) == (after.state.control is Control.OPERATOR)
        held = await two.pipeline.conversations.any(conversation)
        assert held is not None
        assert held.seq == turns[-1].seq
        assert held.model_dump(include=set(type(turns[-1].state).model_fields)) == turns[-1].state.model_dump()
        thread = await one.thread(conversation)
        assert [message.position for message in thread] == list(range(1, len(thread) + 1))
        said = {f"{turn.id}" for turn in turns for effect in turn.effects if isinstance(effect, Say)}
        assert said == {str(message.turn) for message in thread if message.turn}


async def test_owner_that_slept_past_its_lease_sends_nothing_when_it_wakes(connection: Connection) -> None:
    """A hub that was paused between its claim and the call gives the message back; who has the lease now sends it."""
    async with (
        open_desk(connection, send_lease_s=0.5) as one,
        open_desk(connection, send_lease_s=0.5) as two,
    ):
        two.service.up = False
        conversation = await opened(one)
        claims = Faulty(one.pipeline.outgoing._collection, "find_one_and_update", sets("delivery.status", "sending"))
        one.pipeline.outgoing._collection = claims  # type: ignore[assignment]
        claims.hold(arrives=True)
        one.service.up = False  # queued, since nobody could send it
        await one.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k")
        one.service.up = True
        await claims.met.wait()
        one.service.up = False
        two.service.up = True
        await eventually(lambda: nothing_waits(two, conversation))
        claims.held.set()
        assert [message.text for message in two.service.seen] == ["hello"]
    assert one.service.seen == []
    message = await connection.database["messages"].find_one({"text": "hello"})
    assert message is not None
    assert message["delivery"]["status"] == "sent"
    assert message["delivery"]["fence"] > 0


async def opened(desk: Desk) -> ConversationId:
    """A conversation on the phone with one decided message."""
    received = await desk.says("hi", channel=desk.phone)
    conversation = ConversationId(str(received.conversation))
    await eventually(lambda: _exists(desk, conversation))
    return conversation


async def _exists(desk: Desk, conversation: ConversationId) -> bool:
    return await desk.pipeline.conversations.any(conversation) is not None


async def committed(connection: Connection, conversation: ConversationId, seq: int) -> bool:
    """Whether the Turn is there."""
    return await connection.database["turns"].find_one({"conversation": conversation, "seq": seq}) is not None


async def all_applied(connection: Connection) -> bool:
    """Whether no work is left in the store."""
    undecided = await connection.database["messages"].count_documents({"undecided": True})
    return not undecided and not await connection.database["turns"].count_documents({"applied": False})


async def nothing_waits(desk: Desk, conversation: ConversationId) -> bool:
    """Whether every message of the conversation is sent or failed."""
    return await desk.pipeline.outgoing.next_to_send(desk.phone.id, conversation) is None


async def bot_says(desk: Desk, conversation: ConversationId, *texts: str) -> None:
    """What a flow will do: one Turn whose effects are the bot's messages."""
    await eventually(lambda: _exists(desk, conversation))
    place = await desk.pipeline.conversations.any(conversation)
    assert place is not None
    says = tuple(Say(author=BOT, text=text) for text in texts)
    await desk.pipeline.turns.step(place, f"test:{texts}", lambda state: Decision(TurnKind.TIMER, state, says))
