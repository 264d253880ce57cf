"""Timers: rows with a due time of the database's clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from hub.model.ids import ConversationId, TimerId
from hub.model.timer import Timer, TimerStatus
from hub.model.turn import TimerKind
from hub.store.documents import from_document, to_document


class Timers:
    """The timers of all conversations."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._collection = database["timers"]

    async def set(self, timer: Timer) -> None:
        """Store the timer; one with the same id stays as it is."""
        document = to_document(timer)
        await self._collection.update_one({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True)

    async def cancel(self, conversation: ConversationId, kind: TimerKind, before_seq: int) -> None:
        """Pending timers of this kind that an earlier Turn than `before_seq` set never fire."""
        await self._collection.update_many(
            {
                "conversation": conversation,
                "kind": kind.value,
                "seq": {"$lt": before_seq},
                "status": TimerStatus.PENDING.value,
            },
            {"$set": {"status": TimerStatus.CANCELLED.value}},
        )

    async def due(self, now: datetime, limit: int = 500) -> Sequence[Timer]:
        """Pending timers whose time has come, the oldest first."""
        cursor = self._collection.find({"status": TimerStatus.PENDING.value, "due_at": {"$lte": now}})
        return [from_document(Timer, document) async for document in cursor.sort("due_at", 1).limit(limit)]

    async def finish(self, timer: TimerId, status: TimerStatus) -> None:
        """The timer has fired, or had nothing left to do."""
        await self._collection.update_one(
            {"_id": timer, "status": TimerStatus.PENDING.value}, {"$set": {"status": status.value}}
        )
