"""The cursor of a folder: how far it has been read, and which of its mails were there before the channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from connectors.base import Marks
from connectors.email.imap import Mailbox

log = structlog.get_logger(__name__)

CLOCKS_APART = timedelta(hours=1)
"""The server says when a mail arrived, the hub when it began: rather an older mail is taken in than a new one lost."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The time."""


class Cursor:
    """The last UID of a folder that was read.

    A server that gives the folder new UIDs, as from a backup, makes everything be read again; what was read before is
    known by its bytes. Where a channel began with new mail only (`since_now`), the mails that lay there were never
    read: by the new UIDs they are told from others only by when they arrived, which the server keeps (INTERNALDATE).
    """

    def __init__(self, folder: str, marks: Marks, clock: Clock, made_at: datetime, *, since_now: bool) -> None:
        """`made_at`: when the channel was made, for folders whose beginning was not noted."""
        self._folder, self._marks, self._clock = folder, marks, clock
        self._made_at, self._since_now = made_at, since_now
        self._since, self._again = f"since:{folder}", f"again:{folder}"
        self._restored = 0

    async def begin(self, validity: int, next_uid: int) -> int:
        """The UID to read on from, in a generation of UIDs. Raises `NotAccepting`."""
        self._restored = 0
        mark = await self._marks.get(self._folder)
        if mark is None:
            first = next_uid - 1 if self._since_now else 0
            await self._marks.set(self._since, self._clock.now().isoformat())
            await self._marks.set(self._folder, f"{validity}:{first}")
            return first
        known, _, uid = mark.partition(":")
        again, _, restored = (await self._marks.get(self._again) or "").partition(":")
        if int(known) != validity and again != str(validity):
            log.warning("folder has new uids and is read again", folder=self._folder)
            again, restored = str(validity), str(next_uid - 1)
            await self._marks.set(self._again, f"{again}:{restored}")
        if self._since_now and again == str(validity):
            self._restored = int(restored)
        return int(uid) if int(known) == validity else 0

    async def ours(self, mailbox: Mailbox, uids: Sequence[int]) -> Sequence[int]:
        """Those of `uids` that did not lie there before the channel began. Raises `ConnectionGone`, `NotAccepting`."""
        doubtful = [uid for uid in uids if uid <= self._restored]
        if not doubtful:
            return uids
        noted = await self._marks.get(self._since)
        since = (datetime.fromisoformat(noted) if noted else self._made_at) - CLOCKS_APART
        arrived = await mailbox.arrived(doubtful)
        return [uid for uid in uids if uid not in arrived or arrived[uid] >= since]

    async def passed(self, validity: int, uid: int) -> None:
        """Everything up to `uid` is stored, or none of ours. Raises `NotAccepting`."""
        await self._marks.set(self._folder, f"{validity}:{uid}")
