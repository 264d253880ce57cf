"""Parked events: what came in and could not be read, and trying again."""

from pydantic import Field

from hub.model.base import Moment, Stored, Written
from hub.model.ids import ChannelId, ParkedId
from hub.model.parked import Parked, ParkedStatus
from hub.model.why import Why
from hub.web.context import Context
from hub.web.page import Keyed, Limit, Page
from hub.web.route import Id

RAW_SHOWN_BYTES = 4_000


class ParkedQuery(Written):
    """Which page."""

    cursor: Id | None = None
    limit: Limit = 50


class ParkedShown(Stored):
    """A parked event. `raw` is the beginning of what came, as text."""

    id: ParkedId
    channel: ChannelId
    external_id: str
    reason: str
    why: Why | None
    attempts: int
    status: ParkedStatus
    first_at: Moment
    last_at: Moment
    size_bytes: int
    raw: str = Field(description="At most the first 4,000 bytes.")


async def list_parked(context: Context, query: ParkedQuery) -> Page[ParkedShown]:
    """What waits for somebody to look at it."""
    after = None if query.cursor is None else ParkedId(query.cursor)
    found = await context.parts.parked.waiting(context.viewer, after=after, limit=query.limit + 1)
    shown = found[: query.limit]
    return Page(items=tuple(_shown(one) for one in shown), next=shown[-1].id if len(found) > query.limit else None)


async def replay_parked(context: Context, event: Id, body: Keyed) -> ParkedShown:
    """Read a parked event again, now. A repeat changes nothing."""
    return _shown(await context.parts.parked.replay(context.viewer, ParkedId(event), context.parts.receive))


def _shown(parked: Parked) -> ParkedShown:
    return ParkedShown(
        **parked.model_dump(exclude={"raw", "project", "hint"}),
        size_bytes=len(parked.raw),
        raw=parked.raw[:RAW_SHOWN_BYTES].decode("utf-8", "replace"),
    )
