"""Erasing a contact on their wish: asked for once, carried out step by step, also after a restart."""

import asyncio

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.audit import AuditAction, AuditChange
from hub.model.contact import Contact
from hub.model.erasure import Erasure, Held
from hub.model.ids import ConversationId
from hub.model.operator import Role, Scope, Viewer
from hub.services.audit import Audit, By
from hub.services.commands import MarkSpam
from hub.services.errors import Invalid, NotFound, ServiceError
from hub.services.turns import Turns
from hub.store.clock import DatabaseClock
from hub.store.contact_records import ContactRecords
from hub.store.contacts import RECENT_S, Contacts

log = structlog.get_logger(__name__)

PAUSE_S = RECENT_S + 0.5
"""Between the wish and the work: what was on its way in comes to rest, and no memory still knows the contact."""
SWEEP_S = 30.0
WAITED_FOR_S = 15.0


class ContactErasing:
    """Shows what there is, takes the wish, and carries it out."""

    def __init__(
        self, records: ContactRecords, contacts: Contacts, turns: Turns, audit: Audit, clock: DatabaseClock
    ) -> None:
        self._records, self._contacts, self._turns = records, contacts, turns
        self._audit, self._clock = audit, clock
        self._asked = asyncio.Event()
        self._finished = asyncio.Condition()

    async def preview(self, contact: Contact) -> Held:
        """What would go."""
        return await self._records.held(contact.project, await self._contacts.parts_of(contact.id))

    async def ask(self, by: By, contact: Contact) -> Erasure:
        """Erase a contact. From now on they are nobody's; the rest follows within seconds.

        The erasure, done where that took no longer than some seconds.
        """
        if by.operator is None:
            raise Invalid("nobody_asks", "Somebody has to ask for it.")
        parts = await self._contacts.parts_of(contact.id)
        conversations, channels = await self._records.conversations(contact.project, parts)
        addresses = await self._contacts.addresses_of(parts)
        await self._records.begin(
            Erasure(
                id=contact.id, project=contact.project, parts=tuple(parts), conversations=tuple(conversations),
                channels=tuple(channels), by=by.operator, via=by.via, address=by.address,
                held=await self._records.held(contact.project, parts), asked_at=self._clock.now(),
            ),
            [address.value for address in addresses],
        )  # fmt: skip
        self._contacts.forget_addresses(parts)
        self._asked.set()
        return await self._settled(contact)

    async def run(self) -> None:
        """Carry out what was asked for, here or by a hub that has ended since; until cancelled."""
        while True:
            self._asked.clear()
            try:
                for erasure in await self._records.undone():
                    await self._tried(erasure)
            except Exception:  # the database is away: the next round begins again
                log.warning("erasures could not be looked for", exc_info=True)
                stop_if_cancelled()
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._asked.wait()
            except TimeoutError:
                pass

    async def _tried(self, erasure: Erasure) -> None:
        try:
            await self._carry_out(erasure)
        except Exception:  # one contact's trouble is not another's: the next round begins it again
            log.exception("an erasure was not finished", contact=erasure.id)
            stop_if_cancelled()

    async def _carry_out(self, erasure: Erasure) -> None:
        self._contacts.forget_addresses(erasure.parts)
        rested = (self._clock.now() - erasure.asked_at).total_seconds()
        await asyncio.sleep(max(0.0, PAUSE_S - rested))
        erasure = await self._records.grow(erasure)
        for conversation in erasure.conversations:
            await self._close(erasure, conversation)
        await self._records.erase(erasure)
        if await self._records.done(erasure, self._clock.now()):
            kinds = erasure.held.model_dump(exclude={"file_bytes", "waiting"})
            counts = [AuditChange(name=name, before=str(count)) for name, count in kinds.items() if count]
            by = By(erasure.by, erasure.via, erasure.address)
            await self._audit.note(by, AuditAction.CONTACT_ERASED, [erasure.project], about=erasure.id, changes=counts)
            log.info("a contact was erased", contact=erasure.id, **kinds)
        async with self._finished:
            self._finished.notify_all()

    async def _close(self, erasure: Erasure, conversation: ConversationId) -> None:
        """End the questionnaire and whatever else is going on there, by a Turn, so that nothing follows it.

        As spam, since that is the end after which nobody is asked anything.
        """
        viewer = Viewer(
            operator=erasure.by, name="", project=erasure.project, role=Role.ADMIN, scope=Scope.ALL, teams=()
        )
        try:
            await self._turns.act(viewer, conversation, MarkSpam(), f"erase-{conversation}")
        except NotFound:  # an earlier attempt has taken it from the lists
            return
        except ServiceError as refused:
            log.warning("a conversation was not closed before it was erased", code=refused.code)

    async def _settled(self, contact: Contact) -> Erasure:
        async def done() -> Erasure:
            while True:
                found = await self._records.get(contact.project, contact.id)
                if found is None:
                    raise NotFound("This contact")
                if found.done_at is not None:
                    return found
                async with self._finished:
                    await self._finished.wait()

        try:
            async with asyncio.timeout(WAITED_FOR_S):
                return await done()
        except TimeoutError:
            found = await self._records.get(contact.project, contact.id)
            if found is None:
                raise NotFound("This contact") from None
            return found
