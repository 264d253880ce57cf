"""Samples: the newest thing that came by each door of a channel, for whoever sets it up. They go after a day."""

from hub.model.ids import ChannelId, derived_id
from hub.model.sample import Sample
from hub.store.connection import Database, retrying
from hub.store.documents import from_document


class FormSamples:
    """The samples of all channels. Times are the database's."""

    def __init__(self, database: Database) -> None:
        self._collection = database["form_samples"]

    async def keep(self, channel: ChannelId, sample: Sample) -> None:
        """Keep it instead of the one before. Raises `StoreUnavailable`."""
        change = {
            "channel": channel,
            "source": {"$literal": sample.source},
            "content_type": {"$literal": sample.content_type},
            "raw": sample.raw,
            "at": "$$NOW",
        }
        key = {"_id": derived_id("sample", channel, sample.source)}
        await retrying(lambda: self._collection.update_one(key, [{"$set": change}], upsert=True))

    async def newest(self, channel: ChannelId, source: str) -> Sample | None:
        """The newest thing that came by this door within the last day, or None."""
        row = await self._collection.find_one({"_id": derived_id("sample", channel, source)})
        return None if row is None else from_document(Sample, row)
