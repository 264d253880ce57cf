"""What the bot answers is claimed as it is stored, with a fault or another hub between any two steps."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.base import OutgoingMessage
from connectors.errors import ChannelThrottled
from hub.app.background import background
from hub.model.ids import ConversationId, MessageId, TurnId, new_id
from hub.model.message import DeliveryStatus, Direction, Message
from hub.services.commands import Reply, Take
from hub.services.flow_effects import BOT
from hub.store.connection import Connection
from hub.store.group_commit import GroupCommit
from hub.store.messages import Claim, Messages
from hub.store.outgoing import queued
from tests.services.desk import Desk, eventually, viewer
from tests.services.faults import Faulty, sets
from tests.services.flow_desk import FIRST, FlowDesk, open_flow_desk

ANNA = viewer("a")
NAME, SIZE = "What is your name?", "How many are you?"
TWO = """\
flow: two
title: Two
intro: Welcome!
ask:
- one: text
  text: First?
outcomes:
- done: else
"""


async def test_answer_of_the_bot_is_claimed_by_being_stored(connection: Connection) -> None:
    """No write stands between a message that is stored and its sending."""
    async with open_flow_desk(connection) as desk:
        claims = _claims(desk)
        conversation = await _asked(desk)
        assert [message.text for message in desk.service.seen] == [NAME]
        [asked] = await desk.said(conversation)
        assert asked.delivery is not None
        assert (asked.delivery.status, asked.delivery.attempts) == (DeliveryStatus.SENT, 1)
        assert desk.service.seen[0].delivery is not None
        assert desk.service.seen[0].delivery.fence == asked.delivery.fence
        assert asked.delivery.fence is not None
        assert not claims.met.is_set()


async def test_take_over_before_the_answer_is_stored_keeps_the_bot_silent(connection: Connection) -> None:
    """The hub that takes over stores the bot's message itself and cancels it: the claim of the first hub comes late.

    The first hub's sweep could find it queued before that, and rightly send it: so it does not look.
    """
    async with open_flow_desk(connection, sweep_s=60) as one, open_flow_desk(connection, decide=False) as two:
        conversation = await _asked(one)
        writes = _held(one, arrives=False)
        async with asyncio.TaskGroup() as group:
            group.create_task(one.says("Ann", channel=one.phone))
            await writes.met.wait()
            await two.pipeline.turns.act(ANNA, conversation, Take(), "k")
            writes.held.set()
        await eventually(lambda: _idle(one))
        assert [message.text for message in one.service.seen] == [NAME]
        codes = [message.delivery.code for message in await one.said(conversation) if message.delivery]
        assert codes == [None, "cancelled"]


async def test_hub_that_slept_past_its_lease_does_not_send_what_it_stored_as_claimed(connection: Connection) -> None:
    """Another hub finds the claim of an owner who is gone; the one that wakes gives it back and sends nothing."""
    async with open_flow_desk(connection, send_lease_s=0.5) as one, open_flow_desk(connection, send_lease_s=0.5) as two:
        two.service.up = False
        conversation = await _asked(one)
        writes = _held(one, arrives=True)
        await one.says("Ann", channel=one.phone)
        await writes.met.wait()
        one.service.up = False
        two.service.up = True
        await eventually(lambda: _final(two, conversation))
        one.service.up = True
        writes.held.set()
        await eventually(lambda: _idle(one))
        assert [message.text for message in two.service.seen] == [SIZE]
        assert [message.text for message in one.service.seen] == [NAME]


async def test_answer_that_follows_at_once_is_sent_behind_the_one_before(connection: Connection) -> None:
    """It is reserved while the last one is being marked, and goes out once, when that is final."""
    async with open_flow_desk(connection) as desk:
        moves = desk.pipeline.outgoing._moves
        marks = Faulty(moves._collection, "bulk_write")
        moves._collection = marks  # type: ignore[assignment]
        marks.hold()
        await desk.says("hello", channel=desk.phone)
        await marks.met.wait()
        received = await desk.says("Ann", channel=desk.phone)
        conversation = ConversationId(str(received.conversation))
        await eventually(lambda: _waits(desk, conversation, 2))
        statuses = [message.delivery.status for message in await desk.said(conversation) if message.delivery]
        assert statuses == [DeliveryStatus.SENDING, DeliveryStatus.QUEUED]
        assert [message.text for message in desk.service.seen] == [NAME]
        marks.held.set()
        await eventually(lambda: _final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, SIZE]


async def test_claim_that_nobody_sends_waits_again(connection: Connection) -> None:
    """Whoever applied the Turn was stopped after the message was stored: it was not sent, and is not uncertain."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk)
        writes = _held(desk, arrives=True)
        async with asyncio.TaskGroup() as group:
            storing = group.create_task(desk.pipeline.outbox.append(_message(desk, conversation, TurnId("t"))))
            await writes.met.wait()
            [more] = (await desk.said(conversation))[1:]
            assert more.delivery is not None
            assert more.delivery.status is DeliveryStatus.SENDING
            storing.cancel()
        writes.held.set()
        await eventually(lambda: _final(desk, conversation))
        delivery = (await desk.said(conversation))[-1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.may_repeat) == (DeliveryStatus.SENT, False)
        assert [each.text for each in desk.service.seen] == [NAME, "more"]


