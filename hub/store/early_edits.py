"""Early edits: the new words of messages that have not arrived yet. Kept for a day."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.events import Sender
from hub.model.ids import ChannelId, derived_id
from hub.store.connection import Database, retrying

COLLECTION = "early_edits"


@dataclass(frozen=True, slots=True)
class EarlyEdit:
    """What `target`, the service's id of a received message, says since `at`."""

    target: str
    text: str
    html: str | None
    at: datetime


class EarlyEdits:
    """The early edits of all channels, the newest of each message."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def keep(self, channel: ChannelId, edit: EarlyEdit, sender: Sender) -> None:
        """Store the edit durably, unless a newer one of its message is there. Raises `StoreUnavailable`."""
        newer = {"$or": [{"$eq": [{"$type": "$at"}, "missing"]}, {"$lte": ["$at", edit.at]}]}
        said = {"text": edit.text, "html": edit.html, "at": edit.at}
        fields: dict[str, Any] = {
            name: {"$cond": [newer, {"$literal": value}, f"${name}"]} for name, value in said.items()
        }
        place = {"channel": channel, "target": edit.target, "sender": sender.value}
        fields |= {name: {"$literal": value} for name, value in place.items()}
        fields["kept_at"] = {"$ifNull": ["$kept_at", "$$NOW"]}
        key = _key(channel, edit.target)
        await retrying(lambda: self._collection.update_one({"_id": key}, [{"$set": fields}], upsert=True))

    async def everything(self, at_once: int) -> AsyncIterator[tuple[ChannelId, Sequence[EarlyEdit]]]:
        """All of them, by channel, so many at once."""
        last = ""
        while rows := await self._collection.find({"_id": {"$gt": last}}).sort("_id", 1).limit(at_once).to_list():
            last = rows[-1]["_id"]
            for channel in sorted({row["channel"] for row in rows}):
                edits = [
                    EarlyEdit(row["target"], row["text"], row["html"], row["at"])
                    for row in rows
                    if row["channel"] == channel
                ]
                yield channel, edits

    async def forget(self, channel: ChannelId, edit: EarlyEdit) -> None:
        """It is applied; a newer one that came meanwhile stays."""
        await self._collection.delete_one({"_id": _key(channel, edit.target), "at": {"$lte": edit.at}})

    async def erase(self, channels: Collection[ChannelId], senders: Collection[str]) -> None:
        """Take out what these senders wrote."""
        await self._collection.delete_many({"channel": {"$in": [*channels]}, "sender": {"$in": [*senders]}})


def _key(channel: ChannelId, target: str) -> str:
    return derived_id("edit", channel, target)
