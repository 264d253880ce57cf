"""What the bot answers is claimed as it is stored, with a fault or another hub between any two steps."""

import asyncio

import pytest

from connectors.base import OutgoingMessage
from connectors.errors import ChannelThrottled
from hub.app.background import background
from hub.model.ids import ConversationId, TurnId
from hub.model.message import DeliveryStatus
from hub.services.commands import Reply, Take
from hub.store.connection import Connection
from hub.store.group_commit import GroupCommit
from hub.store.messages import Claim, Messages
from hub.store.outgoing import queued
from tests.services import ahead_steps as steps
from tests.services.desk import eventually, viewer
from tests.services.faults import Faulty
from tests.services.flow_desk import FIRST, open_flow_desk

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
        claims = steps.claims(desk)
        conversation = await steps.asked(desk)
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

    The first hub's sweep could find it queued before that, and rightly send it: so it does not look. A connector that
    reads the thread gets nothing before it is stored.
    """
    async with open_flow_desk(connection, sweep_s=60) as one, open_flow_desk(connection, decide=False) as two:
        steps.reads_threads(one)
        conversation = await steps.asked(one)
        writes = steps.held(one, arrives=False)
        async with asyncio.TaskGroup() as group:
            group.create_task(one.says("Ann", channel=one.phone))
            await writes.met.wait()
            await two.pipeline.turns.act(ANNA, conversation, Take(), "k")
            writes.held.set()
        await eventually(lambda: steps.idle(one))
        assert [message.text for message in one.service.seen] == [NAME]
        codes = [message.delivery.code for message in await one.said(conversation) if message.delivery]
        assert codes == [None, "cancelled"]


async def test_hub_that_slept_past_its_lease_does_not_send_what_it_stored_as_claimed(connection: Connection) -> None:
    """Another hub finds the claim of an owner who is gone; the one that wakes gives it back and sends nothing."""
    async with open_flow_desk(connection, send_lease_s=0.5) as one, open_flow_desk(connection, send_lease_s=0.5) as two:
        steps.reads_threads(one)
        two.service.up = False
        conversation = await steps.asked(one)
        writes = steps.held(one, arrives=True)
        await one.says("Ann", channel=one.phone)
        await writes.met.wait()
        one.service.up = False
        two.service.up = True
        await eventually(lambda: steps.final(two, conversation))
        one.service.up = True
        writes.held.set()
        await eventually(lambda: steps.idle(one))
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
        await eventually(lambda: steps.waits(desk, conversation, 2))
        statuses = [message.delivery.status for message in await desk.said(conversation) if message.delivery]
        assert statuses == [DeliveryStatus.SENDING, DeliveryStatus.QUEUED]
        assert [message.text for message in desk.service.seen] == [NAME]
        marks.held.set()
        await eventually(lambda: steps.final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, SIZE]


async def test_claim_that_nobody_sends_waits_again(connection: Connection) -> None:
    """Whoever applied the Turn was stopped after the message was stored: it was not sent, and is not uncertain."""
    async with open_flow_desk(connection) as desk:
        conversation = await steps.asked(desk)
        writes = steps.held(desk, arrives=True)
        async with asyncio.TaskGroup() as group:
            storing = group.create_task(desk.pipeline.outbox.append(steps.message(desk, conversation, TurnId("t"))))
            await writes.met.wait()
            [more] = (await desk.said(conversation))[1:]
            assert more.delivery is not None
            assert more.delivery.status is DeliveryStatus.SENDING
            storing.cancel()
        writes.held.set()
        await eventually(lambda: steps.final(desk, conversation))
        delivery = (await desk.said(conversation))[-1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.may_repeat) == (DeliveryStatus.SENT, False)
        assert [each.text for each in desk.service.seen] == [NAME, "more"]


async def test_what_an_operator_writes_is_claimed_by_being_stored(connection: Connection) -> None:
    """A person's reply takes the short way too."""
    async with open_flow_desk(connection) as desk:
        conversation = await steps.asked(desk)
        claims = steps.claims(desk)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        await eventually(lambda: steps.final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, "Hello"]
        assert not claims.met.is_set()


async def test_hub_that_sends_nothing_claims_nothing(connection: Connection) -> None:
    """A process that leaves sending to others queues, and another one finds it."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection, decide=False) as two:
        conversation = await steps.asked(one)
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        await eventually(lambda: steps.final(one, conversation))
        assert [message.text for message in one.service.seen] == [NAME, "Hello"]


async def test_claim_of_another_hub_is_left_to_it(connection: Connection) -> None:
    """What is on its way there is neither sent here nor overtaken by what was queued here."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await steps.asked(one)
        one.service.hold.clear()
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: steps.begun(one, 2))
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        two.pipeline.outbox.wake(conversation)
        await eventually(lambda: steps.drained(two))
        assert not two.service.seen
        one.service.hold.set()
        await eventually(lambda: steps.final(one, conversation))
        assert [each.text for each in (*one.service.seen, *two.service.seen)] == [NAME, SIZE, "Hello"]
        assert not any(each.delivery.may_repeat for each in await one.said(conversation) if each.delivery)


