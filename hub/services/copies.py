"""Copies: a message is sent, and those further recipients whose servers asked to come later are tried again."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import structlog

from connectors.abilities import Paces, SendsCopies
from connectors.base import Connector, OutgoingMessage
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
from hub.model.ids import ChannelId, ConversationId
from hub.model.message import CopiesDue, Message
from hub.model.why import Why
from hub.services.attempts import Attempts, Held
from hub.services.back_off import back_off_s, deferral_s
from hub.services.copies_left import deferred_again, due_copies, given_up, told
from hub.services.reasons import cleaned, kept_several
from hub.services.wakeful import Wakeful
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.due_copies import DueCopies
from hub.store.leases import Lease, Leases
from hub.store.messages import Messages
from hub.store.outage import is_outage

log = structlog.get_logger(__name__)

ASK_AGAIN_S = 300.0
MARK_AGAIN_S = 0.5
AT_ONCE = 8
SLOW_AT_ONCE = 16
"""Attempts that take their time beside those that count as made at once."""


class Copies:
    """Tries copies again, beside the queue: neither waits for the other. Who has the message does not get it again."""

    def __init__(
        self,
        store: DueCopies,
        messages: Messages,
        contacts: Contacts,
        leases: Leases,
        clock: DatabaseClock,
        *,
        owner: str,
        connector: Callable[[ChannelId], Connector | None],
        channels: Callable[[], Sequence[ChannelId]],
        may_send: Callable[[], bool],
        under_way: Callable[[], AbstractContextManager[None]],
        attempts: Attempts,
        sweep_s: float,
        lease_s: float,
    ) -> None:
        """`under_way` is entered while something is being tried: a stop waits for it."""
        self._store, self._messages, self._contacts = store, messages, contacts
        self._leases, self._owner, self._lease_s, self._clock = leases, owner, lease_s, clock
        self._connector, self._channels, self._may_send, self._under_way = connector, channels, may_send, under_way
        self._wakeful = Wakeful(
            "send copies", self._drain, self._due, workers=AT_ONCE, sweep_s=sweep_s, spare=SLOW_AT_ONCE
        )
        self._attempts, self._keep = attempts.of(self._wakeful.aside), leases.renew

    async def run(self) -> None:
        """Try what is due until cancelled."""
        await self._wakeful.run()

    async def _due(self) -> Sequence[ConversationId]:
        channels = self._channels()
        return await self._store.conversations(channels, self._clock.now()) if channels else []

    async def _drain(self, conversation: ConversationId) -> None:
        """Try the copies of a conversation that are due, under a lease of their own: what is said there goes on."""
        if not self._may_send():
            return
        with self._under_way():
            lease = await self._leases.acquire(f"copies:{conversation}", self._owner, self._lease_s)
            if lease is None:  # another process tries them
                return
            try:
                newest = await self._messages.newest(conversation)
                if newest is not None:
                    await self._send_due(newest.channel, conversation, lease)
            finally:
                await self._leases.give_back(lease)

    async def _send_due(self, channel: ChannelId, conversation: ConversationId, lease: Lease) -> None:
        connector: object = self._connector(channel)
        if not isinstance(connector, SendsCopies):
            return
        while self._may_send() and lease.fresh():
            message = await self._store.next(channel, conversation, self._clock.now())
            if message is None or message.delivery is None or message.delivery.copies is None:
                return
            if not await self._try(message, message.delivery.copies, connector, lease):
                return

    async def _try(self, message: Message, due: CopiesDue, connector: SendsCopies, lease: Lease) -> bool:
        """False: a newer owner has the message, or the channel was changed: whoever looks next goes on."""
        now, expires_at = self._clock.now(), message.delivery.expires_at if message.delivery else None
        if message.erased or message.deleted_at is not None:
            await self._done(message, due, due.refused, lease)
            return True
        if expires_at is not None and now >= expires_at:
            await self._done(message, due, given_up(due), lease)
            return True
        outgoing = OutgoingMessage(message, tuple(await self._contacts.addresses(message.contact)))
        if isinstance(connector, Paces) and (pause_s := connector.pause_s(outgoing)):
            await self._again(message, due, due, min(pause_s, ASK_AGAIN_S), lease, may_repeat=due.trying)
            return True
        claimed = await self._store.claim(message.id, due, lease.expires_at, lease.fence)
        if claimed is None or claimed.delivery is None or claimed.delivery.copies is None:
            return False
        # Paused since: a newer owner may be trying by now. Or the channel was changed. Nothing went out here.
        runs: object = self._connector(message.channel)
        if not lease.fresh() or runs is not connector:
            await self._settle(message, claimed.delivery.copies, due, claimed.delivery.whys, lease)
            return False
        outgoing = OutgoingMessage(claimed, outgoing.addresses)
        await self._send(outgoing, claimed.delivery.copies, connector, lease)
        return True

    async def _send(self, outgoing: OutgoingMessage, due: CopiesDue, connector: SendsCopies, lease: Lease) -> None:
        message, held = outgoing.message, Held(lease, self._keep)
        try:
            async with self._attempts.one(connector, outgoing, held):
                sent = await connector.send_copies(outgoing, due.addresses)
        except (MessageRejected, ContactUnreachable) as error:
            await self._done(message, due, (*due.refused, error.why), held.lease)
        except ChannelThrottled as error:
            await self._again(message, due, due, error.retry_after_s, held.lease)
        except MessageDeferred as error:
            left = deferred_again(due, error.why)
            await self._again(message, due, left, deferral_s(left.deferred, error.after_s), held.lease)
        except (ChannelUnavailable, ChannelAuthError, ChannelConfigError):
            await self._again(message, due, due, back_off_s(due.tries), held.lease)
        except (TimeoutError, SendUncertain):
            await self._again(message, due, due, back_off_s(due.tries), held.lease, may_repeat=True)
        except Exception:  # a fault of the connector: whether the service has them, nobody knows
            log.exception("connector failed to send copies", channel=message.channel, message=message.id)
            await self._again(message, due, due, back_off_s(due.tries), held.lease, may_repeat=True)
        else:
            refused = (*due.refused, *(cleaned(reason) for reason in sent.but))
            copied = (*(message.delivery.copied if message.delivery else ()), *sent.copied)
            if sent.later is None:
                await self._settle(message, due, None, refused, held.lease, copied=copied)
                return
            now, times = self._clock.now(), due.deferred + 1
            left = due_copies(sent.later, now, tries=due.tries, deferred=times, refused=refused)
            await self._settle(message, due, left, told(left), held.lease, copied=copied)

    async def _done(self, message: Message, due: CopiesDue, refused: Sequence[Why], lease: Lease) -> None:
        await self._settle(message, due, None, refused, lease)

    async def _again(
        self,
        message: Message,
        due: CopiesDue,
        left: CopiesDue,
        after_s: float,
        lease: Lease,
        *,
        may_repeat: bool = False,
    ) -> None:
        then = left.model_copy(update={"due_at": self._clock.now() + timedelta(seconds=after_s), "trying": False})
        await self._settle(message, due, then, told(then), lease, **({"may_repeat": True} if may_repeat else {}))

    async def _settle(
        self, message: Message, due: CopiesDue, then: CopiesDue | None, whys: Sequence[Why], lease: Lease, **more: Any
    ) -> None:
        """Write it down, and through an outage: copies that are forgotten to be sent are sent twice."""
        while True:
            try:
                return await self._store.settle(message.id, due, then, kept_several(whys), lease.fence, **more)
            except Exception as error:
                if not is_outage(error) or lease.age_s() > lease.ttl_s:
                    raise
                log.warning("copies are marked again", message=message.id, reason=str(error))
                await asyncio.sleep(MARK_AGAIN_S)
