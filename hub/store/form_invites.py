"""Invitations to forms."""

from collections.abc import Sequence
from datetime import datetime

from hub.model.form_invite import FormInvite
from hub.model.ids import ConversationId, ProjectId
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

AT_MOST = 200


class FormInvites:
    """The invitations of all projects. Those that have expired go by themselves."""

    def __init__(self, database: Database) -> None:
        self._collection = database["form_invites"]

    async def add(self, invite: FormInvite) -> None:
        """Store a new one."""
        await self._collection.insert_one(to_document(invite))

    async def get(self, invite: str, now: datetime) -> FormInvite | None:
        """The invitation while it counts; None for one that has expired, was revoked, or never was."""
        document = await self._collection.find_one({"_id": invite, "revoked": False, "expires_at": {"$gt": now}})
        return from_document(FormInvite, document) if document else None

    async def use(self, invite: str, conversation: ConversationId) -> bool:
        """Take the one use of an invitation; false when another conversation had it. One atomic update."""
        result = await self._collection.update_one(
            {"_id": invite, "used": {"$in": [None, conversation]}}, {"$set": {"used": conversation}}
        )
        return result.matched_count == 1

    async def of_project(self, project: ProjectId) -> Sequence[FormInvite]:
        """The newest ones."""
        rows = self._collection.find({"project": project}).sort("created_at", -1).limit(AT_MOST)
        return [from_document(FormInvite, row) for row in await rows.to_list()]

    async def revoke(self, project: ProjectId, invite: str) -> bool:
        """Let it count no more; false when the project has no such one."""
        result = await self._collection.update_one({"_id": invite, "project": project}, {"$set": {"revoked": True}})
        return result.matched_count == 1