@pytest.mark.parametrize("stopped", [False, True], ids=["answered", "stopped"])
async def test_two_hubs_that_store_one_message_send_it_once(connection: Connection, *, stopped: bool) -> None:
    """They apply one Turn in the same millisecond. It is the claim of the one that stored it, whatever the other does.

    The other is told so, or stopped before: then it gives back what is its own, and nothing else.
    """
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await steps.asked(one)
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "k")
        await eventually(lambda: steps.final(one, conversation))
        message = steps.message(one, conversation, TurnId("t")).model_copy(update={"control_epoch": None})
        for desk in (one, two):
            desk.pipeline.outbox._claims._fence = 2**52
            desk.service.seen.clear()
        writes = steps.held(one, arrives=False)
        async with asyncio.TaskGroup() as group:
            storing = group.create_task(one.pipeline.outbox.append(message))
            await writes.met.wait()
            two.service.hold.clear()
            await two.pipeline.outbox.append(message)
            await eventually(lambda: steps.begun(two, 1))
            if stopped:
                storing.cancel()
            else:
                writes.held.set()
        await eventually(lambda: steps.idle(one))
        writes.held.set()
        two.service.hold.set()
        await eventually(lambda: steps.final(two, conversation))
        assert [len(desk.service.seen) for desk in (one, two)] == [0, 1]
        delivery = (await two.said(conversation))[-1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.may_repeat) == (DeliveryStatus.SENT, False)


async def test_message_is_queued_where_another_hub_wrote_in_between(connection: Connection) -> None:
    """What came in between may have to be sent first."""
    async with open_flow_desk(connection) as desk:
        conversation = await steps.asked(desk)
        commit = GroupCommit(connection.database["messages"])
        other = Messages(connection.database, commit)
        async with background(commit.run):
            await other.append(steps.message(desk, conversation, TurnId("b")))
        sending = queued(None).model_copy(update={"status": DeliveryStatus.SENDING, "fence": 7})
        first = desk.pipeline.messages.last_of_run(conversation)
        assert first is not None
        stored = await desk.pipeline.messages.append(
            steps.message(desk, conversation, TurnId("a")), Claim(delivery=sending, after=first)
        )
        assert stored.message.delivery is not None
        assert stored.message.delivery.status is DeliveryStatus.QUEUED


async def test_service_that_asks_for_a_pause_gets_it(connection: Connection) -> None:
    """What may not go yet is queued, and nothing that is said later overtakes it."""
    async with open_flow_desk(connection) as desk:
        pauses = [0.1, 0.1, 0.0]  # for its Turn, as it is stored, and when its time has come

        def pause_s(_: OutgoingMessage) -> float:
            return pauses.pop(0) if pauses else 0.0

        desk.service.pause_s = pause_s  # type: ignore[attr-defined]
        claims = steps.claims(desk)
        await steps.asked(desk)
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
        await eventually(lambda: steps.waits(desk, conversation, 2))
        statuses = [message.delivery.status for message in await desk.said(conversation) if message.delivery]
        assert statuses == [DeliveryStatus.SENDING, DeliveryStatus.QUEUED]
        desk.service.hold.set()
        await eventually(lambda: steps.final(desk, conversation))
        assert [message.text for message in desk.service.seen][-2:] == ["Welcome!", "First?"]
        assert len(desk.service.seen) == (3 if fails else 2)
        assert not any(message.delivery.may_repeat for message in await desk.said(conversation) if message.delivery)


async def test_answer_is_on_its_way_while_it_is_being_stored(connection: Connection) -> None:
    """The Turn has claimed it. What became of it is marked as soon as it stands in the thread."""
    async with open_flow_desk(connection) as desk:
        conversation = await steps.asked(desk)
        writes = steps.held(desk, arrives=False)
        await desk.says("Ann", channel=desk.phone)
        await eventually(lambda: steps.begun(desk, 2))
        assert len(await desk.said(conversation)) == 1
        writes.held.set()
        await eventually(lambda: steps.waits(desk, conversation, 2))
        await eventually(lambda: steps.final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, SIZE]
        assert desk.service.seen[1].position == (await desk.said(conversation))[1].position
        await steps.went_out_once(desk, conversation)


