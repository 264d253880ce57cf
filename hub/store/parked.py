"""Parked events: kept raw under the id they came with, until somebody has looked at them and they were replayed."""

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from hub.model.channel import Channel
from hub.model.events import Unreadable
from hub.model.ids import ParkedId, ProjectId, derived_id
from hub.model.parked import Parked, ParkedStatus
from hub.model.why import Why
from hub.store.connection import retrying
from hub.store.documents import from_document

COLLECTION = "parked"
RAW_BYTES = 12 * 1024**2
"""Bytes kept of one payload: a document holds 16 MiB. The reason says so where something was cut off."""


class ParkedEvents:
    """The parked events of all channels. Times are the database's."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._collection = database[COLLECTION]

    async def park(self, channel: Channel, event: Unreadable) -> ParkedId:
        """Keep the event durably. The same one again counts an attempt; one that is done already stays done.

        Raises `StoreUnavailable`: acknowledge nothing.
        """
        parked = ParkedId(derived_id("parked", channel.id, event.external_id))
        reason, told = event.reason, event.why.model_dump() if event.why else None
        if len(event.raw) > RAW_BYTES:
            reason = f"{reason} (Only the first {RAW_BYTES} of its {len(event.raw)} bytes are kept.)"
        known = {"$ifNull": ["$status", ParkedStatus.WAITING.value]}
        done = {"$eq": [known, ParkedStatus.DONE.value]}
        change = {
            "project": channel.project,
            "channel": channel.id,
            "external_id": {"$literal": event.external_id},
            "raw": {"$ifNull": ["$raw", event.raw[:RAW_BYTES]]},
            "hint": {"$ifNull": ["$hint", {"$literal": event.hint}]},
            "reason": {"$cond": [done, "$reason", {"$literal": reason}]},
            "why": {"$cond": [done, {"$ifNull": ["$why", None]}, {"$literal": told}]},
            "status": known,
            "attempts": {"$add": [{"$ifNull": ["$attempts", 0]}, 1]},
            "first_at": {"$ifNull": ["$first_at", "$$NOW"]},
            "last_at": "$$NOW",
        }

        async def upsert() -> None:
            try:
                await self._collection.update_one({"_id": parked}, [{"$set": change}], upsert=True)
            except DuplicateKeyError:  # two upserts met: the other one has made it, and now it can be changed
                await self._collection.update_one({"_id": parked}, [{"$set": change}])

        await retrying(upsert)
        return parked

    async def get(self, project: ProjectId, parked: ParkedId) -> Parked | None:
        """The parked event, or None when the project has no such one."""
        document = await self._collection.find_one({"_id": parked, "project": project})
        return from_document(Parked, document) if document else None

    async def waiting(self, project: ProjectId, *, after: ParkedId | None = None, limit: int = 50) -> Sequence[Parked]:
        """Up to `limit` events that wait, after one of them in the order of their ids."""
        query: dict[str, Any] = {"project": project, "status": ParkedStatus.WAITING.value}
        if after is not None:
            query["_id"] = {"$gt": after}
        rows = await self._collection.find(query).sort("_id", 1).limit(limit).to_list()
        return [from_document(Parked, row) for row in rows]

    async def count(self, project: ProjectId) -> int:
        """How many events of the project wait."""
        return await self._collection.count_documents({"project": project, "status": ParkedStatus.WAITING.value})

    async def failed_again(self, parked: ParkedId, reason: str, why: Why) -> None:
        """Note that a replay did not work, and why."""
        await self._collection.update_one(
            {"_id": parked, "status": ParkedStatus.WAITING.value},
            [
                {
                    "$set": {
                        "reason": {"$literal": reason},
                        "why": {"$literal": why.model_dump()},
                        "last_at": "$$NOW",
                        "attempts": {"$add": ["$attempts", 1]},
                    }
                }
            ],
        )

    async def done(self, parked: ParkedId) -> None:
        """What the event held is durable: it no longer waits."""
        await self._collection.update_one(
            {"_id": parked}, [{"$set": {"status": ParkedStatus.DONE.value, "last_at": "$$NOW"}}]
        )
