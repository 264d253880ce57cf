"""Flow preview: plays a flow that nobody has published, in every mode at once, and stores nothing.

A play is a list of moves. It is played from the beginning each time, so that it always shows the text as it is now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flows import engine
from flows.definition import Flow
from flows.effects import (
    AddTag,
    CallBack,
    CallWebhook,
    CancelTimers,
    Effect,
    Erase,
    Escalate,
    Finish,
    OptOut,
    Prompt,
    RecordConsent,
    Redraw,
    Say,
    SetField,
    SetPriority,
    SetStage,
    SetTimer,
    StartFlow,
    Toast,
)
from flows.engine import Step
from flows.events import At, Begin, Due, Event, Filled, GivenFile, Mode, Said, TimedOut
from flows.pages import Compared, Page, compared, pages
from flows.session import Session, State
from flows.showing import filled_in, shown
from hub.services.flow_cards import values_of

SESSION = "previewed"
FIRINGS_AT_MOST = 50
"""Timers of one move: reminders are few, and a flow that sets more in one wait shows the rest in the next."""
SAMPLES = {
    "file": {"files": (GivenFile(id="sample", name="sample.pdf", type="application/pdf", size_bytes=24_000),)},
    "phone": {"phone": "+79991234567"},
    "location": {"location": (55.75, 37.62)},
}


@dataclass(frozen=True, slots=True)
class Written:
    """The contact writes, presses a button, or sends a sample of a kind."""

    text: str = ""
    button: str | None = None
    sample: str | None = None


@dataclass(frozen=True, slots=True)
class PageFilled:
    """A page of the form or of the script is sent."""

    values: Mapping[str, str | bool | tuple[str, ...]]
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waited:
    """Nothing happens for a while but what is due."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Move:
    """What happened, and in which mode. None begins."""

    mode: Mode
    event: Written | PageFilled | Waited | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One effect for the eye: `text` is what is said, or what is named."""

    kind: str
    text: str = ""
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class MoveShown:
    """What a move led to, as each mode shows it."""

    effects: Mapping[Mode, Sequence[Shown]]
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that counts, as a person reads it."""

    question: str
    label: str
    shown: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Play:
    """What has been played. `facts` are the answers as a browser compares them."""

    moves: Sequence[MoveShown]
    now: datetime
    form: Sequence[Page]
    call: Sequence[Page]
    facts: Mapping[str, Compared]
    answers: Sequence[Answered]
    score: float
    outcome: str | None
    finished: bool
    open: str | None
    timers: Mapping[Due, datetime]


def play(flow: Flow, lang: str, zone: str, started_at: datetime, moves: Sequence[Move]) -> Play:
    """Play `moves` from the beginning. A first one that does not begin is preceded by a beginning."""
    player = _Player(flow, lang, zone, started_at)
    made = [player.make(move) for move in moves]
    session = player.session or engine.begin(flow, SESSION, lang, Begin(), player.at(Mode.CHAT)).session
    return Play(
        moves=made,
        now=player.now,
        form=[page for page in pages(flow, session, player.at(Mode.FORM)) if page.shows],
        call=[page for page in pages(flow, session, player.at(Mode.CALL)) if page.shows],
        facts=compared(flow, session, player.at(Mode.FORM)),
        answers=_answers(flow, session, player.at(Mode.CHAT)),
        score=session.score if session.state is State.DONE else engine.score(flow, session, player.at(Mode.CHAT)),
        outcome=session.outcome,
        finished=session.state not in (State.ACTIVE, State.WAITING_OPERATOR),
        open=session.open.step if session.open and session.state is State.ACTIVE else None,
        timers={due: at for due, (at, _) in player.timers.items()},
    )


