"""The engine: a pure function from a flow, a session, an event and the world to the next session and its effects.

    step = begin(flow, session_id, "ru", Begin(), at)
    step = engine.step(flow, step.session, event, at)

The rule that gives dialog, form, call script, back, resume and change of channel: the next step is the first relevant
question without an answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from flows.definition import Flow, Question, QuestionType
from flows.effects import CancelTimers, Finish, SetTimer
from flows.engine import timers
from flows.engine.facts import facts_of, score_of
from flows.engine.filled import fill
from flows.engine.moving import moved
from flows.engine.run import PAGES, Run
from flows.engine.said import JOIN_WINDOW, hear, is_press, reopens
from flows.engine.taking import go_on
from flows.engine.verdict import Step, Verdict
from flows.events import At, Begin, Due, Event, Filled, Held, Resumed, Said, Stopped, TimedOut
from flows.phrases import Phrase
from flows.session import Answer, By, Session, State, Value
from flows.zones import shown_at, zone_of

__all__ = ["JOIN_WINDOW", "Step", "Verdict", "begin", "is_press", "move", "reopens", "score", "step", "visible"]


def begin(flow: Flow, id: str, lang: str, event: Begin, at: At) -> Step:  # noqa: A002 - the session's id
    """Open a session and ask the first question that `event.prefill` leaves open.

    A language that the flow does not have becomes its first one.
    """
    session = Session(id, flow.name, flow.version, lang if lang in flow.langs else flow.lang, at.now)
    run = Run(flow, session, at)
    for key, value in event.prefill.items():
        question = flow.questions.get(key)
        if question is not None and _fits(question, value):
            answer = Answer(value, by=By.PREFILL, at=at.now, channel=at.channel, version=flow.label, turn=at.turn)
            run.answers = {**run.answers, key: answer}
    if flow.intro is not None and at.mode not in PAGES:
        run.say_text(flow.intro, {})
    verdict = go_on(run)
    return Step(run.session(), run.done(), verdict)


def step(flow: Flow, session: Session, event: Event, at: At) -> Step:
    """What `event` does to `session`. An event that changes nothing gives the session back as it was."""
    run = Run(flow, session, at)
    faults: Mapping[str, str] = {}
    match event:
        case Said():
            verdict = hear(run, event)
        case Filled():
            verdict, faults = fill(run, event)
        case TimedOut():
            verdict = _time_out(run, event)
        case Held():
            verdict = _hold(run)
        case Resumed():
            verdict = _resume(run)
        case Stopped():
            verdict = _stop(run)
        case Begin():
            verdict = Verdict.NOTHING
        case _:
            assert_never(event)
    if verdict in UNCHANGED:
        return Step(session, run.done(), verdict, faults)
    return Step(run.session(), run.done(), verdict, faults)


def move(old: Flow, new: Flow, session: Session, at: At) -> Step:
    """Carry `session` over to the newer version `new`, with the answers that are still valid there.

    A session that waits for its contact is asked where the new version has its first open question; one that a person
    holds is asked when it comes back; one that has ended stays as it is.
    """
    if session.state in {State.DONE, State.STOPPED}:
        return Step(session)
    run = Run(new, moved(old, new, session), at)
    if run.state is not State.ACTIVE:
        return Step(run.session(), (), Verdict.CHANGED)
    verdict = go_on(run)
    return Step(run.session(), run.done(), verdict)


def visible(flow: Flow, session: Session, at: At) -> Mapping[str, Answer]:
    """The answers of questions that are relevant now, in the order of the questions; refusals too."""
    facts = facts_of(flow, session.answers, shown_at(at.now, zone_of(at.zone)).date())
    found: dict[str, Answer] = {}
    for question in flow.questions.values():
        answer = session.answers.get(question.id)
        if answer is not None and (question.relevant is None or question.relevant.test(facts)):
            found[question.id] = answer
    return found


def score(flow: Flow, session: Session, at: At) -> float:
    """The points of the answers so far."""
    return score_of(flow, facts_of(flow, session.answers, shown_at(at.now, zone_of(at.zone)).date()))


UNCHANGED = frozenset({Verdict.STALE, Verdict.NOTHING, Verdict.REFUSED})
"""Verdicts after which the session is the one that came in."""


def _time_out(run: Run, event: TimedOut) -> Verdict:
    """A timer fired. One that was asked for before the newest question was put does nothing."""
    if run.state is not State.ACTIVE or event.turn != run.turn:
        return Verdict.NOTHING
    if event.due is Due.CLOSE:
        run.state = State.ABANDONED
        run.outcome = "abandoned"
        run.ended_at = run.now
        run.score = score_of(run.flow, run.facts())
        run.effects += (CancelTimers(), Finish("abandoned", run.score))
        return Verdict.ENDED
    return _remind(run)


def _remind(run: Run) -> Verdict:
    question = run.question()
    silence = run.flow.silence
    if question is None or run.reminded >= len(silence.remind):
        return Verdict.NOTHING
    if timers.is_quiet(run.now, silence.quiet, run.zone):
        due = timers.at_a_good_hour(run.now, silence.quiet, run.zone)
        run.effects.append(SetTimer(Due.REMIND, due))
        return Verdict.NOTHING
    run.lines.append(run.phrase(Phrase.REMINDER))
    run.put(question, run.facts(), automatic=True)
    since = run.touched_at or run.now
    run.reminded += 1
    if run.reminded < len(silence.remind):
        due = max(since + silence.remind[run.reminded], run.now)
        run.effects.append(SetTimer(Due.REMIND, timers.at_a_good_hour(due, silence.quiet, run.zone)))
    return Verdict.REMINDED


def _hold(run: Run) -> Verdict:
    if run.state is not State.ACTIVE:
        return Verdict.NOTHING
    run.wait(run.open)
    return Verdict.HELD


def _resume(run: Run) -> Verdict:
    """Put the open question again, as the same question: buttons of its first message still count."""
    held = run.state is State.WAITING_OPERATOR
    if not held and run.state is not State.ACTIVE:
        return Verdict.NOTHING
    run.state = State.ACTIVE
    question = run.question()
    if not held and question is not None:
        if run.at.mode not in PAGES:
            run.put(question)
        run.set_timers()
        return Verdict.RESUMED
    if question is None or question.id in run.answers:
        go_on(run)
        return Verdict.ENDED if run.state is State.DONE else Verdict.RESUMED
    assert run.open is not None
    run.open = replace(run.open, retries=0)
    run.reminded = 0
    if run.at.mode not in PAGES:
        run.lines.append(run.phrase(Phrase.RESUMED))
        run.put(question, run.facts())
    run.set_timers()
    return Verdict.RESUMED


def _stop(run: Run) -> Verdict:
    if run.state in {State.DONE, State.STOPPED}:
        return Verdict.NOTHING
    run.state = State.STOPPED
    run.outcome = "stopped"
    run.ended_at = run.now
    run.effects += (CancelTimers(), Finish("stopped", run.score))
    return Verdict.ENDED


def _fits(question: Question, value: Value) -> bool:
    """Whether a value from elsewhere is one that this question could have."""
    codes = {option.code for option in question.options}
    match question.type:
        case QuestionType.CONSENT:
            return False
        case QuestionType.YESNO:
            return isinstance(value, bool)
        case QuestionType.NUMBER | QuestionType.RATING:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case QuestionType.CHOICE:
            return value in codes
        case QuestionType.CHOICES:
            return isinstance(value, tuple) and bool(value) and set(value) <= codes
        case QuestionType.FILE | QuestionType.LOCATION:
            return isinstance(value, tuple | Mapping)
        case _:
            return isinstance(value, str) and bool(value)
