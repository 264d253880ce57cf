"""Timers: rows with a due time of the database's clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from hub.model.ids import ConversationId, TimerId
from hub.model.timer import Timer, TimerStatus
from hub.model.turn import TimerKind
from hub.store.coalesce import Coalescer, Update
from hub.store.documents import from_document, to_document


class Timers:
    """The timers of all conversations."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]], coalescer: Coalescer) -> None:
        self._collection = database["timers"]
        self._coalescer = coalescer

    async def set(self, timer: Timer) -> str:
        """Store the timer soon; one with the same id stays as it is. Gives the key by which `written` waits for it.

        Those of many conversations are written together.
        """
        await self._coalescer.submit(timer.id, timer, _first, _insertion)
        return timer.id

    async def written(self, key: str, *, hurry: bool = True) -> None:
        """Return when what was set or cancelled under `key` is stored. As `Coalescer.written`."""
        await self._coalescer.written(key, hurry=hurry)

    async def cancel(
        self,
        conversation: ConversationId,
        kinds: Sequence[TimerKind],
        before_seq: int,
        *,
        firing: TimerId | None = None,
    ) -> str:
        """Pending timers of these kinds that an earlier Turn than `before_seq` set never fire. As `set`.

        `firing` is the one that the cancelling Turn itself comes from: it has fired. Written together with those that
        are set, behind those that were set before.
        """
        key = f"{conversation}:{before_seq}"
        query: Mapping[str, Any] = {
            "_id": {"$ne": firing},
            "conversation": conversation,
            "kind": {"$in": [kind.value for kind in kinds]},
            "seq": {"$lt": before_seq},
            "status": TimerStatus.PENDING.value,
        }
        await self._coalescer.submit(key, query, _same, _cancellation, many=True)
        return key

    async def due(self, now: datetime, limit: int = 500, *, but_of: Sequence[ConversationId] = ()) -> Sequence[Timer]:
        """Pending timers whose time has come, the oldest first; none of the conversations `but_of`."""
        query: dict[str, Any] = {"status": TimerStatus.PENDING.value, "due_at": {"$lte": now}}
        if but_of:
            query["conversation"] = {"$nin": [*but_of]}
        cursor = self._collection.find(query)
        return [from_document(Timer, document) async for document in cursor.sort("due_at", 1).limit(limit)]

    async def is_pending(self, timer: TimerId) -> bool:
        """Whether the timer has neither fired nor been cancelled."""
        query = {"_id": timer, "status": TimerStatus.PENDING.value}
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def finish(self, timer: TimerId, status: TimerStatus) -> None:
        """The timer has fired, or had nothing left to do."""
        await self._collection.update_one(
            {"_id": timer, "status": TimerStatus.PENDING.value}, {"$set": {"status": status.value}}
        )


def _first(timer: Timer, _later: Timer) -> Timer:
    return timer


def _same(query: Mapping[str, Any], _again: Mapping[str, Any]) -> Mapping[str, Any]:
    """What one Turn cancels is the same whenever it is said."""
    return query


def _cancellation(query: Mapping[str, Any]) -> Update:
    return query, {"$set": {"status": TimerStatus.CANCELLED.value}}


def _insertion(timer: Timer) -> Update:
    document = to_document(timer)
    return {"_id": document.pop("_id")}, {"$setOnInsert": document}
