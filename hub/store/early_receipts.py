"""Early receipts: words about messages whose own sending has not been answered yet. Kept for a day."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from hub.model.ids import ChannelId, derived_id
from hub.model.message import DeliveryStatus
from hub.store.connection import retrying

COLLECTION = "early_receipts"


@dataclass(frozen=True, slots=True)
class EarlyReceipt:
    """What a service said of `target`, its own id of a message. `change` are further fields of the delivery."""

    target: str
    status: DeliveryStatus
    change: Mapping[str, Any]


class EarlyReceipts:
    """The early receipts of all channels."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._collection = database[COLLECTION]

    async def keep(self, channel: ChannelId, receipt: EarlyReceipt) -> None:
        """Store the receipt durably; the same one again is nothing. Raises `StoreUnavailable`: acknowledge nothing."""
        key = _key(channel, receipt)
        fields = {
            "channel": channel,
            "target": {"$literal": receipt.target},
            "status": receipt.status.value,
            "change": {"$literal": dict(receipt.change)},
            "at": {"$ifNull": ["$at", "$$NOW"]},
        }
        await retrying(lambda: self._collection.update_one({"_id": key}, [{"$set": fields}], upsert=True))

    async def about(self, channel: ChannelId, targets: Collection[str]) -> Sequence[EarlyReceipt]:
        """What was said of these ids before they were known."""
        rows = self._collection.find({"channel": channel, "target": {"$in": list(targets)}})
        return [EarlyReceipt(row["target"], DeliveryStatus(row["status"]), row["change"]) async for row in rows]

    async def forget(self, channel: ChannelId, receipts: Sequence[EarlyReceipt]) -> None:
        """These are applied; again is nothing."""
        await self._collection.delete_many({"_id": {"$in": [_key(channel, receipt) for receipt in receipts]}})

    async def everything(self, at_once: int) -> AsyncIterator[tuple[ChannelId, Sequence[str]]]:
        """All ids of which something was said, each with its channel, so many at once."""
        last = ""
        while rows := await self._collection.find({"_id": {"$gt": last}}).sort("_id", 1).limit(at_once).to_list():
            last = rows[-1]["_id"]
            for channel in sorted({row["channel"] for row in rows}):
                yield channel, [row["target"] for row in rows if row["channel"] == channel]


def _key(channel: ChannelId, receipt: EarlyReceipt) -> str:
    return derived_id("receipt", channel, receipt.target, receipt.status.value)
