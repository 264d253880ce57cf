"""Receipts: the service's word about a delivery, which only ever moves it forward."""

from typing import Any

from hub.model.channel import Channel
from hub.model.events import ReceiptReceived
from hub.model.message import DeliveryStatus, Direction
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.messages import Messages

EARLIER: dict[DeliveryStatus, tuple[DeliveryStatus, ...]] = {
    DeliveryStatus.SENT: (DeliveryStatus.SENDING,),
    DeliveryStatus.DELIVERED: (DeliveryStatus.SENDING, DeliveryStatus.SENT),
    DeliveryStatus.READ: (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
    DeliveryStatus.FAILED: (DeliveryStatus.SENDING, DeliveryStatus.SENT),
}
"""From which states a receipt may move a delivery."""


class Receipts:
    """Applies receipts. One that names a message we do not know is nothing."""

    def __init__(
        self, messages: Messages, conversations: Conversations, contacts: Contacts, clock: DatabaseClock
    ) -> None:
        self._messages, self._conversations, self._contacts, self._clock = messages, conversations, contacts, clock

    async def receive(self, channel: Channel, receipt: ReceiptReceived) -> None:
        """Move the delivery or deliveries the receipt is about."""
        query = await self._query(channel, receipt)
        if query is None or receipt.status not in EARLIER:
            return
        change: dict[str, Any] = {}
        if receipt.status is DeliveryStatus.FAILED:
            change = {"code": "rejected", "reason": receipt.reason or "The service reported that it was not delivered."}
        await self._messages.confirm(query, receipt.status, EARLIER[receipt.status], change)

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
