"""What a conversation becomes when something happens: pure, from a state and a cause to a state and effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from flows.session import Session
from hub.model.channel import Channel, Reopen
from hub.model.conversation import Control, ControlReason, ConversationState, Status
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.operator import Right, Viewer
from hub.model.task import TaskMark
from hub.model.turn import CancelTimers, Effect, Say, SetTimer, TimerKind, TurnKind
from hub.services.changes_of_control import as_one_change, opened, with_control
from hub.services.commands import (
    Assign,
    HandBack,
    MarkSpam,
    Note,
    OperatorCommand,
    Reply,
    Resolve,
    SetPriority,
    SetTags,
    Snooze,
    Take,
)
from hub.services.commands import (
    Reopen as ReopenCommand,
)
from hub.services.errors import Conflict, Invalid, NotAllowed

BOT = Actor(kind=ActorKind.BOT)
SYSTEM = Actor(kind=ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a Turn will say: its kind, the state after it, its effects, and the flow session where it moved one.

    `task` is what it does to a task, where that is all it does.
    """

    kind: TurnKind
    state: ConversationState
    effects: tuple[Effect, ...] = ()
    session: Session | None = None
    left: Session | None = None
    task: TaskMark | None = None


def begin(channel: Channel, now: datetime) -> ConversationState:
    """The state of a conversation before its first Turn: nobody holds it, it waits in the channel's team."""
    return ConversationState(control_since=now, team=channel.team)


def on_message(
    state: ConversationState, message: Message, channel: Channel, now: datetime, *, first: bool, greet: bool = True
) -> Decision:
    """The contact wrote: a sleeping or resolved conversation opens, and they wait for an answer from now on.

    `greet` False: they had an automatic text a short while ago.
    """
    effects: list[Effect] = []
    if first and greet and channel.greeting and not message.automatic:
        effects.append(Say(author=BOT, text=channel.greeting, automatic=True))
    if state.status is Status.SPAM:
        return Decision(TurnKind.MESSAGE, state)
    if message.automatic:
        return _on_automatic(state, now, first=first)
    if state.status is Status.SNOOZED:
        state = opened(state)
        effects.append(CancelTimers(kind=TimerKind.WAKE))
    elif state.status is Status.RESOLVED:
        owner = state.assignee if channel.reopen.keep_owner else None
        control = Control.OPERATOR if owner else Control.QUEUE
        state = with_control(opened(state), control, ControlReason.REOPENED, now, assignee=owner)
    if state.waiting_since is None:
        state = state.model_copy(update={"waiting_since": message.created_at})
    return Decision(TurnKind.MESSAGE, state, tuple(effects))


def _on_automatic(state: ConversationState, now: datetime, *, first: bool) -> Decision:
    """No person wrote it: it is kept where it belongs and asks nobody for anything; unanswered, it begins no loop."""
    if first:
        change = {"status": Status.RESOLVED, "resolved_at": now}
        state = with_control(state, Control.NONE, ControlReason.AUTOMATIC, now, **change)
    return Decision(TurnKind.MESSAGE, state)


def starts_anew(channel: Channel, state: ConversationState, now: datetime) -> bool:
    """Whether a new message on a conversation in `state` begins a new one, by the channel's reopen rule.

    What the contact answers to a flow that asks after the end belongs to where it was asked.
    """
    if state.status is not Status.RESOLVED or state.control is Control.BOT:
        return False
    match channel.reopen.rule:
        case Reopen.REOPEN:
            return False
        case Reopen.NEW:
            return True
        case Reopen.REOPEN_WITHIN:
            return state.resolved_at is None or (now - state.resolved_at).days >= channel.reopen.within_days


def on_timer(state: ConversationState, kind: TimerKind, now: datetime) -> Decision | None:
    """A timer is due. None when it has nothing left to do: it may be one that a later Turn has replaced."""
    match kind:
        case TimerKind.WAKE:
            if state.status is not Status.SNOOZED or state.snoozed_until is None or state.snoozed_until > now:
                return None
            return Decision(TurnKind.WAKE, opened(state))
        case _:
            return None  # of a flow, and the bot's to decide


