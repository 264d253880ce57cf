"""Merging contacts: by an operator who has seen what comes of it, or by a contact who follows their own link."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from hub.model.contact import Address, Contact
from hub.model.events import Sender
from hub.model.ids import ContactId, ProjectId, new_id
from hub.model.merge import Fact, Merge, facts, merged_values
from hub.model.operator import Right, Scope, Viewer
from hub.services.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.merges import Merges
from hub.store.tasks import Tasks

log = structlog.get_logger(__name__)

CHANGED = "One of the two contacts has changed meanwhile. Look again at what comes of it."


@dataclass(frozen=True, slots=True)
class Preview:
    """What comes of a merge: who survives, who goes into them, and every fact of the two."""

    survivor: Contact
    other: Contact
    facts: Sequence[Fact]
    addresses: Sequence[Address]
    """Those of the other, by which the survivor is reached as well."""
    conversations: int
    """With the other, as far as the viewer may see them, counted to 50."""


class Merging:
    """Makes two contacts one person, and parts them again.

    Nothing moves: addresses and conversations stay with the contact that they began with, which is read as a part of
    the survivor (`docs/adr/0011`). So what is on its way arrives where it would have, and undoing loses nothing.
    """

    def __init__(
        self, merges: Merges, contacts: Contacts, conversations: Conversations, tasks: Tasks, clock: DatabaseClock
    ) -> None:
        self._merges, self._contacts, self._conversations = merges, contacts, conversations
        self._tasks, self._clock = tasks, clock

    async def preview(
        self, viewer: Viewer, survivor: ContactId, other: ContactId, take: Collection[str] = ()
    ) -> Preview:
        """What a merge would do. Raises `NotFound`, `Invalid`."""
        kept, gone = await self._visible(viewer, survivor), await self._visible(viewer, other)
        if kept.id == gone.id:
            raise Invalid("same_contact", "The two are one contact already.")
        parts = await self._contacts.parts_of(gone.id)
        return Preview(
            kept, gone, facts(kept, gone, take), await self._contacts.addresses_of(parts),
            len(await self._conversations.of_contact(viewer, parts)),
        )  # fmt: skip

    async def merge(
        self, viewer: Viewer, survivor: ContactId, other: ContactId, revisions: tuple[int, int], take: Collection[str]
    ) -> Contact:
        """Merge what a preview has shown in these `revisions`; the survivor after it.

        Raises `NotFound`, `Invalid`, `NotAllowed`; `Conflict` when either has changed since.
        """
        if not viewer.may(Right.REPLY):
            raise NotAllowed
        seen = await self.preview(viewer, survivor, other, take)
        if (seen.survivor.revision, seen.other.revision) != revisions:
            raise Conflict("changed_meanwhile", CHANGED)
        if not await self._join(seen.survivor, seen.other, take, by=viewer.operator):
            raise Conflict("changed_meanwhile", CHANGED)
        log.info("contacts merged", survivor=seen.survivor.id, merged=seen.other.id, operator=viewer.operator)
        return await self._visible(viewer, seen.survivor.id)

    async def by_link(self, project: ProjectId, survivor: ContactId, sender: Sender) -> bool:
        """Whoever follows the link of a contact from an address that they are known by is that contact; whether so.

        Only a verified address joins, and only while the contact has none of its kind: whoever finds an old link stays
        a stranger.
        """
        known = await self._contacts.at(project, sender)
        kept = await self._contacts.get(project, survivor)
        gone = await self._contacts.get(project, known) if known is not None else None
        if not sender.verified or kept is None or gone is None or kept.id == gone.id:
            return False
        held = await self._contacts.addresses_of(await self._contacts.parts_of(kept.id))
        if any(address.kind == sender.kind for address in held):
            return False
        return await self._join(kept, gone, (), by=None)

    async def undo(self, viewer: Viewer, contact: ContactId, merge: str) -> Contact:
        """Part two contacts again; the one that is parted. Raises `NotFound`, `NotAllowed`, `Conflict`."""
        if not viewer.may(Right.REPLY):
            raise NotAllowed
        survivor = await self._visible(viewer, contact)
        found = await self._merges.get(viewer.project, merge)
        if found is None or found.survivor != survivor.id:
            raise NotFound("This merge")
        if not await self._merges.undo(found, self._clock.now()):
            raise Conflict("changed_meanwhile", "The two were parted already, or are part of another contact.")
        self._contacts.forget([found.survivor, *found.moved])
        for one in (found.survivor, found.merged):
            await self._rename(await self._known(viewer.project, one))
        log.info("merge undone", survivor=found.survivor, merged=found.merged, operator=viewer.operator)
        return await self._known(viewer.project, found.merged)

    async def of_contact(self, viewer: Viewer, contact: ContactId) -> Sequence[Merge]:
        """The merges into a contact that can be undone. Raises `NotFound`."""
        survivor = await self._visible(viewer, contact)
        return await self._merges.of_contact(viewer.project, survivor.id)

    async def _join(self, survivor: Contact, other: Contact, take: Collection[str], *, by: str | None) -> bool:
        after = merged_values(survivor, other, take)
        merge = Merge(
            id=new_id(), project=survivor.project, survivor=survivor.id, merged=other.id, merged_name=other.name,
            moved=tuple(await self._contacts.parts_of(other.id)), by=by, at=self._clock.now(),
            before=survivor.model_dump(), after=survivor.model_copy(update=after).model_dump(),
        )  # fmt: skip
        if not await self._merges.add(merge, survivor, other):
            return False
        self._contacts.forget([survivor.id, *merge.moved])
        await self._rename(await self._known(survivor.project, survivor.id))
        return True

    async def _rename(self, contact: Contact) -> None:
        """Bring the copies of a person's name up to date."""
        for part in await self._contacts.parts_of(contact.id):
            await self._conversations.rename_contact(contact.project, part, contact.name)
            await self._tasks.rename_contact(contact.project, part, contact.name)

    async def _known(self, project: ProjectId, contact: ContactId) -> Contact:
        found = await self._contacts.get(project, contact)
        if found is None:
            raise NotFound("This contact")
        return found

    async def _visible(self, viewer: Viewer, contact: ContactId) -> Contact:
        """Whoever sees one of a contact's conversations sees the contact. Raises `NotFound`."""
        found = await self._known(viewer.project, contact)
        if viewer.scope is not Scope.ALL:
            parts = await self._contacts.parts_of(found.id)
            if not await self._conversations.of_contact(viewer, parts, limit=1):
                raise NotFound("This contact")
        return found