async def test_what_an_operator_writes_is_claimed_by_being_stored(connection: Connection) -> None:
    """A person's reply takes the short way too."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk)
        claims = _claims(desk)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        await eventually(lambda: _final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, "Hello"]
        assert not claims.met.is_set()


async def test_hub_that_sends_nothing_claims_nothing(connection: Connection) -> None:
    """A process that leaves sending to others queues, and another one finds it."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection, decide=False) as two:
        conversation = await _asked(one)
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        await eventually(lambda: _final(one, conversation))
        assert [message.text for message in one.service.seen] == [NAME, "Hello"]


async def test_claim_of_another_hub_is_left_to_it(connection: Connection) -> None:
    """What is on its way there is neither sent here nor overtaken by what was queued here."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await _asked(one)
        one.service.hold.clear()
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: _begun(one, 2))
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        two.pipeline.outbox.wake(conversation)
        await eventually(lambda: _drained(two))
        assert not two.service.seen
        one.service.hold.set()
        await eventually(lambda: _final(one, conversation))
        assert [each.text for each in (*one.service.seen, *two.service.seen)] == [NAME, SIZE, "Hello"]
        assert not any(each.delivery.may_repeat for each in await one.said(conversation) if each.delivery)


@pytest.mark.parametrize("stopped", [False, True], ids=["answered", "stopped"])
async def test_two_hubs_that_store_one_message_send_it_once(connection: Connection, *, stopped: bool) -> None:
    """They apply one Turn in the same millisecond. It is the claim of the one that stored it, whatever the other does.

    The other is told so, or stopped before: then it gives back what is its own, and nothing else.
    """
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await _asked(one)
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        await eventually(lambda: _final(one, conversation))
        message = _message(one, conversation, TurnId("t")).model_copy(update={"control_epoch": None})
        for desk in (one, two):
            desk.pipeline.outbox._claims._fence = 2**52
            desk.service.seen.clear()
        writes = _held(one, arrives=False)
        async with asyncio.TaskGroup() as group:
            storing = group.create_task(one.pipeline.outbox.append(message))
            await writes.met.wait()
            two.service.hold.clear()
            await two.pipeline.outbox.append(message)
            await eventually(lambda: _begun(two, 1))
            if stopped:
                storing.cancel()
            else:
                writes.held.set()
        await eventually(lambda: _idle(one))
        writes.held.set()
        two.service.hold.set()
        await eventually(lambda: _final(two, conversation))
        assert [len(desk.service.seen) for desk in (one, two)] == [0, 1]
        delivery = (await two.said(conversation))[-1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.may_repeat) == (DeliveryStatus.SENT, False)


async def test_message_is_queued_where_another_hub_wrote_in_between(connection: Connection) -> None:
    """What came in between may have to be sent first."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk)
        commit = GroupCommit(connection.database["messages"])
        other = Messages(connection.database, commit)
        async with background(commit.run):
            await other.append(_message(desk, conversation, TurnId("b")))
        sending = queued(None).model_copy(update={"status": DeliveryStatus.SENDING, "fence": 7})
        first = desk.pipeline.messages.last_of_run(conversation)
        assert first is not None
        stored = await desk.pipeline.messages.append(
            _message(desk, conversation, TurnId("a")), Claim(delivery=sending, after=first)
        )
        assert stored.message.delivery is not None
        assert stored.message.delivery.status is DeliveryStatus.QUEUED


