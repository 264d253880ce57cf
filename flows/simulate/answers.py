"""A whole run without a dialog: given answers go in, and what the flow makes of them comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.definition import Flow, Question, QuestionType
from flows.effects import Effect, Say
from flows.engine import Verdict, begin, step
from flows.engine.replies import Field
from flows.events import At, Begin, Filled, GivenFile, Mode
from flows.session import State, Value
from flows.simulate.player import SESSION, described, mime_of

Given = Mapping[str, Any]
"""Answers by question id, as JSON has them: texts, numbers, `true`, lists of codes, `{latitude, longitude}`."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of the answers.

    `asked` are the questions that became relevant, in order. `answers` are as read; a question that was left out is
    None. `faults` say which answers were not taken, `unanswered` which required question was given none: there the run
    ends without an outcome. `unused` answers belong to no question that was asked.
    """

    flow: str
    asked: tuple[str, ...]
    answers: Mapping[str, Value | None]
    score: float
    outcome: str | None
    effects: tuple[Effect, ...]
    said: tuple[str, ...]
    faults: Mapping[str, str]
    unanswered: tuple[str, ...]
    unused: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The same as plain values; effects in words."""
        return {
            "flow": self.flow,
            "asked": list(self.asked),
            "answers": {key: list(one) if isinstance(one, tuple) else one for key, one in self.answers.items()},
            "score": self.score,
            "outcome": self.outcome,
            "effects": [words for effect in self.effects if (words := described(effect))],
            "said": list(self.said),
            "faults": dict(self.faults),
            "unanswered": list(self.unanswered),
            "unused": list(self.unused),
        }


def run_answers(
    flow: Flow,
    answers: Given,
    *,
    lang: str | None = None,
    now: datetime | None = None,
    zone: str = "Europe/Moscow",
    region: str = "RU",
    known: Mapping[str, str] | None = None,
) -> Played:
    """Answer every question that becomes relevant from `answers`, until the end or the first that cannot be."""
    moment = now or datetime(2026, 11, 23, 9, tzinfo=UTC)

    def at(turn: int) -> At:
        return At(moment + timedelta(seconds=10 * turn), turn, Mode.FORM, zone, region, "simulated", known or {})

    taken = begin(flow, SESSION, lang or flow.lang, Begin(), at(1))
    effects = list(taken.effects)
    asked: list[str] = []
    faults: dict[str, str] = {}
    unanswered: list[str] = []
    read: dict[str, Value | None] = {}
    while (open_ := taken.session.open) is not None and taken.session.state is State.ACTIVE:
        question = flow.questions[open_.step]
        asked.append(question.id)
        page = _page(question, answers)
        if page is None:
            unanswered.append(question.id)
            break
        taken = step(flow, taken.session, page, at(len(asked) + 1))
        effects += taken.effects
        if taken.verdict is Verdict.REFUSED:
            faults.update(taken.faults)
            break
        read |= {key: answer.value for key, answer in taken.session.answers.items()}
    return Played(
        flow=flow.name,
        asked=tuple(asked),
        answers={key: read[key] for key in asked if key in read},
        score=taken.session.score,
        outcome=taken.session.outcome,
        effects=tuple(effects),
        said=tuple(effect.text for effect in effects if isinstance(effect, Say)),
        faults=faults,
        unanswered=tuple(unanswered),
        unused=tuple(key for key in answers if key not in asked),
    )


def _page(question: Question, answers: Given) -> Filled | None:
    given = answers.get(question.id)
    if given is None or given in ("", []):
        return Filled({}, {question.id: "skipped"}) if question.optional else None
    return Filled({question.id: field_of(question, given)})


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
