"""Presence: who looks at a conversation or a draft or types in it, and which operators are there; it ends by itself."""

from collections.abc import Sequence
from typing import Any

from hub.model.ids import ConversationId, OperatorId, ProjectId, derived_id
from hub.model.message import ActorKind
from hub.model.operator import Presence
from hub.model.presence import Attendance, Authoring
from hub.store.connection import Database, retrying
from hub.store.documents import from_document

LOOKING_S = 50  # an inbox says every 20 s what it looks at; two may get lost
TYPING_S = 10
BEATS_S = 50
WRITING_S = 15  # an editor says every 4 s that it is open
AUTHORS = 50
OPERATORS = 1000


class Presences:
    """All presence. Every method raises `StoreUnavailable` while the database is away; none is worth a retry."""

    def __init__(self, database: Database) -> None:
        self._collection = database["presence"]
        self._operators = database["operators"]

    async def note(
        self,
        project: ProjectId,
        conversation: ConversationId,
        kind: ActorKind,
        person: str,
        name: str | None,
        *,
        looking: bool,
        typing: bool,
    ) -> None:
        """Write what a person does in a conversation right now. It is over by itself 50 s (typing: 10 s) later."""
        values = {
            "project": project,
            "conversation": conversation,
            "kind": kind.value,
            "person": person,
            "name": name,
            "looking": looking,
            "typing": typing,
        }
        lifetime_s = LOOKING_S if looking else TYPING_S
        stages = _literal(values), {"$set": {"until": {"$add": ["$$NOW", lifetime_s * 1000]}}}
        key = derived_id("presence", conversation, kind.value, person)
        await retrying(lambda: self._collection.update_one({"_id": key}, list(stages), upsert=True))

    async def of(self, conversation: ConversationId) -> Sequence[Attendance]:
        """Who is in the conversation right now."""
        query = {"conversation": conversation, "$expr": {"$gt": ["$until", "$$NOW"]}}
        rows = await retrying(lambda: self._collection.find(query).limit(100).to_list())
        found = [from_document(Attendance, row) for row in rows]
        return [attendance for attendance in found if attendance.looking or attendance.typing]

    async def note_author(
        self, project: ProjectId, flow: str, window: str, operator: OperatorId, name: str, *, typing: bool
    ) -> None:
        """Write that a person has the draft open in this window. It is over by itself 15 s later."""
        values = {
            "project": project,
            "flow": flow,
            "window": window,
            "operator": operator,
            "name": name,
            "typing": typing,
        }
        stages = [_literal(values), {"$set": {"until": {"$add": ["$$NOW", WRITING_S * 1000]}}}]
        key = _author_key(project, flow, operator, window)
        await retrying(lambda: self._collection.update_one({"_id": key}, stages, upsert=True))

    async def forget_author(self, project: ProjectId, flow: str, window: str, operator: OperatorId) -> None:
        """The window was closed."""
        key = _author_key(project, flow, operator, window)
        await retrying(lambda: self._collection.delete_one({"_id": key}))

    async def authors(self, project: ProjectId, flow: str) -> Sequence[Authoring]:
        """Who has the draft open right now, window by window."""
        query = {"project": project, "flow": flow, "$expr": {"$gt": ["$until", "$$NOW"]}}
        rows = await retrying(lambda: self._collection.find(query).limit(AUTHORS).to_list())
        return [from_document(Authoring, row) for row in rows]

    async def beat(self, project: ProjectId, operator: OperatorId) -> None:
        """An open inbox vouches for the operator for the next 50 s."""
        stages = [
            _literal({"project": project, "operator": operator}),
            {"$set": {"beats_until": {"$add": ["$$NOW", BEATS_S * 1000]}}},
        ]
        key = derived_id("beat", project, operator)
        await retrying(lambda: self._collection.update_one({"_id": key}, stages, upsert=True))

    async def there(self, project: ProjectId) -> Sequence[OperatorId]:
        """The operators with an open inbox, whatever they say of themselves."""
        query = {"project": project, "beats_until": {"$exists": True}, "$expr": {"$gt": ["$beats_until", "$$NOW"]}}
        rows = await retrying(lambda: self._collection.find(query, {"operator": 1}).limit(OPERATORS).to_list())
        return [OperatorId(row["operator"]) for row in rows]

    async def online(self, project: ProjectId) -> Sequence[OperatorId]:
        """Those of them who are neither busy nor offline by their own word, and whose account is open."""
        there = list(await self.there(project))
        if not there:
            return []
        query = {"_id": {"$in": there}, "active": True, "presence": {"$in": [None, Presence.ONLINE.value]}}
        rows = await retrying(lambda: self._operators.find(query, {"_id": 1}).to_list())
        return [OperatorId(row["_id"]) for row in rows]


def _author_key(project: ProjectId, flow: str, operator: OperatorId, window: str) -> str:
    return derived_id("authoring", project, flow, operator, window)


def _literal(values: dict[str, Any]) -> dict[str, Any]:
    return {"$set": {name: {"$literal": value} for name, value in values.items()}}