async def test_answer_on_its_way_is_left_to_its_hub_by_the_one_that_takes_over(connection: Connection) -> None:
    """Who applies the Turn of another hub stores the message as that one claimed it: sent once, and not in doubt."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await steps.asked(one)
        one.service.hold.clear()
        writes = steps.held(one, arrives=False)
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: steps.begun(one, 2))
        await two.pipeline.turns.act(ANNA, conversation, Take(), "k")
        await two.pipeline.turns.act(ANNA, conversation, Reply(text="Hello", seen_position=0, confirm=True), "r")
        statuses = [message.delivery.status for message in await two.said(conversation) if message.delivery]
        assert statuses == [DeliveryStatus.SENT, DeliveryStatus.SENDING, DeliveryStatus.QUEUED]
        two.pipeline.outbox.wake(conversation)
        await eventually(lambda: steps.drained(two))
        assert not two.service.seen
        writes.held.set()
        one.service.hold.set()
        await eventually(lambda: steps.final(one, conversation))
        assert [each.text for each in (*one.service.seen, *two.service.seen)] == [NAME, SIZE, "Hello"]
        await steps.went_out_once(one, conversation)


async def test_hub_that_stops_stores_what_it_has_handed_out(connection: Connection) -> None:
    """Who applied the Turn is stopped before the message was stored: its sender stores it, and nothing is in doubt."""
    async with open_flow_desk(connection) as one:
        conversation = await steps.asked(one)
        one.service.hold.clear()
        writes = steps.held(one, arrives=False)
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: steps.begun(one, 2))
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, one.service.hold.set)
        loop.call_later(0.4, writes.held.set)
    async with open_flow_desk(connection) as two:
        await eventually(lambda: steps.waits(two, conversation, 2))
        await eventually(lambda: steps.final(two, conversation))
        await two.pipeline.turns.settle(conversation)
        assert not two.service.seen
        assert [message.text for message in one.service.seen] == [NAME, SIZE]
        await steps.went_out_once(two, conversation)


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_take_over_while_the_answer_waits_for_a_sender_keeps_the_bot_silent(
    connection: Connection, *, elsewhere: bool
) -> None:
    """It was claimed, and all senders were busy by then: who sends it later looks whether a person has taken over."""
    async with open_flow_desk(connection, send_workers=1) as desk, open_flow_desk(connection, decide=False) as two:
        conversation, other = await steps.asked(desk), await steps.asked(desk, who="other")
        writer = desk.pipeline.turn_store._writer
        writes = Faulty(writer._collection, "insert_many")
        writer._collection = writes  # type: ignore[assignment]
        writes.hold(arrives=True)
        await desk.says("Ann", channel=desk.phone)
        await writes.met.wait()
        desk.service.hold.clear()
        await desk.pipeline.outbox.append(steps.message(desk, other, TurnId("t")))
        await eventually(lambda: steps.begun(desk, 3))
        writes.held.set()
        await eventually(lambda: steps.waits(desk, conversation, 2))
        await (two if elsewhere else desk).pipeline.turns.act(ANNA, conversation, Take(), "k")
        assert len(desk.service.seen) == 3
        desk.service.hold.set()
        await eventually(lambda: steps.final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, NAME, "more"]
        codes = [message.delivery.code for message in await desk.said(conversation) if message.delivery]
        assert codes == [None, "cancelled"]


async def test_reply_waits_for_one_that_another_hub_has_on_its_way(connection: Connection) -> None:
    """What another hub has decided in between makes a hub ask again what waits, before a Turn claims anything."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await steps.asked(one)
        await one.pipeline.turns.act(ANNA, conversation, Take(), "t")
        two.service.hold.clear()
        first, second = (Reply(text=text, seen_position=0, confirm=True) for text in ("first", "second"))
        await two.pipeline.turns.act(ANNA, conversation, first, "1")
        await eventually(lambda: steps.begun(two, 1))
        await eventually(lambda: steps.applied(connection))  # else the first hub applies it, and knows by that
        await one.pipeline.turns.act(ANNA, conversation, second, "2")
        await eventually(lambda: steps.drained(one))
        assert [message.text for message in one.service.seen] == [NAME]
        two.service.hold.set()
        await eventually(lambda: steps.final(two, conversation))
        assert [each.text for each in (*one.service.seen, *two.service.seen) if each.text == "second"] == ["second"]
        await steps.went_out_once(one, conversation)


async def test_turn_whose_commit_is_answered_late_says_it_once(connection: Connection) -> None:
    """The connection breaks behind the commit: the Turn is found by its cause, and what it claimed is queued."""
    async with open_flow_desk(connection) as desk:
        conversation = await steps.asked(desk)
        writer = desk.pipeline.turn_store._writer
        writes = Faulty(writer._collection, "insert_many")
        writer._collection = writes  # type: ignore[assignment]
        writes.lose(1, arrives=True)
        await desk.says("Ann", channel=desk.phone)
        await eventually(lambda: steps.waits(desk, conversation, 2))
        await eventually(lambda: steps.final(desk, conversation))
        assert [message.text for message in desk.service.seen] == [NAME, SIZE]
        await steps.went_out_once(desk, conversation)
