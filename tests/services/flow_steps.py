"""What a contact and operators do with flows in tests, and what can be read of it."""

from typing import Any

from hub.model.conversation import Control
from hub.model.events import ConversationStarted, Received, Sender
from hub.model.flow import FlowMark
from hub.model.ids import ConversationId
from hub.store.connection import Connection
from tests.services.desk import NOW, PROJECT, eventually, viewer
from tests.services.flow_desk import FlowDesk

ANNA, BORIS = viewer("a"), viewer("b")
NAME, SIZE, BUDGET = "What is your name?", "How many are you?", "Your budget?"


def conversation_of(received: Received) -> ConversationId:
    assert received.conversation is not None
    return received.conversation


async def begun(desk: FlowDesk, text: str, question: str) -> ConversationId:
    conversation = conversation_of(await desk.says(text))
    await eventually(lambda: asks(desk, conversation, question))
    return conversation


async def answers(desk: FlowDesk, conversation: ConversationId, text: str, question: str) -> None:
    await desk.says(text)
    await eventually(lambda: asks(desk, conversation, question))


async def finished_flow(desk: FlowDesk) -> ConversationId:
    conversation = await begun(desk, "hello", NAME)
    await answers(desk, conversation, "Ann", SIZE)
    await desk.says("A few")
    await eventually(lambda: has_control(desk, conversation, Control.NONE))
    return conversation


async def pressed_start(desk: FlowDesk, key: str, payload: str | None) -> Received:
    sender = Sender(kind="test", value="visitor", name="visitor")
    event = ConversationStarted(external_id=key, sender=sender, payload=payload)
    return (await desk.pipeline.inbound.receive(desk.shop, [event]))[0]


async def last_said(desk: FlowDesk, conversation: ConversationId) -> str:
    told = await desk.told(conversation)
    return told[-1] if told else ""


async def asks(desk: FlowDesk, conversation: ConversationId, question: str) -> bool:
    """Whether the question was put, and everything before it is done."""
    return question in await last_said(desk, conversation) and await all_decided(desk, conversation)


async def has_control(desk: FlowDesk, conversation: ConversationId, control: Control) -> bool:
    held = await desk.pipeline.conversations.any(conversation)
    return held is not None and held.control is control


async def mark_of(desk: FlowDesk, conversation: ConversationId) -> FlowMark:
    held = await desk.pipeline.conversations.any(conversation)
    assert held is not None
    assert held.flow is not None
    return held.flow


async def all_decided(desk: FlowDesk, conversation: ConversationId) -> bool:
    return not await desk.pipeline.messages.undecided(conversation)


async def all_sessions(connection: Connection) -> list[dict[str, Any]]:
    return [row async for row in connection.database["flow_sessions"].find()]


async def sessions_by_flow(connection: Connection) -> dict[str, dict[str, Any]]:
    return {str(row["flow"]): row for row in await all_sessions(connection)}


async def let_be_due(connection: Connection, kind: str) -> None:
    """Let the pending timers of a kind be due."""
    now = (await connection.client.admin.command("hello"))["localTime"]
    await connection.database["timers"].update_many({"kind": kind, "status": "pending"}, {"$set": {"due_at": now}})


def operator_of(name: str, team: str) -> dict[str, object]:
    membership = {"project": PROJECT, "role": "operator", "scope": "all", "teams": [team]}
    return {
        "_id": name, "email": f"{name}@example.org", "name": name, "active": True, "memberships": [membership],
        "created_at": NOW,
    }  # fmt: skip
