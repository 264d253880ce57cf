"""Flow sessions beside what they belong to: derived from Turns, for lists, figures and forms."""

from collections.abc import Sequence

from flows.session import State
from hub.model.flow import LIVE, FlowSession, WaitingSession
from hub.model.ids import ContactId, ProjectId
from hub.store.coalesce import Coalescer, Update
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

WAITING_AT_MOST = 1_000
WAITING_FIELDS = {
    "project": 1, "conversation": 1, "channel": 1, "contact": 1, "flow": 1, "version": 1, "started_at": 1,
    "touched_at": 1, "session.open.step": 1, "session.open.asked_at": 1,
}  # fmt: skip


class FlowSessions:
    """The sessions of all conversations."""

    def __init__(self, database: Database, coalescer: Coalescer | None = None) -> None:
        """Only whoever applies Turns needs the `coalescer`."""
        self._collection = database["flow_sessions"]
        self._coalescer = coalescer

    async def put(self, session: FlowSession) -> None:
        """Replace the session soon, unless a later Turn has moved it: doing it twice or late changes nothing."""
        assert self._coalescer is not None
        await self._coalescer.submit(session.id, session, _newer, _replacement)

    async def written(self, session: str, *, hurry: bool = True) -> None:
        """Return when the session is stored as it was put last. As `Coalescer.written`."""
        assert self._coalescer is not None
        await self._coalescer.written(session, hurry=hurry)

    async def get(self, project: ProjectId, session: str) -> FlowSession | None:
        """The session, or None when the project has no such one."""
        document = await self._collection.find_one({"_id": session, "project": project})
        return from_document(FlowSession, document) if document else None

    async def of_contact(self, project: ProjectId, contact: ContactId, limit: int = 50) -> Sequence[FlowSession]:
        """The contact's sessions, the newest first."""
        rows = self._collection.find({"project": project, "contact": contact}).sort("started_at", -1)
        return [from_document(FlowSession, row) for row in await rows.limit(limit).to_list()]

    async def live(self, project: ProjectId) -> dict[str, dict[int, int]]:
        """How many sessions have not ended, by flow and version."""
        rows = await self._collection.aggregate(
            [
                {"$match": {"project": project, "state": {"$in": [state.value for state in LIVE]}}},
                {"$group": {"_id": {"flow": "$flow", "version": "$version"}, "count": {"$sum": 1}}},
            ]
        )
        found: dict[str, dict[int, int]] = {}
        async for row in rows:
            found.setdefault(row["_id"]["flow"], {})[row["_id"]["version"]] = row["count"]
        return found

    async def waiting(self, project: ProjectId, limit: int = WAITING_AT_MOST) -> Sequence[WaitingSession]:
        """Sessions that are active, those first that have not moved for longest; without their answers."""
        query = {"project": project, "state": State.ACTIVE.value}
        rows = self._collection.find(query, WAITING_FIELDS).sort("touched_at", 1).limit(limit)
        return [from_document(WaitingSession, row) for row in await rows.to_list()]


def _newer(one: FlowSession, other: FlowSession) -> FlowSession:
    """Within a conversation by seq; a session that moved to another one by the time of its Turn."""
    if one.conversation == other.conversation:
        return max(one, other, key=lambda session: session.seq)
    return max(one, other, key=lambda session: session.touched_at)


def _replacement(session: FlowSession) -> Update:
    """A pipeline that keeps a later one: an upsert by a filter would meet it as a duplicate, again and again."""
    same = {"$eq": [{"$ifNull": ["$conversation", session.conversation]}, session.conversation]}
    by_seq = {"$lt": [{"$ifNull": ["$seq", 0]}, session.seq]}
    older = {"$cond": [same, by_seq, {"$lt": ["$touched_at", session.touched_at]}]}
    kept = {"$cond": [older, {"$literal": to_document(session)}, "$$ROOT"]}
    return {"_id": session.id}, [{"$replaceWith": kept}]
