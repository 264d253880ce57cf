"""Canned replies: everybody's and personal ones."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.model.desk import CannedReply
from hub.model.ids import OperatorId, ProjectId
from hub.store.connection import Database
from hub.store.documents import from_document, plain, to_document

AT_MOST = 1_000  # per project; the composer filters them in the browser


class CannedReplies:
    """All canned replies."""

    def __init__(self, database: Database) -> None:
        self._collection = database["canned_replies"]

    async def visible(self, project: ProjectId, operator: OperatorId) -> Sequence[CannedReply]:
        """Those of everybody and the person's own, by shortcut."""
        query = {"project": project, "owner": {"$in": [None, operator]}}
        rows = await self._collection.find(query).sort("shortcut", 1).limit(AT_MOST).to_list()
        return [from_document(CannedReply, row) for row in rows]

    async def count(self, project: ProjectId) -> int:
        """How many the project has, personal ones included."""
        return await self._collection.count_documents({"project": project})

    async def get(self, project: ProjectId, operator: OperatorId, reply: str) -> CannedReply | None:
        """One that the person sees, or None."""
        query = {"_id": reply, "project": project, "owner": {"$in": [None, operator]}}
        document = await self._collection.find_one(query)
        return from_document(CannedReply, document) if document else None

    async def add(self, reply: CannedReply) -> None:
        """Store a new one; one that is there already stays as it is."""
        with suppress(DuplicateKeyError):
            await self._collection.insert_one(to_document(reply))

    async def change(self, project: ProjectId, reply: str, values: dict[str, Any]) -> CannedReply | None:
        """Set fields; the reply after it, or None."""
        document = await self._collection.find_one_and_update(
            {"_id": reply, "project": project},
            {"$set": plain(values), "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return from_document(CannedReply, document) if document else None

    async def delete(self, project: ProjectId, reply: str) -> None:
        """Delete one."""
        await self._collection.delete_one({"_id": reply, "project": project})
