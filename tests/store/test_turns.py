"""Turns as they are stored, with more messages than one command could name."""

from hub.model.conversation import ConversationState
from hub.model.ids import ChannelId, ContactId, ConversationId, ProjectId, TurnId, new_id
from hub.model.message import Actor, ActorKind
from hub.model.turn import Turn, TurnKind
from hub.store.connection import Connection
from hub.store.documents import to_document
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