class _Player:
    """The session so far, the clock, and what is due."""

    def __init__(self, flow: Flow, lang: str, zone: str, started_at: datetime) -> None:
        self._flow, self._lang, self._zone = flow, lang, zone
        self.now, self._turn = started_at, 0
        self.session: Session | None = None
        self.timers: dict[Due, tuple[datetime, int]] = {}

    def at(self, mode: Mode) -> At:
        """The world at this moment."""
        return At(now=self.now, turn=self._turn, mode=mode, zone=self._zone)

    def make(self, move: Move) -> MoveShown:
        """One move of the play."""
        self._turn += 1
        if self.session is None or move.event is None:
            return self._shown(move.mode, {mode: self._begun(mode) for mode in Mode})
        self.now += timedelta(seconds=1)  # nobody answers in no time, and what comes at once is taken for one answer
        if isinstance(move.event, Waited):
            return self._wait(move.mode, move.event.seconds)
        event = _event(move.event, self._turn, self.now)
        return self._step(move.mode, event)

    def _begun(self, mode: Mode) -> Step:
        return engine.begin(self._flow, SESSION, self._lang, Begin(), self.at(mode))

    def _step(self, acting: Mode, event: Event) -> MoveShown:
        session = self.session
        assert session is not None
        return self._shown(acting, {mode: engine.step(self._flow, session, event, self.at(mode)) for mode in Mode})

    def _wait(self, acting: Mode, seconds: int) -> MoveShown:
        until = self.now + timedelta(seconds=seconds)
        found: dict[Mode, list[Shown]] = {mode: [] for mode in Mode}
        for _ in range(FIRINGS_AT_MOST):
            due = min(((at, due, turn) for due, (at, turn) in self.timers.items() if at <= until), default=None)
            if due is None:
                break
            self.now = max(self.now, due[0])
            del self.timers[due[1]]
            self._turn += 1
            for mode, effects in self._step(acting, TimedOut(due[1], due[2])).effects.items():
                found[mode] += effects
        self.now = until
        return MoveShown(found, {})

    def _shown(self, acting: Mode, steps: Mapping[Mode, Step]) -> MoveShown:
        """What each mode shows; the session goes on as in the mode that acted."""
        chosen = steps[acting]
        self.session = chosen.session
        for effect in chosen.effects:
            if isinstance(effect, CancelTimers):
                self.timers = {}
            elif isinstance(effect, SetTimer):
                self.timers[effect.due] = effect.at, self.session.turn
        effects = {mode: [_effect(effect) for effect in step.effects] for mode, step in steps.items()}
        return MoveShown(effects, chosen.faults)


def _event(event: Written | PageFilled, turn: int, now: datetime) -> Event:
    if isinstance(event, PageFilled):
        return Filled(values=event.values, refused=event.refused)
    said = Said(message=f"move{turn}", at=now, text=event.text, button=event.button)
    return replace(said, **SAMPLES[event.sample]) if event.sample in SAMPLES else said  # type: ignore[arg-type]


def _answers(flow: Flow, session: Session, at: At) -> Sequence[Answered]:
    lang, answers = session.lang, engine.visible(flow, session, at)
    facts = values_of(answers)
    return [
        Answered(
            question=name,
            label=filled_in(flow.questions[name].text[lang], flow, facts, {}, lang),
            shown=shown(flow.questions[name], answer.value, lang),
            refusal=answer.refusal.value if answer.refusal else None,
        )
        for name, answer in answers.items()
    ]


KINDS: Mapping[type[Effect], tuple[str, Callable[..., str]]] = {
    Say: ("say", lambda effect: effect.text),
    Redraw: ("redraw", lambda _: ""),
    Toast: ("toast", lambda effect: effect.text),
    SetField: ("set_field", lambda effect: f"{effect.name}: {effect.value}"),
    AddTag: ("add_tag", lambda effect: effect.tag),
    SetStage: ("set_stage", lambda effect: effect.stage),
    SetPriority: ("set_priority", lambda effect: effect.priority),
    Escalate: ("escalate", lambda effect: effect.team or ""),
    StartFlow: ("start_flow", lambda effect: effect.flow),
    CallBack: ("call_back", lambda effect: " ".join(part for part in (effect.phone, effect.wanted) if part)),
    CallWebhook: ("call_webhook", lambda effect: effect.name),
    RecordConsent: ("record_consent", lambda _: ""),
    OptOut: ("opt_out", lambda _: ""),
    Erase: ("erase", lambda _: ""),
    SetTimer: ("set_timer", lambda effect: effect.due.value),
    CancelTimers: ("cancel_timers", lambda _: ""),
    Finish: ("finish", lambda effect: effect.outcome),
}
"""What an effect is called, and what it names. A test holds it against the engine's own list."""


def _effect(effect: Effect) -> Shown:
    kind, named = KINDS[type(effect)]
    return Shown(kind, named(effect), effect.prompt if isinstance(effect, Say | Redraw) else None)
