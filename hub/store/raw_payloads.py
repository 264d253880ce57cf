"""Raw payloads that are kept for a while: the originals of mails, and what was parked and is done."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from hub.model.ids import ChannelId
from hub.model.parked import ParkedStatus
from hub.store.connection import Database
from hub.store.documents import Document


class RawPayloads:
    """The raw payloads of all channels, wherever they lie."""

    def __init__(self, database: Database) -> None:
        self._messages, self._attachments = database["messages"], database["attachments"]
        self._parked = database["parked"]

    async def drop_originals(self, channel: ChannelId, before: datetime, limit: int = 200) -> int:
        """Forget up to `limit` raw mails of messages that came before a moment; how many.

        The file goes first: after a crash in between its message is found again. Its bytes go with the next sweep of
        files, unless another message has the same.
        """
        query = {"channel": channel, "created_at": {"$lt": before}, "details.mail.original": {"$gt": ""}}
        rows = await self._messages.find(query, {"details.mail.original": 1}).limit(limit).to_list()
        if rows:
            await self._attachments.delete_many({"_id": {"$in": [_original(row) for row in rows]}})
            await self._messages.bulk_write([_forget(row) for row in rows], ordered=False)
        return len(rows)

    async def drop_parked(self, channel: ChannelId, before: datetime, limit: int = 200) -> int:
        """Forget up to `limit` payloads that were parked before a moment and are done; how many.

        The event itself stays, so that the same one again is known. What waits for a person is never touched.
        """
        query = {
            "channel": channel, "first_at": {"$lt": before}, "status": ParkedStatus.DONE.value, "raw": {"$gt": b""},
        }  # fmt: skip
        rows = await self._parked.find(query, {"_id": 1}).limit(limit).to_list()
        ids: Sequence[str] = [row["_id"] for row in rows]
        if ids:
            done = {"_id": {"$in": ids}, "status": ParkedStatus.DONE.value}
            await self._parked.update_many(done, {"$set": {"raw": b"", "raw_gone": True}})
        return len(ids)


def _original(row: Document) -> str:
    return str(row["details"]["mail"]["original"])


def _forget(row: Document) -> UpdateOne:
    original = _original(row)
    change = {"details.mail.original": None, "details.mail.original_gone": True, "details.mail.html": False}
    return UpdateOne(
        {"_id": row["_id"], "details.mail.original": original},
        {"$set": change, "$pull": {"attachments": {"id": original}}, "$inc": {"revision": 1}},
    )
