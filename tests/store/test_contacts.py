"""Facts about contacts are kept with what this process remembers of them, and never by what is no longer so."""

from datetime import UTC, datetime

import pytest

from hub.model.contact import Field
from hub.model.events import Sender
from hub.model.ids import ContactId, ProjectId
from hub.store import contacts as store
from hub.store.connection import Connection
from hub.store.contacts import Contacts
from tests.services.faults import Faulty

PROJECT, NOW = ProjectId("project"), datetime(2026, 11, 25, 12, tzinfo=UTC)


async def test_fact_is_kept_by_what_is_remembered(connection: Connection) -> None:
    """A step that keeps several facts and moves the stage reads the contact once, and the next one not at all."""
    contacts = Contacts(connection.database)
    ann = await _made(contacts, "ann")
    await contacts.recent(PROJECT, ann)
    reads = Faulty(contacts._contacts, "find_one")
    contacts._contacts = reads  # type: ignore[assignment]
    await contacts.set_field(PROJECT, ann, Field(name="city", value="Tver"))
    await contacts.set_field(PROJECT, ann, Field(name="name", value="Ann"))
    await contacts.set_stage(PROJECT, ann, "engaged", NOW)
    known = await contacts.recent(PROJECT, ann)
    assert not reads.met.is_set()
    assert known == await contacts.get(PROJECT, ann)
    assert known is not None
    assert (known.name, known.stage, [field.value for field in known.fields]) == ("Ann", "engaged", ["Tver"])


async def test_fact_that_another_process_changed_is_not_lost(connection: Connection) -> None:
    """What is remembered is old: what the other one kept stays, and what it took back is kept again."""
    one, two = Contacts(connection.database), Contacts(connection.database)
    ann = await _made(one, "ann")
    await one.set_field(PROJECT, ann, Field(name="city", value="Tver"))
    await two.set_field(PROJECT, ann, Field(name="size", value="few"))
    await one.set_field(PROJECT, ann, Field(name="role", value="owner"))
    await two.set_field(PROJECT, ann, Field(name="city", value="Omsk"))
    assert await one.set_field(PROJECT, ann, Field(name="city", value="Tver")) is not None
    known = await two.get(PROJECT, ann)
    assert known is not None
    assert {field.name: field.value for field in known.fields} == {"city": "Tver", "size": "few", "role": "owner"}


async def test_fact_of_a_merged_contact_is_seen_under_both_ids(connection: Connection) -> None:
    """Who was merged is read as the other one, and what is kept under either id is remembered under both."""
    contacts = Contacts(connection.database)
    ann, anna = await _made(contacts, "ann"), await _made(contacts, "anna")
    await connection.database["contacts"].update_one({"_id": anna}, {"$set": {"merged_into": ann}})
    for contact in (ann, anna):
        await contacts.recent(PROJECT, contact)
    await contacts.set_stage(PROJECT, anna, "engaged", NOW)
    for contact in (ann, anna):
        known = await contacts.recent(PROJECT, contact)
        assert known is not None
        assert (known.id, known.stage) == (ann, "engaged")


async def test_memory_of_merged_contacts_does_not_grow(connection: Connection) -> None:
    """Whoever is forgotten leaves no trace among the parts of others."""
    contacts = Contacts(connection.database)
    ann, anna = await _made(contacts, "ann"), await _made(contacts, "anna")
    await connection.database["contacts"].update_one({"_id": anna}, {"$set": {"merged_into": ann}})
    await contacts.recent(PROJECT, anna)
    assert contacts._parts == {ann: {anna}}
    for number in range(store.RECENT_CONTACTS):
        await contacts.recent(PROJECT, ContactId(f"other {number}"))
    assert not contacts._parts


async def test_people_who_come_together_are_found_or_made_as_alone(connection: Connection) -> None:
    """Also who is known, whose contact a crash has left without an address, and whose contact was erased."""
    known, database = Contacts(connection.database), connection.database
    ann, half, gone = [await _made(known, who) for who in ("ann", "half", "gone")]
    await database["addresses"].delete_one({"value": "half"})
    await database["addresses"].delete_one({"value": "gone"})
    await database["contacts"].update_one({"_id": gone}, {"$set": {"erased_at": NOW}})
    contacts = Contacts(database)
    senders = [Sender(kind="test", value=who) for who in ("new", "ann", "half", "gone", "new", "newer")]
    found = await contacts.of_senders(PROJECT, senders, NOW)
    assert found[0] == found[4]
    assert found[1:3] == [ann, half]
    assert len({*found, gone}) == 6
    assert contacts.made_among(found) >= {found[0], found[5]}
    assert ann not in contacts.made_among(found)
    assert [await _made(Contacts(database), sender.value) for sender in senders] == found
    for sender, contact in zip(senders, found, strict=True):
        [address] = await contacts.addresses(contact)
        assert (address.value, address.contact) == (sender.value, contact)


async def test_a_name_that_cannot_be_stored_is_refused_for_its_sender_alone(connection: Connection) -> None:
    """What the driver refuses of one is no fault of the others: they are made when they come without it."""
    contacts = Contacts(connection.database)
    broken = Sender(kind="test", value="broken", name="\ud800")
    with pytest.raises(ExceptionGroup):
        await contacts.of_senders(PROJECT, [Sender(kind="test", value="sound"), broken], NOW)
    assert await _made(contacts, "sound")


async def _made(contacts: Contacts, who: str) -> ContactId:
    return await contacts.of_sender(PROJECT, Sender(kind="test", value=who), NOW)
