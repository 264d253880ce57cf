"""Retention of raw payloads: what a channel keeps for some days only is removed when they are over."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.raw_payloads import RawPayloads

log = structlog.get_logger(__name__)

BREATH_S = 0.2
"""Between two batches: every message that changes goes to the operators who look at it."""


class RawRetention:
    """Removes what has been kept for as long as its channel says (`Channel.raw_days`)."""

    def __init__(self, channels: Channels, payloads: RawPayloads, clock: DatabaseClock) -> None:
        self._channels, self._payloads, self._clock = channels, payloads, clock

    async def sweep(self) -> int:
        """Remove what is too old, in batches; how many payloads went. Two hubs at once do no harm."""
        removed = 0
        for channel in await self._channels.forgetful():
            before = self._clock.now() - timedelta(days=channel.raw_days or 0)
            removed += await _all(partial(self._payloads.drop_originals, channel.id, before))
            removed += await _all(partial(self._payloads.drop_parked, channel.id, before))
        if removed:
            log.info("raw payloads removed by age", count=removed)
        return removed


async def _all(some: Callable[[], Awaitable[int]]) -> int:
    total = 0
    while count := await some():
        total += count
        await asyncio.sleep(BREATH_S)
    return total
