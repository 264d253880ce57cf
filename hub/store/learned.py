"""What senders say of themselves: the contact and the address that it makes, and what of it is news of a known one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.model.contact import Address, Contact, Field
from hub.model.events import Sender
from hub.model.ids import AddressId, ContactId, ProjectId


def contact_of(number: ContactId, project: ProjectId, sender: Sender, now: datetime) -> Contact:
    """The contact that a new sender becomes."""
    return Contact(
        id=number,
        project=project,
        name=sender.name,
        language=sender.language,
        fields=sender.fields,
        created_at=now,
    )


def address_of(address: AddressId, contact: Contact, sender: Sender) -> Address:
    """The address under which a new contact wrote."""
    return Address(
        id=address,
        project=contact.project,
        contact=contact.id,
        kind=sender.kind,
        value=sender.value,
        verified=sender.verified,
        created_at=contact.created_at,
    )


def news(known: Contact, sender: Sender) -> dict[str, Any]:
    """The properties of `known` that change by what the sender says."""
    change: dict[str, Any] = {}
    if sender.name and not known.name:
        change["name"] = sender.name
    if sender.language and sender.language != known.language:
        change["language"] = sender.language
    new = sender.fields
    if not sender.verified:  # whoever merely claims an address may add to what is known of it, and change nothing
        held = {field.name for field in known.fields}
        new = tuple(field for field in new if field.name not in held)
    fields = merged_fields(known.fields, new)
    if fields != known.fields:
        change["fields"] = fields
    return change


def merged_fields(known: Sequence[Field], new: Sequence[Field]) -> tuple[Field, ...]:
    """The fields after `new` were learned: an unverified value never replaces a verified one."""
    merged = {field.name: field for field in known}
    for field in new:
        held = merged.get(field.name)
        if held is None or field.verified or not held.verified:
            merged[field.name] = field
    return tuple(merged.values())
