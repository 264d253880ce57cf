"""Contacts: people, and the addresses where they can be reached."""

from hub.model.base import Moment, Stored
from hub.model.ids import AddressId, ContactId, ProjectId


class Field(Stored):
    """One named fact about a contact. Kept as a pair, so that nobody's key becomes a field name of the store."""

    name: str
    value: str
    verified: bool = False


class Contact(Stored):
    """A person. `language` is an IETF tag such as `ru`.

    `stage` is the place in the sales funnel, the newest of the stage log. `opted_out_at`: since then they want no
    messages that they did not ask for. `merged_into`: it is a part of that contact, which is read in its place; its own
    addresses and conversations stay with it. `erased_at`: since then nobody is told of it; what is left is a shell.
    """

    id: ContactId
    project: ProjectId
    name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    fields: tuple[Field, ...] = ()
    blocked: bool = False
    stage: str | None = None
    stage_at: Moment | None = None
    opted_out_at: Moment | None = None
    merged_into: ContactId | None = None
    erased_at: Moment | None = None
    created_at: Moment
    revision: int = 0


class Address(Stored):
    """Where a contact can be reached: `(kind, value)`, unique in its project.

    `verified` is false for what somebody merely typed in; such an address never merges contacts.
    """

    id: AddressId
    project: ProjectId
    contact: ContactId
    kind: str
    value: str
    verified: bool = False
    unreachable: str | None = None
    created_at: Moment