def on_command(
    state: ConversationState,
    command: OperatorCommand,
    viewer: Viewer,
    now: datetime,
    newer: Sequence[Message] = (),
    before: ConversationState | None = None,
) -> Decision | None:
    """An operator acts. None when everything already is as asked.

    `newer` are the public messages that a reply's author had not seen, `before` is the state before the close that is
    to be taken back, None where that is not the newest Turn. Raises `Conflict`, `Invalid`, `NotAllowed`.
    """
    if not viewer.may(Right.REPLY):
        raise NotAllowed
    match command:
        case Reply():
            return _reply(state, command, viewer, now, newer)
        case Note():
            say = Say(
                direction=Direction.NOTE, author=person(viewer), text=command.text, attachments=command.attachments
            )
            return Decision(TurnKind.NOTE, state, (say,))
        case Take():
            return _take(state, command, viewer, now)
        case HandBack():
            return _hand_back(state, command, now)
        case Assign():
            return _assign(state, command, viewer, now)
        case Snooze():
            return _snooze(state, command, now)
        case Resolve() | MarkSpam():
            return _close(state, command, now)
        case ReopenCommand():
            return _reopen(state, now) if command.undo is None else _undone(state, before, now)
        case SetTags():
            tags = tuple(dict.fromkeys(command.tags))
            changed = state.model_copy(update={"tags": tags})
            return None if tags == state.tags else Decision(TurnKind.TAG, changed)
        case SetPriority():
            changed = state.model_copy(update={"priority": command.priority})
            return None if changed == state else Decision(TurnKind.PRIORITY, changed)
        case _:
            assert_never(command)


def person(viewer: Viewer) -> Actor:
    """The viewer as the author of something."""
    return Actor(kind=ActorKind.OPERATOR, id=viewer.operator, name=viewer.name)


def _revived(state: ConversationState, now: datetime) -> ConversationState:
    """`state` with work left in it: closed conversations come back to their owner, or to the queue."""
    if state.status not in (Status.RESOLVED, Status.SPAM):
        return state
    control = Control.OPERATOR if state.assignee else Control.QUEUE
    return with_control(opened(state), control, ControlReason.REOPENED, now)


def _reply(
    state: ConversationState, command: Reply, viewer: Viewer, now: datetime, newer: Sequence[Message]
) -> Decision:
    if newer and not command.confirm:
        raise Conflict(
            "conversation_moved_on",
            "A newer message arrived while you were writing. Read it, then send anyway or change your reply.",
            newer=[message.model_dump(mode="json") for message in newer],
        )
    effects: list[Effect] = [
        Say(author=person(viewer), text=command.text, attachments=command.attachments, copies=command.copies)
    ]
    if state.status is Status.SNOOZED:
        effects.append(CancelTimers(kind=TimerKind.WAKE))
    after = opened(state).model_copy(update={"waiting_since": None, "first_reply_at": state.first_reply_at or now})
    if state.control is not Control.OPERATOR or state.assignee is None:
        after = with_control(after, Control.OPERATOR, ControlReason.OPERATOR_REPLY, now, assignee=viewer.operator)
    return Decision(TurnKind.REPLY, after, tuple(effects))


def _take(state: ConversationState, command: Take, viewer: Viewer, now: datetime) -> Decision | None:
    if state.control is Control.OPERATOR and state.assignee == viewer.operator:
        return None
    if state.assignee not in (None, viewer.operator, command.seen):
        raise Conflict("already_taken", "Somebody else has taken this conversation.", assignee=state.assignee)
    after = with_control(opened(state), Control.OPERATOR, ControlReason.TAKEN, now, assignee=viewer.operator)
    return Decision(TurnKind.TAKE, after, (CancelTimers(kind=TimerKind.WAKE),))


