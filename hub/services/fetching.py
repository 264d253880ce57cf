"""Fetching: brings the files that a service keeps for a while, after their message is stored."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

import structlog

from connectors.abilities import KeepsFiles
from connectors.base import Connector
from connectors.errors import ConnectorError, MessageRejected, PayloadInvalid
from connectors.reasons import sentence, why
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.ids import AttachmentId, ChannelId
from hub.model.message import Message
from hub.services.attachments import Attachments
from hub.services.back_off import back_off_s
from hub.services.errors import Invalid, Unavailable
from hub.store.leases import Leases
from hub.store.pending_files import PendingFiles

log = structlog.get_logger(__name__)

AT_ONCE = 4
TRIES = 8
"""A file that cannot be had so often is failed; with the growing pauses that is after some minutes."""
SILENT_S = 30.0
"""The longest pause between two pieces of a file."""
LEASE_S = 120.0
GONE = sentence(why("file_not_given"))


class _Silent(Exception):
    """No piece came for too long."""


class Fetching:
    """Fetches pending files of the channels that run here. What it holds in memory is only when to try again."""

    def __init__(
        self,
        pending: PendingFiles,
        attachments: Attachments,
        leases: Leases,
        *,
        owner: str,
        connector: Callable[[ChannelId], Connector | None],
        channels: Callable[[], Sequence[ChannelId]],
        accepting: Callable[[], bool],
        sweep_s: float,
    ) -> None:
        self._pending, self._attachments, self._leases, self._owner = pending, attachments, leases, owner
        self._connector, self._channels, self._accepting = connector, channels, accepting
        self._sweep_s = sweep_s
        self._wanted = asyncio.Event()
        self._tried: dict[AttachmentId, tuple[int, float]] = {}

    def wake(self) -> None:
        """A message with pending files was stored."""
        self._wanted.set()

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            try:
                await self._round()
            except Exception:  # the database is away; the next round finds the same
                log.warning("pending files were not read", exc_info=True)
            try:
                async with asyncio.timeout(self._sweep_s):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()

    async def _round(self) -> None:
        channels = [one for one in self._channels() if isinstance(self._connector(one), KeepsFiles)]
        if not channels or not self._accepting():
            return
        due = [
            (message, file)
            for message in await self._pending.of(channels)
            for file in message.attachments
            if file.status is AttachmentStatus.PENDING and self._is_due(file)
        ]
        room = asyncio.Semaphore(AT_ONCE)

        async def one(message: Message, file: AttachmentRef) -> None:
            async with room:
                await self._fetch_alone(message, file)

        async with asyncio.TaskGroup() as group:
            for message, file in due:
                group.create_task(one(message, file))

    def _is_due(self, file: AttachmentRef) -> bool:
        return self._tried.get(file.id, (0, 0.0))[1] <= time.monotonic()

    async def _fetch_alone(self, message: Message, file: AttachmentRef) -> None:
        lease = await self._leases.acquire(f"file:{file.id}", self._owner, LEASE_S)
        if lease is None:  # another process fetches it
            return
        try:
            await self._fetch(message, file)
        finally:
            await self._leases.release(lease)

    async def _fetch(self, message: Message, file: AttachmentRef) -> None:
        connector: object = self._connector(message.channel)
        if not isinstance(connector, KeepsFiles) or file.source is None:
            return
        try:
            stored = await self._attachments.take(
                message.project,
                f"contact:{message.contact}",
                file.name,
                _in_time(connector.fetch(file.source)),
                message.conversation,
                attachment=file.id,
            )
        except (MessageRejected, PayloadInvalid, Invalid) as error:
            await self._settle(message, file, str(getattr(error, "detail", error)))
        except Unavailable:  # the disk is full meanwhile: a later round fetches it
            return
        except (ConnectorError, _Silent) as error:
            await self._again(message, file, error)
        else:
            await self._pending.settle(message.id, file.id, stored)
            self._tried.pop(file.id, None)

    async def _again(self, message: Message, file: AttachmentRef, error: Exception) -> None:
        tries = self._tried.get(file.id, (0, 0.0))[0] + 1
        log.warning("file was not fetched", message=message.id, tries=tries, error=type(error).__name__)
        if tries >= TRIES:
            await self._settle(message, file, str(error) or GONE)
        else:
            self._tried[file.id] = tries, time.monotonic() + back_off_s(tries)

    async def _settle(self, message: Message, file: AttachmentRef, reason: str) -> None:
        failed = file.model_copy(update={"status": AttachmentStatus.FAILED, "reason": reason, "source": None})
        await self._pending.settle(message.id, file.id, failed)
        self._tried.pop(file.id, None)


async def _in_time(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(SILENT_S):
                piece = await anext(pieces, None)
        except TimeoutError:
            raise _Silent(GONE) from None
        if piece is None:
            return
        yield piece
