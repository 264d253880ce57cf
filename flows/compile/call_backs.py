"""What `call_back` says: which questions hold the number, the day, the time and the reason, and how soon it is due."""

import re
from dataclasses import dataclass

from flows.compile.fields import TEAM, Fields, meant, slug_of
from flows.definition import CallBack, Question, QuestionType
from flows.load import Mapping, Report, Scalar, Tree

KEYS = ("phone", "day", "time", "times", "within", "topic", "to")
TYPES = {
    "phone": QuestionType.PHONE,
    "day": QuestionType.DATE,
    "time": QuestionType.CHOICE,
    "topic": QuestionType.TEXT,
}
CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Named:
    """A question that a call back names, to be checked when every question is read."""

    key: str
    node: Scalar
    times: tuple[Scalar, ...] = ()


def read_call_back(node: Tree, report: Report, named: list[Named]) -> CallBack | None:
    """The call back at `node`. The questions that it names are added to `named`."""
    if isinstance(node, Scalar):
        if node.value is True or not node.text.strip():
            return CallBack()
        report.add(node, "wrong_value", "`call_back` says which question holds the number.", EXAMPLE)
        return None
    if not isinstance(node, Mapping):
        report.add(node, "wrong_value", "`call_back` says which question holds the number.", EXAMPLE)
        return None
    fields = Fields(node, report)
    fields.only(KEYS, of="`call_back`")
    times = _times(fields, report)
    found = {key: fields.scalar(key) for key in TYPES}
    for key, name in found.items():
        if name is not None:
            codes = fields.mapping_of("times") if key == "time" else None
            named.append(Named(key, name, tuple(code for code, _ in codes.pairs) if codes else ()))
    if times and found["time"] is None:
        report.add(fields.key_node("times"), "wrong_value", "`times` says what the answers to `time` mean.", TIMES)
    words = {key: name.text if name else None for key, name in found.items()}
    team = fields.scalar("to")
    return CallBack(
        words["phone"], words["day"], words["time"], tuple((code.text, at) for code, at in times.items()),
        fields.duration("within"), words["topic"], slug_of(team, report, TEAM) if team else None,
    )  # fmt: skip


def check_call_backs(named: list[Named], questions: dict[str, Question], report: Report) -> None:
    """Whether each question that a call back names is there, and of the type that can hold it."""
    for one in named:
        question, wanted = questions.get(one.node.text), TYPES[one.key]
        if question is None:
            hint = meant(one.node.text, questions)
            report.add(one.node, "unknown_question", f"There is no question `{one.node.text}`.", hint)
        elif question.type is not wanted:
            sentence = f"`{one.key}` needs a question of the type `{wanted.value}`, not `{question.type.value}`."
            report.add(one.node, "wrong_value", sentence)
        elif one.key == "time":
            _check_times(one, question, report)


def _check_times(one: Named, question: Question, report: Report) -> None:
    codes = [option.code for option in question.options]
    for code in one.times:
        if code.text not in codes:
            sentence = f"`{question.id}` has no option `{code.text}`."
            report.add(code, "unknown_option", sentence, meant(code.text, codes))
    known = {code.text for code in one.times}
    if missing := [code for code in codes if code not in known]:
        report.add(one.node, "wrong_value", f"`times` does not say when `{missing[0]}` is.", TIMES)


def _times(fields: Fields, report: Report) -> dict[Scalar, str]:
    mapping = fields.mapping_of("times")
    found: dict[Scalar, str] = {}
    for code, value in mapping.pairs if mapping else ():
        if isinstance(value, Scalar) and CLOCK.fullmatch(value.text.strip()):
            found[code] = value.text.strip().zfill(5)
        else:
            report.add(value, "wrong_value", 'A time of day is written as `"14:00"`.', TIMES)
    return found


EXAMPLE = "Write `call_back: {phone: phone}` with the id of the question."
TIMES = 'Write `times: {morning: "10:00", evening: "18:00"}` with every option of the question.'
