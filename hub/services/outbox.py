"""Outbox: sends what is to be sent, per conversation in order, by one sender, and never against the present holder."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from connectors.abilities import EditsMessages, Paces, ShowsToasts, TakesItsTime, TellsWhy
from connectors.base import Connector, OutgoingMessage
from connectors.errors import ChannelThrottled, ChannelUnavailable, SendUncertain
from connectors.reasons import why
from hub.model.ids import ChannelId, ConversationId, MessageId
from hub.model.message import ActorKind, DeliveryStatus, Message
from hub.model.turn import Claimed
from hub.services.ahead import Ahead, ByTurn, Claims, Clear, Handed, Line, claimant
from hub.services.attempts import Attempts, Held
from hub.services.copies import Copies
from hub.services.effects import CANCELLED
from hub.services.reasons import kept, kept_text
from hub.services.receipts import Receipts
from hub.services.sending import Sending
from hub.services.take_overs import TakeOvers
from hub.services.wakeful import Wakeful
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.due_copies import DueCopies
from hub.store.leases import Lease, Leases
from hub.store.messages import Claim, Messages
from hub.store.outgoing import Outgoing
from hub.store.turns import Turns as TurnStore

log = structlog.get_logger(__name__)

SAID_FROM_S = 20.0
ASK_AGAIN_S = 300.0
"""So long at the most a message is not offered to a connector that paces: an admin may have raised its limit."""
LOOK_AGAIN_S = 1.0
"""How long a message that another process has claimed is left to it before we look whether it is final."""
SLOW_AT_ONCE = 96
"""Attempts that may take their time beside those that count as made at once (`send_workers`)."""


class Outbox:
    """Sends. One sender per conversation; the next message only after the head is sent or failed.

    A message that may go at once is claimed as it is stored (`append`) and handed to its sender in memory. Everything
    else waits in the store, and is claimed there under the conversation's lease.
    """

    def __init__(
        self,
        messages: Messages,
        outgoing: Outgoing,
        copies: DueCopies,
        turns: TurnStore,
        contacts: Contacts,
        receipts: Receipts,
        leases: Leases,
        clock: DatabaseClock,
        *,
        owner: str,
        dead: Sequence[str] = (),
        connector: Callable[[ChannelId], Connector | None],
        channels: Callable[[], Sequence[ChannelId]],
        accepting: Callable[[], bool],
        sent: Callable[[ChannelId], None],
        workers: int,
        sweep_s: float,
        timeout_s: float,
        lease_s: float,
    ) -> None:
        """`owner` is this process; `dead` are some that have certainly ended: nobody waits for their claims."""
        self._messages, self._outgoing, self._contacts = messages, outgoing, contacts
        self._leases, self._clock, self._owner = leases, clock, owner
        self._connector, self._channels, self._accepting = connector, channels, accepting
        self._timeout_s, self._lease_s, self._workers = timeout_s, lease_s, workers
        self._wakeful = Wakeful(
            "send", self._drain, self._forgotten, workers=workers, sweep_s=sweep_s, spare=SLOW_AT_ONCE
        )
        self.attempts = attempts = Attempts(timeout_s, self._wakeful.aside)
        self._sending = Sending(
            outgoing, contacts, receipts, clock,
            connector=connector, sent=sent, wake_at=self._wake_at, attempts=attempts,
        )  # fmt: skip
        self._copies = Copies(
            copies, messages, contacts, leases, clock, owner=owner, connector=connector, channels=channels,
            may_send=self._may_send, under_way=self._under_way, attempts=attempts, sweep_s=sweep_s, lease_s=lease_s,
        )  # fmt: skip
        self._draining = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._running = self._stopping = False
        self._due: dict[ConversationId, asyncio.TimerHandle] = {}
        self._dead = frozenset(map(claimant, dead))
        self._claims, self._clear, self._line = Claims(clock, owner=owner, ttl_s=lease_s), Clear(), Line()
        self._take_overs = TakeOvers(outgoing, turns, clock, by=self._claims.by)
        self._by_turn = ByTurn()
        self._told: set[ConversationId] = set()

    def wake(self, conversation: ConversationId) -> None:
        """The conversation has something to send."""
        self._tell(conversation)
        if not self._stopping:
            self._wakeful.wake(conversation)

    def _tell(self, conversation: ConversationId) -> None:
        self._clear.forget(conversation)
        self._told.add(conversation)

    async def run(self) -> None:
        """Send until cancelled."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._wakeful.run())
                group.create_task(self._copies.run())
        finally:
            self._running = False

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

    def _may_send(self) -> bool:
        return self._running and not self._stopping and self._accepting()

    async def bot_is_silent(self, channel: ChannelId, conversation: ConversationId, epoch: int) -> None:
        """Return when nothing begins to be sent any more that a bot decided before `epoch`."""
        await self._take_overs.bot_is_silent(channel, conversation, epoch)

    # Claimed as it is stored -----------------------------------------------------------------------------------------

    async def claim(self, message: Message, effect: int, *, first: bool) -> Claimed | None:
        """The claim that a Turn may be committed with, on what it says as its effect number `effect`.

        None: it has to wait its turn. `first`: no Turn came before this one, if the commit succeeds. Where it does not,
        `let_go` is to be called.
        """
        connector = self._connector(message.channel)
        if connector is None or connector.capabilities.reads_threads or message.conversation in self._line:
            return None
        if first:
            self._note_clear(message.conversation, 0)
        ahead = await self._ahead(message)
        if ahead is None or not self._messages.follows(message.conversation, ahead.claim.after):
            return None
        self._by_turn.keep(message.id, replace(ahead, claim=replace(ahead.claim, after=None)))
        return ahead.by_turn(effect)

    def let_go(self, message: MessageId) -> None:
        """The Turn that should have claimed this message was not committed, as far as is known."""
        self._by_turn.take(message)

    def others_spoke(self, conversation: ConversationId) -> None:
        """Another process has decided something in the conversation: what waits there is to be asked again."""
        self._clear.forget(conversation)

    async def append(self, message: Message, claimed: Claimed | None = None) -> Message:
        """Store what is to be sent, at the next position: claimed where it may go at once, else queued.

        As `Messages.append`; a repetition gives the first copy, and changes nothing. What its Turn has `claimed` is
        handed out first, if the claim is of this process and it was not handed out yet.
        """
        if claimed is not None:
            if (ours := self._by_turn.take(message.id)) is not None:
                return await self._hand_out(message, ours)
            if claimed.by != self._claims.by or self._by_turn.may_be_out(message.id):
                return await self._append_claimed(message, claimed)
        return await self._append(message)

    async def _hand_out(self, message: Message, ahead: Ahead) -> Message:
        """Hand out what its Turn has claimed, and store it meanwhile."""
        position = (self._messages.last_of_run(message.conversation) or 0) + 1  # unless another process is quicker
        guessed = message.model_copy(update={"position": position, "delivery": ahead.claim.delivery})
        handed = Handed(guessed, ahead, storing=asyncio.get_running_loop().create_future())
        assert handed.storing is not None
        self._by_turn.handed(message.id)
        self._hand(handed)
        stored = False
        try:
            await asyncio.sleep(0)  # the sender goes first: somebody waits for it
            appended = await self._messages.append(message, ahead.claim)
            stored = True
        finally:
            handed.storing.set_result(stored)
        return appended.message

    async def _append_claimed(self, message: Message, claimed: Claimed) -> Message:
        """Store what another process may have handed out, or this one before it failed, as still under that claim."""
        delivery = message.delivery
        assert delivery is not None
        due_at = self._clock.now() if claimed.by in self._dead else claimed.due_at
        change = {"status": DeliveryStatus.SENDING, "attempts": 1, "fence": claimed.fence, "due_at": due_at}
        claim = Claim(delivery.model_copy(update=change), after=None, by=claimed.by)
        appended = await self._messages.append(message, claim)
        self.wake(message.conversation)
        return appended.message

    async def _append(self, message: Message) -> Message:
        ahead = await self._ahead(message)
        try:
            appended = await self._messages.append(message, ahead.claim if ahead else None)
        except BaseException:
            if ahead is not None:
                self._hand(Handed(message, ahead, known=False))
            raise
        stored = appended.message
        if ahead is not None and appended.claimed and ahead.got(stored):
            self._hand(Handed(stored, ahead))
        else:
            self.wake(message.conversation)
        return stored

    async def _ahead(self, message: Message) -> Ahead | None:
        """The claim on a message that is about to be stored; None when it has to wait its turn."""
        delivery, connector = message.delivery, self._connector(message.channel)
        busy = self._wakeful.backlog >= self._workers
        if delivery is None or delivery.once or connector is None or busy or not self._may_send():
            return None
        addresses = tuple(await self._contacts.recent_addresses(message.contact))
        clear = self._clear.get(message.conversation)
        if clear is None:
            if message.conversation in self._told or await self._head(message.channel, message.conversation):
                return None
            clear = self._clear.get(message.conversation)
        pacing: object = connector
        by_bot, behind = message.author.kind is ActorKind.BOT, message.conversation in self._line
        if behind and isinstance(pacing, TakesItsTime):  # the claim might run out before it is its turn
            return None
        # Asked last: who may go at once has its place from then on.
        if clear is None or (isinstance(pacing, Paces) and pacing.pause_s(OutgoingMessage(message, addresses))):
            return None
        return self._claims.on(message, delivery, clear, addresses, reserve=by_bot and behind)

    def _hand(self, handed: Handed) -> None:
        self._line.add(handed)
        self._idle.clear()
        self._wakeful.wake(handed.message.conversation)

    async def _send_line(self, conversation: ConversationId) -> None:
        """Send what was claimed as it was stored. Once something has to wait, what was claimed behind it waits too."""
        while (handed := self._line.first(conversation)) is not None:
            try:
                if not await self._send_handed(handed):
                    self.wake(conversation)
            except BaseException:
                self._tell(conversation)
                raise
            finally:
                self._line.done(conversation)

    async def _send_handed(self, handed: Handed) -> bool:
        message, lease = handed.message, handed.ahead.lease
        taken_over = await self._take_overs.before_sending(message, lease)
        connector = self._connector(message.channel)
        clear = handed.known and self._clear.get(message.conversation) is not None
        # Not fresh: paused since it was claimed; a newer owner may be sending by now.
        if connector is None or not clear or taken_over or not lease.fresh() or not self._may_send():
            await self._stored(handed)
            await self._sending.give_back(message, lease, reserved=handed.ahead.reserved, by=handed.ahead.claim.by)
            return False
        if handed.ahead.reserved:
            claimed = await self._sending.claim(message, lease, due_at=lease.expires_at)
            if claimed is None:
                return True
            message = claimed
            if self._connector(message.channel) is not connector:  # its channel was changed meanwhile
                await self._sending.give_back(message, lease)
                return False
        held, stored = Held(lease, partial(self._keep_claim, handed)), partial(self._stored, handed)
        return await self._sending.send(OutgoingMessage(message, handed.ahead.addresses), connector, held, stored)

    async def _keep_claim(self, handed: Handed, lease: Lease) -> Lease | None:
        """The claim that came with the storing of a message, anew for its time; None when somebody else has claimed it.

        No other lease keeps the others away: theirs is on the conversation, and they see how long this claim lasts.
        """
        await self._stored(handed)
        renewed = self._claims.renewed(lease)
        change = {"due_at": renewed.expires_at}
        kept = await self._outgoing.move(handed.message.id, DeliveryStatus.SENDING, change, fence=lease.fence)
        return None if kept is None else renewed

    async def _stored(self, handed: Handed) -> None:
        """Return when the message is stored: by whoever applies its Turn, or here where that came to nothing."""
        if handed.storing is None:
            return
        if not await asyncio.shield(handed.storing):
            append = partial(self._messages.append, handed.message, handed.ahead.claim)
            await self._sending.through_outage(append, handed.message, handed.ahead.lease)
        self._by_turn.stored(handed.message.id)

    # Queued ----------------------------------------------------------------------------------------------------------

    async def _forgotten(self) -> Sequence[ConversationId]:
        channels, now = self._channels(), self._clock.now()
        due = await self._outgoing.conversations_waiting(channels, now) if channels else []
        # Whether or not its channel runs: nobody waits for ever on one that was switched off.
        expired = await self._outgoing.conversations_expired(now)
        redrawn = await self._outgoing.conversations_to_redraw(channels) if channels else []
        found = dict.fromkeys([*due, *expired, *redrawn])
        for conversation in found:
            self._tell(conversation)
        return list(found)

    async def _drain(self, conversation: ConversationId) -> None:
        """Send what the conversation has to send, oldest first, until nothing is left or the head must wait."""
        with self._under_way():
            await self._send_line(conversation)
            if conversation in self._told and not self._stopping and self._accepting():
                await self._drain_queue(conversation)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """Counted with its lease and every claim: a stop between a claim and its send would leave it uncertain."""
        self._draining += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._draining -= 1
            if not self._draining and not self._line:
                self._idle.set()

    async def _drain_queue(self, conversation: ConversationId) -> None:
        lease = await self._leases.acquire(f"sending:{conversation}", self._owner, self._lease_s)
        if lease is None:  # another process sends this conversation; the sweep looks again
            return
        try:
            while conversation in self._told and lease.fresh() and not self._ending():
                self._told.discard(conversation)
                newest = await self._messages.newest(conversation)
                if newest is None:
                    continue
                if await self._send_waiting(newest.channel, conversation, lease):
                    await self._redraw(newest.channel, conversation, lease)
        finally:
            await self._leases.give_back(lease)

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
        head = await self._outgoing.next_to_send(channel, conversation)
        if head is None and last is not None:
            self._note_clear(conversation, last)
        return head

    def _note_clear(self, conversation: ConversationId, position: int) -> None:
        if conversation not in self._told:  # else something may have been queued meanwhile
            self._clear.note(conversation, position)

    async def _redraw(self, channel: ChannelId, conversation: ConversationId, lease: Lease) -> None:
        """Let the service show messages as they look by now. What it refuses stays as it is there."""
        connector = editor(self._connector(channel))
        if connector is None:
            return
        while not self._ending() and lease.fresh():
            message = await self._outgoing.next_to_redraw(channel, conversation)
            if message is None:
                return
            addresses = tuple(await self._contacts.addresses(message.contact))
            if editor(self._connector(channel)) is not connector:  # the channel was changed meanwhile
                return
            try:
                async with asyncio.timeout(self._timeout_s):
                    with self.attempts.using(connector):
                        await connector.edit(OutgoingMessage(message=message, addresses=addresses))
            except (TimeoutError, SendUncertain, ChannelThrottled, ChannelUnavailable):
                return  # the sweep comes back to it
            except Exception as error:  # noqa: BLE001  (the buttons stay as they are there; an answer still counts)
                log.warning("message was not redrawn", message=message.id, reason=str(error))
            await self._outgoing.redraws_done(message.id, message.redrawn)

    def toast(self, channel: ChannelId, message: MessageId, text: str) -> None:
        """Show a short word to whoever pressed a button, if this process serves the channel; nobody waits for it."""
        connector: object = self._connector(channel)
        if isinstance(connector, ShowsToasts):
            connector.toast(message, text)

    async def _send_head(self, head: Message, lease: Lease) -> bool:
        """One step with the oldest message. False: the conversation waits."""
        delivery = head.delivery
        assert delivery is not None
        now = self._clock.now()
        if delivery.status is DeliveryStatus.SENDING:
            if delivery.due_at is not None and now < delivery.due_at:  # claimed by being stored, and on its way
                self._wake_at(head.conversation, min(delivery.due_at, now + timedelta(seconds=LOOK_AGAIN_S)))
                return False
            # Claimed by an owner who is gone (its lease ran out): it may or may not have arrived.
            return await self._sending.uncertain(head, why("hub_stopped"), lease)
        if delivery.expires_at is not None and now >= delivery.expires_at:
            known = {"reason": delivery.reason, "why": delivery.why.model_dump() if delivery.why else None}
            await self._fail(head, "expired", known if delivery.reason else kept(why("expired")))
            return True
        if delivery.due_at is not None and now < delivery.due_at:
            self._wake_at(head.conversation, delivery.due_at)
            return False
        if await self._take_overs.is_stale(head):
            await self._fail(head, "cancelled", kept_text(CANCELLED))
            return True
        if delivery.copies is not None and delivery.copies.trying:  # sent before; a copy would get it twice
            self._wake_at(head.conversation, now + timedelta(seconds=LOOK_AGAIN_S))
            return False
        connector = self._connector(head.channel)
        if connector is None:
            return False
        return await self._attempt(head, connector, lease)

    async def _attempt(self, head: Message, connector: Connector, lease: Lease) -> bool:
        # Before the claim: what fails up to there is not uncertain.
        addresses = tuple(await self._contacts.addresses(head.contact))
        if self._ending():
            return False
        pacing: object = connector
        if isinstance(pacing, Paces) and (pause_s := pacing.pause_s(OutgoingMessage(head, addresses))):
            await self._hold(OutgoingMessage(head, addresses), pause_s, pacing, lease)
            return False
        claimed = await self._sending.claim(head, lease)
        if claimed is None:
            return True
        # Not fresh: paused between claim and call; a newer owner may be sending by now. Or the channel was changed.
        if not lease.fresh() or self._connector(head.channel) is not connector:
            await self._sending.give_back(claimed, lease)
            self.wake(head.conversation)
            return False
        held = Held(lease, self._leases.renew)
        return await self._sending.send(OutgoingMessage(message=claimed, addresses=addresses), connector, held)

    async def _hold(self, outgoing: OutgoingMessage, pause_s: float, connector: object, lease: Lease) -> None:
        """Wait for the connector's pace. Where that is long, the operator reads why; it may be changed meanwhile."""
        head, due_at = outgoing.message, self._clock.now() + timedelta(seconds=min(pause_s, ASK_AGAIN_S))
        if pause_s >= SAID_FROM_S and isinstance(connector, TellsWhy):
            change = {"due_at": due_at, **kept(connector.why_it_waits(outgoing))}
            await self._outgoing.move(head.id, DeliveryStatus.QUEUED, change, fence=lease.fence)
        self._wake_at(head.conversation, due_at)

    async def _fail(self, message: Message, code: str, reason: Mapping[str, Any]) -> None:
        change = {"status": DeliveryStatus.FAILED, "code": code, **reason}
        await self._outgoing.move(message.id, DeliveryStatus.QUEUED, change)

    def _wake_at(self, conversation: ConversationId, due_at: datetime) -> None:
        if self._stopping:
            return
        known = self._due.pop(conversation, None)
        if known is not None:
            known.cancel()
        self._due[conversation] = asyncio.get_running_loop().call_later(
            max(0.0, (due_at - self._clock.now()).total_seconds()), self._now_due, conversation
        )

    def _now_due(self, conversation: ConversationId) -> None:
        self._due.pop(conversation, None)
        self.wake(conversation)


def editor(connector: object) -> EditsMessages | None:
    """The connector, if its service lets sent messages change."""
    return connector if isinstance(connector, EditsMessages) else None
