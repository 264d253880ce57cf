"""Turns as they are stored, with more messages than one command could name."""

from hub.app.background import background
from hub.model.conversation import ConversationState
from hub.model.ids import ChannelId, ContactId, ConversationId, ProjectId, TurnId, new_id
from hub.model.message import Actor, ActorKind
from hub.model.turn import Turn, TurnKind
from hub.store.connection import Connection
from hub.store.documents import from_document, to_document
from hub.store.embedded import Embedded
from hub.store.group_commit import GroupCommit
from hub.store.indexes import create_indexes
from hub.store.turns import UNDECIDED_AT_ONCE, Turns
from tests.services.desk import NOW
from tests.store.commands import Sent, watched

CONVERSATION = ConversationId("c")
DECIDED, WAITING = UNDECIDED_AT_ONCE + 50, 10 * UNDECIDED_AT_ONCE


class Asked(Sent):
    """How many Turns each question named."""

    def __init__(self) -> None:
        super().__init__("find", "filter")
        self.named: list[int] = []

    def started(self, event: object) -> None:
        """Counts them."""
        command = getattr(event, "command", {})
        if "_id" in command.get("filter", {}):
            self.named.append(len(command["filter"]["_id"]["$in"]))


def turn(seq: int, cause: str, *, applied: bool | None = None) -> Turn:
    of_message = applied is None
    return Turn(
        id=TurnId(cause.partition(":")[2] if of_message else new_id()), project=ProjectId("p"),
        conversation=CONVERSATION, channel=ChannelId("x"), contact=ContactId("y"), seq=seq, cause=cause,
        kind=TurnKind.MESSAGE if of_message else TurnKind.TAG, actor=Actor(kind=ActorKind.CONTACT), position=seq,
        state=ConversationState(), decided_at=NOW, applied=applied,
    )  # fmt: skip


async def test_turns_of_a_flood_are_found_by_questions_of_bounded_length(
    connection: Connection, embedded: Embedded
) -> None:
    """After a crash in a flood the undecided messages are many, and few of them have Turns: all of those are found."""
    await create_indexes(connection.database)
    messages = [
        {"_id": f"{number:032x}", "undecided": True, "conversation": CONVERSATION, "position": number}
        for number in range(1, DECIDED + WAITING + 1)
    ]
    await connection.database["messages"].insert_many(messages)
    turns = [turn(number, f"message:{number:032x}") for number in range(1, DECIDED + 1)]
    turns += [turn(DECIDED + 1, "command:a:1", applied=False), turn(DECIDED + 2, "command:a:2", applied=True)]
    await connection.database["turns"].insert_many([to_document(one) for one in turns])
    asked = Asked()
    async with watched(embedded, asked) as client:
        database = client[connection.database.name]
        store = Turns(database, GroupCommit(database["turns"]))
        found = await store.unapplied(CONVERSATION, DECIDED + 2)
        earlier = await store.unapplied(CONVERSATION, 7)
    assert [one.seq for one in found] == list(range(1, DECIDED + 2))
    assert [one.seq for one in earlier] == list(range(1, 8))
    assert max(asked.named) <= UNDECIDED_AT_ONCE
    assert len(asked.named) <= 5


async def test_state_that_many_turns_share_is_stored_whole_with_each(connection: Connection) -> None:
    """Also after it has changed, and when it is what it was before."""
    collection, commit = connection.database["turns"], GroupCommit(connection.database["turns"])
    store = Turns(connection.database, commit)
    one = ConversationState(control_since=NOW, tags=("a", "b"), waiting_since=NOW)
    other = one.model_copy(update={"control_epoch": 2, "waiting_since": None})
    states = [one, one, one, one, other, other, other, one, one]
    async with background(commit.run):
        for seq, state in enumerate(states, 1):
            await store.commit(turn(seq, f"message:{seq:032x}").model_copy(update={"state": state}))
    rows = await collection.find().sort("seq", 1).to_list()
    assert [from_document(Turn, row).state for row in rows] == states
    assert all(row["state"] == rows[0]["state"] for row in rows if row["seq"] not in (5, 6, 7))
