"""What a conversation becomes when something happens to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.channel import Channel, Reopen, ReopenRule
from hub.model.conversation import Control, ControlReason, ConversationState, Priority, Status
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, OperatorId, ProjectId, TeamId
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.operator import Role, Scope, Viewer
from hub.model.turn import CancelTimers, Say, SetTimer, TimerKind
from hub.model.views import Shelf, is_unattended, shelf_of
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
from hub.services.commands import Reopen as ReopenCommand
from hub.services.decisions import begin, on_command, on_message, on_timer, starts_anew
from hub.services.errors import Conflict, Invalid, NotAllowed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHANNEL = Channel(
    id=ChannelId("c"), project=ProjectId("p"), kind="webchat", name="Shop", key="k", greeting="Hello!", created_at=NOW
)
ANNA = Viewer(operator=OperatorId("a"), name="Operator A", project=ProjectId("p"), role=Role.OPERATOR, scope=Scope.ALL)
BORIS = ANNA.model_copy(update={"operator": OperatorId("b"), "name": "Operator B"})
CURATOR = ANNA.model_copy(update={"operator": OperatorId("k"), "role": Role.CURATOR})
ANALYST = ANNA.model_copy(update={"role": Role.ANALYST})


def received(position: int = 1) -> Message:
    return Message(
        id=MessageId(f"m{position}"),
        project=ProjectId("p"),
        conversation=ConversationId("v"),
        channel=ChannelId("c"),
        contact=ContactId("x"),
        position=position,
        direction=Direction.IN,
        author=Actor(kind=ActorKind.CONTACT, id="x"),
        text="hello",
        created_at=NOW,
    )


def after(state: ConversationState, command: OperatorCommand, viewer: Viewer = ANNA) -> ConversationState:
    decision = on_command(state, command, viewer, NOW)
    return decision.state if decision else state


def waiting() -> ConversationState:
    return on_message(begin(CHANNEL, NOW), received(), CHANNEL, NOW, first=True).state


def test_first_message_greets_once_and_waits() -> None:
    """The greeting belongs to the first message alone, and an automatic text does not end the waiting."""
    first = on_message(begin(CHANNEL, NOW), received(), CHANNEL, NOW, first=True)
    again = on_message(first.state, received(2), CHANNEL, NOW + timedelta(minutes=1), first=False)
    assert [effect.text for effect in first.effects if isinstance(effect, Say)] == ["Hello!"]
    assert again.effects == ()
    assert again.state.waiting_since == NOW
    assert shelf_of(again.state) is Shelf.FREE
    assert is_unattended(again.state)


def test_first_reply_takes_over_and_ends_the_waiting() -> None:
    """An operator's first public message takes the conversation over in the same step."""
    state = after(waiting(), Reply(text="hi", seen_position=1))
    assert (state.control, state.assignee, state.control_epoch) == (Control.OPERATOR, ANNA.operator, 2)
    assert state.control_reason is ControlReason.OPERATOR_REPLY
    assert state.waiting_since is None
    assert state.first_reply_at == NOW


def test_note_takes_nothing_over() -> None:
    """A note is for colleagues: who speaks next stays, and the contact still waits."""
    assert after(waiting(), Note(text="careful")) == waiting()


def test_reply_to_a_colleagues_conversation_leaves_the_holder() -> None:
    """Helping out does not take a conversation away."""
    state = after(after(waiting(), Take()), Reply(text="hi", seen_position=1), BORIS)
    assert state.assignee == ANNA.operator


def test_stale_reply_is_refused_unless_confirmed() -> None:
    """A reply composed against an older position is refused and shows what was missed."""
    with pytest.raises(Conflict) as refused:
        on_command(waiting(), Reply(text="hi", seen_position=0), ANNA, NOW, [received()])
    assert refused.value.code == "conversation_moved_on"
    assert len(refused.value.extra["newer"]) == 1  # type: ignore[arg-type]
    assert on_command(waiting(), Reply(text="hi", seen_position=0, confirm=True), ANNA, NOW, [received()])


