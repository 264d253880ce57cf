"""The course of a run without a dialog: answers by question, each given when its question is asked, in any mode."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from flows.session import Answer
from flows.showing import shown
from flows.simulate.answers import Given, field_of
from flows.simulate.player import Player, short

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that became relevant: what was given to it and what was made of that.

    `confirmed`: the contact was asked whether it was understood rightly. `fault` is what was said when it was not
    taken.
    """

    question: Question
    text: str
    raw: object
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


def run_through(player: Player, given: Given) -> Course:
    """Answer from `given` until the session ends, an answer is missing, or one is not taken.

    An optional question without an answer is skipped. What is asked back is confirmed.
    """
    asked: list[Asked] = []
    while questions := list(player.open):
        fields = {one.id: field_of(one, given[one.id]) for one in questions if given.get(one.id) not in EMPTY}
        missing = next((one.id for one in questions if one.id not in fields and not one.optional), None)
        if missing is not None:
            return Course(tuple(asked), missing)
        texts = {one.id: one.text[player.session.lang] for one in questions}
        player.answer(fields)
        confirmed = set()
        while player.asks_back:
            confirmed.add(player.open[0].id)
            player.confirm()
        before = len(asked)
        asked += [
            Asked(one, texts[one.id], given.get(one.id), answer, one.id in confirmed)
            for one in questions
            if (answer := player.answered.get(one.id)) is not None
        ]
        if len(asked) == before:
            one = questions[0]
            return Course((*asked, Asked(one, texts[one.id], given.get(one.id), None, fault=_fault(player, one))))
    return Course(tuple(asked))


EMPTY: tuple[object, ...] = (None, "", [], ())


def _fault(player: Player, question: Question) -> str:
    """What was said about an answer that was not taken."""
    if player.mode in PAGES:
        return player.last.faults.get(question.id, "")
    return player.said[0].split("\n", 1)[0] if player.said else ""


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
            return {"start": flow, "after": short(after)} if after else {"start": flow}
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