async def test_service_that_asks_for_a_pause_gets_it(connection: Connection) -> None:
    """What may not go yet is queued, and nothing that is said later overtakes it."""
    async with open_flow_desk(connection) as desk:
        pauses = [0.1, 0.0]

        def pause_s(_: OutgoingMessage) -> float:
            return pauses.pop(0) if pauses else 0.0

        desk.service.pause_s = pause_s  # type: ignore[attr-defined]
        claims = _claims(desk)
        await _asked(desk)
        assert [message.text for message in desk.service.seen] == [NAME]
        assert not pauses
        assert claims.met.is_set()


@pytest.mark.parametrize("fails", [False, True])
async def test_everything_that_a_step_says_goes_out_in_its_order(connection: Connection, fails: bool) -> None:
    """The second is reserved as it is stored. Where the first has to wait, the second waits behind it, unsent."""
    rule = FIRST.model_copy(update={"flow": "two"})
    async with open_flow_desk(connection, (rule,)) as desk:
        await desk.publish("two", TWO)
        desk.service.hold.clear()
        if fails:
            desk.service.errors.append(ChannelThrottled(0.1))
        received = await desk.says("hello", channel=desk.phone)
        conversation = ConversationId(str(received.conversation))
        await eventually(lambda: _waits(desk, conversation, 2))
        statuses = [message.delivery.status for message in await desk.said(conversation) if message.delivery]
        assert statuses == [DeliveryStatus.SENDING, DeliveryStatus.QUEUED]
        desk.service.hold.set()
        await eventually(lambda: _final(desk, conversation))
        assert [message.text for message in desk.service.seen][-2:] == ["Welcome!", "First?"]
        assert len(desk.service.seen) == (3 if fails else 2)
        assert not any(message.delivery.may_repeat for message in await desk.said(conversation) if message.delivery)


async def _asked(desk: FlowDesk) -> ConversationId:
    """A conversation on the phone whose first question was sent."""
    received = await desk.says("hello", channel=desk.phone)
    conversation = ConversationId(str(received.conversation))
    await eventually(lambda: _waits(desk, conversation, 1))
    await eventually(lambda: _final(desk, conversation))
    return conversation


def _claims(desk: Desk) -> Faulty:
    """Claims of messages that were stored before."""
    claims = Faulty(desk.pipeline.outgoing._collection, "find_one_and_update", sets("delivery.status", "sending"))
    desk.pipeline.outgoing._collection = claims  # type: ignore[assignment]
    return claims


def _held(desk: Desk, *, arrives: bool) -> Faulty:
    """The next message to the contact waits before it is stored, or the word of it when it `arrives`."""
    writer = desk.pipeline.messages._writer
    writes = Faulty(writer._collection, "insert_many", _goes_out)
    writer._collection = writes  # type: ignore[assignment]
    writes.hold(arrives=arrives)
    return writes


def _goes_out(documents: Sequence[Any], **_: Any) -> bool:
    return any(document["direction"] == Direction.OUT.value for document in documents)


def _message(desk: Desk, conversation: ConversationId, turn: TurnId) -> Message:
    newest = desk.service.seen[-1]
    change = {"id": MessageId(new_id()), "text": "more", "turn": turn, "author": BOT, "delivery": queued(None)}
    assert newest.conversation == conversation
    return newest.model_copy(update=change)


async def _begun(desk: Desk, count: int) -> bool:
    """Whether so many sends have begun."""
    return len(desk.service.seen) == count


async def _waits(desk: FlowDesk, conversation: ConversationId, count: int) -> bool:
    return len(await desk.said(conversation)) == count


async def _drained(desk: Desk) -> bool:
    """Whether the hub's senders have looked after everything they were woken for."""
    return not desk.pipeline.outbox._wakeful.backlog


async def _idle(desk: Desk) -> bool:
    """Whether the hub's senders have nothing left to do."""
    return desk.pipeline.outbox._idle.is_set()


async def _final(desk: Desk, conversation: ConversationId) -> bool:
    """Whether everything is decided, and nothing is queued or being sent."""
    waiting = await desk.pipeline.outgoing.next_to_send(desk.phone.id, conversation)
    return waiting is None and not await desk.pipeline.messages.undecided(conversation)
