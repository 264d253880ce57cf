"""A crowd of synthetic conversations in one project, inserted past the services: for plans and for measurements."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import WriteConcern

from hub.model.conversation import Control, ConversationState, Status
from hub.model.ids import OperatorId, TeamId, derived_id
from hub.model.message import ActorKind, Direction
from hub.model.turn import TurnKind
from hub.model.views import is_unattended, shelf_of
from hub.store.connection import Database
from hub.store.conversations import holder_of, name_starts

PROJECT = "project"
CHANNELS = ("shop", "phone")
OPERATORS = 100
TEAMS = 20
CONTACTS_SHARE = 0.8  # of the conversations: some people come back
START = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = ("Sample", "Example", "Demo", "Trial", "Test", "Model", "Pattern", "Specimen")


@dataclass(frozen=True)
class Crowd:
    """How many conversations; `long_thread` messages stand in the first one and `others` in the rest.

    Some messages wait to be decided or sent unless it is `settled`: a hub would begin to work on them.
    """

    conversations: int
    long_thread: int
    others: int
    settled: bool = False

    def conversation(self, number: int) -> str:
        """The id of one of them."""
        return derived_id("conversation", number)

    async def insert(self, database: Database, *, batch: int = 5_000) -> None:
        """Write all of them. Create the indexes afterwards: that is several times faster."""
        await _insert(database, "conversations", self._conversations(), batch)
        await _insert(database, "messages", self._messages(), batch)
        await _insert(database, "turns", self._turns(), batch)

    def _conversations(self) -> Iterator[dict[str, Any]]:
        rng = random.Random(7)
        contacts = int(self.conversations * CONTACTS_SHARE)
        for number in range(self.conversations):
            state = _STATES[min(int(rng.expovariate(0.5)), len(_STATES) - 1)] if number % 5 == 0 else _RESOLVED
            at = START + timedelta(seconds=rng.randrange(30_000_000), milliseconds=rng.randrange(1000))
            name = f"{NAMES[number % len(NAMES)]} Customer {number}"
            resolved = state is _RESOLVED
            assignee = OperatorId(f"o{number % OPERATORS}") if resolved or number % 3 else None
            team = TeamId(f"t{number % TEAMS}") if resolved or number % 2 else None
            yield {
                "_id": self.conversation(number),
                "project": PROJECT if (number + 1) % 25 else "another",
                "channel": CHANNELS[number % 2],
                "channel_kind": "webchat",
                "contact": derived_id("contact", number % contacts),
                "contact_name": name,
                "name_starts": name_starts(name),
                "number": 1 + number // contacts,
                **state,
                "assignee": assignee,
                "team": team,
                "holder": holder_of(assignee, team),
                "waiting_since": at if state["waiting_since"] else None,
                "seq": 2,
                "last_position": 3,
                "last_message": {
                    "position": 3,
                    "direction": "in",
                    "author_kind": "contact",
                    "preview": f"A question number {number}",
                    "at": at,
                },
                "last_activity_at": at,
                "created_at": at,
                "revision": 3,
            }

    def _places(self, count: int) -> Iterator[tuple[str, int]]:
        """Conversation and position of the messages, `count` of them beyond the long thread, three in each."""
        yield from ((self.conversation(0), position) for position in range(1, self.long_thread + 1))
        yield from ((self.conversation(1 + number // 3), number % 3 + 1) for number in range(count))

    def _messages(self) -> Iterator[dict[str, Any]]:
        for number, (conversation, position) in enumerate(self._places(self.others)):
            incoming = position % 2 == 1
            document = {
                "_id": derived_id("message", number),
                "project": PROJECT,
                "conversation": conversation,
                "channel": "shop",
                "contact": derived_id("contact", 0),
                "position": position,
                "direction": Direction.IN.value if incoming else Direction.OUT.value,
                "author": {"kind": ActorKind.CONTACT.value if incoming else ActorKind.OPERATOR.value, "id": "x"},
                "text": "A sentence of the usual length about an order. " * 2,
                "attachments": [_file(number)] if number % 10 == 0 else [],
                "external_id": f"e{number}" if incoming else None,
                "created_at": START + timedelta(seconds=number),
                "undecided": False,
                "delivery": None if incoming else {"status": "read", "external_ids": [f"s{number}"], "fence": None},
            }
            if number % 500 == 0 and incoming and not self.settled:
                document["undecided"] = True
            if number % 500 == 1 and not incoming and not self.settled:
                document |= {"channel": "phone", "delivery": {"status": "queued", "external_ids": []}}
            yield document

    def _turns(self) -> Iterator[dict[str, Any]]:
        state = ConversationState(control_since=START).model_dump(mode="json")
        for number, (conversation, seq) in enumerate(self._places(self.others)):
            tags = {
                "cause": f"command:{derived_id('command', number)}",
                "kind": TurnKind.TAG.value,
                "activity": True,
                "applied": self.settled or number % 400 != 0,
            }
            yield {
                "_id": derived_id("turn", number),
                "project": PROJECT,
                "conversation": conversation,
                "channel": "shop",
                "contact": derived_id("contact", 0),
                "seq": seq,
                "cause": f"message:{derived_id('turn', number)}",
                "kind": TurnKind.MESSAGE.value,
                **(tags if seq % 40 == 0 else {}),
                "actor": {"kind": ActorKind.CONTACT.value},
                "position": seq,
                "state": state,
                "effects": [],
                "decided_at": START + timedelta(seconds=number),
            }


def _file(number: int) -> dict[str, Any]:
    name = f"picture {number}.png"
    return {
        "id": derived_id("file", number),
        "name": name,
        "media_type": "image/png",
        "size_bytes": 1,
        "status": "stored",
    }


def _state(status: Status, control: Control, *, waiting: bool = False) -> dict[str, Any]:
    state = ConversationState(
        status=status, control=control, control_since=START, waiting_since=START if waiting else None
    )
    words = state.model_dump(mode="python") | {"status": status.value, "control": control.value}
    return {
        **words,
        "control_reason": "new_conversation",
        "shelf": shelf_of(state).value,
        "unattended": is_unattended(state),
        "tags": [],
    }


_RELAXED = WriteConcern(w=1, j=False)  # thrown away, or made again
_RESOLVED = _state(Status.RESOLVED, Control.NONE)
_STATES = (
    _state(Status.OPEN, Control.QUEUE, waiting=True),
    _state(Status.OPEN, Control.OPERATOR),
    _state(Status.OPEN, Control.OPERATOR, waiting=True),
    _state(Status.OPEN, Control.BOT),
    _state(Status.SNOOZED, Control.OPERATOR),
    _state(Status.SPAM, Control.NONE),
)


async def _insert(database: Database, name: str, documents: Iterator[dict[str, Any]], batch: int) -> None:
    collection = database[name].with_options(write_concern=_RELAXED)
    waiting: list[dict[str, Any]] = []
    for document in documents:
        waiting.append(document)
        if len(waiting) == batch:
            await collection.insert_many(waiting, ordered=False)
            waiting = []
    if waiting:
        await collection.insert_many(waiting, ordered=False)
