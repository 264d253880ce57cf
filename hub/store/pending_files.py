"""Files that came with a message and are still to be fetched from the service."""

from collections.abc import Sequence

from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.ids import AttachmentId, ChannelId, MessageId
from hub.model.message import Message
from hub.store.connection import Database
from hub.store.documents import from_document, plain

PENDING = AttachmentStatus.PENDING.value


class PendingFiles:
    """The pending attachments of all messages."""

    def __init__(self, database: Database) -> None:
        self._messages = database["messages"]

    async def of(self, channels: Sequence[ChannelId], limit: int = 100) -> Sequence[Message]:
        """Messages of these channels that have pending files."""
        query = {"channel": {"$in": list(channels)}, "attachments.status": PENDING}
        rows = await self._messages.find(query).limit(limit).to_list()
        return [from_document(Message, row) for row in rows]

    async def settle(self, message: MessageId, attachment: AttachmentId, file: AttachmentRef) -> bool:
        """Put `file` in the place of a pending attachment; false when it no longer is pending. One atomic update."""
        result = await self._messages.update_one(
            {"_id": message, "attachments": {"$elemMatch": {"id": attachment, "status": PENDING}}},
            {"$set": {"attachments.$": plain(file.model_dump())}, "$inc": {"revision": 1}},
        )
        return result.matched_count == 1
