"""The database's time: what the hub stamps and compares with, because its own wall clock may be wrong or jump."""

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from pymongo.errors import PyMongoError

from hub.cancelling import stop_if_cancelled
from hub.store.connection import Database

log = structlog.get_logger(__name__)

SYNC_EVERY_S = 30.0
SYNC_TIMEOUT_S = 15.0
STEP_S = 0.0005
"""How long one reading serves: it is asked several times for each message."""


class Reading(Protocol):
    """Asks for the time of the database, aware, in UTC."""

    async def __call__(self) -> datetime:
        """The time now."""
        ...


class DatabaseClock:
    """The primary's `localTime`, carried on by the monotonic clock between samples. It never goes backwards.

    When the database's clock is set back, or a primary with a slower one takes over, the time stands still until the
    database has caught up.
    """

    def __init__(
        self,
        database: Database,
        *,
        read: Reading | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`read` and `monotonic` are for tests that turn the clocks."""
        self._database = database
        self._read = read or self._local_time
        self._monotonic = monotonic
        self._sampled: tuple[datetime, float] | None = None
        self._until = -math.inf
        self._latest = datetime.min.replace(tzinfo=UTC)

    async def sync(self) -> None:
        """Asks the database once.

        Raises:
            PyMongoError: it does not answer; the last sample keeps serving.
        """
        asked = self._monotonic()
        at = await self._read()
        answered = self._monotonic()
        self._sampled, self._until = (at, (asked + answered) / 2), -math.inf

    async def run(self) -> None:
        """Asks regularly until cancelled; while the database is away the last sample serves."""
        while True:
            try:
                async with asyncio.timeout(SYNC_TIMEOUT_S):
                    await self.sync()
            except (PyMongoError, TimeoutError) as error:
                log.warning("database time was not read", reason=str(error))
                stop_if_cancelled()
            await asyncio.sleep(SYNC_EVERY_S)

    def now(self) -> datetime:
        """The time, aware, in UTC, cut to the millisecond as the store keeps it; equal to or after the one before.

        Raises:
            RuntimeError: `sync()` was never awaited.
        """
        monotonic = self._monotonic()
        if monotonic >= self._until:
            if self._sampled is None:
                raise RuntimeError("await DatabaseClock.sync() before now()")
            at, sampled = self._sampled
            value = at + timedelta(seconds=monotonic - sampled)
            self._latest = max(self._latest, value - timedelta(microseconds=value.microsecond % 1000))
            self._until = monotonic + STEP_S
        return self._latest

    async def _local_time(self) -> datetime:
        reply = await self._database.client.admin.command("hello")
        local_time: datetime = reply["localTime"]
        return local_time.astimezone(UTC)
