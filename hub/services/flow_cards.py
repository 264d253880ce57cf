"""Cards: what a flow found out, in the words of its questions."""

from flows.definition import Flow, Question, Texts
from flows.engine import visible
from flows.events import At
from flows.session import Answer, Refusal, Session
from flows.showing import shown
from hub.model.message import Card, CardLine

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
    own = lang if lang in flow.langs else flow.lang
    value = _refused(answer, lang) if answer.value is None else shown(question, answer.value, own)
    return CardLine(question=question.id, label=_in(question.text, lang, flow), value=value)


def _refused(answer: Answer, lang: str) -> str:
    words = REFUSED[answer.refusal or Refusal.SKIPPED]
    return words.get(lang, words["en"])


def _in(texts: Texts, lang: str, flow: Flow) -> str:
    return texts.get(lang) or texts[flow.lang]
