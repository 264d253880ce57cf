"""Turns: the decided steps of a conversation, and the effects that follow from them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from flows.session import Session
from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Stored
from hub.model.content import Details
from hub.model.conversation import ConversationState
from hub.model.ids import ChannelId, ContactId, ConversationId, ProjectId, TurnId
from hub.model.message import Actor, Ask, Button, Card, Direction
from hub.model.task import Task, TaskMark


class TurnKind(StrEnum):
    """What happened."""

    MESSAGE = "message"
    REPLY = "reply"
    NOTE = "note"
    TAKE = "take"
    HAND_BACK = "hand_back"
    ASSIGN = "assign"
    SNOOZE = "snooze"
    WAKE = "wake"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    SPAM = "spam"
    TAG = "tag"
    PRIORITY = "priority"
    TIMER = "timer"
    FLOW = "flow"
    TASK = "task"


class TimerKind(StrEnum):
    """What a timer does when it fires."""

    WAKE = "wake"
    FLOW_REMIND = "flow_remind"
    FLOW_CLOSE = "flow_close"
    FLOW_START = "flow_start"
    TASK_REMIND = "task_remind"
    TASK_DUE = "task_due"
    FLOW_MOVED = "flow_moved"
    FORM_REMIND = "form_remind"


class Say(Stored):
    """A message of the conversation: out to the contact, or a note for operators.

    `ask` is the question of a flow that it ends with, `card` what a flow found out. `handover` asks the people of the
    channel's own service in. `sent` are the service's ids of what another program has sent already: it is not sent
    again. `copies` are addresses that get it too, where the channel can do that.
    """

    type: Literal["say"] = "say"
    direction: Direction = Direction.OUT
    author: Actor
    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()
    buttons: tuple[Button, ...] = ()
    ask: Ask | None = None
    card: Card | None = None
    automatic: bool = False
    once: bool = False
    handover: bool = False
    sent: tuple[str, ...] = ()
    details: Details | None = None
    copies: tuple[str, ...] = ()


class SetTimer(Stored):
    """A timer of this conversation. It fires only while no later Turn has cancelled or replaced its kind.

    Those of a flow's session name it and its open question (`asked`), and fire only for that one. `flow` is what
    `flow_start` begins. Those of a task name it, and fire only while it is open and still due at that time.
    `conversation` is another one of the contact, for which it is set.
    """

    type: Literal["set_timer"] = "set_timer"
    kind: TimerKind
    due_at: Moment
    session: str | None = None
    asked: int | None = None
    flow: str | None = None
    task: str | None = None
    conversation: ConversationId | None = None


class CancelTimers(Stored):
    """Pending timers of this kind and conversation never fire."""

    type: Literal["cancel_timers"] = "cancel_timers"
    kind: TimerKind


class Redraw(Stored):
    """The message that asked the question in Turn `asked` shows these buttons now."""

    type: Literal["redraw"] = "redraw"
    asked: int
    question: str
    buttons: tuple[Button, ...] = ()


class Toast(Stored):
    """A short word to whoever pressed the button of `message`, if the channel can still show one."""

    type: Literal["toast"] = "toast"
    message: str
    text: str


class SetField(Stored):
    """A fact about the contact."""

    type: Literal["set_field"] = "set_field"
    name: str
    value: str
    verified: bool = False


class SetStage(Stored):
    """A row of the stage log: the contact's place in the sales funnel from now on."""

    type: Literal["set_stage"] = "set_stage"
    stage: str


class RecordConsent(Stored):
    """A row of the consent log: given or refused, for the text that was shown."""

    type: Literal["record_consent"] = "record_consent"
    topic: str
    given: bool
    text: str
    text_hash: str
    version: str


class OptOut(Stored):
    """The contact wants no messages that they did not ask for."""

    type: Literal["opt_out"] = "opt_out"


class CallWebhook(Stored):
    """An outgoing webhook of the project, by name. `body` is JSON."""

    type: Literal["call_webhook"] = "call_webhook"
    name: str
    body: str


class EraseAnswers(Stored):
    """Of this session nothing is kept but the fact of refusal."""

    type: Literal["erase_answers"] = "erase_answers"
    session: str


class KeepTask(Stored):
    """A task as it is from this Turn on."""

    type: Literal["keep_task"] = "keep_task"
    task: Task


FlowEffect = Redraw | Toast | SetField | SetStage | RecordConsent | OptOut | CallWebhook | EraseAnswers
Effect = Annotated[Say | SetTimer | CancelTimers | KeepTask | FlowEffect, Field(discriminator="type")]


class Claimed(Stored):
    """The message that effect number `effect` says, claimed by its Turn: who committed that hands it out at once.

    Until `due_at` nobody else touches it, stored or not. It is stored as being sent under this `fence`, `by` tells
    the claims of one process from those of others.
    """

    effect: int
    fence: int
    due_at: Moment
    by: int


class Turn(Stored):
    """One decided step. Inserting it is the commit: `cause` is unique, and so is `(conversation, seq)`.

    `cause` names what happened exactly once: `message:<id>`, `command:<operator>:<idempotency key>`, `timer:<id>`.
    `fingerprint` is the hash of the command's body, so that the same key with another body is an error. `position` is
    the newest message the decision knew. `state` is the conversation after this Turn. `session` is the flow session
    after it, where it moved one; `state.flow.seq` says which Turn that was. `left` is a session that ended because
    another began. `task` is what it did to a task, where that is all. `claimed` is the message that it says and that
    may be on its way before it is stored. `applied` becomes true when all effects are in the store; an unapplied Turn
    is applied again after a crash, to no other result. None for the Turn of a message,
    where the message's own mark `undecided` says the same.
    """

    id: TurnId
    project: ProjectId
    conversation: ConversationId
    channel: ChannelId
    contact: ContactId
    seq: int
    cause: str
    kind: TurnKind
    actor: Actor
    position: int
    state: ConversationState
    effects: tuple[Effect, ...] = ()
    session: Session | None = None
    left: Session | None = None
    task: TaskMark | None = None
    fingerprint: str | None = None
    claimed: Claimed | None = None
    decided_at: Moment
    applied: bool | None = None


class Activity(Stored):
    """A Turn that is no message, as the thread shows it: after message `position`, in the order of `seq`."""

    id: TurnId
    conversation: ConversationId
    seq: int
    position: int
    kind: TurnKind
    actor: Actor
    state: ConversationState
    task: TaskMark | None = None
    decided_at: Moment


MESSAGE_KINDS = frozenset({TurnKind.MESSAGE, TurnKind.REPLY, TurnKind.NOTE})
"""Turns that the thread shows as their message, not as an activity."""


def activity_of(turn: Turn) -> Activity | None:
    """What the thread shows of `turn`; None when its message says it all."""
    if turn.kind in MESSAGE_KINDS:
        return None
    return Activity.model_validate(turn, from_attributes=True)
