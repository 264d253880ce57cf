"""Pages: the flow as a form or a call script, one part a page, with what a browser needs to show and hide questions."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows import engine
from flows.conditions.tree import JsonOperand
from flows.definition import DoStep, Flow, Part, Question, SayStep
from flows.effects import Prompt
from flows.engine.facts import facts_of
from flows.events import At
from flows.render import Look, prompt_of
from flows.session import Answer, Session
from flows.showing import filled_in, known_answer, shown
from flows.zones import shown_at, zone_of


@dataclass(frozen=True, slots=True)
class Rule:
    """A `check`: while `tree` is false for the answers, `message` says why the page is not taken."""

    tree: JsonOperand
    message: str


@dataclass(frozen=True, slots=True)
class Field:
    """A question on a page. `relevant` is the tree of its condition, None when it always shows; `shows` is so now.

    `low` and `high` are the trees of its range. `answer` is what was answered before, `shown` how a person writes it.
    `suggested` is what the hub knows of the contact, to be confirmed: the number that was dialled, the address.
    """

    prompt: Prompt
    relevant: JsonOperand | None
    shows: bool
    low: JsonOperand | None = None
    high: JsonOperand | None = None
    checks: tuple[Rule, ...] = ()
    answer: Answer | None = None
    shown: str = ""
    suggested: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A text between the questions of a page."""

    text: str
    relevant: JsonOperand | None
    shows: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One part. `number` counts from 0; `heading` is None for what stands before the first part.

    `open`: the question that the session waits for is here. `complete`: every relevant question has an answer.
    """

    number: int
    heading: str | None
    items: tuple[Field | Note, ...]
    shows: bool
    open: bool
    complete: bool

    @property
    def fields(self) -> tuple[Field, ...]:
        """The questions alone."""
        return tuple(item for item in self.items if isinstance(item, Field))


def pages(flow: Flow, session: Session, at: At) -> tuple[Page, ...]:
    """Every page of the flow, with the answers so far. One without a relevant question does not show."""
    facts = facts_of(flow, session.answers, shown_at(at.now, zone_of(at.zone)).date())
    look = Look(flow, session.lang, at.mode, session.id, session.turn, facts, at.known)
    found: list[Page] = []
    heading: str | None = None
    items: list[Field | Note] = []
    for step in flow.steps:
        match step:
            case Part():
                if items:
                    found.append(_page(len(found), heading, items, session))
                heading, items = step.heading[session.lang], []
            case Question():
                items.append(_field(step, look, session.answers))
            case SayStep():
                shows = step.relevant is None or step.relevant.test(facts)
                text = filled_in(step.text[session.lang], flow, facts, at.known, session.lang)
                items.append(Note(text, step.relevant.tree() if step.relevant else None, shows))
            case DoStep():
                pass
    if items:
        found.append(_page(len(found), heading, items, session))
    return tuple(found)


def farewell(flow: Flow, session: Session, at: At) -> str | None:
    """What the session's outcome says, with its placeholders filled in; None when it says nothing."""
    said = next((one.say for one in flow.outcomes if one.name == session.outcome), None)
    if said is None:
        return None
    today = shown_at(at.now, zone_of(at.zone)).date()
    facts = {**facts_of(flow, session.answers, today), "score": session.score}
    return filled_in(said[session.lang], flow, facts, at.known, session.lang)


Compared = str | int | float | bool | list[str]


def compared(flow: Flow, session: Session, at: At) -> dict[str, Compared]:
    """The answers so far as a browser compares them, with `today`; what it cannot compare is left out."""
    found: dict[str, Compared] = {"today": shown_at(at.now, zone_of(at.zone)).date().isoformat()}
    for name, answer in engine.visible(flow, session, at).items():
        value = answer.value
        if isinstance(value, tuple):
            found[name] = [item for item in value if isinstance(item, str)] or True
        elif isinstance(value, bool | int | float | str):
            found[name] = value
    return found


def _field(question: Question, look: Look, answers: Mapping[str, Answer]) -> Field:
    answer = answers.get(question.id)
    toggled = answer.value if answer and isinstance(answer.value, tuple) else ()
    return Field(
        prompt=prompt_of(question, look, [one for one in toggled if isinstance(one, str)]),
        relevant=question.relevant.tree() if question.relevant else None,
        shows=question.relevant is None or question.relevant.test(look.facts),
        low=question.low.tree() if question.low else None,
        high=question.high.tree() if question.high else None,
        checks=tuple(Rule(check.condition.tree(), look.say(check.message[look.lang])) for check in question.checks),
        answer=answer,
        shown=shown(question, answer.value, look.lang) if answer else "",
        suggested="" if answer else known_answer(question, look.known) or "",
    )


def _page(number: int, heading: str | None, items: list[Field | Note], session: Session) -> Page:
    asked = [item for item in items if isinstance(item, Field) and item.shows]
    waiting = session.open.step if session.open else None
    return Page(
        number,
        heading,
        tuple(items),
        shows=bool(asked) or any(isinstance(item, Note) and item.shows for item in items),
        open=any(field.prompt.question == waiting for field in asked),
        complete=all(field.answer is not None for field in asked),
    )