def _hand_back(state: ConversationState, command: HandBack, now: datetime) -> Decision | None:
    if command.to == "bot":
        raise Invalid("no_bot", "This channel has no bot to hand the conversation to. Hand it to the queue instead.")
    if state.control is Control.QUEUE and state.assignee is None:
        return None
    after = with_control(opened(state), Control.QUEUE, ControlReason.HANDED_BACK, now, assignee=None)
    if state.control is Control.BOT and after.waiting_since is None:
        after = after.model_copy(update={"waiting_since": now})
    return Decision(TurnKind.HAND_BACK, after)


def _assign(state: ConversationState, command: Assign, viewer: Viewer, now: datetime) -> Decision | None:
    held_by_another = state.assignee not in (None, viewer.operator)
    if held_by_another and command.operator != viewer.operator and not viewer.may(Right.ASSIGN_OTHERS):
        raise NotAllowed("Only curators and admins move conversations that a colleague holds.")
    moved = _revived(state, now)
    if command.operator is not None:
        change: dict[str, Any] = {"assignee": command.operator, "team": command.team or state.team}
        after = as_one_change(state, with_control(moved, Control.OPERATOR, ControlReason.ASSIGNED, now, **change))
    elif command.team is not None:
        change = {"assignee": None, "team": command.team}
        after = as_one_change(state, with_control(moved, Control.QUEUE, ControlReason.ASSIGNED, now, **change))
    else:
        raise Invalid("nobody_named", "Name an operator or a team.")
    return None if after == state else Decision(TurnKind.ASSIGN, after)


def _snooze(state: ConversationState, command: Snooze, now: datetime) -> Decision:
    if command.until is not None and command.until <= now:
        raise Invalid("not_in_future", "The time to wake up has passed already.")
    after = _revived(state, now).model_copy(update={"status": Status.SNOOZED, "snoozed_until": command.until})
    effects: list[Effect] = [CancelTimers(kind=TimerKind.WAKE)]
    if command.until is not None:
        effects.append(SetTimer(kind=TimerKind.WAKE, due_at=command.until))
    return Decision(TurnKind.SNOOZE, after, tuple(effects))


def _close(state: ConversationState, command: Resolve | MarkSpam, now: datetime) -> Decision | None:
    spam = isinstance(command, MarkSpam)
    status = Status.SPAM if spam else Status.RESOLVED
    if state.status is status:
        return None
    reason = ControlReason.SPAM if spam else ControlReason.RESOLVED
    change = {"status": status, "waiting_since": None, "snoozed_until": None, "resolved_at": now}
    after = with_control(state, Control.NONE, reason, now, **change)
    kind = TurnKind.SPAM if spam else TurnKind.RESOLVE
    return Decision(kind, after, (CancelTimers(kind=TimerKind.WAKE),))


def _reopen(state: ConversationState, now: datetime) -> Decision | None:
    if state.status is Status.OPEN:
        return None
    after = opened(_revived(state, now))
    return Decision(TurnKind.REOPEN, after, (CancelTimers(kind=TimerKind.WAKE),))


def _undone(state: ConversationState, before: ConversationState | None, now: datetime) -> Decision:
    """A close is taken back: whoever held it holds it again, and whoever waited has waited since then."""
    if before is None or before.status in (Status.RESOLVED, Status.SPAM) or before.control is Control.BOT:
        raise Conflict(
            "not_as_it_was", "This cannot be taken back: something has happened since. Open it again instead."
        )
    after = with_control(
        opened(state),
        before.control,
        ControlReason.REOPENED,
        now,
        assignee=before.assignee,
        team=before.team,
        waiting_since=before.waiting_since,
    )
    kept = {"control_reason": before.control_reason, "control_since": before.control_since}
    after = after.model_copy(update=kept)
    effects: list[Effect] = [CancelTimers(kind=TimerKind.WAKE)]
    until = before.snoozed_until
    if before.status is Status.SNOOZED and (until is None or until > now):
        after = after.model_copy(update={"status": Status.SNOOZED, "snoozed_until": until})
        if until is not None:
            effects.append(SetTimer(kind=TimerKind.WAKE, due_at=until))
    return Decision(TurnKind.REOPEN, after, tuple(effects))
