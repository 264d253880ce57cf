"""Merging contacts: what would come of it, the act itself, and how it is undone."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.model.audit import AuditAction, AuditChange
from hub.model.base import Moment, Stored, Written
from hub.model.contact import Address, Contact
from hub.model.ids import ContactId, OperatorId
from hub.services.merging import Preview
from hub.web.api.contacts import FIELDS_AT_MOST
from hub.web.api.conversations import ContactDetail, shown
from hub.web.context import Context
from hub.web.page import Page
from hub.web.route import Id

FactName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class MergeAsked(Written):
    """A merge that was looked at: `other` becomes a part of the contact in the path.

    `revisions`: of the survivor and of the other, as the preview has shown them. `take`: facts of which the other's
    value is to stand.
    """

    other: Id
    revisions: tuple[int, int]
    take: Annotated[tuple[FactName, ...], Field(max_length=FIELDS_AT_MOST)] = ()


class FactShown(Stored):
    """What the two say, and what stands after it. `conflict`: they say different things."""

    name: str
    survivor: str | None
    other: str | None
    after: str | None
    conflict: bool


class PreviewShown(Stored):
    """What would come of a merge. `addresses` and `conversations` are those of the other."""

    survivor: Contact
    other: Contact
    facts: tuple[FactShown, ...]
    addresses: tuple[Address, ...]
    conversations: int


class MergeShown(Stored):
    """A merge that can be undone. `by` None: a link of the contact did it."""

    id: str
    merged: ContactId
    merged_name: str | None
    by: OperatorId | None
    at: Moment


async def preview_merge(context: Context, contact: Id, other: Id) -> PreviewShown:
    """What would come of merging another contact into this one."""
    found = await context.parts.merging.preview(context.viewer, ContactId(contact), ContactId(other))
    return _shown(found)


async def merge_contacts(context: Context, contact: Id, body: MergeAsked) -> ContactDetail:
    """Merge another contact into this one. It can be undone."""
    merged = await context.parts.merging.merge(
        context.viewer, ContactId(contact), ContactId(body.other), body.revisions, body.take
    )
    await context.note(AuditAction.CONTACTS_MERGED, contact, changes=[AuditChange(name="contact", after=body.other)])
    return await shown(context, merged)


async def list_merges(context: Context, contact: Id) -> Page[MergeShown]:
    """What was merged into this contact and can be undone, the newest first."""
    found = await context.parts.merging.of_contact(context.viewer, ContactId(contact))
    return Page(items=tuple(MergeShown.model_validate(one, from_attributes=True) for one in found), next=None)


async def undo_merge(context: Context, contact: Id, merge: Id) -> ContactDetail:
    """Part two contacts again; the one that is parted. What was written since stays where it was written."""
    parted = await context.parts.merging.undo(context.viewer, ContactId(contact), merge)
    await context.note(AuditAction.CONTACTS_PARTED, contact, changes=[AuditChange(name="contact", after=parted.id)])
    return await shown(context, parted)


def _shown(found: Preview) -> PreviewShown:
    return PreviewShown(
        survivor=found.survivor, other=found.other, addresses=tuple(found.addresses), conversations=found.conversations,
        facts=tuple(FactShown(**fact.model_dump(), conflict=fact.conflict) for fact in found.facts),
    )  # fmt: skip
