"""The directory: channels as the pipeline needs them at every message, remembered for a moment."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType

from hub.model.channel import Channel
from hub.model.ids import ChannelId

REMEMBERED_S = 2.0


class Directory:
    """Reads channels through `load`, and remembers each for two seconds: an admin's change is in force that soon."""

    def __init__(
        self,
        load: Callable[[ChannelId], Awaitable[Channel | None]],
        stored_is_sent: Mapping[str, bool],
        own_people: Collection[str] = (),
        keeps_trying_s: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self._load, self._stored_is_sent, self._own_people = load, stored_is_sent, own_people
        self._keeps_trying_s = keeps_trying_s
        self._known: dict[ChannelId, tuple[float, Channel | None]] = {}

    async def channel(self, channel: ChannelId) -> Channel | None:
        """The channel, or None when it was deleted."""
        read_at, known = self._known.get(channel, (float("-inf"), None))
        if time.monotonic() - read_at < REMEMBERED_S:
            return known
        if known is not None:  # one reads it again, and whoever asks meanwhile takes it as it was
            self._known[channel] = (time.monotonic(), known)
        try:
            known = await self._load(channel)
        except BaseException:
            self._known.pop(channel, None)
            raise
        self._known[channel] = (time.monotonic(), known)
        return known

    async def kind(self, channel: ChannelId) -> str:
        """The connector's kind of the channel, empty when it was deleted."""
        known = await self.channel(channel)
        return known.kind if known else ""

    def own_people(self, kind: str) -> bool:
        """Whether the service behind this kind of channel has people of its own."""
        return kind in self._own_people

    def keeps_trying_s(self, kind: str) -> float | None:
        """How long this kind of channel tries to send a message; None: as the settings say."""
        return self._keeps_trying_s.get(kind)

    def stored_is_sent(self, kind: str) -> bool:
        """Whether a message on this kind of channel is sent by storing it."""
        return self._stored_is_sent.get(kind, False)
