"""Channel marks: what a channel remembers of its service, such as how far it has read; one value per name."""

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from hub.model.ids import ChannelId, derived_id
from hub.store.connection import retrying

LISTED_AT_MOST = 100


class ChannelMarks:
    """The marks of all channels. Whoever sets one holds the channel's lease; anybody counts."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._collection = database["channel_marks"]

    async def get(self, channel: ChannelId, name: str) -> str | None:
        """The value, or None before the first. Raises `StoreUnavailable`."""
        document = await retrying(lambda: self._collection.find_one({"_id": derived_id("mark", channel, name)}))
        return None if document is None else str(document["value"])

    async def beginning(self, channel: ChannelId, prefix: str) -> Mapping[str, str]:
        """The marks whose names begin so, up to a hundred in the order of their names. Raises `StoreUnavailable`."""
        within = {"$gte": prefix, "$lt": prefix + "\U0010ffff"}
        rows = await retrying(
            lambda: (
                self._collection.find({"channel": channel, "name": within})
                .sort("name", 1)
                .limit(LISTED_AT_MOST)
                .to_list()
            )
        )
        return {str(row["name"]): str(row["value"]) for row in rows}

    async def tally(self, channel: ChannelId, name: str, slot: int, oldest: int, more: int) -> Mapping[int, int]:
        """Count `more` in a slot and forget the slots before `oldest`; what each slot holds then.

        One atomic update. Raises `StoreUnavailable`; counted or not, and after a lost connection perhaps twice.
        """
        slots = {"$objectToArray": {"$ifNull": ["$slots", {}]}}
        kept = {"$filter": {"input": slots, "cond": {"$gte": [{"$toLong": "$$this.k"}, oldest]}}}
        counted = {str(slot): {"$max": [0, {"$add": [{"$ifNull": [f"$slots.{slot}", 0]}, more]}]}}
        mark = {"channel": {"$literal": channel}, "name": {"$literal": name}, "value": ""}
        change = [{"$set": {**mark, "slots": {"$mergeObjects": [{"$arrayToObject": kept}, counted]}}}]
        document = await retrying(
            lambda: self._collection.find_one_and_update(
                {"_id": derived_id("mark", channel, name)}, change, upsert=True, return_document=ReturnDocument.AFTER
            )
        )
        return {int(one): int(count) for one, count in (document or {}).get("slots", {}).items()}

    async def set(self, channel: ChannelId, name: str, value: str) -> None:
        """Keep the value durably; writing it again changes nothing. Raises `StoreUnavailable`."""
        mark = {"channel": channel, "name": name, "value": value}
        await retrying(
            lambda: self._collection.update_one({"_id": derived_id("mark", channel, name)}, {"$set": mark}, upsert=True)
        )

    async def remove(self, channel: ChannelId, name: str) -> None:
        """Keep it no longer; again is nothing. Raises `StoreUnavailable`."""
        await retrying(lambda: self._collection.delete_one({"_id": derived_id("mark", channel, name)}))
