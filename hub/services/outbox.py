"""Outbox: sends what is queued, per conversation in order, under a lease, and never against the present holder."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.base import Connector, EditsMessages, OutgoingMessage, Paces, Sent, ShowsToasts, TellsWhy
from connectors.errors import (
    ChannelAuthError,
    ChannelConfigError,
    ChannelThrottled,
    ChannelUnavailable,
    ContactUnreachable,
    MessageRejected,
    SendUncertain,
)
from hub.model.ids import ChannelId, ConversationId, MessageId
from hub.model.message import ActorKind, DeliveryStatus, Message
from hub.model.turn import Turn
from hub.services.ahead import Clear, Ready, Reservation
from hub.services.effects import CANCELLED
from hub.services.receipts import Receipts
from hub.services.wakeful import Wakeful
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.leases import Lease, Leases
from hub.store.messages import Claim, Messages
from hub.store.outage import is_outage
from hub.store.turns import Turns as TurnStore

log = structlog.get_logger(__name__)

LARGEST_BACK_OFF_S = 300.0
FIRST_BACK_OFF_S = 1.0
MARK_AGAIN_S = 0.5
GIVE_BACK_S = 5.0
SAID_FROM_S = 20.0
ASK_AGAIN_S = 300.0
"""So long at the most a message is not offered to a connector that paces: an admin may have raised its limit."""


class Outbox:
    """Sends. One sender per conversation (lease); the next message only after the head is sent or failed."""

    def __init__(
        self,
        messages: Messages,
        turns: TurnStore,
        contacts: Contacts,
        receipts: Receipts,
        leases: Leases,
        clock: DatabaseClock,
        *,
        owner: str,
        connector: Callable[[ChannelId], Connector | None],
        channels: Callable[[], Sequence[ChannelId]],
        accepting: Callable[[], bool],
        sent: Callable[[ChannelId], None],
        workers: int,
        sweep_s: float,
        timeout_s: float,
        lease_s: float,
    ) -> None:
        self._messages, self._turns, self._contacts, self._receipts = messages, turns, contacts, receipts
        self._leases, self._clock, self._owner = leases, clock, owner
        self._connector, self._channels, self._accepting = connector, channels, accepting
        self._note_sent = sent
        self._timeout_s, self._lease_s = timeout_s, lease_s
        self._draining = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._due: dict[ConversationId, asyncio.TimerHandle] = {}
        self._clear = Clear()
        self._expected: dict[ConversationId, Reservation] = {}
        self._told: set[ConversationId] = set()
        self._wakeful = Wakeful("send", self._drain, self._forgotten, workers=workers, sweep_s=sweep_s)

    def wake(self, conversation: ConversationId) -> None:
        """The conversation has something to send."""
        self._tell(conversation)
        if (expected := self._expected.get(conversation)) is not None:
            expected.spoilt = True  # what it says now has to wait behind that
        if not self._stopping:
            self._wakeful.wake(conversation)

    def _tell(self, conversation: ConversationId) -> None:
        self._clear.forget(conversation)
        self._told.add(conversation)

    @contextmanager
    def expecting(self, turn: Turn) -> Iterator[None]:
        """Get the conversation's sender ready while `turn`, which says something, is committed and applied inside."""
        conversation = turn.conversation
        connector = self._connector(turn.channel)
        closed = self._stopping or not self._accepting() or conversation in self._expected
        if closed or connector is None or connector.capabilities.stored_is_sent:
            yield
            return
        reservation = self._expected[conversation] = Reservation(turn.id, turn.channel, turn.contact)
        self._wakeful.wake(conversation)
        try:
            yield
        finally:
            del self._expected[conversation]
            reservation.hand(None)

    async def claim(self, message: Message) -> Claim | None:
        """How to store `message`, of a Turn that is expected, as claimed; None: it is queued, and `wake` said so."""
        reservation = self._expected.get(message.conversation)
        if reservation is None or reservation.turn != message.turn:
            return None
        ready, connector = await reservation.sender(), self._connector(message.channel)
        claim = ready.claim(message, connector) if ready and connector and not reservation.spoilt else None
        if claim is None:
            reservation.spoilt = True  # nothing that is said after it goes before it
        else:
            reservation.claimed = message.id
        return claim

    def hand(self, stored: Message, claim: Claim) -> bool:
        """Send what was stored with `claim`. False: it was stored as queued, or by somebody else."""
        reservation, delivery = self._expected.get(stored.conversation), stored.delivery
        ours = delivery and (delivery.status, delivery.fence) == (DeliveryStatus.SENDING, claim.delivery.fence)
        if reservation is None or not ours:
            return False
        reservation.hand(stored)
        return True

    async def run(self) -> None:
        """Send until cancelled."""
        await self._wakeful.run()

    async def finish(self, within_s: float) -> bool:
        """Start no further send, and wait for those in flight. False: some are still under way, and uncertain.

        Afterwards no lease is held. Calling it again is nothing.
        """
        self._stopping = True
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            log.warning("sends were still under way at the stop", conversations=self._draining)
            return False
        return True

    def _ending(self) -> bool:
        return self._stopping

    async def _forgotten(self) -> Sequence[ConversationId]:
        channels, now = self._channels(), self._clock.now()
        due = await self._messages.conversations_waiting(channels, now) if channels else []
        # Whether or not its channel runs: nobody waits for ever on one that was switched off.
        expired = await self._messages.conversations_expired(now)
        redrawn = await self._messages.conversations_to_redraw(channels) if channels else []
        found = dict.fromkeys([*due, *expired, *redrawn])
        for conversation in found:
            self._tell(conversation)
        return list(found)

    async def _drain(self, conversation: ConversationId) -> None:
        """Send what the conversation has queued, oldest first, until it is empty or the head must wait."""
        if self._stopping or not self._accepting():
            return
        # Counted with its lease and every claim: a stop between a claim and its send would leave it uncertain.
        self._draining += 1
        self._idle.clear()
        try:
            await self._drain_alone(conversation)
        finally:
            self._draining -= 1
            if not self._draining:
                self._idle.set()

    async def _drain_alone(self, conversation: ConversationId) -> None:
        reservation = self._begin(conversation)
        if reservation is None and conversation not in self._told:
            return  # a sender was to be ready, and is needed no more
        try:
            lease = await self._leases.acquire(f"sending:{conversation}", self._owner, self._lease_s)
            if lease is None:  # another process sends this conversation; the sweep looks again
                return
            try:
                await self._work(conversation, reservation, lease)
            finally:
                await self._give_back(lease)
        finally:
            if reservation is not None:
                reservation.tell(None)

    def _begin(self, conversation: ConversationId) -> Reservation | None:
        """A Turn that the conversation's sender is wanted for; each is served once."""
        reservation = self._expected.get(conversation)
        if reservation is None or reservation.begun:
            return None
        reservation.begun = True
        return reservation

    async def _work(self, conversation: ConversationId, reservation: Reservation | None, lease: Lease) -> None:
        """Send what there is, and what comes meanwhile."""
        while lease.fresh() and not self._ending():
            if reservation is not None:
                try:
                    await self._serve(conversation, reservation, lease)
                finally:
                    reservation.tell(None)
            elif conversation in self._told:
                await self._drain_told(conversation, lease)
            else:
                return
            reservation = self._begin(conversation)
        if reservation is not None:
            reservation.tell(None)

    async def _drain_told(self, conversation: ConversationId, lease: Lease) -> None:
        self._told.discard(conversation)
        newest = await self._messages.newest(conversation)
        if newest is not None and await self._send_waiting(newest.channel, conversation, lease):
            await self._redraw(newest.channel, conversation, lease)

    async def _send_waiting(self, channel: ChannelId, conversation: ConversationId, lease: Lease) -> bool:
        """Send what is queued, oldest first. False: some of it has to wait."""
        while not self._ending() and (head := await self._head(channel, conversation)):
            if not lease.fresh():
                self.wake(conversation)
                return False
            if not await self._send_head(head, lease):
                return False
        return not self._ending()

    async def _head(self, channel: ChannelId, conversation: ConversationId) -> Message | None:
        """The oldest message that is to be sent. That there is none is remembered."""
        self._told.discard(conversation)
        last = self._messages.last_of_run(conversation)
        head = await self._messages.next_to_send(channel, conversation)
        if head is None and last is not None:
            self._note_clear(conversation, last)
        return head

    def _note_clear(self, conversation: ConversationId, position: int) -> None:
        if conversation not in self._told:  # else something may have been queued meanwhile
            self._clear.note(conversation, position)

    async def _serve(self, conversation: ConversationId, reservation: Reservation, lease: Lease) -> None:
        """Be ready for what a Turn is about to say, and send it as soon as it is stored."""
        if self._clear.get(conversation) is None and await self._head(reservation.channel, conversation) is not None:
            reservation.tell(None)
            await self._send_waiting(reservation.channel, conversation, lease)
            return
        addresses = tuple(await self._contacts.recent_addresses(reservation.contact))
        clear = self._clear.get(conversation)
        if clear is None or self._ending():
            return
        self._clear.forget(conversation)  # until what is sent now is final
        reservation.tell(Ready(lease, clear, addresses))
        stored = await reservation.stored
        if stored is None:
            if reservation.claimed is not None:  # whether it was stored, nobody knows: it was not sent
                await self._give_up_claim(reservation.claimed, lease)
            elif not reservation.spoilt:
                self._note_clear(conversation, clear)
            return
        connector = self._connector(stored.channel)
        if connector is None or not lease.fresh():  # paused since it was claimed: a newer owner may be sending by now
            await self._give_up_claim(stored.id, lease)
            self.wake(conversation)
        elif await self._call(OutgoingMessage(stored, addresses), connector, lease):
            self._note_clear(conversation, stored.position)

    async def _give_up_claim(self, message: MessageId, lease: Lease) -> None:
        """Let a message wait again that was claimed, perhaps stored, and never sent."""
        await self._messages.move(message, DeliveryStatus.SENDING, {"status": DeliveryStatus.QUEUED}, fence=lease.fence)

    async def _redraw(self, channel: ChannelId, conversation: ConversationId, lease: Lease) -> None:
        """Let the service show messages as they look by now. What it refuses stays as it is there."""
        connector = editor(self._connector(channel))
        if connector is None:
            return
        while not self._ending() and lease.fresh():
            message = await self._messages.next_to_redraw(channel, conversation)
            if message is None:
                return
            addresses = tuple(await self._contacts.addresses(message.contact))
            try:
                async with asyncio.timeout(self._timeout_s):
                    await connector.edit(OutgoingMessage(message=message, addresses=addresses))
            except (TimeoutError, SendUncertain, ChannelThrottled, ChannelUnavailable):
                return  # the sweep comes back to it
            except Exception as error:  # noqa: BLE001  (the buttons stay as they are there; an answer still counts)
                log.warning("message was not redrawn", message=message.id, reason=str(error))
            await self._messages.redraws_done(message.id, message.redrawn)

    def toast(self, channel: ChannelId, message: MessageId, text: str) -> None:
        """Show a short word to whoever pressed a button, if this process serves the channel; nobody waits for it."""
        connector: object = self._connector(channel)
        if isinstance(connector, ShowsToasts):
            connector.toast(message, text)

    async def _give_back(self, lease: Lease) -> None:
        try:
            async with asyncio.timeout(GIVE_BACK_S):
                await self._leases.release(lease)
        except Exception:  # it runs out by itself; raised here, it would hide that the task was cancelled
            log.warning("lease was not given back", lease=lease.name, exc_info=True)

    async def _send_head(self, head: Message, lease: Lease) -> bool:
        """One step with the oldest message. False: the conversation waits."""
        delivery = head.delivery
        assert delivery is not None
        now = self._clock.now()
        if delivery.status is DeliveryStatus.SENDING:
            # Claimed by an owner who is gone (its lease ran out): it may or may not have arrived.
            return await self._uncertain(head, "The hub stopped while this was being sent.", lease)
        if delivery.expires_at is not None and now >= delivery.expires_at:
            await self._fail(head, DeliveryStatus.QUEUED, "expired", delivery.reason or "It could not be sent in time.")
            return True
        if delivery.due_at is not None and now < delivery.due_at:
            self._wake_at(head.conversation, delivery.due_at, now)
            return False
        if await self._is_stale(head):
            await self._fail(head, DeliveryStatus.QUEUED, "cancelled", CANCELLED)
            return True
        connector = self._connector(head.channel)
        if connector is None:
            return False
        return await self._attempt(head, connector, lease)

    async def _is_stale(self, message: Message) -> bool:
        """Whether a bot's message was decided under an older holder. Asked of the store, not of memory."""
        if message.author.kind is not ActorKind.BOT or message.control_epoch is None:
            return False
        newest = await self._turns.newest(message.conversation, fresh=True)
        return newest is not None and newest.state.control_epoch != message.control_epoch

    async def _attempt(self, head: Message, connector: Connector, lease: Lease) -> bool:
        # Before the claim: what fails up to there is not uncertain.
        addresses = tuple(await self._contacts.addresses(head.contact))
        if self._ending():
            return False
        pacing: object = connector
        if isinstance(pacing, Paces) and (pause_s := pacing.pause_s(OutgoingMessage(head, addresses))):
            await self._hold(OutgoingMessage(head, addresses), pause_s, pacing, lease)
            return False
        claimed = await self._messages.move(
            head.id,
            DeliveryStatus.QUEUED,
            {"status": DeliveryStatus.SENDING, "fence": lease.fence},
            fence=lease.fence,
            attempted=True,
        )
        if claimed is None:  # cancelled in the last moment, or a newer owner has it
            return True
        if not lease.fresh():  # paused between claim and call: a newer owner may be sending by now
            await self._settle(claimed, {"status": DeliveryStatus.QUEUED}, lease)
            return False
        return await self._call(OutgoingMessage(message=claimed, addresses=addresses), connector, lease)

    async def _hold(self, outgoing: OutgoingMessage, pause_s: float, connector: object, lease: Lease) -> None:
        """Wait for the connector's pace. Where that is long, the operator reads why; it may be changed meanwhile."""
        now, head = self._clock.now(), outgoing.message
        due_at = now + timedelta(seconds=min(pause_s, ASK_AGAIN_S))
        if pause_s >= SAID_FROM_S and isinstance(connector, TellsWhy):
            change = {"due_at": due_at, "reason": connector.why_it_waits(outgoing)}
            await self._messages.move(head.id, DeliveryStatus.QUEUED, change, fence=lease.fence)
        self._wake_at(head.conversation, due_at, now)

    async def _call(self, outgoing: OutgoingMessage, connector: Connector, lease: Lease) -> bool:
        message = outgoing.message
        try:
            async with asyncio.timeout(self._timeout_s):
                sent = await connector.send(outgoing)
        except (TimeoutError, SendUncertain) as error:
            return await self._uncertain(message, str(error) or "The service did not answer in time.", lease)
        except ChannelThrottled as error:
            return await self._later(message, str(error), lease, wait_s=error.retry_after_s)
        except (ChannelUnavailable, ChannelAuthError, ChannelConfigError) as error:
            return await self._later(message, str(error), lease)
        except MessageRejected as error:
            return await self._give_up(message, error.code, error.reason, lease)
        except ContactUnreachable as error:
            given_up = await self._give_up(message, "unreachable", error.why, lease)
            for address in outgoing.addresses:
                await self._contacts.mark_unreachable(message.project, address.kind, address.value, error.why)
            return given_up
        except Exception as error:  # a fault of the connector: whether the service has it, nobody knows
            log.exception("connector failed to send", channel=message.channel, message=message.id)
            reason = f"The connector failed: {type(error).__name__}. The hub's log explains it."
            return await self._uncertain(message, reason, lease)
        return await self._sent(message, sent, lease)

    async def _sent(self, message: Message, sent: Sent, lease: Lease) -> bool:
        self._note_sent(message.channel)
        change = {
            "status": DeliveryStatus.SENT,
            "external_ids": sent.external_ids,
            "sent_at": self._clock.now(),
            "reason": sent.but,
        }
        settled = await self._settle(message, change, lease)
        connector = self._connector(message.channel)
        if sent.external_ids and (connector is None or connector.capabilities.receipts):
            await self._receipts.sent(message.channel, sent.external_ids)
        return settled

    async def _uncertain(self, message: Message, reason: str, lease: Lease) -> bool:
        """Try again under the same key; the operator sees the mark. A message meant for once only fails instead."""
        delivery = message.delivery
        assert delivery is not None
        if delivery.once:
            why = f"{reason} It may have arrived; it was not sent again."
            return await self._give_up(message, "uncertain", why, lease)
        connector = self._connector(message.channel)
        repeats = connector is None or not connector.capabilities.idempotent_send
        return await self._later(message, reason, lease, may_repeat=repeats or delivery.may_repeat)

    async def _later(
        self,
        message: Message,
        reason: str,
        lease: Lease,
        *,
        wait_s: float | None = None,
        may_repeat: bool | None = None,
    ) -> bool:
        delivery = message.delivery
        assert delivery is not None
        now = self._clock.now()
        pause_s = back_off_s(delivery.attempts) if wait_s is None else wait_s
        due_at = now + timedelta(seconds=pause_s)
        change: dict[str, Any] = {"status": DeliveryStatus.QUEUED, "due_at": due_at, "reason": reason}
        if may_repeat is not None:
            change["may_repeat"] = may_repeat
        await self._settle(message, change, lease)
        self._wake_at(message.conversation, due_at, now)
        return False

    async def _give_up(self, message: Message, code: str, reason: str, lease: Lease) -> bool:
        return await self._settle(message, {"status": DeliveryStatus.FAILED, "code": code, "reason": reason}, lease)

    async def _settle(self, message: Message, change: dict[str, Any], lease: Lease) -> bool:
        """Mark what became of a claimed message, and through an outage: forgotten, a message sent is one sent twice."""
        while True:
            try:
                settled = await self._messages.move(message.id, DeliveryStatus.SENDING, change, fence=lease.fence)
            except Exception as error:
                if not is_outage(error) or lease.age_s() > lease.ttl_s:
                    raise
                log.warning("delivery is marked again", message=message.id, reason=str(error))
                await asyncio.sleep(MARK_AGAIN_S)
            else:
                return settled is not None

    async def _fail(self, message: Message, expected: DeliveryStatus, code: str, reason: str) -> None:
        await self._messages.move(
            message.id, expected, {"status": DeliveryStatus.FAILED, "code": code, "reason": reason}
        )

    def _wake_at(self, conversation: ConversationId, due_at: datetime, now: datetime) -> None:
        if self._stopping:
            return
        known = self._due.pop(conversation, None)
        if known is not None:
            known.cancel()
        self._due[conversation] = asyncio.get_running_loop().call_later(
            max(0.0, (due_at - now).total_seconds()), self._now_due, conversation
        )

    def _now_due(self, conversation: ConversationId) -> None:
        self._due.pop(conversation, None)
        self.wake(conversation)


def editor(connector: object) -> EditsMessages | None:
    """The connector, if its service lets sent messages change."""
    return connector if isinstance(connector, EditsMessages) else None


def back_off_s(attempts: int) -> float:
    """How long to wait after so many attempts: full jitter under a doubling ceiling, so that many spread out."""
    ceiling = min(LARGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** min(attempts, 16))
    return random.uniform(0, ceiling)  # noqa: S311  (spreading load, no secret)
