"""A run without a dialog: answers by question, each given when its question is asked, in any mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.definition import Question, QuestionType
from flows.engine.replies import Field
from flows.engine.run import PAGES
from flows.events import GivenFile
from flows.session import Answer
from flows.simulate.player import Player, mime_of

Given = Mapping[str, Any]
"""Answers by question id, as JSON has them: texts, numbers, `true`, lists of codes, `{latitude, longitude}`."""


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


def field_of(question: Question, given: object) -> Field:
    """A JSON value as a field of a page."""
    if isinstance(given, Mapping) and question.type is QuestionType.LOCATION:
        if "latitude" in given and "longitude" in given:
            return float(given["latitude"]), float(given["longitude"])
        return str(given.get("text", ""))
    if question.type is QuestionType.FILE and given:
        files = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
        return tuple(_file(n, one) for n, one in enumerate(files))
    if isinstance(given, bool | str):
        return given
    if isinstance(given, Sequence):
        return tuple(str(one) for one in given)
    return format(given, "f").rstrip("0").rstrip(".") if isinstance(given, float) else str(given)


def _file(number: int, given: object) -> GivenFile:
    if isinstance(given, GivenFile):
        return given
    if isinstance(given, Mapping):
        name = str(given.get("name", f"file-{number}"))
        return GivenFile(
            str(given.get("id", f"file-{number}")), name, str(given.get("type", mime_of(name))),
            int(given.get("size_bytes", 1_024)),
        )  # fmt: skip
    return GivenFile(f"file-{number}", str(given), mime_of(str(given)), 1_024)
