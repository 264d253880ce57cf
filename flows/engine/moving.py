"""Moving a session to a newer version of its flow, with the answers that are still valid there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from flows.conditions import Bound
from flows.definition import Flow, Question, QuestionType
from flows.session import Answer, Session, Value


def moved(old: Flow, new: Flow, session: Session) -> Session:
    """`session` as a session of `new`, with nothing asked yet."""
    answers = {
        key: answer
        for key, answer in session.answers.items()
        if key in new.questions and key in old.questions and still_valid(old.questions[key], new.questions[key], answer)
    }
    keys = {key for _, _, key in new.course}
    lang = session.lang if session.lang in new.langs else new.lang
    open_ = session.open if session.open and session.open.step in new.questions else None
    return replace(
        session,
        version=new.version,
        lang=lang,
        answers=answers,
        passed=tuple(key for key in session.passed if key in keys),
        open=replace(open_, toggled=(), unsure=None, also=()) if open_ else None,
        last=session.last if session.last in answers else None,
    )


def still_valid(old: Question, new: Question, answer: Answer) -> bool:
    """Whether an answer given to `old` answers `new`. A consent to another text does not."""
    if old.type is not new.type:
        return False
    if answer.value is None:
        return new.optional
    if new.type is QuestionType.CONSENT and (old.text != new.text or old.link != new.link):
        return False
    codes = {option.code for option in new.options}
    if new.type is QuestionType.CHOICE:
        return answer.value in codes
    if new.type is QuestionType.CHOICES:
        return _fits_ticks(new, answer.value, codes)
    return _within(new, answer.value)


def _fits_ticks(question: Question, value: Value, codes: set[str]) -> bool:
    if not isinstance(value, tuple) or not set(value) <= codes:
        return False
    if question.max is not None and len(value) > question.max:
        return False
    return len(value) == 1 or not any(code in question.alone for code in value)


def _within(question: Question, value: Value) -> bool:
    """Whether a number is in the new range. Dates move with today, and texts keep what they say."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = _end(question.low), _end(question.high)
    return (low is None or value >= low) and (high is None or value <= high)


def _end(bound: Bound | None) -> float | None:
    found = bound.value(NOTHING) if bound and not bound.names else None
    return None if isinstance(found, date) else found


NOTHING: Mapping[str, object] = {}
