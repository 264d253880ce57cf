"""Receipts: the service's word about a delivery, which only ever moves it forward."""

from collections.abc import Sequence
from typing import Any

from hub.model.channel import Channel
from hub.model.events import ReceiptReceived
from hub.model.ids import ChannelId
from hub.model.message import DeliveryStatus, Direction
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.early_receipts import EarlyReceipt, EarlyReceipts
from hub.store.messages import Messages

EARLIER: dict[DeliveryStatus, tuple[DeliveryStatus, ...]] = {
    DeliveryStatus.SENT: (DeliveryStatus.SENDING,),
    DeliveryStatus.DELIVERED: (DeliveryStatus.SENDING, DeliveryStatus.SENT),
    DeliveryStatus.READ: (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
    DeliveryStatus.FAILED: (DeliveryStatus.SENDING, DeliveryStatus.SENT),
}
"""From which states a receipt may move a delivery."""


class Receipts:
    """Applies receipts. One that names a message we do not know waits a day for it, and is nothing then."""

    def __init__(
        self,
        messages: Messages,
        conversations: Conversations,
        contacts: Contacts,
        early: EarlyReceipts,
        clock: DatabaseClock,
    ) -> None:
        self._messages, self._conversations, self._contacts = messages, conversations, contacts
        self._early, self._clock = early, clock

    async def receive(self, channel: Channel, receipt: ReceiptReceived) -> None:
        """Move the delivery or deliveries the receipt is about."""
        query = await self._query(channel, receipt)
        if query is None or receipt.status not in EARLIER:
            return
        change: dict[str, str] = {}
        if receipt.status is DeliveryStatus.FAILED:
            change = {"code": "rejected", "reason": receipt.reason or "The service reported that it was not delivered."}
        moved = await self._messages.confirm(query, receipt.status, EARLIER[receipt.status], change)
        if moved or receipt.target is None:
            return
        if not await self._messages.sent_as(channel.id, receipt.target):
            await self._early.keep(channel.id, EarlyReceipt(receipt.target, receipt.status, change))
        # The id may have become known meanwhile, and `sent` have looked too early.
        await self._messages.confirm(query, receipt.status, EARLIER[receipt.status], change)

    async def sent(self, channel: ChannelId, external_ids: Sequence[str]) -> None:
        """Apply what was said of a message before these ids of it were stored, which they are by now."""
        for early in await self._early.about(channel, external_ids):
            query = {"channel": channel, "delivery.external_ids": early.target}
            await self._messages.confirm(query, early.status, EARLIER[early.status], early.change)

    async def _query(self, channel: Channel, receipt: ReceiptReceived) -> dict[str, Any] | None:
        if receipt.target is not None:
            return {"channel": channel.id, "delivery.external_ids": receipt.target}
        if receipt.up_to_position is None or receipt.sender is None:
            return None
        contact = await self._contacts.of_sender(channel.project, receipt.sender, self._clock.now())
        conversation = await self._conversations.newest_of(channel.id, contact)
        if conversation is None:
            return None
        return {
            "conversation": conversation.id,
            "position": {"$lte": receipt.up_to_position},
            "direction": Direction.OUT.value,
        }
