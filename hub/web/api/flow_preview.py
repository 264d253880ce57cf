"""The preview of a flow: what somebody writes is played in every mode at once. Nothing is stored."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal, cast

from pydantic import Field, JsonValue, StringConstraints

from flows.conditions.tree import JsonOperand
from flows.definition import Flow
from flows.effects import Prompt
from flows.events import Mode
from flows.pages import Compared, Note, Page
from flows.pages import Field as PageField
from flows.session import Answer
from hub.model.base import Moment, Stored, Written
from hub.services import flow_preview
from hub.services.findings import Finding, findings
from hub.web.api.flows import FlowName, Sources, kept_sources
from hub.web.context import Context

MOVES_AT_MOST = 300
WAIT_AT_MOST_S = 60 * 86_400
Text = Annotated[str, StringConstraints(max_length=4_000)]
Name = Annotated[str, StringConstraints(max_length=128)]
Values = Annotated[dict[Name, Text | bool | tuple[Text, ...]], Field(max_length=200)]


class Begun(Written):
    """The first question is asked."""

    kind: Literal["begin"]


class Said(Written):
    """The contact writes, presses a button, or sends a sample where the question asks for one."""

    kind: Literal["said"]
    text: Text = ""
    button: Annotated[str, StringConstraints(max_length=64)] | None = None
    sample: Literal["file", "phone", "location"] | None = None


class FilledIn(Written):
    """A page of the form or of the call script is sent. `refused` are questions left out, with the reason."""

    kind: Literal["filled"]
    values: Values
    refused: Annotated[dict[Name, Literal["skipped", "refused", "unknown"]], Field(max_length=200)] = Field(
        default_factory=dict
    )


class Waited(Written):
    """Time passes: reminders come, and silence closes."""

    kind: Literal["wait"]
    seconds: Annotated[int, Field(ge=1, le=WAIT_AT_MOST_S)]


class Played(Written):
    """One move, and the mode in which it was made."""

    mode: Mode
    event: Annotated[Begun | Said | FilledIn | Waited, Field(discriminator="kind")]


class ToPlay(Written):
    """The text as it is now, and everything that was done since the play began."""

    flow: FlowName
    sources: Sources
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}$")] | None = None
    started_at: Moment
    events: Annotated[tuple[Played, ...], Field(max_length=MOVES_AT_MOST)]


class EffectShown(Stored):
    """Something a move caused: what is said, or what it names."""

    kind: str
    text: str
    prompt: Prompt | None


class MoveShown(Stored):
    """What a move led to, by mode. `faults` are sentences by question when a page was not taken."""

    effects: dict[Mode, tuple[EffectShown, ...]]
    faults: dict[str, str]


class QuestionShown(Stored):
    """A question of a page. `given` is what was answered, as a form holds it; `relevant` as for a hosted form."""

    kind: Literal["question"] = "question"
    prompt: Prompt
    given: str | tuple[str, ...] | None
    relevant: JsonValue


class NoteShown(Stored):
    """A text between the questions of a page."""

    kind: Literal["note"] = "note"
    text: str
    relevant: JsonValue


class PageShown(Stored):
    """One page: a part of the flow.

    `relevant` is the tree of a condition, null where there is none: a browser shows what its own answers make relevant.
    """

    heading: str | None
    items: tuple[Annotated[QuestionShown | NoteShown, Field(discriminator="kind")], ...]


class AnswerShown(Stored):
    """An answer that counts."""

    question: str
    label: str
    shown: str
    refusal: str | None


class TimerShown(Stored):
    """What happens when nobody answers."""

    due: str
    at: Moment


class PreviewShown(Stored):
    """The play. `steps` is empty while the text has errors. `facts` are the answers as conditions compare them."""

    steps: tuple[MoveShown, ...]
    now: Moment
    pages: dict[Literal["form", "call"], tuple[PageShown, ...]]
    facts: dict[str, Compared]
    answers: tuple[AnswerShown, ...]
    score: float
    outcome: str | None
    finished: bool
    open: str | None
    timers: tuple[TimerShown, ...]
    problems: tuple[Finding, ...]


async def preview_flow(context: Context, body: ToPlay) -> PreviewShown:
    """Play what somebody is writing, from the beginning to the last move."""
    project = context.viewer.project
    compiled = await context.parts.flow_library.check(project, body.flow, kept_sources(body.sources))
    if compiled.flow is None:
        return PreviewShown(
            steps=(), now=body.started_at, pages={"form": (), "call": ()}, facts={}, answers=(), score=0, outcome=None,
            finished=False, open=None, timers=(), problems=findings(compiled.problems),
        )  # fmt: skip
    about = await context.parts.projects.get(project)
    played = await asyncio.to_thread(_play, compiled.flow, body, about.time_zone if about else "UTC")
    return PreviewShown(
        steps=tuple(_move(move) for move in played.moves),
        now=played.now,
        pages={"form": _pages(played.form), "call": _pages(played.call)},
        facts=dict(played.facts),
        answers=tuple(AnswerShown.model_validate(answer, from_attributes=True) for answer in played.answers),
        score=played.score,
        outcome=played.outcome,
        finished=played.finished,
        open=played.open,
        timers=tuple(TimerShown(due=due.value, at=at) for due, at in played.timers.items()),
        problems=findings(compiled.problems),
    )


def _play(flow: Flow, body: ToPlay, zone: str) -> flow_preview.Play:
    moves = [flow_preview.Move(played.mode, _event(played)) for played in body.events]
    return flow_preview.play(flow, body.lang or flow.lang, zone, body.started_at, moves)


def _event(played: Played) -> flow_preview.Written | flow_preview.PageFilled | flow_preview.Waited | None:
    match played.event:
        case Begun():
            return None
        case Said(text=text, button=button, sample=sample):
            return flow_preview.Written(text, button, sample)
        case FilledIn(values=values, refused=refused):
            return flow_preview.PageFilled(values, refused)
        case Waited(seconds=seconds):
            return flow_preview.Waited(seconds)


def _move(move: flow_preview.MoveShown) -> MoveShown:
    effects = {
        mode: tuple(EffectShown(kind=one.kind, text=one.text, prompt=one.prompt) for one in effects)
        for mode, effects in move.effects.items()
    }
    return MoveShown(effects=effects, faults=dict(move.faults))


def _pages(found: Sequence[Page]) -> tuple[PageShown, ...]:
    return tuple(
        PageShown(
            heading=page.heading,
            items=tuple(
                NoteShown(text=item.text, relevant=_tree(item.relevant))
                if isinstance(item, Note)
                else QuestionShown(prompt=item.prompt, given=_given(item), relevant=_tree(item.relevant))
                for item in page.items
            ),
        )
        for page in found
    )


def _tree(operand: JsonOperand | None) -> JsonValue:
    return cast("JsonValue", operand)  # it is JSON, which its type says with names of its own


def _given(field: PageField) -> str | tuple[str, ...] | None:
    """What a form's field holds: codes of what was chosen, else the words."""
    answer: Answer | None = field.answer
    if answer is None or answer.value is None:
        return None
    codes = {choice.code for choice in field.prompt.choices}
    match answer.value:
        case bool(value):
            return "true" if value else "false"
        case tuple(values):
            return tuple(one for one in values if isinstance(one, str))
        case str(value):
            return value
        case int(value) | float(value):
            return str(value) if str(value) in codes else field.shown
        case _:
            return field.shown