def test_second_claim_reads_who_was_first() -> None:
    """Of two who take the same conversation one is told who has it; knowing that, they may take it all the same."""
    taken = after(waiting(), Take())
    with pytest.raises(Conflict) as refused:
        on_command(taken, Take(), BORIS, NOW)
    assert refused.value.extra["assignee"] == ANNA.operator
    assert after(taken, Take(seen=ANNA.operator), BORIS).assignee == BORIS.operator


def test_taking_what_one_holds_changes_nothing() -> None:
    """A repeated click is no event."""
    assert on_command(after(waiting(), Take()), Take(), ANNA, NOW) is None


def test_message_wakes_a_snoozed_conversation() -> None:
    """The contact writes: the conversation opens at once and its alarm is off."""
    asleep = after(waiting(), Snooze(until=NOW + timedelta(hours=1)))
    decision = on_message(asleep, received(2), CHANNEL, NOW, first=False)
    assert decision.state.status is Status.OPEN
    assert decision.state.snoozed_until is None
    assert CancelTimers(kind=TimerKind.WAKE) in decision.effects


def test_snooze_sets_an_alarm_that_opens() -> None:
    """A snoozed conversation opens at its time, once."""
    decision = on_command(waiting(), Snooze(until=NOW + timedelta(hours=1)), ANNA, NOW)
    assert decision is not None
    assert SetTimer(kind=TimerKind.WAKE, due_at=NOW + timedelta(hours=1)) in decision.effects
    due = NOW + timedelta(hours=1)
    woken = on_timer(decision.state, TimerKind.WAKE, due)
    assert woken is not None
    assert woken.state.status is Status.OPEN
    assert on_timer(woken.state, TimerKind.WAKE, due) is None


def test_alarm_of_an_earlier_snooze_does_not_end_a_later_one() -> None:
    """A timer that fires although its Turn was replaced finds the new time still ahead, or no time at all."""
    first = after(waiting(), Snooze(until=NOW + timedelta(hours=1)))
    for until in (NOW + timedelta(hours=2), None):
        again = after(first, Snooze(until=until))
        assert on_timer(again, TimerKind.WAKE, NOW + timedelta(hours=1)) is None


def test_snooze_into_the_past_is_refused() -> None:
    """There is nothing to wake up from."""
    with pytest.raises(Invalid):
        on_command(waiting(), Snooze(until=NOW), ANNA, NOW)


@pytest.mark.parametrize(
    ("rule", "days", "expected"),
    [
        (Reopen.REOPEN, 400, False),
        (Reopen.NEW, 0, True),
        (Reopen.REOPEN_WITHIN, 13, False),
        (Reopen.REOPEN_WITHIN, 14, True),
    ],
)
def test_reopen_rule_decides_between_old_and_new(rule: Reopen, days: int, expected: bool) -> None:
    """A message on a resolved conversation follows the channel's rule."""
    channel = CHANNEL.model_copy(update={"reopen": ReopenRule(rule=rule)})
    resolved = after(waiting(), Resolve())
    assert starts_anew(channel, resolved, NOW + timedelta(days=days)) is expected
    assert starts_anew(channel, waiting(), NOW + timedelta(days=days)) is False


def test_resolved_conversation_comes_back_to_its_owner() -> None:
    """Reopened by the contact, it goes to who had it, and to the queue when nobody had."""
    owned = after(after(waiting(), Take()), Resolve())
    assert owned.control is Control.NONE
    assert owned.waiting_since is None
    assert on_message(owned, received(2), CHANNEL, NOW, first=False).state.control is Control.OPERATOR
    unowned = after(waiting(), Resolve())
    assert on_message(unowned, received(2), CHANNEL, NOW, first=False).state.control is Control.QUEUE


@pytest.mark.parametrize("close", [Resolve(), MarkSpam()])
def test_a_close_that_is_taken_back_leaves_nobody_forgotten(close: OperatorCommand) -> None:
    """Whoever waited has waited since then, with the same holder; what was snoozed sleeps until the same time."""
    snoozed = after(after(waiting(), Take()), Snooze(until=NOW + timedelta(hours=1)))
    for before in (waiting(), after(waiting(), Take()), snoozed):
        closed = after(before, close)
        assert closed.waiting_since is None
        undone = on_command(closed, ReopenCommand(undo=3), ANNA, NOW, (), before)
        assert undone is not None
        kept = ("status", "control", "assignee", "team", "waiting_since", "snoozed_until", "resolved_at",
                "control_reason", "control_since")  # fmt: skip
        assert [getattr(undone.state, name) for name in kept] == [getattr(before, name) for name in kept]
        alarms = [effect.due_at for effect in undone.effects if isinstance(effect, SetTimer)]
        assert alarms == ([before.snoozed_until] if before.snoozed_until else [])


