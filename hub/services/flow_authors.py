"""Authors at work: says who else has the draft of a flow open, and whether they write in it."""

import asyncio
from collections.abc import Sequence

import structlog

from hub.model.operator import Viewer
from hub.model.presence import Authoring
from hub.store.errors import StoreUnavailable
from hub.store.presence import Presences

log = structlog.get_logger(__name__)

STORE_TIMEOUT_S = 5.0  # presence that comes later than this is worth nothing


class FlowAuthors:
    """Who has which draft open, in every process."""

    def __init__(self, presences: Presences) -> None:
        self._presences = presences

    async def at(self, viewer: Viewer, flow: str, window: str, *, typing: bool) -> Sequence[Authoring]:
        """Note that `viewer` has the draft open in this window; the other windows, by name.

        Nobody while the database is away: what is shown beside a draft is no reason to refuse its author anything.
        """
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await self._presences.note_author(
                    viewer.project, flow, window, viewer.operator, viewer.name, typing=typing
                )
                found = await self._presences.authors(viewer.project, flow)
        except (StoreUnavailable, TimeoutError):
            log.warning("presence was not written", flow=flow)
            return []
        others = [one for one in found if (one.operator, one.window) != (viewer.operator, window)]
        return sorted(others, key=lambda one: (one.name, one.window))

    async def leave(self, viewer: Viewer, flow: str, window: str) -> None:
        """The window was closed. Without this it would be over some seconds later."""
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await self._presences.forget_author(viewer.project, flow, window, viewer.operator)
        except (StoreUnavailable, TimeoutError):
            log.warning("presence was not written", flow=flow)
