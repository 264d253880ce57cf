"""Timers: something a conversation does at a stated time of the database's clock."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import ConversationId, ProjectId, TimerId
from hub.model.turn import TimerKind


class TimerStatus(StrEnum):
    """A timer is pending until it has fired or was cancelled."""

    PENDING = "pending"
    FIRED = "fired"
    CANCELLED = "cancelled"


class Timer(Stored):
    """One row per timer. Its id comes from the Turn and effect that set it; firing is a Turn caused by that id.

    `seq` is the Turn that set it: a later `cancel_timers` of the same kind wins. `origin` is the conversation
    whose Turn set it, where that is another one. The rest as in `SetTimer`.
    """

    id: TimerId
    project: ProjectId
    conversation: ConversationId
    kind: TimerKind
    seq: int
    due_at: Moment
    session: str | None = None
    asked: int | None = None
    flow: str | None = None
    task: str | None = None
    origin: ConversationId | None = None
    status: TimerStatus = TimerStatus.PENDING
