"""Merges: which contacts are one person, written and undone as a whole."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from hub.model.contact import Contact
from hub.model.ids import ContactId, ProjectId
from hub.model.merge import MERGED, Merge, given_back
from hub.store.connection import Database
from hub.store.documents import from_document, plain, to_document

LISTED = 50


class Merges:
    """All merges. A merge is rare, and touches several documents: it is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._merges, self._contacts = database["merges"], database["contacts"]

    async def add(self, merge: Merge, survivor: Contact, other: Contact) -> bool:
        """Make `other`, and whoever was merged into it, part of `survivor`; all or nothing.

        False when one of the two is no longer as it is given here, or is part of somebody already.
        """

        async def write(session: AsyncClientSession) -> bool:
            values = {name: plain(merge.after[name]) for name in MERGED}
            changed = await self._contacts.update_one(
                _as_seen(survivor), {"$set": values, "$inc": {"revision": 1}}, session=session
            )
            linked = await self._contacts.update_one(
                _as_seen(other), {"$set": {"merged_into": survivor.id}, "$inc": {"revision": 1}}, session=session
            )
            if not changed.matched_count or not linked.matched_count:
                await session.abort_transaction()
                return False
            await self._contacts.update_many(
                {"merged_into": other.id}, {"$set": {"merged_into": survivor.id}, "$inc": {"revision": 1}},
                session=session,
            )  # fmt: skip
            await self._merges.insert_one(to_document(merge), session=session)
            return True

        return await self._as_one(write)

    async def undo(self, merge: Merge, now: datetime) -> bool:
        """Part the two again; false when that was done, or when the survivor is part of somebody else by now."""
        before, after = (Contact.model_validate(values) for values in (merge.before, merge.after))

        async def write(session: AsyncClientSession) -> bool:
            row = await self._contacts.find_one({"_id": merge.survivor, "merged_into": None}, session=session)
            noted = await self._merges.update_one(
                {"_id": merge.id, "undone_at": None}, {"$set": {"undone_at": now}}, session=session
            )
            if row is None or not noted.matched_count:
                await session.abort_transaction()
                return False
            values = given_back(from_document(Contact, row), before, after)
            kept = {name: plain(_dumped(value)) for name, value in values.items()}
            await self._contacts.update_one(
                {"_id": merge.survivor}, {"$set": kept, "$inc": {"revision": 1}}, session=session
            )
            gone = {"$set": {"merged_into": None}, "$inc": {"revision": 1}}
            await self._contacts.update_one({"_id": merge.merged}, gone, session=session)
            others = [contact for contact in merge.moved if contact != merge.merged]
            back = {"$set": {"merged_into": merge.merged}, "$inc": {"revision": 1}}
            await self._contacts.update_many({"_id": {"$in": others}}, back, session=session)
            return True

        return await self._as_one(write)

    async def get(self, project: ProjectId, merge: str) -> Merge | None:
        """The merge, or None."""
        document = await self._merges.find_one({"_id": merge, "project": project})
        return from_document(Merge, document) if document else None

    async def of_contact(self, project: ProjectId, survivor: ContactId) -> Sequence[Merge]:
        """The merges into a contact that stand, the newest first."""
        query = {"project": project, "survivor": survivor, "undone_at": None}
        rows = await self._merges.find(query).sort("at", -1).limit(LISTED).to_list()
        return [from_document(Merge, row) for row in rows]

    async def _as_one(self, write: Callable[[AsyncClientSession], Awaitable[bool]]) -> bool:
        async with self._database.client.start_session() as session:
            return await session.with_transaction(write)


def _as_seen(contact: Contact) -> dict[str, Any]:
    return {"_id": contact.id, "project": contact.project, "revision": contact.revision, "merged_into": None}


def _dumped(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_dumped(item) for item in value]
    return value.model_dump() if hasattr(value, "model_dump") else value
