"""Attachments: which file belongs to which message. Their bytes are in `blobs`."""

from collections.abc import Sequence

from pymongo.errors import DuplicateKeyError

from hub.model.attachment import Attachment
from hub.model.ids import AttachmentId, ConversationId, ProjectId
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

UNUSED_FOR_MS = 24 * 3_600_000


class Attachments:
    """All attachments.

    One that is `loose_since` a moment may belong to a message of its conversation or to none: what it was bound for was
    refused, or was taken back.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database["attachments"]
        self._messages = database["messages"]  # read only: what refers to an attachment

    async def add(self, attachment: Attachment) -> None:
        """Store a new attachment; one that is there already stays as it is."""
        try:
            await self._collection.insert_one(to_document(attachment))
        except DuplicateKeyError:  # fetched a second time, after a crash
            return

    async def add_all(self, attachments: Sequence[Attachment]) -> None:
        """Store new attachments, all with one command."""
        await self._collection.insert_many([to_document(attachment) for attachment in attachments], ordered=False)

    async def get(self, project: ProjectId, attachment: AttachmentId) -> Attachment | None:
        """The attachment, or None when the project has no such one."""
        document = await self._collection.find_one({"_id": attachment, "project": project})
        return from_document(Attachment, document) if document else None

    async def claim(
        self,
        project: ProjectId,
        conversation: ConversationId,
        uploader: str,
        attachments: Sequence[AttachmentId],
    ) -> Sequence[Attachment] | None:
        """Bind files that `uploader` has uploaded to the conversation; None when one is not theirs or bound elsewhere.

        Each is bound by one atomic update. Claiming again for the same conversation changes nothing.
        """
        claimed = []
        for attachment in attachments:
            document = await self._collection.find_one_and_update(
                {
                    "_id": attachment,
                    "project": project,
                    "uploader": uploader,
                    "conversation": {"$in": [None, conversation]},
                },
                [{"$set": {"conversation": conversation, "loose_since": "$$NOW"}}],
            )
            if document is None:
                return None
            claimed.append(from_document(Attachment, document))
        return claimed

    async def conversation_of(self, attachment: AttachmentId) -> ConversationId | None:
        """The conversation whose message refers to it, or None."""
        found = await self._messages.find_one({"attachments.id": attachment}, {"conversation": 1})
        return ConversationId(found["conversation"]) if found else None

    async def loosen(self, attachments: Sequence[AttachmentId]) -> None:
        """A message is about to refer to these no more."""
        await self._collection.update_many({"_id": {"$in": [*attachments]}}, [{"$set": {"loose_since": "$$NOW"}}])

    async def settle_loose(self, limit: int = 1000) -> int:
        """Look at what has been loose for a day: keep what a message refers to, delete the rest.

        How many were looked at.
        """
        old = {"$lt": ["$loose_since", {"$subtract": ["$$NOW", UNUSED_FOR_MS]}]}
        rows = self._collection.find({"loose_since": {"$type": "date"}, "$expr": old}, {"loose_since": 1})
        looked_at = await rows.sort("loose_since", 1).limit(limit).to_list()
        for row in looked_at:
            unchanged = {"_id": row["_id"], "loose_since": row["loose_since"]}  # else it is bound once more
            if await self.conversation_of(row["_id"]) is not None:
                await self._collection.update_one(unchanged, {"$unset": {"loose_since": ""}})
            else:
                await self._collection.delete_one(unchanged)
        return len(looked_at)

    async def settle_unclaimed(self, limit: int = 1000) -> int:
        """Look at uploads of a day ago that were bound to nothing: bind what a message refers to, delete the rest.

        How many were looked at.
        """
        old = {"$lt": ["$created_at", {"$subtract": ["$$NOW", UNUSED_FOR_MS]}]}
        rows = self._collection.find({"conversation": None, "$expr": old}, {"_id": 1}).sort("created_at", 1)
        looked_at = await rows.limit(limit).to_list()
        for row in looked_at:
            conversation = await self.conversation_of(row["_id"])
            unbound = {"_id": row["_id"], "conversation": None}
            if conversation is not None:
                await self._collection.update_one(unbound, {"$set": {"conversation": conversation}})
            else:
                await self._collection.delete_one(unbound)
        return len(looked_at)

    async def referred(self, blobs: Sequence[str]) -> set[str]:
        """Those of them that are the content of any attachment."""
        return set(await self._collection.distinct("sha256", {"sha256": {"$in": blobs}}))
