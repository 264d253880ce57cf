"""Contacts and their addresses: found by address, or created once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson.errors import BSONError
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, PyMongoError

from hub.model.contact import Address, Contact, Field
from hub.model.events import Sender
from hub.model.ids import AddressId, ContactId, ProjectId, derived_id
from hub.store.documents import Document, ModelT, from_document, plain, to_document
from hub.store.gathered import Gathered
from hub.store.group_commit import DEADLINE_S, GroupCommit, Inserted
from hub.store.learned import address_of, contact_of, merged_fields, news
from hub.store.missing import insert_missing

OWN_FIELDS = frozenset({"name", "language", "time_zone"})
PARTS = 200  # contacts that are one person
RECENT_S, RECENT_CONTACTS = 2.0, 2_000
KNOWN_S = 60.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED_ADDRESSES = 50_000  # about 15 MB


class Erased(LookupError):
    """Nobody is told of this contact any more."""


class Contacts:
    """The contacts of all projects."""

    def __init__(
        self,
        database: AsyncDatabase[dict[str, Any]],
        new_contacts: GroupCommit | None = None,
        new_addresses: GroupCommit | None = None,
    ) -> None:
        """With the two writers, people who come at the same time share a flush."""
        self._contacts = database["contacts"]
        self._addresses = database["addresses"]
        self._new_contacts, self._new_addresses = new_contacts, new_addresses
        self._made: OrderedDict[ContactId, Sender] = OrderedDict()
        self._known: OrderedDict[AddressId, tuple[ContactId, float]] = OrderedDict()
        self._of_address: Gathered[ContactId] = Gathered(self._of_addresses)
        self._recent: OrderedDict[ContactId, tuple[float, Contact | None]] = OrderedDict()
        self._recent_addresses: OrderedDict[ContactId, tuple[float, Sequence[Address]]] = OrderedDict()
        self._parts: dict[ContactId, set[ContactId]] = {}
        """Under which other ids `_recent` holds a person."""

    async def of_sender(
        self,
        project: ProjectId,
        sender: Sender,
        now: datetime,
        is_new: Callable[[], Awaitable[bool]] | None = None,
    ) -> ContactId:
        """The contact behind an address, created with it when new. Two processes at once create the same one.

        `is_new` is asked where a contact with this address was erased: whether what they say now is not a copy of what
        was said before. Raises `Erased` for a copy.
        """
        address = AddressId(derived_id("address", project, sender.kind, sender.value))
        known = self._remembered(address)
        if known is not None:
            return known
        found = await self._of_address.get(address)
        contact = await self._create(project, address, sender, now, is_new) if found is None else found
        self._remember(address, contact)
        return contact

    async def _of_addresses(self, addresses: Sequence[str]) -> Mapping[str, ContactId]:
        rows = await self._addresses.find({"_id": {"$in": list(addresses)}}, {"contact": 1}).to_list()
        return {row["_id"]: ContactId(row["contact"]) for row in rows}

    async def of_senders(self, project: ProjectId, senders: Sequence[Sender], now: datetime) -> Sequence[ContactId]:
        """The contacts behind several addresses, as `of_sender` finds each, with a few commands for all of them."""
        addresses = [AddressId(derived_id("address", project, one.kind, one.value)) for one in senders]
        known = {address: self._remembered(address) for address in addresses}
        found = {address: contact for address, contact in known.items() if contact is not None}
        wanted = {address: one for address, one in zip(addresses, senders, strict=True) if address not in found}
        if wanted:
            for address, contact in (await self._of_addresses(list(wanted))).items():
                found[AddressId(address)] = contact
                del wanted[AddressId(address)]

        async def create(address: AddressId, sender: Sender) -> None:
            found[address] = await self._create(project, address, sender, now)

        found |= await self._create_row(project, wanted, now)
        async with asyncio.TaskGroup() as group:
            for address, sender in wanted.items():
                if address not in found:
                    group.create_task(create(address, sender))
        for address, contact in found.items():
            if known[address] is None:
                self._remember(address, contact)
        return [found[address] for address in addresses]

    def _remembered(self, address: AddressId) -> ContactId | None:
        """Whose address it is, for a minute: another process may have erased that contact since."""
        contact, since = self._known.get(address, (None, float("-inf")))
        if contact is None or time.monotonic() - since > KNOWN_S:
            return None
        self._known.move_to_end(address)
        return contact

    def forget_addresses(self, contacts: Collection[ContactId]) -> None:
        """These contacts were erased: their addresses are nobody's."""
        self.forget(contacts)
        gone = [address for address, (contact, _) in self._known.items() if contact in contacts]
        for address in gone:
            del self._known[address]

    def _remember(self, address: AddressId, contact: ContactId) -> None:
        self._known[address] = contact, time.monotonic()
        self._known.move_to_end(address)
        if len(self._known) > REMEMBERED_ADDRESSES:
            self._known.popitem(last=False)

    async def at(self, project: ProjectId, sender: Sender) -> ContactId | None:
        """The contact behind an address, or None when nobody has it yet."""
        address = derived_id("address", project, sender.kind, sender.value)
        found = await self._addresses.find_one({"_id": address}, {"contact": 1})
        return ContactId(found["contact"]) if found else None

    async def _create(
        self,
        project: ProjectId,
        address: AddressId,
        sender: Sender,
        now: datetime,
        is_new: Callable[[], Awaitable[bool]] | None = None,
        *,
        after: ContactId | None = None,
    ) -> ContactId:
        """`after` is the erased contact that had the address before."""
        number = ContactId(derived_id("contact", after or address))
        contact = contact_of(number, project, sender, now)
        # The contact first: an address that points nowhere would be worse than a contact without address.
        made = await self._insert_once(self._contacts, to_document(contact), self._new_contacts)
        if not made:
            erased = await self._contacts.find_one({"_id": number, "erased_at": {"$gt": _EPOCH}}, {"_id": 1})
            if erased is not None:  # whoever writes from the address after that is somebody new
                if is_new is not None and not await is_new():
                    raise Erased(number)
                return await self._create(project, address, sender, now, is_new, after=number)
        row = address_of(address, contact, sender)
        if await self._insert_once(self._addresses, to_document(row), self._new_addresses):
            self._note_made(sender, contact, row, as_read=made)
            return contact.id
        stored = await self._addresses.find_one({"_id": address}, {"contact": 1})
        return ContactId(stored["contact"]) if stored else contact.id

    async def _create_row(
        self, project: ProjectId, senders: Mapping[AddressId, Sender], now: datetime
    ) -> Mapping[AddressId, ContactId]:
        """The contacts of new addresses, made as `_create` makes one, with two commands for all of them.

        Whoever is missing in the answer is to be made alone.
        """
        addresses = {ContactId(derived_id("contact", address)): address for address in senders}
        people = [contact_of(number, project, senders[of], now) for number, of in addresses.items()]
        made = {person.id: person for person in await _made(self._contacts, people)}
        rows = [address_of(addresses[one.id], one, senders[addresses[one.id]]) for one in made.values()]
        found = {row.id: row for row in await _made(self._addresses, rows)}
        for address, row in found.items():
            self._note_made(senders[address], made[row.contact], row, as_read=True)
        return {address: row.contact for address, row in found.items()}

    def _note_made(self, sender: Sender, contact: Contact, address: Address, *, as_read: bool) -> None:
        """`as_read`: both are as if they had just been read."""
        self._made[contact.id] = sender
        if len(self._made) > RECENT_CONTACTS:
            self._made.popitem(last=False)
        if as_read:
            self._note(contact.id, contact)
            self._note_addresses(contact.id, time.monotonic(), [address])

    def made_of(self, contact: ContactId) -> Sender | None:
        """What the contact was made of just now, in this process. It is said once."""
        return self._made.pop(contact, None)

    def made_among(self, contacts: Collection[ContactId]) -> frozenset[ContactId]:
        """Those that were made just now, in this process."""
        return frozenset(contact for contact in contacts if contact in self._made)

    async def _insert_once(
        self, collection: Any, document: Mapping[str, Any], commit: GroupCommit | None = None
    ) -> bool:
        """Store a document that is not there yet; whether it is known that it was not."""
        if commit is not None:
            outcome = await commit.insert(dict(document), str(document["_id"]))
            return isinstance(outcome, Inserted)
        fields = dict(document)
        try:
            await collection.update_one({"_id": fields.pop("_id")}, {"$setOnInsert": fields}, upsert=True)
        except DuplicateKeyError:  # two upserts of the same key met: the other one has created it
            pass
        return False

    async def get(self, project: ProjectId, contact: ContactId) -> Contact | None:
        """The contact, or the one that it was merged into; None when the project has no such contact (any more)."""
        there = {"project": project, "erased_at": None}
        document = await self._contacts.find_one({"_id": contact, **there})
        if document is not None and document.get("merged_into") is not None:
            document = await self._contacts.find_one({"_id": document["merged_into"], **there})
        return from_document(Contact, document) if document else None

    async def names_of(self, project: ProjectId, contacts: Sequence[ContactId]) -> Mapping[ContactId, str | None]:
        """Of those of `contacts` that the project has (still): how they are called, if that is known."""
        query = {"_id": {"$in": list(contacts)}, "project": project, "erased_at": None}
        rows = await self._contacts.find(query, {"name": 1}).to_list()
        return {ContactId(row["_id"]): row.get("name") for row in rows}

    async def parts_of(self, contact: ContactId) -> Sequence[ContactId]:
        """The contact, and every one that was merged into it: together they are one person."""
        rows = await self._contacts.find({"merged_into": contact}, {"_id": 1}).limit(PARTS).to_list()
        return [contact, *(ContactId(row["_id"]) for row in rows)]

    async def wholes_of(self, contacts: Sequence[ContactId]) -> Mapping[ContactId, ContactId]:
        """Of those of `contacts` that were merged: the contact that is read in their place."""
        query = {"_id": {"$in": list(contacts)}, "merged_into": {"$gt": ""}}
        rows = await self._contacts.find(query, {"merged_into": 1}).to_list()
        return {ContactId(row["_id"]): ContactId(row["merged_into"]) for row in rows}

    async def addresses_of(self, parts: Sequence[ContactId]) -> Sequence[Address]:
        """Where a person can be reached, by all parts of them."""
        rows = await self._addresses.find({"contact": {"$in": list(parts)}}).sort("_id", 1).to_list()
        return [from_document(Address, row) for row in rows]

    def forget(self, contacts: Collection[ContactId]) -> None:
        """What this process remembers of them is no longer so."""
        for contact in contacts:
            self._forget_facts(contact)
            self._recent_addresses.pop(contact, None)

    def _forget_facts(self, contact: ContactId) -> None:
        _, known = self._recent.pop(contact, (0.0, None))
        if known is not None and (parts := self._parts.get(known.id)) is not None:
            parts.discard(contact)
            if not parts:
                del self._parts[known.id]

    async def recent(self, project: ProjectId, contact: ContactId) -> Contact | None:
        """As `get`, from memory for two seconds: what other processes change in between is not seen."""
        read_at, known = self._recent.get(contact, (float("-inf"), None))
        if time.monotonic() - read_at < RECENT_S and known is not None and known.project == project:
            return known
        found = await self.get(project, contact)
        self._note(contact, found)
        return found

    def _note(self, contact: ContactId, found: Contact | None) -> None:
        self._forget_facts(contact)
        if found is not None and found.id != contact:
            self._parts.setdefault(found.id, set()).add(contact)
        self._recent[contact] = time.monotonic(), found
        if len(self._recent) > RECENT_CONTACTS:
            self._forget_facts(next(iter(self._recent)))

    def _changed(self, person: ContactId, document: Mapping[str, Any] | None) -> Contact | None:
        """Remember the contact after a change of ours, under every id by which it is known."""
        changed = from_document(Contact, document) if document else None
        for contact in (person, *self._parts.get(person, ())):
            if contact not in self._recent:
                continue
            if changed is None or (document or {}).get("merged_into") is not None:
                self._forget_facts(contact)
            else:
                self._note(contact, changed)
        return changed

    async def addresses(self, contact: ContactId) -> Sequence[Address]:
        """Where the contact can be reached."""
        cursor = self._addresses.find({"contact": contact}).sort("_id", 1)
        return [from_document(Address, document) async for document in cursor]

    async def recent_addresses(self, contact: ContactId) -> Sequence[Address]:
        """As `addresses`, from memory for two seconds: what other processes change in between is not seen."""
        read_at, known = self._recent_addresses.get(contact, (float("-inf"), ()))
        if time.monotonic() - read_at < RECENT_S:
            return known
        read_at = time.monotonic()
        found = await self.addresses(contact)
        if found:
            self._note_addresses(contact, read_at, found)
        return found

    def _note_addresses(self, contact: ContactId, read_at_s: float, found: Sequence[Address]) -> None:
        self._recent_addresses[contact] = read_at_s, found
        self._recent_addresses.move_to_end(contact)
        if len(self._recent_addresses) > RECENT_CONTACTS:
            self._recent_addresses.popitem(last=False)

    async def learn(self, project: ProjectId, contact: ContactId, sender: Sender) -> Contact | None:
        """Keep what a service or a form says of a person: a name where none is known, and the fields given.

        The contact after it, or None when nothing was new. Of several at once none is lost.
        """
        while (known := await self.get(project, contact)) is not None:
            change = news(known, sender)
            if not change:
                return None
            changed = await self.change(project, known.id, change, revision=known.revision)
            if changed is not None:
                return changed
        return None

    async def change(
        self, project: ProjectId, contact: ContactId, change: Mapping[str, Any], *, revision: int | None = None
    ) -> Contact | None:
        """Set fields of the contact; the contact after it, or None when the project has no such contact.

        With `revision` only while it still has that one; None when it no longer has.
        """
        values = {
            name: plain([f.model_dump() for f in value] if name == "fields" else value)
            for name, value in change.items()
        }
        seen = {} if revision is None else {"revision": revision}
        document = await self._contacts.find_one_and_update(
            {"_id": contact, "project": project, **seen},
            {"$set": values, "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return self._changed(contact, document)

    async def set_field(self, project: ProjectId, contact: ContactId, field: Field) -> Contact | None:
        """Keep a fact about the contact; `name`, `language` and `time_zone` are of the contact itself.

        An unverified value never replaces a verified one. The contact after it, None when nothing changed.
        """
        known, sure = await self.recent(project, contact), False  # a revision that is over is found out by the change
        while known is not None:
            change: dict[str, Any]
            if field.name in OWN_FIELDS:
                change = {} if getattr(known, field.name) == field.value else {field.name: field.value}
            else:
                fields = merged_fields(known.fields, (field,))
                change = {} if fields == known.fields else {"fields": fields}
            if change:
                changed = await self.change(project, known.id, change, revision=known.revision)
                if changed is not None:
                    return changed
            elif sure:
                return None
            known, sure = await self.get(project, contact), True
        return None

    async def set_stage(self, project: ProjectId, contact: ContactId, stage: str, at: datetime) -> None:
        """The contact's stage since `at`; an older one than is known changes nothing."""
        person = await self._person(project, contact)
        document = await self._contacts.find_one_and_update(
            {"_id": person, "project": project, "$or": [{"stage_at": None}, {"stage_at": {"$lte": at}}]},
            {"$set": {"stage": stage, "stage_at": at}, "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        self._changed(person, document)

    async def opt_out(self, project: ProjectId, contact: ContactId, at: datetime) -> None:
        """Note since when the contact wants no messages that they did not ask for."""
        person = await self._person(project, contact)
        document = await self._contacts.find_one_and_update(
            {"_id": person, "project": project, "opted_out_at": None},
            {"$set": {"opted_out_at": at}, "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        self._changed(person, document)

    async def _person(self, project: ProjectId, contact: ContactId) -> ContactId:
        """The contact that is read in the place of `contact`."""
        known = await self.recent(project, contact)
        return known.id if known is not None else contact

    async def mark_reachable(self, contact: ContactId) -> None:
        """Take the marks off the contact's addresses: they have written again."""
        if not any(address.unreachable for address in await self.recent_addresses(contact)):
            return
        self._recent_addresses.pop(contact, None)
        await self._addresses.update_many(
            {"contact": contact, "unreachable": {"$type": "string"}}, {"$set": {"unreachable": None}}
        )

    async def mark_unreachable(self, project: ProjectId, kind: str, value: str, reason: str | None) -> None:
        """Note on the address why it cannot be reached; None when it can be reached again."""
        try:
            await self._addresses.update_one(
                {"project": project, "kind": kind, "value": value}, {"$set": {"unreachable": reason}}
            )
        finally:
            self._recent_addresses.clear()  # rare, and whose address it is nobody said

    async def join(self, project: ProjectId, contact: ContactId, sender: Sender, now: datetime) -> bool:
        """Let an address that nobody has yet be one of `contact`; false when that is not to be.

        A contact that has an address of this kind gets no second one: whoever finds an old link stays a stranger.
        """
        person = await self.get(project, contact)
        if person is None or await self.at(project, sender) is not None:
            return False
        contact = person.id
        if any(address.kind == sender.kind for address in await self.addresses_of(await self.parts_of(contact))):
            return False
        row = Address(
            id=AddressId(derived_id("address", project, sender.kind, sender.value)), project=project, contact=contact,
            kind=sender.kind, value=sender.value, verified=sender.verified, created_at=now,
        )  # fmt: skip
        await self._insert_once(self._addresses, to_document(row))
        self._recent_addresses.pop(contact, None)
        await self.learn(project, contact, sender)
        return await self.at(project, sender) == contact

    async def add_address(self, project: ProjectId, contact: ContactId, kind: str, value: str, now: datetime) -> None:
        """Let the contact be reached under an address that the hub itself made up for them."""
        row = Address(
            id=AddressId(derived_id("address", project, kind, value)), project=project, contact=contact, kind=kind,
            value=value, verified=True, created_at=now,
        )  # fmt: skip
        await self._insert_once(self._addresses, to_document(row))
        self._recent_addresses.pop(contact, None)

    async def move_address(self, project: ProjectId, sender: Sender, to: str, now: datetime) -> None:
        """The contact behind `sender` is reached under the value `to` from now on; whoever has that already keeps it.

        The old address is removed last, so that a crash in between leaves two and never none.
        """
        contact = await self.at(project, sender)
        if contact is None:  # it was moved before
            return
        old, new = (AddressId(derived_id("address", project, sender.kind, value)) for value in (sender.value, to))
        row = Address(
            id=new, project=project, contact=contact, kind=sender.kind, value=to, verified=sender.verified,
            created_at=now,
        )  # fmt: skip
        await self._insert_once(self._addresses, to_document(row))
        await self._addresses.delete_one({"_id": old})
        self._recent_addresses.pop(contact, None)
        self._known.pop(old, None)


async def _made(collection: AsyncCollection[Document], models: Sequence[ModelT]) -> Sequence[ModelT]:
    """Those that are new and stored now. Whatever is the matter with the others, one that is stored alone tells."""
    if not models:
        return ()
    try:
        async with asyncio.timeout(DEADLINE_S):
            there = await insert_missing(collection, [to_document(model) for model in models])
    except (PyMongoError, BSONError, OverflowError, UnicodeEncodeError, TimeoutError):
        return ()
    return [model for index, model in enumerate(models) if index not in there]
