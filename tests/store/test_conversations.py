"""The list document of a conversation: brought up to date in any order, in full or by what has changed."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
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
from hub.store.conversations import PREVIEW_CHARACTERS, Conversations, Derived, _update_of, preview_of

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


def steps(positions: Sequence[int]) -> list[Derived]:
    """The Turns of one conversation, the first one with its contact; `positions` are those of their messages."""
    befores = [None, *STATES[: len(positions) - 1]]
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


async def written_in_full(database: Database, derived: Sequence[Derived]) -> dict[str, Any]:
    """What the full updates make of it, one after the other."""
    for each in derived:
        query, update = _update_of(each)
        await database["in_full"].update_one(query, update, upsert=True)
    document = await database["in_full"].find_one()
    assert document is not None
    assert document.pop("revision") == len(derived)
    return document


@pytest.mark.parametrize("positions", [(1, 2, 3, 4), (1, 3, 2, 4)], ids=["in order", "a reply overtook a message"])
@pytest.mark.parametrize("one_by_one", [True, False], ids=["one by one", "folded"])
async def test_short_updates_lead_to_the_same_document(
    database: Database, positions: Sequence[int], *, one_by_one: bool
) -> None:
    """In whatever order two processes write them: where the document stands elsewhere, the full update is written."""
    right = await written_in_full(database, steps(positions))
    for number, order in enumerate(itertools.permutations(steps(positions))):
        assert await written(database, f"order{number}", order, one_by_one=one_by_one) == right
    assert (right["seq"], right["last_position"], right["last_message"]["preview"]) == (4, 4, "text 4")


@pytest.mark.parametrize("said", [True, False], ids=["a message", "nothing said"])
@pytest.mark.parametrize("name", ["Visitor of the shop", None])
async def test_a_conversation_that_begins_is_stored_as_the_full_update_makes_it(
    database: Database, name: str | None, *, said: bool
) -> None:
    """With every field, and none more; a second time it is only brought up to date."""
    first = replace(steps([1])[0], contact_name=name)
    first = first if said else replace(first, newest=None, said=None)
    right = await written_in_full(database, [first])
    assert await written(database, "once", [first], one_by_one=True) == right
    assert await written(database, "twice", [first, first], one_by_one=True) == right


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short  text\n", "short text"),
        ("a" * PREVIEW_CHARACTERS, "a" * PREVIEW_CHARACTERS),
        ("a" * PREVIEW_CHARACTERS + " " * 2_000, "a" * PREVIEW_CHARACTERS),
        ("a" * PREVIEW_CHARACTERS + " " * 2_000 + "b", "a" * (PREVIEW_CHARACTERS - 1) + "…"),
        (" " * 5_000 + "late", "late"),
        ("word " * 5_000, ("word " * 28)[: PREVIEW_CHARACTERS - 1] + "…"),
    ],
    ids=["short", "full", "full before white space", "a word after white space", "behind white space", "long"],
)
def test_a_preview_is_the_beginning_of_a_text_without_its_white_space(text: str, shown: str) -> None:
    """However much of it there is, and without looking at all of a long text."""
    assert preview_of(message(1).model_copy(update={"text": text})) == shown


async def test_document_that_is_one_turn_behind_is_told_of_the_changes_only(database: Database) -> None:
    """What did not change since is not written again: a short update leaves it as it stands."""
    first, second, *_ = steps((1, 2, 3, 4))
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
