"""Sweeping: raw payloads that are too old and files that nobody refers to go, now and then."""

import asyncio
from typing import NoReturn

import structlog

from hub.cancelling import stop_if_cancelled
from hub.services.attachments import Attachments
from hub.services.raw_retention import RawRetention

log = structlog.get_logger(__name__)

SWEEP_FILES_S = 3600.0


class Sweeping:
    """Sweeps payloads first, since what they refer to may go with them."""

    def __init__(self, retention: RawRetention, attachments: Attachments) -> None:
        self._retention, self._attachments = retention, attachments

    async def run(self) -> NoReturn:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_FILES_S)
            try:
                await self._retention.sweep()
                await self._attachments.sweep()
            except Exception:  # the database is away; the next round finds the same
                log.warning("files were not swept", exc_info=True)
                stop_if_cancelled()
