"""Taking an answer, asking again, giving up: what every way of answering ends in."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from flows.answers import NotUnderstood, Reading, Unsure
from flows.definition import EscalateTo, Question, QuestionType
from flows.effects import RecordConsent, SetField
from flows.engine.replies import failed_check
from flows.engine.run import Run
from flows.engine.verdict import Verdict
from flows.events import Mode, Said
from flows.phrases import Phrase, example
from flows.render import confirm_prompt
from flows.session import Answer, By, Refusal, State, Value
from flows.showing import shown

CONSENT = QuestionType.CONSENT  # see `flows.engine.run`


def answer_of(run: Run, value: Value | None, raw: str, said: Said | None, refusal: Refusal | None = None) -> Answer:
    """An answer to the open question, by the contact."""
    return Answer(
        value, raw, refusal, By.CONTACT, said.at if said else run.now, run.at.channel, said.message if said else None,
        run.flow.label, None, run.turn,
    )  # fmt: skip


def take(run: Run, question: Question, answer: Answer, *, verified: bool = False) -> None:
    """Note the answer, with what follows from it by itself: the contact's field, the record of a consent."""
    given = answer.value
    if isinstance(given, bool) and question.type is CONSENT:
        text = consent_text(run, question)
        digest = hashlib.sha256(text.encode()).hexdigest()
        answer = Answer(
            given, answer.raw, answer.refusal, answer.by, answer.at, answer.channel, answer.message, answer.version,
            digest, answer.turn,
        )  # fmt: skip
        run.effects.append(RecordConsent(question.id, given, text, digest))
    run.keep(question, answer)
    if question.save and answer.value is not None:
        run.effects.append(SetField(question.save, field_text(answer.value), verified))


def consent_text(run: Run, question: Question) -> str:
    """What was agreed to, as it was shown or read out: the question and the address of the document."""
    texts = (question.script if run.at.mode is Mode.CALL else None) or question.text
    return run.filled(texts) + (f"\n{question.link}" if question.link else "")


def field_text(value: Value) -> str:
    """A value as a contact's field holds it: a text; codes joined by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return str(value["text"]) if "text" in value else f"{value['latitude']},{value['longitude']}"
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def take_reading(run: Run, question: Question, reading: Reading, raw: str, said: Said) -> Verdict:
    """Go on with what a reply was understood to be; ask back or again where it was not."""
    if isinstance(reading, NotUnderstood):
        return ask_again(run, question, reading.sentence)
    if isinstance(reading, Unsure):
        return confirm(run, question, reading)
    if reading.repeat and question.type in REPEATED:
        run.lines.append(run.phrase(Phrase.NOTED, value=reading.echo))
    take(run, question, answer_of(run, reading.value, raw or reading.echo, said), verified=bool(said.phone))
    return go_on(run)


def take_value(run: Run, question: Question, value: Value, said: Said) -> Verdict:
    """Go on with a value that leaves nothing to be read, unless a check forbids it."""
    fault = failed_check(run, question, value) if question.checks else None
    if fault:
        return ask_again(run, question, fault.sentence)
    raw = said.text or shown(question, value, run.lang)
    take(run, question, answer_of(run, value, raw, said), verified=bool(said.phone))
    return go_on(run)


REPEATED = frozenset({QuestionType.DATE, QuestionType.NUMBER, QuestionType.PHONE, QuestionType.EMAIL})
"""Types whose value is said back when it was written in another way."""


ADVANCED = Verdict.ADVANCED
AFTER = {State.DONE: Verdict.ENDED, State.WAITING_OPERATOR: Verdict.ESCALATED}


def go_on(run: Run) -> Verdict:
    """The next question, or the end."""
    run.advance()
    return AFTER.get(run.state, ADVANCED)


def confirm(run: Run, question: Question, reading: Unsure) -> Verdict:
    """Ask whether the likeliest meaning is meant."""
    assert run.open is not None
    run.open = replace(run.open, step=question.id, unsure=reading.value, also=())
    text = run.phrase(Phrase.CONFIRM, value=reading.echo)
    run.say(text, confirm_prompt(question, text, run.look(run.facts())))
    run.set_timers()
    return Verdict.CONFIRMING


def ask_again(run: Run, question: Question, sentence: str) -> Verdict:
    """Say what is needed and put the question again, in one message; after `retry.times`, give up."""
    assert run.open is not None
    retries = run.open.retries + 1
    if retries > question.retry.times:
        return give_up(run, question)
    run.open = replace(run.open, retries=retries, unsure=None)
    run.lines.append(f"{sentence} {_example(run, question)}" if retries >= 2 else sentence)
    run.put(question)
    run.set_timers()
    return Verdict.ASKED_AGAIN


def _example(run: Run, question: Question) -> str:
    """A good answer. Options have numbers in mails alone: everywhere else their words are shown."""
    if question.options and run.at.mode is not Mode.EMAIL:
        return run.phrase(Phrase.EXAMPLE, example=question.options[0].label[run.lang])
    return example(question.type.value, run.lang)


def give_up(run: Run, question: Question) -> Verdict:
    """Nobody is asked for ever: an optional question may be skipped, everything else goes to people."""
    assert run.open is not None
    if question.retry.then == "skip" and question.optional:
        run.keep(question, answer_of(run, None, "", None, Refusal.SKIPPED))
        return go_on(run)
    run.effects.append(run.escalation(EscalateTo(), "retries_exhausted", announce=True))
    run.wait(replace(run.open, retries=0, unsure=None))
    return Verdict.ESCALATED


def skip(run: Run, question: Question, said: Said, why: Refusal = Refusal.SKIPPED) -> Verdict:
    """Leave an optional question out, or keep the answer it has already."""
    answered = question.id in run.answers
    if question.optional:
        run.keep(question, answer_of(run, None, said.text, said, why))
    elif not answered:
        return ask_again(run, question, run.phrase(Phrase.NEEDS_AN_ANSWER))
    return go_on(run)


def open_again(run: Run, question: Question) -> None:
    """Put an earlier question once more. Its answer, and the later ones, stay until it is answered anew."""
    answer = run.answers.get(question.id)
    if answer is not None and answer.value is not None:
        value = shown(question, answer.value, run.lang)
        run.lines.append(run.phrase(Phrase.NOTED, value=value))
    run.ask(question)
