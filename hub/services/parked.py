"""Parked: what came in and could not be read, kept for a person to look at, and played again after a fix."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from connectors.errors import ConnectorError, NotAccepting, PayloadInvalid
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Received, Unreadable
from hub.model.ids import ChannelId, ParkedId
from hub.model.operator import Right, Viewer
from hub.model.parked import Parked as ParkedEvent
from hub.model.parked import ParkedStatus
from hub.services.errors import Conflict, Gone, NotAllowed, NotFound, Unavailable
from hub.services.reasons import cleaned
from hub.store.parked import ParkedEvents

log = structlog.get_logger(__name__)

Parse = Callable[[str, bytes], Sequence[InboundEvent]]
"""Kind of channel and raw payload -> events. Raises `PayloadInvalid`; `ChannelConfigError` for an unknown kind."""
Reread = Callable[[Channel, bytes, str], Awaitable[Sequence[InboundEvent] | None]]
"""Channel, raw payload and hint -> events; None where the connector reads without its settings."""
LoadChannel = Callable[[ChannelId], Awaitable[Channel | None]]
ReceiveOn = Callable[[Channel, Sequence[InboundEvent]], Awaitable[Sequence[Received]]]


class Parked:
    """Parked events as the pipeline and the inbox use them."""

    def __init__(
        self, store: ParkedEvents, load_channel: LoadChannel, parse: Parse, reread: Reread | None = None
    ) -> None:
        """`reread` is asked first: it reads by the channel's settings, where its connector does that and runs."""
        self._store, self._load_channel, self._parse, self._reread = store, load_channel, parse, reread

    async def park(self, channel: Channel, event: Unreadable) -> None:
        """Keep the raw event durably; the same one again counts an attempt."""
        await self._store.park(channel, event)
        log.warning("event parked", channel=channel.id, kind=channel.kind, external_id=event.external_id[:80])

    async def waiting(self, viewer: Viewer, *, after: ParkedId | None = None, limit: int = 50) -> Sequence[ParkedEvent]:
        """What waits in the viewer's project. Raises `NotAllowed`."""
        _check(viewer)
        return await self._store.waiting(viewer.project, after=after, limit=limit)

    async def count(self, viewer: Viewer) -> int:
        """How many wait in the viewer's project."""
        return await self._store.count(viewer.project)

    async def replay(self, viewer: Viewer, parked: ParkedId, receive: ReceiveOn) -> ParkedEvent:
        """Read a parked event again and receive what it holds, exactly once however often this is called.

        Each event keeps the external id it has from the service, so a second replay, or one after a crash, meets what
        was stored. Raises `NotFound`, `NotAllowed`; `Conflict` when it still cannot be read; `Gone` when it was
        replayed and what came is kept no longer; `Unavailable`.
        """
        _check(viewer)
        found = await self._store.get(viewer.project, parked)
        channel = await self._load_channel(found.channel) if found else None
        if found is None or channel is None:
            raise NotFound("This parked event")
        if found.raw_gone:
            raise Gone("original_gone", "This was replayed already, and the original is no longer kept.")
        if found.status is ParkedStatus.DONE:
            return found
        events = await self._read(channel, found)
        try:
            received = await receive(channel, events)
        except NotAccepting as error:
            raise Unavailable(error.retry_after_s, error.detail) from error
        if any(one.parked for one in received):
            raise Conflict("still_unreadable", "It can be read now, but not be stored. It stays parked.")
        await self._store.done(parked)
        log.info("parked event replayed", channel=channel.id, parked=parked, operator=viewer.operator)
        return found.model_copy(update={"status": ParkedStatus.DONE})

    async def _read(self, channel: Channel, found: ParkedEvent) -> Sequence[InboundEvent]:
        try:
            events = None if self._reread is None else await self._reread(channel, found.raw, found.hint)
            if events is None:
                events = self._parse(channel.kind, found.raw)
            unread = next((event for event in events if isinstance(event, Unreadable)), None)
            if unread is not None:
                raise PayloadInvalid(unread.reason, why=unread.why)
        except NotAccepting as error:
            raise Unavailable(error.retry_after_s, error.detail) from error
        except ConnectorError as error:
            await self._store.failed_again(found.id, str(error), cleaned(error.why))
            raise Conflict("still_unreadable", f"It still cannot be read: {error}") from error
        return events


def _check(viewer: Viewer) -> None:
    if not viewer.may(Right.MANAGE):
        raise NotAllowed
