"""Invitations and links that reset a password, kept as hashes."""

from collections.abc import Sequence
from datetime import datetime

from hub.model.account_link import AccountLink, LinkKind
from hub.model.ids import OperatorId, ProjectId
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

AT_MOST = 200


class AccountLinks:
    """The links of all projects. Those that have expired go by themselves."""

    def __init__(self, database: Database) -> None:
        self._collection = database["account_links"]

    async def add(self, link: AccountLink, secret_hash: str) -> None:
        """Store a new link."""
        await self._collection.insert_one({**to_document(link), "secret_hash": secret_hash})

    async def by_secret(self, secret_hash: str) -> AccountLink | None:
        """The link while it counts; None for one that has expired, was used or taken back, or never was."""
        running = {"secret_hash": secret_hash, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        document = await self._collection.find_one(running)
        return from_document(AccountLink, document) if document else None

    async def use(self, secret_hash: str) -> bool:
        """Use a link up; false when it does not count (any more). One atomic deletion: of several users one wins."""
        running = {"secret_hash": secret_hash, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        return (await self._collection.delete_one(running)).deleted_count == 1

    async def invitations(self, project: ProjectId, now: datetime) -> Sequence[AccountLink]:
        """The invitations of a project that count, the newest first."""
        query = {"project": project, "kind": LinkKind.INVITATION.value, "expires_at": {"$gt": now}}
        rows = await self._collection.find(query).sort("created_at", -1).limit(AT_MOST).to_list()
        return [from_document(AccountLink, row) for row in rows]

    async def revoke(self, project: ProjectId, link: str) -> AccountLink | None:
        """Take an invitation back; it as it was, or None when the project has no such one."""
        query = {"_id": link, "project": project, "kind": LinkKind.INVITATION.value}
        document = await self._collection.find_one_and_delete(query)
        return from_document(AccountLink, document) if document else None

    async def forget_invitations(self, project: ProjectId, email: str) -> None:
        """Take back what somebody was sent before."""
        await self._collection.delete_many({"project": project, "kind": LinkKind.INVITATION.value, "email": email})

    async def forget_resets(self, operator: OperatorId) -> None:
        """Take back every link that resets this person's password."""
        await self._collection.delete_many({"operator": operator, "kind": LinkKind.RESET.value})
