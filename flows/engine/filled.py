"""A page of a form or of a call script: many answers at once, all of them or none."""

from collections.abc import Sequence
from dataclasses import replace

from flows.answers import NotUnderstood, Unsure
from flows.definition import Question, QuestionType
from flows.effects import Say, SetTimer
from flows.engine.facts import Facts
from flows.engine.replies import Field, read_field
from flows.engine.run import Run
from flows.engine.taking import go_on, take
from flows.engine.verdict import Verdict
from flows.events import Filled, GivenFile
from flows.phrases import Phrase
from flows.session import Answer, By, Refusal, State


def fill(run: Run, page: Filled) -> tuple[Verdict, dict[str, str]]:
    """Take the page, or say what is wrong with it by question."""
    if run.state in {State.DONE, State.STOPPED}:
        return Verdict.NOTHING, {}
    if page.turn is not None and page.turn != run.turn:
        return Verdict.STALE, {}
    if page.message is not None and page.message == run.message:
        return Verdict.NOTHING, {}
    before, effects = run.answers, list(run.effects)
    faults = _read(run, page)
    if faults:
        run.answers, run.effects, run.last = before, effects, run.before.last
        return Verdict.REFUSED, faults
    held = run.state is State.WAITING_OPERATOR
    if run.state is State.ABANDONED:
        run.state, run.outcome, run.ended_at = State.ACTIVE, None, None
    run.message = page.message or run.message
    verdict = go_on(run)
    if held and run.state is State.WAITING_OPERATOR:
        # A person has the conversation: the next question is theirs to put, and nobody is reminded.
        run.effects = [effect for effect in run.effects if not isinstance(effect, Say | SetTimer)]
        return Verdict.ADVANCED, {}
    return verdict, {}


def _read(run: Run, page: Filled) -> dict[str, str]:
    """Read the fields in the order of the questions: whether one is relevant depends on those before it."""
    faults: dict[str, str] = {}
    facts: Facts = {"today": run.today}
    for step, test, key in run.flow.course:
        if not isinstance(step, Question) or (test is not None and not test(facts)):
            continue
        if key in page.refused:
            _refuse(run, step, page, faults)
        elif key in page.values:
            _take(run, step, page.values[key], page, facts, faults)
        answer = run.answers.get(key)
        if answer is not None and answer.value is not None and key not in faults:
            facts[key] = answer.value
            if answer.value is False and key in run.flow.refusals:
                break
    return faults


def _refuse(run: Run, question: Question, page: Filled, faults: dict[str, str]) -> None:
    try:
        refusal = Refusal(page.refused[question.id])
    except ValueError:
        refusal = None
    if refusal is None or not question.optional:
        faults[question.id] = run.phrase(Phrase.NEEDS_AN_ANSWER)
        return
    run.keep(question, _answer(run, page, None, "", refusal))


def _take(run: Run, question: Question, field: Field, page: Filled, facts: Facts, faults: dict[str, str]) -> None:
    if _is_empty(field):
        if question.optional:
            run.keep(question, _answer(run, page, None, "", Refusal.SKIPPED))
        else:
            faults[question.id] = run.phrase(Phrase.NEEDS_AN_ANSWER)
        return
    reading = read_field(run, question, field, facts)
    if isinstance(reading, NotUnderstood):
        faults[question.id] = reading.sentence
    elif isinstance(reading, Unsure) and page.by is not By.OPERATOR:
        faults[question.id] = run.phrase(Phrase.CONFIRM, value=reading.echo)
    else:
        old = run.answers.get(question.id)
        if old is not None and old.value == reading.value and question.type is not QuestionType.CONSENT:
            return
        take(run, question, _answer(run, page, reading.value, raw_of(field), None))


def _answer(run: Run, page: Filled, value: object, raw: str, refusal: Refusal | None) -> Answer:
    answer = Answer(None, raw, refusal, page.by, run.now, run.at.channel, page.message, run.flow.label, None, run.turn)
    return replace(answer, value=value) if value is not None else answer  # type: ignore[arg-type]


def _is_empty(field: Field) -> bool:
    if isinstance(field, str):
        return not field.strip()
    return isinstance(field, Sequence) and not field


def raw_of(field: Field) -> str:
    """What was filled in, as it is noted beside the value."""
    if isinstance(field, str):
        return field
    if isinstance(field, bool):
        return "true" if field else "false"
    return ", ".join(item.name if isinstance(item, GivenFile) else str(item) for item in field)
