"""The course of a rehearsal: answers by question, given as each becomes relevant, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flows.definition import Question
from flows.effects import (
    AddTag,
    CallWebhook,
    Effect,
    Erase,
    Escalate,
    OptOut,
    RecordConsent,
    SetField,
    SetPriority,
    SetStage,
    StartFlow,
)
from flows.engine.run import PAGES
from flows.rehearsal import Heard, Raw, Rehearsal
from flows.session import Answer, State
from flows.showing import shown

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that became relevant: what was given to it and what was made of that.

    `confirmed`: the contact was asked whether it was understood rightly. `fault` is what was said when it was not
    taken.
    """

    question: Question
    text: str
    raw: Raw | None
    answer: Answer | None
    confirmed: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What happened, in order. `unanswered` is a question that was asked and for which nothing was given."""

    asked: tuple[Asked, ...]
    unanswered: str | None = None

    @property
    def fault(self) -> Asked | None:
        """The answer that was not taken, if the course ended with it."""
        return next((one for one in self.asked if one.fault is not None), None)


def run_through(rehearsal: Rehearsal, answers: Mapping[str, Raw]) -> Course:
    """Begin, and answer from `answers` until the session ends, an answer is missing, or one is not taken.

    An optional question without an answer is skipped. What is asked back is confirmed.
    """
    rehearsal.begin()
    asked: list[Asked] = []
    while rehearsal.session.state is State.ACTIVE and rehearsal.open:
        questions = list(rehearsal.open)
        missing = next((one.id for one in questions if one.id not in answers and not one.optional), None)
        if missing is not None:
            return Course(tuple(asked), missing)
        texts = {question.id: question.text[rehearsal.session.lang] for question in questions}
        heard = rehearsal.answer(answers)
        confirmed = set()
        while rehearsal.asks_back:
            confirmed.add(rehearsal.open[0].id)
            heard = rehearsal.confirm()
        before = len(asked)
        for question in questions:
            given, answer = answers.get(question.id), rehearsal.answered.get(question.id)
            if answer is not None:
                asked.append(Asked(question, texts[question.id], given, answer, question.id in confirmed))
        if len(asked) == before:
            question = questions[0]
            fault = _fault(rehearsal, heard, question)
            return Course((*asked, Asked(question, texts[question.id], answers.get(question.id), None, fault=fault)))
    return Course(tuple(asked))


def _fault(rehearsal: Rehearsal, heard: Heard, question: Question) -> str:
    """What was said about an answer that was not taken."""
    if rehearsal.mode in PAGES:
        return heard.faults.get(question.id, "")
    return heard.said[0].split("\n", 1)[0] if heard.said else ""


def plain_answer(asked: Asked, lang: str) -> dict[str, Plain]:
    """An answer for JSON: as given, as read, as shown."""
    found: dict[str, Plain] = {"id": asked.question.id, "type": asked.question.type.value, "text": asked.text}
    found["raw"] = plain(asked.raw)
    if asked.fault is not None:
        return {**found, "fault": asked.fault}
    answer = asked.answer
    if answer is None or answer.value is None:
        return {**found, "value": None, "refusal": answer.refusal.value if answer and answer.refusal else None}
    found |= {"value": plain(answer.value), "shown": shown(asked.question, answer.value, lang)}
    return {**found, "confirmed": True} if asked.confirmed else found


def plain(value: object) -> Plain:
    """A value as JSON has it."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return str(value)


def plain_effect(effect: Effect) -> dict[str, Plain] | None:
    """An effect in the words of `do`; None for what is said, drawn and timed."""
    match effect:
        case SetField(name=name, value=value):
            return {"save": {name: value}}
        case AddTag(tag=tag):
            return {"tag": tag}
        case SetStage(stage=stage):
            return {"stage": stage}
        case SetPriority(priority=priority):
            return {"priority": priority}
        case Escalate(team=team, reason=reason):
            return {"escalate": team or "", "reason": reason}
        case StartFlow(flow=flow, after=after):
            return {"start": flow, "after": span(after)} if after else {"start": flow}
        case CallWebhook(name=name, body=body):
            return {"webhook": name, "answers": plain(dict(body))}
        case RecordConsent(question=question, given=given, text_hash=digest):
            return {"consent": question, "given": given, "text_hash": digest}
        case OptOut():
            return {"opt_out": True}
        case Erase():
            return {"erase": True}
        case _:
            return None


def span(time: timedelta) -> str:
    """A length of time as the YAML writes it: `14d`, `2h`, `30m`, `10s`."""
    seconds = int(time.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
