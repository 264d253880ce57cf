"""Cards: what a flow found out, in the words of its questions."""

from collections.abc import Mapping

from flows.definition import Flow, Question, Texts
from flows.engine import visible
from flows.events import At
from flows.session import Answer, Refusal, Session
from flows.showing import filled_in, shown
from hub.model.message import Card, CardLine

REFUSED = {
    Refusal.SKIPPED: {"ru": "пропущено", "en": "skipped"},
    Refusal.REFUSED: {"ru": "отказ отвечать", "en": "refused"},
    Refusal.UNKNOWN: {"ru": "не знает", "en": "does not know"},
}


def card_of(flow: Flow, session: Session, at: At, lang: str) -> Card:
    """The answers that count, for a person who reads `lang`; other languages of the flow where it lacks that."""
    answers = visible(flow, session, at)
    facts = values_of(answers)
    return Card(
        flow=flow.name,
        title=_in(flow.title, lang, flow),
        version=flow.label,
        score=session.score,
        outcome=session.outcome,
        lines=tuple(_line(flow, flow.questions[name], answer, lang, facts) for name, answer in answers.items()),
    )


def values_of(answers: Mapping[str, Answer]) -> Mapping[str, object]:
    """What stands in texts in place of `{name}`."""
    return {name: answer.value for name, answer in answers.items() if answer.value is not None}


def _line(flow: Flow, question: Question, answer: Answer, lang: str, facts: Mapping[str, object]) -> CardLine:
    own = lang if lang in flow.langs else flow.lang
    value = _refused(answer, lang) if answer.value is None else shown(question, answer.value, own)
    label = filled_in(_in(question.text, lang, flow), flow, facts, {}, own)
    return CardLine(question=question.id, label=label, value=value)


def _refused(answer: Answer, lang: str) -> str:
    words = REFUSED[answer.refusal or Refusal.SKIPPED]
    return words.get(lang, words["en"])


def _in(texts: Texts, lang: str, flow: Flow) -> str:
    return texts.get(lang) or texts[flow.lang]
