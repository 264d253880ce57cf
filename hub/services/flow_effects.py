"""From the engine's effects to those of a Turn: pure. What only the hub knows comes in as `Facts`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never

import orjson

from flows import effects as flow
from flows.events import Due
from flows.session import Session
from hub.model.conversation import Control, ControlReason, ConversationState, Priority, Status
from hub.model.flow import FlowMark
from hub.model.ids import TeamId
from hub.model.message import Actor, ActorKind, Ask, Button, Card, Direction
from hub.model.turn import (
    CallWebhook,
    CancelTimers,
    Effect,
    EraseAnswers,
    OptOut,
    RecordConsent,
    Redraw,
    Say,
    SetField,
    SetStage,
    SetTimer,
    TimerKind,
    Toast,
)
from hub.services.changes_of_control import opened, with_control

BOT = Actor(kind=ActorKind.BOT)
TIMERS = {Due.REMIND: TimerKind.FLOW_REMIND, Due.CLOSE: TimerKind.FLOW_CLOSE}


@dataclass(frozen=True, slots=True)
class Desk:
    """A team that a flow names, as far as it exists, and whether somebody of it is on duty."""

    team: TeamId | None
    on_duty: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the hub knows at the step. `desks` are the teams that an escalation may name, None the channel's own.

    `press` is the message whose button was pressed, and `toasts` whether the channel can show a short word to whoever
    did; `card` makes the summary for whoever takes over, `calls` are the tasks that call backs lead to.
    """

    seq: int
    now: datetime
    version: str
    desks: Mapping[str | None, Desk]
    card: Callable[[], Card]
    calls: Mapping[flow.CallBack, Sequence[Effect]] = field(default_factory=dict)
    press: str | None = None
    toasts: bool = False


@dataclass(slots=True)
class Carried:
    """The state and effects so far. `goes_on`: another flow begins at once."""

    state: ConversationState
    effects: list[Effect] = field(default_factory=list)
    goes_on: bool = False
    finished: bool = False
    stage: str | None = None


def carry(session: Session, effects: Sequence[flow.Effect], state: ConversationState, facts: Facts) -> Carried:
    """What a step of the bot makes of the conversation.

    While a person holds it the bot says nothing: everything else that a step causes still happens. A session that ended
    without a person leaves no work, so that the conversation is resolved.
    """
    carried = Carried(state, stage=state.flow.stage if state.flow else None)
    speaks = state.control is Control.BOT
    for effect in effects:
        _carry(carried, session, effect, facts, speaks)
    after = carried.state
    if speaks and after.control is Control.BOT:
        after = after.model_copy(update={"waiting_since": None})
        if carried.finished and not carried.goes_on:
            change = {"status": Status.RESOLVED, "resolved_at": facts.now, "snoozed_until": None}
            after = with_control(after, Control.NONE, ControlReason.RESOLVED, facts.now, **change)
    carried.state = after.model_copy(update={"flow": mark_of(session, facts.seq, carried.stage)})
    return carried


def mark_of(session: Session, seq: int, stage: str | None) -> FlowMark:
    """What the conversation shows of `session`, which the Turn `seq` holds."""
    return FlowMark(
        session=session.id,
        flow=session.flow,
        version=session.version,
        state=session.state,
        seq=seq,
        open=session.open.step if session.open else None,
        asked=session.turn,
        score=session.score,
        outcome=session.outcome,
        stage=stage,
    )


def call_backs(effects: Sequence[flow.Effect]) -> Iterator[flow.CallBack]:
    """Every call back among `effects`, those in branches too."""
    for effect in effects:
        if isinstance(effect, flow.CallBack):
            yield effect
        elif isinstance(effect, flow.Escalate):
            yield from call_backs((*effect.online, *effect.away))


def escalations(effects: Sequence[flow.Effect]) -> Iterator[flow.Escalate]:
    """Every escalation among `effects`, those in branches too."""
    for effect in effects:
        if isinstance(effect, flow.Escalate):
            yield effect
            yield from escalations(effect.online)
            yield from escalations(effect.away)


def _carry(carried: Carried, session: Session, effect: flow.Effect, facts: Facts, speaks: bool) -> None:
    match effect:
        case flow.Say() | flow.Redraw() | flow.Toast():
            carried.effects += _spoken(effect, facts, speaks)
        case flow.SetTimer() | flow.CancelTimers():
            carried.effects += _timed(effect, session, facts)
        case flow.AddTag(tag):
            tags = tuple(dict.fromkeys((*carried.state.tags, tag)))
            carried.state = carried.state.model_copy(update={"tags": tags})
        case flow.SetPriority(priority):
            carried.state = carried.state.model_copy(update={"priority": Priority(priority)})
        case flow.Escalate():
            _escalate(carried, session, effect, facts, speaks)
        case flow.CallBack():
            carried.effects += facts.calls.get(effect, ())
        case flow.StartFlow(name, after):
            # At once is a timer that is due: each session has its own Turn to begin in.
            due_at = _later(facts.now + (after or timedelta()), facts)
            carried.effects.append(SetTimer(kind=TimerKind.FLOW_START, due_at=due_at, flow=name))
            carried.goes_on = carried.goes_on or after is None
        case flow.Finish():
            carried.finished = True
        case _:
            carried.effects.append(_lasting(effect, session, facts, carried))


