"""Turns: the decided steps of a conversation, and the effects that follow from them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Stored
from hub.model.conversation import ConversationState
from hub.model.ids import ChannelId, ContactId, ConversationId, ProjectId, TurnId
from hub.model.message import Actor, Button, Direction


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


class TimerKind(StrEnum):
    """What a timer does when it fires."""

    WAKE = "wake"


class Say(Stored):
    """A message of the conversation: out to the contact, or a note for operators."""

    type: Literal["say"] = "say"
    direction: Direction = Direction.OUT
    author: Actor
    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()
    buttons: tuple[Button, ...] = ()
    automatic: bool = False
    once: bool = False


class SetTimer(Stored):
    """A timer of this conversation. It fires only while no later Turn has cancelled or replaced its kind."""

    type: Literal["set_timer"] = "set_timer"
    kind: TimerKind
    due_at: Moment


class CancelTimers(Stored):
    """Pending timers of this kind and conversation never fire."""

    type: Literal["cancel_timers"] = "cancel_timers"
    kind: TimerKind


Effect = Annotated[Say | SetTimer | CancelTimers, Field(discriminator="type")]


class Turn(Stored):
    """One decided step. Inserting it is the commit: `cause` is unique, and so is `(conversation, seq)`.

    `cause` names what happened exactly once: `message:<id>`, `command:<operator>:<idempotency key>`, `timer:<id>`.
    `fingerprint` is the hash of the command's body, so that the same key with another body is an error. `position` is
    the newest message the decision knew. `state` is the conversation after this Turn. `applied` becomes true when all
    effects are in the store; an unapplied Turn is applied again after a crash, to no other result.
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
    fingerprint: str | None = None
    decided_at: Moment
    applied: bool = False


class Activity(Stored):
    """A Turn that is no message, as the thread shows it: after message `position`, in the order of `seq`."""

    id: TurnId
    conversation: ConversationId
    seq: int
    position: int
    kind: TurnKind
    actor: Actor
    state: ConversationState
    decided_at: Moment


MESSAGE_KINDS = frozenset({TurnKind.MESSAGE, TurnKind.REPLY, TurnKind.NOTE})
"""Turns that the thread shows as their message, not as an activity."""


def activity_of(turn: Turn) -> Activity | None:
    """What the thread shows of `turn`; None when its message says it all."""
    if turn.kind in MESSAGE_KINDS:
        return None
    return Activity.model_validate(turn, from_attributes=True)
