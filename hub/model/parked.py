"""Parked events: what arrived and could not be handled, kept raw until somebody has looked at it."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, ParkedId, ProjectId
from hub.model.why import Why


class ParkedStatus(StrEnum):
    """Waiting for a person, or done after a replay."""

    WAITING = "waiting"
    DONE = "done"


class Parked(Stored):
    """One parked event; `(channel, external_id)` is unique, as it is for messages.

    `raw` is empty when `raw_gone`: the event is done, and its channel keeps raw payloads no longer.
    """

    id: ParkedId
    project: ProjectId
    channel: ChannelId
    external_id: str
    raw: bytes
    raw_gone: bool = False
    reason: str
    why: Why | None = None
    hint: str = ""
    attempts: int = 1
    status: ParkedStatus = ParkedStatus.WAITING
    first_at: Moment
    last_at: Moment
