"""Free space: below a limit nothing more is accepted, because a mongod with a full disk ends at once."""

import asyncio

import structlog
from pymongo.errors import PyMongoError

from hub.cancelling import stop_if_cancelled
from hub.store.connection import Database

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 5.0
CHECK_TIMEOUT_S = 15.0


class SpaceGuard:
    """Watches the disk of the database, wherever that runs. Nothing is accepted before the first look.

    The limit is `limit_bytes`, or `limit_share` of the disk if that is less; the warning comes at twice the limit.
    """

    def __init__(self, database: Database, limit_bytes: int, limit_share: float) -> None:
        self.limit_bytes = limit_bytes
        self.limit_share = limit_share
        self._database = database
        self._total: int | None = None
        self._free: int | None = None
        self._looked = False

    @property
    def accepting(self) -> bool:
        """Whether there is room to take responsibility for more. Sending needs it too: its `sent` must be stored."""
        return self._looked and (self._free is None or self._free >= self._limit)

    @property
    def warning(self) -> bool:
        """Whether somebody should make room soon."""
        return self._free is not None and self._free < 2 * self._limit

    @property
    def free_bytes(self) -> int | None:
        """Free space on the database's disk; None when it was not looked at, or the server does not tell."""
        return self._free

    @property
    def message(self) -> str | None:
        """What the operator reads while `warning` holds, else None."""
        if self._free is None or not self.warning:
            return None
        state = "is nearly full" if self.accepting else "is full, nothing is accepted or sent"
        return (
            f"The disk of the database {state}: {_gib(self._free)} are free, and {_gib(self._limit)} are needed. "
            "Free space or enlarge the disk; the hub goes on by itself."
        )

    async def check(self) -> None:
        """Looks once.

        Raises:
            PyMongoError, TimeoutError: the database does not answer; what was known stays.
        """
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            stats = await self._database.command("dbStats")
        before = self.accepting
        first, self._looked = not self._looked, True
        total = int(stats.get("fsTotalSize", 0))
        if total:  # 0 while the database holds no collection: schema.check() comes first
            self._total, self._free = total, total - int(stats["fsUsedSize"])
        elif first:
            log.warning("free space is not known", reason="the server does not report it")
        if before != self.accepting and not (first and self.accepting):
            log.warning("accepting changed", accepting=self.accepting, free_bytes=self._free, limit_bytes=self._limit)

    async def run(self) -> None:
        """Looks regularly until cancelled; while the database is away what was known stays."""
        while True:
            try:
                await self.check()
            except (PyMongoError, TimeoutError) as error:
                log.warning("free space was not read", reason=str(error))
                stop_if_cancelled()
            await asyncio.sleep(CHECK_EVERY_S)

    @property
    def _limit(self) -> int:
        if self._total is None:
            return self.limit_bytes
        return min(self.limit_bytes, int(self.limit_share * self._total))


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 1024**3:.1f} GiB"
