"""Sessions of signed-in browsers. A session that ended has no document, and its deletion is what sockets watch for."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from hub.model.ids import OperatorId, ProjectId
from hub.model.sign_in import SignInSession
from hub.store.connection import Database
from hub.store.documents import from_document

COLLECTION = "operator_sessions"
TOUCHED_EVERY = timedelta(minutes=1)  # a request does not write each time; an idle limit of hours needs no more


class Sessions:
    """All sessions. `idle_s` without a request, or `absolute_s` after the start, ends one."""

    def __init__(self, database: Database, now: Callable[[], datetime], *, idle_s: float, absolute_s: float) -> None:
        """`now` is the database's time."""
        self._collection, self._now = database[COLLECTION], now
        self._idle_ms, self._absolute_ms = int(idle_s * 1000), int(absolute_s * 1000)

    async def start(
        self, session: str, secret_hash: str, operator: OperatorId, project: ProjectId, label: str
    ) -> SignInSession:
        """Begin a session whose cookie hashes to `secret_hash`."""
        born = {"secret_hash": secret_hash, "operator": operator, "project": project, "label": label}
        document = await self._collection.find_one_and_update(
            {"_id": session},
            [
                {"$set": {name: {"$literal": value} for name, value in born.items()}},
                {"$set": {"created_at": {"$ifNull": ["$created_at", "$$NOW"]}}},
                *self._used(),
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if document is None:  # an upsert that returns the document after it always has one
            raise LookupError(session)
        return from_document(SignInSession, document)

    async def by_secret(self, secret_hash: str) -> SignInSession | None:
        """The running session of a cookie, or None. Notes about once a minute that it is in use."""
        running = {"secret_hash": secret_hash, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        document = await self._collection.find_one(running)
        if document is None:
            return None
        if self._now() - document["last_used_at"] > TOUCHED_EVERY:
            await self._collection.update_one({"_id": document["_id"]}, self._used())
        return from_document(SignInSession, document)

    async def get(self, session: str) -> SignInSession | None:
        """The running session with this id, or None."""
        document = await self._collection.find_one({"_id": session, "$expr": {"$gt": ["$expires_at", "$$NOW"]}})
        return from_document(SignInSession, document) if document else None

    async def of_operator(self, operator: OperatorId) -> Sequence[SignInSession]:
        """The person's running sessions, the one used last first."""
        running = {"operator": operator, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        rows = await self._collection.find(running).sort("last_used_at", -1).limit(100).to_list()
        return [from_document(SignInSession, row) for row in rows]

    async def enter(self, operator: OperatorId, session: str, project: ProjectId) -> bool:
        """Let a running session of the person work in `project`; false when it has ended.

        One atomic update, which whoever holds a socket for the session watches for, as for its end.
        """
        running = {"_id": session, "operator": operator, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        return (await self._collection.update_one(running, {"$set": {"project": project}})).matched_count == 1

    async def end(self, operator: OperatorId, session: str) -> bool:
        """End one session of the person; false when there is none."""
        return (await self._collection.delete_one({"_id": session, "operator": operator})).deleted_count == 1

    async def end_all(self, operator: OperatorId, *, but: str | None = None) -> int:
        """End all sessions of the person (all but one); how many there were."""
        query: dict[str, Any] = {"operator": operator}
        if but is not None:
            query["_id"] = {"$ne": but}
        return (await self._collection.delete_many(query)).deleted_count

    def _used(self) -> list[dict[str, Any]]:
        idle = {"$add": ["$$NOW", self._idle_ms]}
        absolute = {"$add": ["$created_at", self._absolute_ms]}
        return [{"$set": {"last_used_at": "$$NOW", "expires_at": {"$min": [idle, absolute]}}}]
