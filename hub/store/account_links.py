"""Invitations and links that reset a password, kept as hashes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import ReturnDocument

from hub.model.account_link import AccountLink, LetterDue, LinkKind
from hub.model.ids import OperatorId, ProjectId
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

AT_MOST = 200
EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any letter: the index holds only links whose letters are due after it, and is used where a query says so."""


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

    # Their letters ---------------------------------------------------------------------------------------------------

    async def claim_letter(self, now: datetime, until: datetime) -> AccountLink | None:
        """The link whose letter has been due for longest, for one process to write it; None when none is due.

        From `until` on it is due again, for whoever comes first. One atomic update.
        """
        document = await self._collection.find_one_and_update(
            {"letter.due_at": {"$gt": EVER, "$lte": now}, "expires_at": {"$gt": now}},
            {"$set": {"letter.due_at": until}, "$inc": {"letter.tries": 1}},
            sort=[("letter.due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return from_document(AccountLink, document) if document else None

    async def settle_letter(self, link: str, tries: int, then: LetterDue | None) -> bool:
        """Write when the letter of a claim is due again, or that it is not. False: the link or the claim is gone."""
        change = {"$set": {"letter": then.model_dump() if then else None}}
        return (await self._collection.update_one({"_id": link, "letter.tries": tries}, change)).matched_count == 1

    async def drop_letters(self, operator: OperatorId) -> None:
        """Letters with links that reset this person's password, and were tried before, are not tried any more."""
        failed = {"operator": operator, "kind": LinkKind.RESET.value, "letter.tries": {"$gt": 0}}
        await self._collection.update_many(failed, {"$set": {"letter": None}})
