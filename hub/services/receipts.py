"""Receipts: the service's word about a delivery, which only ever moves it forward."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.channel import Channel
from hub.model.events import ReceiptReceived
from hub.model.ids import ChannelId
from hub.model.message import DeliveryStatus, Direction
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.early_receipts import EarlyReceipt, EarlyReceipts
from hub.store.outage import is_outage
from hub.store.outgoing import Outgoing

log = structlog.get_logger(__name__)

REST_S = 0.05
"""How long ids of sent messages are gathered: hardly any has a receipt that came early, and one look serves many."""
AGAIN_S = 0.5
IDS_AT_ONCE = 1_000

EARLIER: dict[DeliveryStatus, tuple[DeliveryStatus, ...]] = {
    DeliveryStatus.SENT: (DeliveryStatus.SENDING,),
    DeliveryStatus.DELIVERED: (DeliveryStatus.SENDING, DeliveryStatus.SENT),
    DeliveryStatus.READ: (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
    DeliveryStatus.FAILED: (DeliveryStatus.SENDING, DeliveryStatus.SENT),
}
"""From which states a receipt may move a delivery."""


class Receipts:
    """Applies receipts. One that names a message we do not know waits a day for it, and is nothing then.

    Keep `run()` in a task.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        conversations: Conversations,
        contacts: Contacts,
        early: EarlyReceipts,
        clock: DatabaseClock,
    ) -> None:
        self._outgoing, self._conversations, self._contacts = outgoing, conversations, contacts
        self._early, self._clock = early, clock
        self._named: dict[ChannelId, list[str]] = {}
        self._arrived, self._done = asyncio.Event(), asyncio.Event()
        self._done.set()

    async def receive(self, channel: Channel, receipt: ReceiptReceived) -> None:
        """Move the delivery or deliveries the receipt is about."""
        query = await self._query(channel, receipt)
        if query is None or receipt.status not in EARLIER:
            return
        change: dict[str, str] = {}
        if receipt.status is DeliveryStatus.FAILED:
            change = {"code": "rejected", "reason": receipt.reason or "The service reported that it was not delivered."}
        moved = await self._outgoing.confirm(query, receipt.status, EARLIER[receipt.status], change)
        if moved or receipt.target is None:
            return
        if not await self._outgoing.sent_as(channel.id, receipt.target):
            await self._early.keep(channel.id, EarlyReceipt(receipt.target, receipt.status, change))
        # The id may have become known meanwhile, and `sent` have looked too early.
        await self._outgoing.confirm(query, receipt.status, EARLIER[receipt.status], change)

    def sent(self, channel: ChannelId, external_ids: Sequence[str]) -> None:
        """Apply soon what was said of a message before these ids of it were stored, which they are by now."""
        self._named.setdefault(channel, []).extend(external_ids)
        self._done.clear()
        self._arrived.set()

    async def flush(self) -> None:
        """Return when that is done for everything sent so far. It waits as long as the database is away."""
        await self._done.wait()

    async def run(self) -> None:
        """Apply receipts that came early until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            named, self._named = self._named, {}
            for channel, ids in named.items():
                for first in range(0, len(ids), IDS_AT_ONCE):
                    await self._look_up(channel, ids[first : first + IDS_AT_ONCE])
            if not self._named:
                self._done.set()
            await asyncio.sleep(REST_S)

    async def _look_up(self, channel: ChannelId, external_ids: Sequence[str]) -> None:
        while True:
            try:
                for early in await self._early.about(channel, external_ids):
                    query = {"channel": channel, "delivery.external_ids": early.target}
                    await self._outgoing.confirm(query, early.status, EARLIER[early.status], early.change)
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):  # they stay as they are: sent
                    log.exception("early receipts could not be applied", channel=channel)
                    return
                log.warning("early receipts are looked up again", channel=channel, reason=str(error))
                await asyncio.sleep(AGAIN_S)
            else:
                return

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
