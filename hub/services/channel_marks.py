"""Marks as a channel may touch them: its own."""

from collections.abc import Mapping

from connectors.errors import NotAccepting
from hub.model.ids import ChannelId
from hub.store.channel_marks import ChannelMarks
from hub.store.errors import StoreUnavailable


class ChannelMarksOf:
    """The `Marks` of `connectors.base` for one channel."""

    def __init__(self, channel: ChannelId, marks: ChannelMarks) -> None:
        self._channel, self._marks = channel, marks

    async def get(self, name: str) -> str | None:
        """The value, or None before the first. Raises `NotAccepting`."""
        try:
            return await self._marks.get(self._channel, name)
        except StoreUnavailable as error:
            raise NotAccepting from error

    async def set(self, name: str, value: str) -> None:
        """Keep it durably. Raises `NotAccepting`."""
        try:
            await self._marks.set(self._channel, name, value)
        except StoreUnavailable as error:
            raise NotAccepting from error

    async def remove(self, name: str) -> None:
        """Keep it no longer; again is nothing. Raises `NotAccepting`."""
        try:
            await self._marks.remove(self._channel, name)
        except StoreUnavailable as error:
            raise NotAccepting from error

    async def tally(self, name: str, slot: int, oldest: int, more: int) -> Mapping[int, int]:
        """Count `more` in a slot; what the slots from `oldest` on hold then. Raises `NotAccepting`."""
        try:
            return await self._marks.tally(self._channel, name, slot, oldest, more)
        except StoreUnavailable as error:
            raise NotAccepting from error

    async def beginning(self, prefix: str) -> Mapping[str, str]:
        """Those whose names begin so, up to a hundred in the order of their names. Raises `NotAccepting`."""
        try:
            return await self._marks.beginning(self._channel, prefix)
        except StoreUnavailable as error:
            raise NotAccepting from error
