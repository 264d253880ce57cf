"""Tasks: what a person must do by a time, such as calling a contact back."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId, TaskId, TeamId


class TaskStatus(StrEnum):
    """Is it still to be done?"""

    OPEN = "open"
    DONE = "done"


class Disposition(StrEnum):
    """How an attempt ended. The first four end the task, the others move it to a later time."""

    REACHED = "reached"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    NOT_NEEDED = "not_needed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    ANSWERING_MACHINE = "answering_machine"
    APPOINTMENT = "appointment"


ENDING = frozenset({Disposition.REACHED, Disposition.REFUSED, Disposition.WRONG_NUMBER, Disposition.NOT_NEEDED})
"""Dispositions after which nobody calls again for this request."""


class TaskDid(StrEnum):
    """What a Turn did to a task."""

    CREATED = "created"
    RENEWED = "renewed"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    MOVED = "moved"
    DONE = "done"
    REMINDED = "reminded"
    OVERDUE = "overdue"


class CallBackWish(Stored):
    """That somebody wants to be called. `wanted_at` is when they said, as far as that could be read from `wanted`.

    `within_s` is the channel's norm for the call, None the hub's. `page` is the address of the page it came from.
    """

    phone: str
    wanted: str = ""
    wanted_at: Moment | None = None
    reason: str = ""
    page: str = ""
    within_s: int | None = None


class Attempt(Stored):
    """One attempt to do a task: how it ended and, where it goes on later, when."""

    at: Moment
    by: OperatorId
    by_name: str
    disposition: Disposition
    note: str = ""
    moved_to: Moment | None = None


class Task(Stored):
    """A call back that was promised, or that somebody asked for.

    `zone` is the contact's time zone as far as it is known, `wanted` the time in their own words. `assignee` None: the
    team's; `team` None as well: everybody's. `former` are the assignees and teams that it had before, so that those are
    told when it leaves them. `seq` is the newest Turn of the conversation that changed it.
    """

    id: TaskId
    project: ProjectId
    conversation: ConversationId
    channel: ChannelId
    contact: ContactId
    contact_name: str | None = None
    seq: int = 0
    status: TaskStatus = TaskStatus.OPEN
    phone: str
    reason: str = ""
    page: str = ""
    wanted: str = ""
    wanted_at: Moment | None = None
    zone: str
    due_at: Moment
    remind_at: Moment | None = None
    reminded_at: Moment | None = None
    overdue_at: Moment | None = None
    team: TeamId | None = None
    assignee: OperatorId | None = None
    former: tuple[tuple[OperatorId | None, TeamId | None], ...] = ()
    attempts: tuple[Attempt, ...] = ()
    disposition: Disposition | None = None
    created_at: Moment
    done_at: Moment | None = None


class TaskMark(Stored):
    """What the thread shows of a Turn that changed a task."""

    task: TaskId
    did: TaskDid
    phone: str
    due_at: Moment
    disposition: Disposition | None = None
    note: str = ""
    assignee: OperatorId | None = None
    team: TeamId | None = None


def mark_of(task: Task, did: TaskDid, note: str = "") -> TaskMark:
    """The mark of a Turn that did something to `task`, as it is after it."""
    return TaskMark(
        task=task.id, did=did, phone=task.phone, due_at=task.due_at, note=note, assignee=task.assignee, team=task.team,
        disposition=task.attempts[-1].disposition if did in (TaskDid.MOVED, TaskDid.DONE) and task.attempts else None,
    )  # fmt: skip
