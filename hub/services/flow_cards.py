"""Cards: what a flow found out, in the words of its questions."""

from collections.abc import Mapping

from flows.definition import Flow, Question, QuestionType, Texts
from flows.engine import visible
from flows.events import At
from flows.session import Answer, Refusal, Session, Value
from hub.model.message import Card, CardLine

YES = {True: {"ru": "Да", "en": "Yes"}, False: {"ru": "Нет", "en": "No"}}
REFUSED = {
    Refusal.SKIPPED: {"ru": "пропущено", "en": "skipped"},
    Refusal.REFUSED: {"ru": "отказ отвечать", "en": "refused"},
    Refusal.UNKNOWN: {"ru": "не знает", "en": "does not know"},
}


def card_of(flow: Flow, session: Session, at: At, lang: str) -> Card:
    """The answers that count, for a person who reads `lang`; other languages of the flow where it lacks that."""
    answers = visible(flow, session, at)
    return Card(
        flow=flow.name,
        title=_in(flow.title, lang, flow),
        version=flow.label,
        score=session.score,
        outcome=session.outcome,
        lines=tuple(_line(flow, flow.questions[name], answer, lang) for name, answer in answers.items()),
    )


def _line(flow: Flow, question: Question, answer: Answer, lang: str) -> CardLine:
    value = _refused(answer, lang) if answer.value is None else _shown(flow, question, answer.value, lang)
    return CardLine(question=question.id, label=_in(question.text, lang, flow), value=value)


def _shown(flow: Flow, question: Question, value: Value, lang: str) -> str:
    labels = {option.code: _in(option.label, lang, flow) for option in question.options}
    match value:
        case bool():
            return YES[value].get(lang, YES[value]["en"])
        case int() | float():
            return _number(value)
        case str() if question.type is QuestionType.CHOICE:
            return labels.get(value, value)
        case str():
            return value
        case tuple():
            return ", ".join(_part(one, labels) for one in value)
        case _:
            return _place(value)


def _part(one: str | Mapping[str, str | float], labels: Mapping[str, str]) -> str:
    return labels.get(one, one) if isinstance(one, str) else str(one.get("name", ""))


def _place(value: Mapping[str, str | float]) -> str:
    if text := value.get("text"):
        return str(text)
    return f"{value.get('latitude')}, {value.get('longitude')}"


def _number(value: float) -> str:
    return f"{value:,}".replace(",", "\u202f")


def _refused(answer: Answer, lang: str) -> str:
    words = REFUSED[answer.refusal or Refusal.SKIPPED]
    return words.get(lang, words["en"])


def _in(texts: Texts, lang: str, flow: Flow) -> str:
    return texts.get(lang) or texts[flow.lang]
