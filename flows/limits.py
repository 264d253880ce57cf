"""Limits: the ends of a question's range, worked out once a day where no answer moves them."""

from collections.abc import Mapping
from datetime import date

from flows.definition import Flow, Question

Limit = int | float | date | None
Limits = tuple[Limit, Limit]
WITHOUT: Limits = (None, None)


def limits_of(flow: Flow, question: Question, facts: Mapping[str, object]) -> Limits:
    """The lowest and the highest value that `question` takes; None where the range has no end.

    `facts` hold `today`, and the answers that the range names (`Question.ranged_by`).
    """
    if question.low is None and question.high is None:
        return WITHOUT
    key, today = ("limits", question.id), facts.get("today")
    known: tuple[object, Limits] | None = flow.prepared.get(key)
    if known is not None and known[0] == today:
        return known[1]
    low = question.low.value(facts) if question.low else None
    high = question.high.value(facts) if question.high else None
    if not question.ranged_by:
        flow.prepared[key] = today, (low, high)
    return low, high
