"""Sending: one claimed message is handed to its channel, and what became of it is marked."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from connectors.base import Connector, OutgoingMessage, Sent
from connectors.errors import (
    ChannelAuthError,
    ChannelConfigError,
    ChannelThrottled,
    ChannelUnavailable,
    ContactUnreachable,
    MessageDeferred,
    MessageRejected,
    SendUncertain,
)
from connectors.reasons import why
from connectors.text import clean_text
from hub.model.ids import ChannelId, ConversationId
from hub.model.message import DeliveryStatus, Message
from hub.model.why import Why
from hub.services.attempts import Attempts, Held
from hub.services.back_off import back_off_s, deferral_s
from hub.services.copies_left import after_sending
from hub.services.reasons import UNCERTAIN, UNREACHABLE, kept, kept_several, kept_text
from hub.services.receipts import Receipts
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.errors import NotDurable, StoreBusy, StoreUnavailable
from hub.store.leases import Lease
from hub.store.outage import is_outage
from hub.store.outgoing import Outgoing

log = structlog.get_logger(__name__)

MARK_AGAIN_S = 0.5

FORESEEN = (
    TimeoutError, SendUncertain, ChannelThrottled, ChannelUnavailable, ChannelAuthError, ChannelConfigError,
    MessageDeferred, MessageRejected, ContactUnreachable,
)  # fmt: skip

ResultT = TypeVar("ResultT")
WakeAt = Callable[[ConversationId, datetime], None]
Stored = Callable[[], Awaitable[None]]


class Sending:
    """Hands messages out. Every method takes the lease under which the message was claimed."""

    def __init__(
        self,
        outgoing: Outgoing,
        contacts: Contacts,
        receipts: Receipts,
        clock: DatabaseClock,
        *,
        connector: Callable[[ChannelId], Connector | None],
        sent: Callable[[ChannelId], None],
        wake_at: WakeAt,
        attempts: Attempts,
    ) -> None:
        self._outgoing, self._contacts, self._receipts, self._clock = outgoing, contacts, receipts, clock
        self._connector, self._note_sent, self._wake_at = connector, sent, wake_at
        self._attempts = attempts

    async def send(
        self, outgoing: OutgoingMessage, connector: Connector, held: Held, stored: Stored | None = None
    ) -> bool:
        """Hand a message to its channel that is claimed under what is `held`. False: it waits, and all behind it.

        `stored` returns when the message is stored, before which nothing can be noted of it.
        """
        message = outgoing.message
        outcome: Sent | Exception
        try:
            async with self._attempts.one(connector, outgoing, held):
                outcome = await connector.send(outgoing)
        except FORESEEN as error:
            outcome = error
        except Exception as error:  # a fault of the connector: whether the service has it, nobody knows
            log.exception("connector failed to send", channel=message.channel, message=message.id)
            outcome = error
        if stored is not None:
            await stored()
        return await self._note(outgoing, outcome, held.lease)

    async def _note(self, outgoing: OutgoingMessage, outcome: Sent | Exception, lease: Lease) -> bool:
        """Mark what became of a message."""
        message = outgoing.message
        match outcome:
            case Sent():
                return await self._sent(message, outcome, lease)
            case TimeoutError() | SendUncertain():
                return await self.uncertain(
                    message, outcome.why if isinstance(outcome, SendUncertain) else why("service_late"), lease
                )
            case ChannelThrottled():
                return await self._later(message, outcome.why, lease, wait_s=outcome.retry_after_s)
            case ChannelUnavailable() | ChannelAuthError() | ChannelConfigError():
                return await self._later(message, outcome.why, lease)
            case MessageDeferred():
                times = message.delivery.deferred + 1 if message.delivery else 1
                wait_s = deferral_s(times, outcome.after_s)
                return await self._later(message, outcome.why, lease, wait_s=wait_s, deferred=times)
            case MessageRejected():
                return await self._give_up(message, clean_text(outcome.code), outcome.why, lease)
            case ContactUnreachable():
                given_up = await self._give_up(message, UNREACHABLE, outcome.why, lease)
                for address in outgoing.addresses:
                    said = clean_text(str(outcome))
                    await self._contacts.mark_unreachable(message.project, address.kind, address.value, said)
                return given_up
        return await self.uncertain(message, why("connector_failed", fault=type(outcome).__name__), lease)

    async def uncertain(self, message: Message, reason: Why, lease: Lease) -> bool:
        """Try again under the same key; the operator sees the mark. A message meant for once only fails instead."""
        delivery = message.delivery
        assert delivery is not None
        if delivery.once:
            return await self._give_up(message, UNCERTAIN, reason, lease)
        connector = self._connector(message.channel)
        repeats = connector is None or not connector.capabilities.idempotent_send
        return await self._later(message, reason, lease, may_repeat=repeats or delivery.may_repeat)

    async def give_back(self, message: Message, lease: Lease, *, reserved: bool = False, by: int | None = None) -> None:
        """Let a message wait again that was claimed, or `reserved`, and not sent.

        With `by` only if it was this claim, which came with its storing, that stored it: another hub may have done so.
        """
        was = DeliveryStatus.QUEUED if reserved else DeliveryStatus.SENDING
        await self._settle(message, {"status": DeliveryStatus.QUEUED}, lease, was, by)

    async def claim(self, message: Message, lease: Lease, **change: Any) -> Message | None:
        """The message as it is claimed; None: it was cancelled in the last moment, or a newer owner has it."""
        claim = {"status": DeliveryStatus.SENDING, "fence": lease.fence, **change}
        return await self._outgoing.move(message.id, DeliveryStatus.QUEUED, claim, fence=lease.fence, attempted=True)

    async def _sent(self, message: Message, sent: Sent, lease: Lease) -> bool:
        self._note_sent(message.channel)
        now = self._clock.now()
        whys, copies = after_sending(sent, now)
        had = bool(message.delivery and message.delivery.whys)  # as it was sent before
        change = {
            "status": DeliveryStatus.SENT,
            "external_ids": sent.external_ids,
            "sent_at": now,
            **(kept_several(whys) if whys or had else kept_text(None)),
            "due_at": None,
            "copies": copies.model_dump() if copies else None,
            "copied": (*(message.delivery.copied if message.delivery else ()), *sent.copied),
        }
        await self._outgoing.mark_sent(message.id, change, lease.fence)
        connector = self._connector(message.channel)
        if sent.external_ids and (connector is None or connector.capabilities.receipts):
            self._receipts.sent(message.channel, sent.external_ids)
        return lease.age_s() < lease.ttl_s  # nobody else has claimed it meanwhile; else the store is asked

    async def _later(
        self,
        message: Message,
        reason: Why,
        lease: Lease,
        *,
        wait_s: float | None = None,
        **more: Any,
    ) -> bool:
        delivery = message.delivery
        assert delivery is not None
        pause_s = back_off_s(delivery.attempts) if wait_s is None else wait_s
        due_at = self._clock.now() + timedelta(seconds=pause_s)
        change = {"status": DeliveryStatus.QUEUED, "due_at": due_at, **kept(reason), **more}
        await self._settle(message, change, lease)
        self._wake_at(message.conversation, due_at)
        return False

    async def _give_up(self, message: Message, code: str, reason: Why, lease: Lease) -> bool:
        # Cleaned, as everything that a service says: what cannot be stored would leave the message as if on its way.
        change = {"status": DeliveryStatus.FAILED, "code": code, **kept(reason, code)}
        return await self._settle(message, change, lease)

    async def _settle(
        self,
        message: Message,
        change: dict[str, Any],
        lease: Lease,
        was: DeliveryStatus = DeliveryStatus.SENDING,
        by: int | None = None,
    ) -> bool:
        """Mark what became of a claimed message, and through an outage: forgotten, a message sent is one sent twice."""
        change = {"due_at": None, **change}  # the claim ends with it
        move = partial(self._outgoing.move, message.id, was, change, fence=lease.fence, by=by)
        return await self.through_outage(move, message, lease) is not None

    @staticmethod
    async def through_outage(write: Callable[[], Awaitable[ResultT]], message: Message, lease: Lease) -> ResultT:
        """What `write` gives, tried again while the database is away, for as long as the lease runs."""
        while True:
            try:
                return await write()
            except Exception as error:
                passing = is_outage(error) or isinstance(error, NotDurable | StoreBusy | StoreUnavailable)
                if not passing or lease.age_s() > lease.ttl_s:
                    raise
                log.warning("delivery is marked again", message=message.id, reason=str(error))
                await asyncio.sleep(MARK_AGAIN_S)
