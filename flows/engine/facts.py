"""Facts: what conditions see of a session, and what follows: the score, the outcome, the questions of a mail."""

from collections.abc import Mapping
from datetime import date

from flows.definition import Flow, Outcome, Question, QuestionType
from flows.session import Answer
from flows.showing import known_answer

Facts = dict[str, object]


def facts_of(flow: Flow, answers: Mapping[str, Answer], today: date) -> Facts:
    """What conditions see once every question was passed: the answers of relevant questions, and `today`."""
    facts: Facts = {"today": today}
    for step, test, key in flow.course:
        if isinstance(step, Question):
            answer = answers.get(key)
            if answer is not None and answer.value is not None and (test is None or test(facts)):
                facts[key] = answer.value
    return facts


def mail_batch(
    flow: Flow, answers: Mapping[str, Answer], facts: Mapping[str, object], first: Question, known: Mapping[str, str]
) -> list[Question]:
    """The open questions of the part of `first` that are relevant by now.

    A consent is always asked alone, and so is an address that only has to be confirmed.
    """
    batch = [first]
    if first.part is None or first.type == "consent":
        return batch
    seen = dict(facts)
    following = False
    for step, test, key in flow.course:
        if not isinstance(step, Question):
            continue
        if step is first:
            following = True
        elif following and step.part == first.part and step.type != "consent" and (test is None or test(seen)):
            answer = answers.get(key)
            if answer is None and step.type is QuestionType.EMAIL and known_answer(step, known):
                continue
            if answer is None:
                batch.append(step)
            elif answer.value is not None:
                seen[key] = answer.value
    return batch


def score_of(flow: Flow, facts: Mapping[str, object]) -> float:
    """The points of every line that is true."""
    return sum(line.points for line in flow.score if line.condition.test(facts))


def outcome_of(flow: Flow, facts: Mapping[str, object]) -> Outcome:
    """The first outcome that matches. The score is among the facts."""
    for outcome in flow.outcomes:
        if outcome.condition is None or outcome.condition.test(facts):
            return outcome
    raise AssertionError("the last outcome is `else`")
