"""Ahead: messages that are claimed as they are stored, so that nobody has to look for them before they are sent.

The claim is a lease on that message alone: until `due_at`, by the database's clock, no other process touches it or what
stands behind it. The store stays the truth: whoever stored the message first, queued, has decided the claim against us,
and a take-over that came before has cancelled it. What the bot says behind a message that is still on its way is only
reserved: it is queued, so that a take-over cancels it, and claimed when its turn has come.

What a Turn says first may be claimed by the Turn itself: its commit is the claim, so the message is on its way while it
is being stored. Whoever applies the Turn instead stores it as claimed, and leaves it alone as long.
"""

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from datetime import timedelta

from hub.model.contact import Address
from hub.model.ids import ConversationId, MessageId, derived_id
from hub.model.message import Delivery, DeliveryStatus, Message
from hub.model.turn import Claimed
from hub.store.clock import DatabaseClock
from hub.store.leases import Lease
from hub.store.messages import Claim

REMEMBERED = 50_000  # conversations; about 5 MB


@dataclass(frozen=True, slots=True)
class Ahead:
    """A message that is about to be stored as claimed: how, under which lease of ours, and where it goes."""

    claim: Claim
    lease: Lease
    addresses: tuple[Address, ...]

    def by_turn(self, effect: int) -> Claimed:
        """The same as the claim of a Turn on what its effect number `effect` says."""
        return Claimed(effect=effect, fence=self.lease.fence, due_at=self.lease.expires_at, by=self.claim.by)

    @property
    def reserved(self) -> bool:
        """Whether it is queued for us, and still to be claimed."""
        return self.claim.delivery.status is DeliveryStatus.QUEUED

    def got(self, stored: Message) -> bool:
        """Whether it stands as this claim has stored it, if the claim was of this process."""
        ours, delivery = self.claim.delivery, stored.delivery
        return delivery is not None and (delivery.status, delivery.fence) == (ours.status, ours.fence)


@dataclass(frozen=True, slots=True)
class Handed:
    """A claimed message for its sender. `known` False: whether it was stored, nobody knows; it was not sent.

    `storing` is of a message that its Turn has claimed: whether it is stored by now, once that is known.
    """

    message: Message
    ahead: Ahead
    known: bool = True
    storing: asyncio.Future[bool] | None = None


def claimant(owner: str) -> int:
    """What the claims of a process bear, which owns its leases under the name `owner`."""
    return int(derived_id("claimant", owner)[:15], 16)


class Claims:
    """Makes claims. The fencing numbers rise in this process; the database's time keeps them below those of leases
    that are taken once a claim has run out.
    """

    def __init__(self, clock: DatabaseClock, *, owner: str, ttl_s: float) -> None:
        self._clock, self._owner, self._ttl_s = clock, owner, ttl_s
        self._fence, self._by = 0, claimant(owner)

    @property
    def by(self) -> int:
        """What the claims of this process bear."""
        return self._by

    def on(
        self, message: Message, delivery: Delivery, clear: int, addresses: tuple[Address, ...], *, reserve: bool
    ) -> Ahead:
        """A claim on `message`, while nothing is queued up to position `clear` or by anybody else after it."""
        claimed_at_s, now = time.monotonic(), self._clock.now()
        self._fence = max(self._fence + 1, int(now.timestamp() * 1000))
        until = now + timedelta(seconds=self._ttl_s)
        lease = Lease(f"message:{message.id}", self._owner, self._fence, self._ttl_s, until, claimed_at_s)
        change: dict[str, object] = {"fence": lease.fence, "due_at": until}
        if not reserve:
            change |= {"status": DeliveryStatus.SENDING, "attempts": 1}
        return Ahead(Claim(delivery.model_copy(update=change), clear, self._by), lease, addresses)

    def renewed(self, lease: Lease) -> Lease:
        """The claim as it stands once its message says so."""
        claimed_at_s, until = time.monotonic(), self._clock.now() + timedelta(seconds=lease.ttl_s)
        return replace(lease, expires_at=until, claimed_at_s=claimed_at_s)


class ByTurn:
    """The claims of Turns of this process, until what they say is handed out and stored."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[MessageId, Ahead] = OrderedDict()
        self._handed: set[MessageId] = set()

    def keep(self, message: MessageId, ahead: Ahead) -> None:
        """A Turn is about to be committed with this claim."""
        self._waiting[message] = ahead
        if len(self._waiting) > REMEMBERED:
            self._waiting.popitem(last=False)

    def take(self, message: MessageId) -> Ahead | None:
        """The claim, to be used now or never; None where there is none, or no longer."""
        return self._waiting.pop(message, None)

    def handed(self, message: MessageId) -> None:
        """The message may have gone out from now on, stored or not."""
        self._handed.add(message)

    def stored(self, message: MessageId) -> None:
        """It is stored; appending it again is nothing."""
        self._handed.discard(message)

    def may_be_out(self, message: MessageId) -> bool:
        """Whether a message that is not stored may have gone out."""
        return message in self._handed


class Clear:
    """Up to which position nothing waits that is not claimed by this process, per conversation, on its own word."""

    def __init__(self) -> None:
        self._known: OrderedDict[ConversationId, int] = OrderedDict()

    def get(self, conversation: ConversationId) -> int | None:
        """The position; None when the store has to be asked."""
        return self._known.get(conversation)

    def note(self, conversation: ConversationId, position: int) -> None:
        """Nothing up to `position` waits."""
        self._known[conversation] = position
        self._known.move_to_end(conversation)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, conversation: ConversationId) -> None:
        """Something was queued."""
        self._known.pop(conversation, None)


class Line:
    """The claimed messages that wait to be handed to their channel, per conversation in their order."""

    def __init__(self) -> None:
        self._waiting: dict[ConversationId, deque[Handed]] = {}

    def __contains__(self, conversation: object) -> bool:
        return conversation in self._waiting

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, handed: Handed) -> None:
        """The next one of its conversation."""
        self._waiting.setdefault(handed.message.conversation, deque()).append(handed)

    def first(self, conversation: ConversationId) -> Handed | None:
        """The one to be sent next. It stays until it is `done`: what follows it is sent behind it."""
        waiting = self._waiting.get(conversation)
        return waiting[0] if waiting else None

    def done(self, conversation: ConversationId) -> None:
        """The first one is final, or waits in the store."""
        waiting = self._waiting[conversation]
        waiting.popleft()
        if not waiting:
            del self._waiting[conversation]
