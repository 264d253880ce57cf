"""Where conversations stand for those who may see them: project, assignee and team."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.model.ids import ContactId, ConversationId, ProjectId
from hub.store.connection import Database, retrying

EARLIER_TURNS = 200  # how far back former places are looked for, newest first
CONTACT_CONVERSATIONS = 200
PARKED_COUNTED = 1_000


class Place(NamedTuple):
    """What `Viewer.sees` asks about."""

    project: str
    assignee: str | None
    team: str | None


def place_of(document: Mapping[str, Any]) -> Place:
    """The place that a conversation's document says."""
    return Place(document["project"], document.get("assignee"), document.get("team"))


class Places:
    """Looks places up. Every method raises `StoreUnavailable` while the database is away."""

    def __init__(self, database: Database) -> None:
        self._conversations, self._turns = database["conversations"], database["turns"]
        self._parked, self._contacts = database["parked"], database["contacts"]

    async def current(self, conversations: Sequence[ConversationId]) -> dict[ConversationId, Place]:
        """The places of those conversations that exist."""
        query = {"_id": {"$in": list(conversations)}}
        rows = await retrying(
            lambda: self._conversations.find(query, {"project": 1, "assignee": 1, "team": 1}).to_list()
        )
        return {row["_id"]: place_of(row) for row in rows}

    async def former(self, conversation: ConversationId) -> frozenset[Place]:
        """Every place the conversation has had, as far as its newest 200 Turns tell."""
        projection = {"project": 1, "state.assignee": 1, "state.team": 1}
        rows = await retrying(
            lambda: (
                self._turns.find({"conversation": conversation}, projection)
                .sort("seq", -1)
                .limit(EARLIER_TURNS)
                .to_list()
            )
        )
        return frozenset(place_of({"project": row["project"], **row["state"]}) for row in rows)

    async def of_contact(self, project: ProjectId, contact: ContactId) -> frozenset[Place]:
        """The places of the contact's conversations, and of those with whoever was merged into it."""
        merged = await retrying(lambda: self._contacts.find({"merged_into": contact}, {"_id": 1}).to_list())
        parts = [contact, *(row["_id"] for row in merged)]
        query = {"project": project, "contact": contact if len(parts) == 1 else {"$in": parts}}
        projection = {"project": 1, "assignee": 1, "team": 1}
        rows = await retrying(
            lambda: self._conversations.find(query, projection).limit(CONTACT_CONVERSATIONS).to_list()
        )
        return frozenset(place_of(row) for row in rows)

    async def waiting_parked(self, project: ProjectId) -> int:
        """How many parked events wait in the project, counted to 1,000 at the most."""
        query = {"project": project, "status": "waiting"}
        return await retrying(lambda: self._parked.count_documents(query, limit=PARKED_COUNTED))
