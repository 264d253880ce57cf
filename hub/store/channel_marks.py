"""Channel marks: how far a channel has read at its service, one value per name."""

from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from hub.model.ids import ChannelId, derived_id
from hub.store.connection import retrying


class ChannelMarks:
    """The marks of all channels. Whoever writes one holds the channel's lease."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._collection = database["channel_marks"]

    async def get(self, channel: ChannelId, name: str) -> str | None:
        """The value, or None before the first. Raises `StoreUnavailable`."""
        document = await retrying(lambda: self._collection.find_one({"_id": derived_id("mark", channel, name)}))
        return None if document is None else str(document["value"])

    async def set(self, channel: ChannelId, name: str, value: str) -> None:
        """Keep the value durably; writing it again changes nothing. Raises `StoreUnavailable`."""
        mark = {"channel": channel, "name": name, "value": value}
        await retrying(
            lambda: self._collection.update_one({"_id": derived_id("mark", channel, name)}, {"$set": mark}, upsert=True)
        )
