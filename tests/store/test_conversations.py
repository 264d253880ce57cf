"""The list document of a conversation: brought up to date in any order, in full or by what has changed."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.app.background import background
from hub.model.conversation import Control, ConversationState, Status
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, ProjectId, TurnId
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.turn import Turn, TurnKind
from hub.store.coalesce import Coalescer
from hub.store.connection import Database
from hub.store.conversations import Conversations, Derived

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE: dict[str, Any] = {
    "project": ProjectId("project"),
    "conversation": ConversationId("conversation"),
    "channel": ChannelId("shop"),
    "contact": ContactId("contact"),
}
STATES = (
    ConversationState(waiting_since=NOW),
    ConversationState(waiting_since=NOW, control=Control.OPERATOR, control_epoch=2, tags=("new",)),
    ConversationState(status=Status.RESOLVED, control=Control.NONE, control_epoch=3, resolved_at=NOW),
    ConversationState(waiting_since=NOW, control_epoch=4, tags=("new", "back")),
)


def message(position: int) -> Message:
    return Message(
        id=MessageId(f"{position:032x}"), **PLACE, position=position, direction=Direction.IN,
        author=Actor(kind=ActorKind.CONTACT), text=f"text {position}", created_at=NOW + timedelta(seconds=position),
    )  # fmt: skip


def step(seq: int, position: int, before: ConversationState | None) -> Derived:
    turn = Turn(
        id=TurnId(f"{seq:032x}"), **PLACE, seq=seq, cause=f"message:{seq}", kind=TurnKind.MESSAGE,
        actor=Actor(kind=ActorKind.CONTACT), position=position, state=STATES[seq - 1], decided_at=NOW,
    )  # fmt: skip
    said = message(position)
    return Derived(
        turn=turn, number=1, channel_kind="webchat", contact_name="Visitor" if seq == 1 else None, newest=said,
        said=said, before=before, before_seq=seq - 1,
    )  # fmt: skip


def steps(positions: Sequence[int], *, short: bool) -> list[Derived]:
    """The Turns of one conversation, the first one with its contact; `positions` are those of their messages."""
    befores = [None, *STATES[: len(positions) - 1]] if short else [None] * len(positions)
    return [step(seq, position, befores[seq - 1]) for seq, position in enumerate(positions, start=1)]


async def written(database: Database, name: str, derived: Sequence[Derived], *, one_by_one: bool) -> dict[str, Any]:
    lists = Coalescer(database[name], upsert=True)
    conversations = Conversations(database, lists)
    async with background(lists.run):
        for each in derived:
            await conversations.derive(each)
            if one_by_one:
                await conversations.settled(PLACE["conversation"])
        await lists.flush()
    document = await database[name].find_one()
    assert document is not None
    assert document.pop("revision") >= 1
    return document


@pytest.mark.parametrize("positions", [(1, 2, 3, 4), (1, 3, 2, 4)], ids=["in order", "a reply overtook a message"])
@pytest.mark.parametrize("one_by_one", [True, False], ids=["one by one", "folded"])
async def test_short_updates_lead_to_the_same_document(
    database: Database, positions: Sequence[int], *, one_by_one: bool
) -> None:
    """In whatever order two processes write them: where the document stands elsewhere, the full update is written."""
    right = await written(database, "right", steps(positions, short=False), one_by_one=True)
    for number, order in enumerate(itertools.permutations(steps(positions, short=True))):
        assert await written(database, f"order{number}", order, one_by_one=one_by_one) == right
    assert (right["seq"], right["last_position"], right["last_message"]["preview"]) == (4, 4, "text 4")


async def test_document_that_is_one_turn_behind_is_told_of_the_changes_only(database: Database) -> None:
    """What did not change since is not written again: a short update leaves it as it stands."""
    first, second, *_ = steps((1, 2, 3, 4), short=True)
    conversations, lists = database["conversations"], Coalescer(database["conversations"], upsert=True)
    async with background(lists.run):
        derive = Conversations(database, lists)
        await derive.derive(first)
        await lists.flush()
        await conversations.update_one({}, {"$set": {"priority": "kept by a short update"}})
        await derive.derive(second)
        await lists.flush()
    document = await conversations.find_one()
    assert document is not None
    assert (document["seq"], document["priority"], document["tags"]) == (2, "kept by a short update", ["new"])
