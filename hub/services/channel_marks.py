"""Marks as a channel may touch them: its own."""

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
