"""Steps of the tests about messages that are claimed as they are stored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.model.ids import ConversationId, MessageId, TurnId, new_id
from hub.model.message import DeliveryStatus, Direction, Message
from hub.services.flow_effects import BOT
from hub.store.connection import Connection
from hub.store.outgoing import queued
from tests.services.desk import Desk, eventually
from tests.services.faults import Faulty, sets
from tests.services.flow_desk import FlowDesk


async def went_out_once(desk: FlowDesk, conversation: ConversationId) -> None:
    for message in await desk.said(conversation):
        assert message.delivery is not None
        found = (message.delivery.status, message.delivery.may_repeat, message.delivery.attempts)
        assert found == (DeliveryStatus.SENT, False, 1), message.text


async def applied(connection: Connection) -> bool:
    return await connection.database["turns"].find_one({"applied": False}) is None


def reads_threads(desk: Desk) -> None:
    abilities = replace(desk.service.capabilities, reads_threads=True)
    desk.service.capabilities = abilities  # type: ignore[misc]  # of this one


async def asked(desk: FlowDesk, who: str = "visitor") -> ConversationId:
    """A conversation on the phone whose first question was sent."""
    received = await desk.says("hello", channel=desk.phone, who=who)
    conversation = ConversationId(str(received.conversation))
    await eventually(lambda: waits(desk, conversation, 1))
    await eventually(lambda: final(desk, conversation))
    return conversation


def claims(desk: Desk) -> Faulty:
    """Claims of messages that were stored before."""
    claims = Faulty(desk.pipeline.outgoing._collection, "find_one_and_update", sets("delivery.status", "sending"))
    desk.pipeline.outgoing._collection = claims  # type: ignore[assignment]
    return claims


def held(desk: Desk, *, arrives: bool) -> Faulty:
    """The next message to the contact waits before it is stored, or the word of it when it `arrives`."""
    writer = desk.pipeline.messages._writer
    writes = Faulty(writer._collection, "insert_many", goes_out)
    writer._collection = writes  # type: ignore[assignment]
    writes.hold(arrives=arrives)
    return writes


def goes_out(documents: Sequence[Any], **_: Any) -> bool:
    return any(document["direction"] == Direction.OUT.value for document in documents)


def message(desk: Desk, conversation: ConversationId, turn: TurnId) -> Message:
    newest = desk.service.seen[-1]
    change = {"id": MessageId(new_id()), "text": "more", "turn": turn, "author": BOT}
    change["delivery"] = queued(desk.pipeline.clock.now() + timedelta(hours=1))
    assert newest.conversation == conversation
    return newest.model_copy(update=change)


async def begun(desk: Desk, count: int) -> bool:
    """Whether so many sends have begun."""
    return len(desk.service.seen) == count


async def waits(desk: FlowDesk, conversation: ConversationId, count: int) -> bool:
    return len(await desk.said(conversation)) == count


async def drained(desk: Desk) -> bool:
    """Whether the hub's senders have looked after everything they were woken for."""
    return not desk.pipeline.outbox._wakeful.backlog


async def idle(desk: Desk) -> bool:
    """Whether the hub's senders have nothing left to do."""
    return desk.pipeline.outbox._idle.is_set()


async def final(desk: Desk, conversation: ConversationId) -> bool:
    """Whether everything is decided, and nothing is queued or being sent."""
    waiting = await desk.pipeline.outgoing.next_to_send(desk.phone.id, conversation)
    return waiting is None and not await desk.pipeline.messages.undecided(conversation)
