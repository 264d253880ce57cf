"""What an operator can do to a conversation. Each command becomes one Turn."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Written
from hub.model.conversation import Priority
from hub.model.ids import OperatorId, TaskId, TeamId
from hub.model.task import CallBackWish, Disposition

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]

UNKNOWN: Literal["unknown"] = "unknown"


class Reply(Written):
    """Say something to the contact. Takes the conversation over when nobody or the bot held it.

    `seen_position` is the newest message its author had seen; `confirm` sends although a newer one exists. `copies` are
    addresses that get it too.
    """

    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()
    copies: tuple[str, ...] = ()
    seen_position: int
    confirm: bool = False


class Note(Written):
    """Write something only operators see."""

    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()


class Take(Written):
    """Take the conversation. `seen` is the holder its author saw (None: nobody); another holder since is a conflict."""

    seen: OperatorId | Literal["unknown"] | None = UNKNOWN


class HandBack(Written):
    """Give the conversation back to the bot or to the queue.

    To the bot: the open question is asked again, with `again` also where the bot has the conversation already. `flow`
    begins that flow instead; `restart` the same one anew.
    """

    to: Literal["bot", "queue"] = "queue"
    flow: str | None = None
    restart: bool = False
    again: bool = False


class Assign(Written):
    """Give the conversation to a person (the team stays) or to a team (nobody holds it)."""

    operator: OperatorId | None = None
    team: TeamId | None = None


class Snooze(Written):
    """Hide the conversation until a moment, or until the contact writes."""

    until: Moment | None = None


class Resolve(Written):
    """No work is left."""


class Reopen(Written):
    """There is work again. `undo` names the Turn that closed it by its seq: all is as it was before that one."""

    undo: int | None = None


class MarkSpam(Written):
    """Not a customer."""


class SetTags(Written):
    """The tags from now on."""

    tags: Annotated[tuple[Tag, ...], Field(max_length=50)]


class SetPriority(Written):
    """The priority from now on."""

    priority: Priority | None


class StartFlow(Written):
    """Begin a flow. `prefill` answers questions beforehand, by their ids, with values as they are stored."""

    flow: str
    prefill: dict[str, bool | int | float | str | tuple[str, ...]] = Field(default_factory=dict)


class StopFlow(Written):
    """End the flow session. People go on where the bot held the conversation."""


class MoveFlow(Written):
    """Carry the session over to the newest version of its flow, with the answers that are still valid there."""


class FillAnswers(Written):
    """Answers that an operator gives or corrects: raw values by question id; an empty one takes the answer back.

    `turn` is the session's turn that its author saw; None skips the check.
    """

    values: dict[str, str | bool | tuple[str, ...]]
    refused: dict[str, str] = Field(default_factory=dict)
    turn: int | None = None


class AddTask(Written):
    """Promise a call back. `due_at` None: by the norm; `remind_at` None: by the norm before it."""

    wish: CallBackWish
    due_at: Moment | None = None
    remind_at: Moment | None = None
    operator: OperatorId | None = None
    team: TeamId | None = None


class AssignTask(Written):
    """Give a task to a person (of a team), to a team, or to everybody."""

    task: TaskId
    operator: OperatorId | None = None
    team: TeamId | None = None


class FinishTask(Written):
    """The task is done, and how it ended."""

    task: TaskId
    disposition: Disposition
    note: str = ""


class MoveTask(Written):
    """An attempt was made, or the contact wants another time: the task is due later."""

    task: TaskId
    disposition: Disposition
    due_at: Moment
    remind_at: Moment | None = None
    note: str = ""


FlowCommand = StartFlow | StopFlow | MoveFlow | FillAnswers
OperatorCommand = Reply | Note | Take | HandBack | Assign | Snooze | Resolve | Reopen | MarkSpam | SetTags | SetPriority
TaskCommand = AddTask | AssignTask | FinishTask | MoveTask
Command = OperatorCommand | FlowCommand | TaskCommand