def test_nothing_is_taken_back_once_something_has_happened() -> None:
    """What is not the newest Turn, or closed nothing that was open, cannot be taken back."""
    closed = after(waiting(), Resolve())
    for before in (None, after(waiting(), MarkSpam())):
        with pytest.raises(Conflict):
            on_command(closed, ReopenCommand(undo=3), ANNA, NOW, (), before)


def test_spam_stays_spam() -> None:
    """A muted conversation never comes back by itself."""
    spam = after(waiting(), MarkSpam())
    assert on_message(spam, received(2), CHANNEL, NOW, first=False).state == spam
    assert shelf_of(spam) is Shelf.SPAM
    assert not is_unattended(spam)


def test_assigning_a_team_clears_the_person() -> None:
    """A team's conversation waits in its queue; a person keeps the team."""
    state = after(after(waiting(), Take()), Assign(team=TeamId("t")))
    assert (state.assignee, state.team, state.control) == (None, "t", Control.QUEUE)
    state = after(state, Assign(operator=BORIS.operator))
    assert (state.assignee, state.team, state.control) == (BORIS.operator, "t", Control.OPERATOR)


def test_operator_may_not_move_a_colleagues_conversation() -> None:
    """Moving what somebody else holds is a curator's right."""
    held = after(waiting(), Take())
    with pytest.raises(NotAllowed):
        on_command(held, Assign(team=TeamId("t")), BORIS, NOW)
    assert after(held, Assign(team=TeamId("t")), CURATOR).team == "t"


def test_analyst_only_reads() -> None:
    """The role without the right to reply may do nothing to a conversation."""
    with pytest.raises(NotAllowed):
        on_command(waiting(), Resolve(), ANALYST, NOW)


def test_hand_back_without_a_bot_is_refused() -> None:
    """Nobody would answer: the operator is told to use the queue."""
    held = after(waiting(), Take())
    with pytest.raises(Invalid):
        on_command(held, HandBack(to="bot"), ANNA, NOW)
    assert after(held, HandBack()).control is Control.QUEUE


COMMANDS = st.sampled_from(
    [
        Reply(text="x", seen_position=9, confirm=True),
        Note(text="x"),
        Take(),
        Take(seen=OperatorId("a")),
        HandBack(),
        Assign(operator=OperatorId("b")),
        Assign(team=TeamId("t")),
        Snooze(until=NOW + timedelta(hours=1)),
        Snooze(),
        Resolve(),
        ReopenCommand(),
        MarkSpam(),
        SetTags(tags=("one",)),
        SetPriority(priority=Priority.HIGH),
    ]
)


@given(st.lists(st.one_of(st.none(), COMMANDS), max_size=30), st.sampled_from([ANNA, BORIS, CURATOR]))
def test_every_history_keeps_the_state_whole(history: list[OperatorCommand | None], viewer: Viewer) -> None:
    """Whatever happens: the epoch rises exactly when the holder changes, and the facts of a state fit together."""
    state = waiting()
    for position, command in enumerate(history, start=2):
        before = state
        try:
            decision = (
                on_message(state, received(position), CHANNEL, NOW, first=False)
                if command is None
                else on_command(state, command, viewer, NOW)
            )
        except (Conflict, Invalid, NotAllowed):
            continue
        state = decision.state if decision else state
        holder_changed = (before.control, before.assignee) != (state.control, state.assignee)
        assert state.control_epoch == before.control_epoch + holder_changed
        assert (state.control is Control.NONE) == (state.status in (Status.RESOLVED, Status.SPAM))
        assert state.control is not Control.OPERATOR or state.assignee is not None
        assert state.control is not Control.QUEUE or state.assignee is None
        assert state.snoozed_until is None or state.status is Status.SNOOZED
