"""Receipts: the service's word about a delivery, which only ever moves it forward."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence, Set
from functools import partial
from typing import Any

import structlog

from connectors.reasons import why
from hub.cancelling import stop_if_cancelled
from hub.model.channel import Channel
from hub.model.events import ReceiptReceived
from hub.model.ids import ChannelId
from hub.model.message import DeliveryStatus, Direction
from hub.services.reasons import kept, kept_text
from hub.store.early_receipts import EarlyReceipt, EarlyReceipts
from hub.store.outage import is_outage
from hub.store.outgoing import Outgoing

log = structlog.get_logger(__name__)

REST_S = 0.05
"""How long ids of sent messages are gathered: hardly any has a receipt that came early, and one look serves many."""
AGAIN_S = 0.5
LEFT_S = 600.0
"""How often receipts are looked for that a hub has left, which died before it looked for them."""
IDS_AT_ONCE = 1_000

EARLIER: dict[DeliveryStatus, tuple[DeliveryStatus, ...]] = {
    DeliveryStatus.DELIVERED: (DeliveryStatus.SENT,),
    DeliveryStatus.READ: (DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
    DeliveryStatus.FAILED: (DeliveryStatus.SENT,),
}
"""From which states a receipt may move a delivery. What is being sent is its sender's: a receipt that was quicker would
take the place of what the sender learned, its ids at the service."""

WAITS: dict[DeliveryStatus, Set[DeliveryStatus]] = {
    DeliveryStatus.DELIVERED: {DeliveryStatus.QUEUED, DeliveryStatus.SENDING},
    DeliveryStatus.READ: {DeliveryStatus.QUEUED, DeliveryStatus.SENDING},
    DeliveryStatus.FAILED: {DeliveryStatus.SENDING},
}
"""In which states a word waits for what becomes of the message, which went out before. That the sending before has
failed is nothing to one that is going to be made."""


class Receipts:
    """Applies receipts. One that names a message we do not know waits a day for it, and is nothing then; one that names
    a message which is being sent, or sent again, until that is done.

    Keep `run()` in a task.
    """

    def __init__(self, outgoing: Outgoing, early: EarlyReceipts) -> None:
        self._outgoing, self._early = outgoing, early
        self._named: dict[ChannelId, list[str]] = {}
        self._arrived, self._done = asyncio.Event(), asyncio.Event()
        self._done.set()

    async def receive(self, channel: Channel, receipt: ReceiptReceived) -> None:
        """Move the delivery or deliveries the receipt is about."""
        query = self._query(channel, receipt)
        if query is None or receipt.status not in EARLIER:
            return
        change: dict[str, Any] = {}
        if receipt.status is DeliveryStatus.FAILED:
            told = kept_text(receipt.reason) if receipt.reason else kept(why("reported"))
            change = {"code": "rejected", **told, **({"why": receipt.why.model_dump()} if receipt.why else {})}
        if receipt.target is None:
            await self._outgoing.confirm(query, receipt.status, EARLIER[receipt.status], change)
            return
        said = EarlyReceipt(receipt.target, receipt.status, change)
        if await self._counts(channel.id, said):
            return
        await self._early.keep(channel.id, said)
        # The id may have become known meanwhile, and `sent` have looked too early.
        await self._apply(channel.id, [receipt.target])

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
        looked_at = -LEFT_S
        while True:
            if asyncio.get_running_loop().time() - looked_at >= LEFT_S:
                looked_at = asyncio.get_running_loop().time()
                await self._through_outage(self._apply_left)
            if not await self._told():
                continue
            named, self._named = self._named, {}
            for channel, ids in named.items():
                for first in range(0, len(ids), IDS_AT_ONCE):
                    some = ids[first : first + IDS_AT_ONCE]
                    await self._through_outage(partial(self._apply, channel, some))
            if not self._named:
                self._done.set()
            await asyncio.sleep(REST_S)

    async def _told(self) -> bool:
        """Wait for word of sent messages, until it is time to look without."""
        try:
            async with asyncio.timeout(LEFT_S):
                await self._arrived.wait()
        except TimeoutError:
            return False
        self._arrived.clear()
        return True

    async def _apply(self, channel: ChannelId, external_ids: Collection[str]) -> None:
        """Apply what was said of these ids. Each word counts once: the same id may be sent again."""
        if not external_ids:
            return
        found = [
            early for early in await self._early.about(channel, external_ids) if await self._counts(channel, early)
        ]
        if found:
            await self._early.forget(channel, found)

    async def _counts(self, channel: ChannelId, said: EarlyReceipt) -> bool:
        """Move the delivery that was spoken of, if the word is news. False: it waits, for a message that is not known,
        or not sent yet.
        """
        query = {"channel": channel, "delivery.external_ids": said.target}
        while not await self._outgoing.confirm(query, said.status, EARLIER[said.status], said.change):
            standing = await self._outgoing.standing(query)
            if not standing & {*EARLIER[said.status]}:  # else it was marked just now
                return bool(standing) and not standing & WAITS[said.status]
        return True

    async def _apply_left(self) -> None:
        async for channel, targets in self._early.everything(IDS_AT_ONCE):
            await self._apply(channel, await self._outgoing.sent_as(channel, targets))

    async def _through_outage(self, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await look()
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):  # they stay as they are: sent
                    log.exception("early receipts could not be applied")
                    return
                log.warning("early receipts are looked up again", reason=str(error))
                await asyncio.sleep(AGAIN_S)
            else:
                return

    @staticmethod
    def _query(channel: Channel, receipt: ReceiptReceived) -> dict[str, Any] | None:
        if receipt.target is not None:
            return {"channel": channel.id, "delivery.external_ids": receipt.target}
        if receipt.up_to_position is None or receipt.conversation is None:
            return None
        return {
            "conversation": receipt.conversation,
            "channel": channel.id,
            "position": {"$lte": receipt.up_to_position},
            "direction": Direction.OUT.value,
        }
