"""What becomes of mails in the mailbox once they are stored: they are marked as read or moved, and never before."""

from collections.abc import Sequence

import structlog

from connectors.base import Marks
from connectors.email.config import Settings, WhenStored
from connectors.email.imap import Mailbox, Refused
from connectors.errors import ChannelConfigError
from hub.model.why import Why

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""Mails that are read before those among them are tidied: so many are looked at again after a crash in between."""


UNDONE = {WhenStored.MARK_READ: "mailbox_not_marked", WhenStored.MOVE: "mailbox_not_moved"}


class Tidying:
    """The mails of one folder that are stored and wait to be marked or moved.

    A mark of its own says up to which UID that is done. It follows the one of reading, so that a mailbox that takes no
    changes is read all the same. After a crash reading begins from the lower of the two: what is stored is known by its
    bytes, and marking or moving again changes nothing.
    """

    def __init__(self, settings: Settings, marks: Marks, folder: str) -> None:
        self._settings, self._marks, self._folder = settings, marks, folder
        self._mark = f"tidied:{folder}"
        self._waiting: list[int] = []
        self._kept = ""
        self.trouble: Why | None = None
        """What an admin should know: the server did not do it the last time."""

    @property
    def wanted(self) -> bool:
        """Whether anything is to be done at all."""
        return self._settings.when_stored is not WhenStored.LEAVE

    async def begin(self, validity: int, cursor: int) -> int:
        """From which UID to read on. Mails of the time before this was switched on stay as they are."""
        self._waiting, self._kept = [], ""  # a connection before this one may have left some: they are read again
        mark = await self._marks.get(self._mark)
        if not self.wanted:
            if mark:
                await self._marks.set(self._mark, "")
            return cursor
        if not mark:
            await self._marks.set(self._mark, f"{validity}:{cursor}")
            return cursor
        known, _, uid = mark.partition(":")
        return min(cursor, int(uid)) if int(known) == validity else cursor

    def portions(self, uids: Sequence[int]) -> Sequence[Sequence[int]]:
        """The mails in such parts that each is tidied before the next is read."""
        at_once = AT_ONCE if self.wanted else max(1, len(uids))
        return [uids[start : start + at_once] for start in range(0, len(uids), at_once)]

    def add(self, uids: Sequence[int]) -> None:
        """These mails are durably stored."""
        if self.wanted:
            self._waiting += uids

    async def tidy(self, mailbox: Mailbox, validity: int, cursor: int) -> None:
        """Mark or move what waits. What the server refuses is tried again the next time. Raises `ConnectionGone`."""
        if not self.wanted:
            return
        try:
            while self._waiting:
                await self._tidy_some(mailbox, self._waiting[:AT_ONCE])
                del self._waiting[:AT_ONCE]
        except (Refused, ChannelConfigError) as refused:
            if self.trouble is None:
                log.warning("stored mails were not tidied", folder=self._folder)
            self.trouble = Why(
                code=UNDONE[self._settings.when_stored], facts={"folder": self._folder}, said=str(refused)
            )
            return
        self.trouble = None
        if self._kept != (kept := f"{validity}:{cursor}"):
            await self._marks.set(self._mark, kept)
            self._kept = kept

    async def _tidy_some(self, mailbox: Mailbox, uids: Sequence[int]) -> None:
        if self._settings.when_stored is WhenStored.MARK_READ:
            await mailbox.mark_read(uids)
            return
        try:
            await mailbox.move(uids, self._settings.move_to)
        except Refused as refused:
            if "[TRYCREATE]" not in str(refused).upper():
                raise
            await mailbox.ensure(self._settings.move_to)  # somebody has deleted it since
            await mailbox.move(uids, self._settings.move_to)