def _spoken(effect: flow.Say | flow.Redraw | flow.Toast, facts: Facts, speaks: bool) -> Iterator[Effect]:
    match effect:
        case flow.Say():
            if speaks:
                yield _say(effect)
        case flow.Redraw(prompt):
            yield Redraw(asked=prompt.turn, question=prompt.question, buttons=_buttons(prompt))
        case flow.Toast(text, choices):
            if facts.toasts and facts.press is not None:
                yield Toast(message=facts.press, text=text)
            elif speaks:
                buttons = tuple(Button(label=choice.label, value=choice.value) for choice in choices)
                yield Say(author=BOT, text=text, buttons=buttons, automatic=True)


def _timed(effect: flow.SetTimer | flow.CancelTimers, session: Session, facts: Facts) -> Iterator[Effect]:
    match effect:
        case flow.SetTimer(due, at):
            yield CancelTimers(kind=TIMERS[due])
            yield SetTimer(kind=TIMERS[due], due_at=_later(at, facts), session=session.id, asked=session.turn)
        case flow.CancelTimers():
            for kind in TIMERS.values():
                yield CancelTimers(kind=kind)


def _lasting(
    effect: flow.SetField | flow.SetStage | flow.RecordConsent | flow.OptOut | flow.CallWebhook | flow.Erase,
    session: Session,
    facts: Facts,
    carried: Carried,
) -> Effect:
    """What stays after the conversation: of the contact, in a log, at another program."""
    match effect:
        case flow.SetField(name, value, verified):
            return SetField(name=name.removeprefix("contact."), value=value, verified=verified)
        case flow.SetStage(stage):
            carried.stage = stage
            return SetStage(stage=stage)
        case flow.RecordConsent(question, given, text, text_hash):
            topic = f"{session.flow}.{question}"
            return RecordConsent(topic=topic, given=given, text=text, text_hash=text_hash, version=facts.version)
        case flow.OptOut():
            return OptOut()
        case flow.CallWebhook(name, body):
            return CallWebhook(name=name, body=orjson.dumps(dict(body), default=dict).decode())
        case flow.Erase():
            return EraseAnswers(session=session.id)
        case _:
            assert_never(effect)


def _escalate(carried: Carried, session: Session, effect: flow.Escalate, facts: Facts, speaks: bool) -> None:
    desk = facts.desks[effect.team]
    for branch in effect.online if desk.on_duty else effect.away:
        _carry(carried, session, branch, facts, speaks)
    card = facts.card()
    carried.effects.append(Say(direction=Direction.NOTE, author=BOT, text=text_of(card), card=card, automatic=True))
    state = carried.state
    if state.control is Control.OPERATOR:  # a person holds it already
        return
    change: dict[str, Any] = {
        "assignee": None,
        "team": desk.team or state.team,
        "waiting_since": state.waiting_since or facts.now,
    }
    carried.state = with_control(opened(state), Control.QUEUE, reason_of(effect.reason), facts.now, **change)


def reason_of(word: str) -> ControlReason:
    """The hub's reason for the engine's word."""
    return ControlReason(word) if word in set(ControlReason) else ControlReason.FLOW_ESCALATED


def text_of(card: Card) -> str:
    """The card as a text, for where it cannot be drawn."""
    head = f"{card.title} · {card.version}"
    result = " · ".join(part for part in (card.outcome, f"{card.score:g}" if card.score else None) if part)
    lines = [f"{line.label}: {line.value}" for line in card.lines]
    return "\n".join([f"{head} · {result}" if result else head, *lines])


def _say(effect: flow.Say) -> Say:
    prompt = effect.prompt
    if prompt is None:
        return Say(author=BOT, text=effect.text, automatic=effect.automatic)
    alone = {code: choice.value for choice in prompt.choices if (code := choice.code) is not None}
    ask = Ask(
        question=prompt.question,
        type=prompt.type,
        multiple=prompt.multiple,
        max_choices=prompt.max_choices,
        alone=tuple(alone[code] for code in prompt.alone if code in alone),
        optional=prompt.optional,
        request=prompt.request,
        accept=prompt.accept,
    )
    return Say(author=BOT, text=effect.text, buttons=_buttons(prompt), ask=ask, automatic=effect.automatic)


def _buttons(prompt: flow.Prompt) -> tuple[Button, ...]:
    return tuple(Button(label=choice.label, value=choice.value, selected=choice.selected) for choice in prompt.choices)


def _later(at: datetime, facts: Facts) -> datetime:
    """A timer is never due before it is set."""
    return max(at, facts.now + timedelta(milliseconds=1))
