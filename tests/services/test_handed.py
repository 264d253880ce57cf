"""Messages handed from the intake to the decision: only where it is certain that none between them is missing."""

from datetime import UTC, datetime

import pytest

from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, ProjectId
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.services import handed as module
from hub.services.handed import Handed
from hub.store.connection import Connection
from tests.services.desk import eventually, open_desk

PLACE = ConversationId("conversation")


def message(position: int) -> Message:
    return Message(
        id=MessageId(f"{position:032x}"), project=ProjectId("p"), conversation=PLACE, channel=ChannelId("shop"),
        contact=ContactId("c"), position=position, direction=Direction.IN, author=Actor(kind=ActorKind.CONTACT),
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip


def positions(handed: Handed) -> list[int] | None:
    taken = handed.take(PLACE)
    return None if taken is None else [each.position for each in taken]


def test_what_was_stored_in_one_run_is_taken_in_its_order() -> None:
    """Positions between them that this process has filled itself are answers, and need no look."""
    handed = Handed(lambda _: 1)
    for position in (1, 2, 5):
        handed.offer(message(position))
    assert positions(handed) == [1, 2, 5]


def test_position_of_another_process_between_two_asks_the_store() -> None:
    """At 2 may lie a message that nobody here has decided."""
    handed = Handed(lambda _: 3)
    handed.decided(PLACE, 1)
    handed.offer(message(3))
    assert positions(handed) is None


def test_what_was_decided_meanwhile_is_left_out() -> None:
    """A command decides what waits before itself."""
    handed = Handed(lambda _: 1)
    for position in (1, 2, 3):
        handed.offer(message(position))
    handed.decided(PLACE, 2)
    assert positions(handed) == [3]


def test_after_a_doubt_the_store_is_asked_once() -> None:
    """A failed decision, or a message of which only the store knows."""
    handed = Handed(lambda _: 1)
    handed.offer(message(1))
    handed.ask(PLACE)
    handed.offer(message(2))
    assert positions(handed) is None
    handed.decided(PLACE, 2)
    handed.offer(message(3))
    assert positions(handed) == [3]


def test_what_does_not_fit_is_read_from_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog is bounded in memory."""
    monkeypatch.setattr(module, "HANDED_AT_MOST", 2)
    handed = Handed(lambda _: 1)
    for position in (1, 2, 3):
        handed.offer(message(position))
    assert positions(handed) is None
    handed.decided(PLACE, 3)
    handed.offer(message(4))
    assert positions(handed) == [4]


async def test_message_whose_sender_left_is_decided_before_the_next(connection: Connection) -> None:
    """It is stored though nobody was told: the next message must not be decided past it."""
    async with open_desk(connection) as desk:
        first = await desk.says("first")
        conversation = ConversationId(str(first.conversation))
        messages = desk.pipeline.messages
        known = (await messages.window(conversation, limit=1))[0]
        # As a caller does that is cancelled while its message is being written.
        left = known.model_copy(
            update={"id": MessageId("f" * 32), "external_id": "left", "text": "left", "undecided": True}
        )
        await messages.append(left)
        messages._runs.pop(conversation)
        await desk.says("third")

        async def decided() -> bool:
            return await connection.database["turns"].count_documents({"conversation": conversation}) == 3

        await eventually(decided)
        rows = await connection.database["turns"].find({"conversation": conversation}).sort("seq", 1).to_list()
        assert [row["position"] for row in rows] == [1, 2, 3]
