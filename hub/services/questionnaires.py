"""Questionnaires: a conversation's flow session as an operator reads and corrects it."""

from collections.abc import Mapping

from pydantic import JsonValue

from flows import engine
from flows.definition import Flow, Question
from flows.engine import visible
from flows.pages import pages
from flows.session import Answer, By, Refusal, Session, State
from flows.showing import filled_in, shown
from hub.model.base import Moment, Stored
from hub.model.channel import Channel
from hub.model.conversation import Conversation
from hub.model.flow import LIVE
from hub.services.bot import Bot
from hub.services.flow_cards import values_of
from hub.services.flow_library import FlowLibrary
from hub.services.flow_runner import World
from hub.store.clock import DatabaseClock


class OptionShown(Stored):
    """One answer of a choice."""

    code: str
    label: str


class AnswerShown(Stored):
    """An answer: `text` as a person reads it, `value` as it is stored; None with a `refusal`."""

    value: JsonValue
    text: str
    raw: str
    refusal: Refusal | None
    by: By
    at: Moment | None
    version: str


class QuestionShown(Stored):
    """A question that counts by now, with its answer; None while it has none."""

    id: str
    type: str
    text: str
    part: str | None
    optional: bool
    options: tuple[OptionShown, ...]
    answer: AnswerShown | None


class SessionShown(Stored):
    """The session. `newest` is the newest version of its flow: another one than `version` may be moved to."""

    session: str
    flow: str
    title: str
    version: str
    newest: str | None
    lang: str
    state: State
    turn: int
    open: str | None
    score: float
    outcome: str | None
    stage: str | None
    started_at: Moment
    ended_at: Moment | None
    questions: tuple[QuestionShown, ...]


class MoveShown(Stored):
    """What moving to the newest version would do: the answers that stay, those that go, and what is asked next."""

    version: str
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    open: str | None


class Questionnaires:
    """Reads sessions for people. What they change is a command (`hub.services.commands`)."""

    def __init__(self, bot: Bot, library: FlowLibrary, clock: DatabaseClock) -> None:
        self._bot, self._library, self._clock = bot, library, clock

    async def of(self, place: Conversation, channel: Channel) -> SessionShown | None:
        """The newest session of the conversation, None when it never had one."""
        found = await self._bot.look(place, channel, self._clock.now())
        if found is None:
            return None
        flow, session, world = found
        newest = await self._library.newest(place.project, session.flow)
        lang = world.locale if world.locale in flow.langs else flow.lang
        answers = visible(flow, session, world.at)
        facts = values_of(answers)
        wanted = {
            field.prompt.question for page in pages(flow, session, world.at) for field in page.fields if field.shows
        }
        return SessionShown(
            session=session.id,
            flow=flow.name,
            title=flow.title[lang],
            version=flow.label,
            newest=newest.label if newest else None,
            lang=session.lang,
            state=session.state,
            turn=session.turn,
            open=session.open.step if session.open else None,
            score=engine.score(flow, session, world.at),
            outcome=session.outcome,
            stage=place.flow.stage if place.flow else None,
            started_at=session.started_at,
            ended_at=session.ended_at,
            questions=tuple(
                _question(flow, question, answers.get(question.id), lang, facts)
                for question in flow.questions.values()
                if question.id in wanted
            ),
        )

    async def move(self, place: Conversation, channel: Channel) -> MoveShown | None:
        """What moving the session to the newest version would do; None when there is nothing to move."""
        found = await self._bot.look(place, channel, self._clock.now())
        if found is None or found[1].state not in LIVE:
            return None
        flow, session, world = found
        newest = await self._library.newest(place.project, session.flow)
        if newest is None or newest.version == session.version:
            return None
        return _move(flow, newest, session, world)


def _move(flow: Flow, newest: Flow, session: Session, world: World) -> MoveShown:
    after = engine.move(flow, newest, session, world.at).session
    before = visible(flow, session, world.at)
    kept = visible(newest, after, world.at)
    return MoveShown(
        version=newest.label,
        kept=tuple(name for name in before if name in kept),
        dropped=tuple(name for name in before if name not in kept),
        open=after.open.step if after.open else None,
    )


def _question(
    flow: Flow, question: Question, answer: Answer | None, lang: str, facts: Mapping[str, object]
) -> QuestionShown:
    return QuestionShown(
        id=question.id,
        type=question.type.value,
        text=filled_in(question.text[lang], flow, facts, {}, lang),
        part=flow.parts[question.part].heading[lang] if question.part is not None else None,
        optional=question.optional,
        options=tuple(OptionShown(code=option.code, label=option.label[lang]) for option in question.options),
        answer=_answer(question, answer, lang) if answer else None,
    )


def _answer(question: Question, answer: Answer, lang: str) -> AnswerShown:
    value = answer.value
    stored: JsonValue = [_plain(one) for one in value] if isinstance(value, tuple) else _plain(value)
    return AnswerShown(
        value=stored,
        text=shown(question, value, lang),
        raw=answer.raw,
        refusal=answer.refusal,
        by=answer.by,
        at=answer.at,
        version=answer.version,
    )


def _plain(value: object) -> JsonValue:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    assert isinstance(value, dict)
    return dict(value)
