"""Ahead: a sender gets ready while a Turn that says something is committed, so that one write stores and claims.

The store stays the truth. A message that is stored as being sent is claimed by its insertion: whoever stored it first,
queued, has the claim decided against us, and a take-over that came before has cancelled it.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from connectors.base import Connector, OutgoingMessage, Paces
from hub.model.contact import Address
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, TurnId
from hub.model.message import DeliveryStatus, Message
from hub.store.leases import Lease
from hub.store.messages import Claim

READY_WITHIN_S = 1.0
"""So long the message of a committed Turn waits for its sender before it is queued like any other."""
REMEMBERED = 50_000  # conversations; about 5 MB


@dataclass(frozen=True, slots=True)
class Ready:
    """What a sender knows before there is a message: nothing waited up to position `clear`."""

    lease: Lease
    clear: int
    addresses: tuple[Address, ...]

    def claim(self, message: Message, connector: Connector) -> Claim | None:
        """The claim on `message`; None when it has to wait its turn."""
        delivery = message.delivery
        if delivery is None or delivery.once or not self.lease.fresh():
            return None
        pacing: object = connector
        if isinstance(pacing, Paces) and pacing.pause_s(OutgoingMessage(message, self.addresses)):
            return None
        change = {"status": DeliveryStatus.SENDING, "fence": self.lease.fence, "attempts": 1}
        return Claim(delivery.model_copy(update=change), self.clear)


@dataclass(slots=True, eq=False)
class Reservation:
    """Between whoever applies a Turn and the sender that waits for what it says.

    `ready` is the sender's word, None when it cannot; `stored` is then the claimed message, None when there is none.
    """

    turn: TurnId
    channel: ChannelId
    contact: ContactId
    begun: bool = False
    spoilt: bool = False
    claimed: MessageId | None = None
    ready: "asyncio.Future[Ready | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    stored: "asyncio.Future[Message | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def sender(self) -> Ready | None:
        """The sender once it is ready; None when none has begun to get ready, it cannot, or only one may be claimed."""
        if not self.begun or self.spoilt or self.claimed is not None:
            return None
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                return await asyncio.shield(self.ready)
        except TimeoutError:
            return None

    def tell(self, ready: Ready | None) -> None:
        """The sender is ready, or will not be."""
        if not self.ready.done():
            self.ready.set_result(ready)

    def hand(self, stored: Message | None) -> None:
        """The sender goes on with this message, or without one."""
        if not self.stored.done():
            self.stored.set_result(stored)


class Clear:
    """Up to which position nothing waits to be sent, per conversation, on the word of this process."""

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
