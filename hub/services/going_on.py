"""Going on elsewhere: a questionnaire moves to another conversation of its contact, or its link does, answers and all.

One conversation asks another for something by a timer that is due at once: it is durable, and fires as one Turn there.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from flows.definition import Flow
from flows.events import Resumed, Stopped
from flows.session import Session, State
from flows.words import key_of
from hub.model.contact import Address
from hub.model.conversation import Control, ControlReason, Conversation, Status
from hub.model.flow import LIVE
from hub.model.ids import ContactId, ConversationId, ProjectId
from hub.model.message import Direction, Message
from hub.model.timer import Timer
from hub.model.turn import CancelTimers, Effect, Say, SetTimer, TimerKind, Turn, TurnKind
from hub.services.bot_decisions import kept, to_people
from hub.services.changes_of_control import opened, with_control
from hub.services.decisions import Decision
from hub.services.flow_cards import card_of
from hub.services.flow_effects import BOT, text_of
from hub.services.flow_runner import FlowRunner, KnowsContacts, Scene
from hub.services.form_links import FormLinks
from hub.services.start_rules import FORMS

MOMENT = timedelta(milliseconds=1)
MOVES_FOLLOWED = 10
ASKED_AGAIN_AFTER = timedelta(days=1)
"""A form that is sent again within so long starts the same questionnaire once."""
WITHOUT_A_WAY = frozenset({FORMS, "console"})
FIRST_CHOICE = ("telegram", "generic", "email", "webchat")
"""Where a person is reached best, by kind; others come after the first."""
FORM_WORDS = frozenset(key_of(word) for word in ("форма", "анкета", "form"))
TEXTS = {
    "ru": {
        "link": "Ответить на все вопросы сразу можно здесь: {link}",
        "remind": "Вы начали отвечать на вопросы: {title}. Закончить можно здесь: {link}",
        "over": "Ваши ответы у нас. Напишите, если есть вопрос.",
        "elsewhere": "Опрос «{title}» начнётся там, где с контактом уже есть разговор: {where}.",
    },
    "en": {
        "link": "You can answer all questions at once here: {link}",
        "remind": "You have begun to answer some questions: {title}. Finish here: {link}",
        "over": "We have your answers. Write here if you have a question.",
        "elsewhere": "The questionnaire “{title}” begins where the contact has a conversation already: {where}.",
    },
}


class KnowsPlaces(Protocol):
    """Where conversations are read."""

    async def of_contact_anywhere(self, project: ProjectId, contact: ContactId) -> Sequence[Conversation]:
        """The contact's conversations, the newest activity first."""


class KnowsTurns(Protocol):
    """Where the newest state of another conversation is read."""

    async def newest(self, conversation: ConversationId, *, fresh: bool = False) -> Turn | None:
        """The newest Turn."""

    async def session_at(self, conversation: ConversationId, seq: int) -> Session | None:
        """The session that a Turn holds."""


class KnowsPeople(KnowsContacts, Protocol):
    """Where contacts and their addresses are read."""

    async def addresses(self, contact: ContactId) -> Sequence[Address]:
        """Where the contact can be reached."""


class GoingOn:
    """Decides what goes on elsewhere. It reads and never writes."""

    def __init__(
        self, runner: FlowRunner, places: KnowsPlaces, turns: KnowsTurns, addresses: KnowsPeople, links: FormLinks
    ) -> None:
        self._runner, self._places, self._turns = runner, places, turns
        self._addresses, self._links = addresses, links

    # Here, from elsewhere -------------------------------------------------------------------------------------------

    async def moved(
        self, scene: Scene, origin: ConversationId, plain: Decision, left: Session | None
    ) -> Decision | None:
        """The contact goes on here with what they began in `origin`; None where there is nothing to go on with.

        While a person holds this conversation nothing moves: they would be talked over.
        """
        found = await self._began(origin)
        if found is None or found[0] == scene.conversation or plain.state.control is Control.OPERATOR:
            return None
        where, session = found
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        if session.state not in LIVE:
            if session.state is not State.DONE or not session.answers:
                return None
            card = card_of(flow, session, world.at, world.locale)
            told = Say(direction=Direction.NOTE, author=BOT, text=text_of(card), card=card, automatic=True)
            answer = Say(author=BOT, text=_say(session.lang, "over"), automatic=True)
            over = to_people(plain, scene.now, ControlReason.NEW_CONVERSATION)
            return replace(over, effects=(*kept(over), answer, told))
        ended = None
        if left is not None and left.state in LIVE:
            old = await self._runner.pinned(scene.project, left.flow, left.version)
            ended = self._runner.step(old, left, Stopped(), world).session
        base = with_control(
            opened(plain.state), Control.BOT, ControlReason.FLOW_STARTED, scene.now, assignee=None, flow=None
        )
        step = self._runner.step(flow, session, Resumed(), world)
        carried = await self._runner.carry(scene, flow, step, base, world)
        gone = SetTimer(kind=TimerKind.FLOW_MOVED, due_at=scene.now + MOMENT, conversation=where)
        return Decision(plain.kind, carried.state, (*kept(plain), *carried.effects, gone), step.session, ended)

    async def _began(self, origin: ConversationId) -> tuple[ConversationId, Session] | None:
        """The newest session of a conversation, followed to where it went on."""
        for _ in range(MOVES_FOLLOWED):
            turn = await self._turns.newest(origin, fresh=True)
            mark = turn.state.flow if turn else None
            if mark is None:
                return None
            if mark.moved is None:
                session = await self._turns.session_at(origin, mark.seq)
                return (origin, session) if session else None
            origin = mark.moved
        return None

    # From here, elsewhere -------------------------------------------------------------------------------------------

    async def elsewhere(self, scene: Scene, name: str, plain: Decision) -> Decision | None:
        """A flow that was to begin on a form, which nobody can answer: it begins in the best channel of the contact.

        None where they have no other.
        """
        best = await self._best(scene)
        flow = await self._runner.library.newest(scene.project, name)
        if best is None or flow is None:
            return None
        world = await self._runner.world(scene)
        lang = world.locale if world.locale in flow.langs else flow.lang
        text = _say(world.locale, "elsewhere", title=flow.title[lang], where=best.channel_kind)
        note = Say(direction=Direction.NOTE, author=BOT, text=text, automatic=True)
        start = SetTimer(kind=TimerKind.FLOW_START, due_at=scene.now + MOMENT, flow=name, conversation=best.id)
        return replace(plain, effects=(*plain.effects, note, start))

    async def reminded(
        self, scene: Scene, flow: Flow, session: Session, effects: Sequence[Effect]
    ) -> tuple[Effect, ...]:
        """The effects of a reminder. A form cannot be answered: its link goes where the contact reads it.

        A dialog's reminder names the form, where the flow is one.
        """
        if scene.channel.kind != FORMS:
            if flow.start.form is None:
                return tuple(effects)
            return tuple(self._with_link(effect, scene, flow, session.lang) for effect in effects)
        best = await self._best(scene)
        others = tuple(effect for effect in effects if not isinstance(effect, Say))
        if best is None:
            return others
        due_at = scene.now + MOMENT
        return (*others, SetTimer(kind=TimerKind.FORM_REMIND, due_at=due_at, flow=flow.name, conversation=best.id))

    def _with_link(self, effect: Effect, scene: Scene, flow: Flow, lang: str) -> Effect:
        if not isinstance(effect, Say) or effect.direction is not Direction.OUT:
            return effect
        link = self._links.url(flow.start.form or flow.name, scene.conversation)
        return effect.model_copy(update={"text": f"{effect.text}\n\n{_say(lang, 'link', link=link)}"})

    async def _best(self, scene: Scene) -> Conversation | None:
        """The contact's conversation where they are reached best, the newest of its kind."""
        silent = {address.kind for address in await self._addresses.addresses(scene.contact) if address.unreachable}
        found = [
            place
            for place in await self._places.of_contact_anywhere(scene.project, scene.contact)
            if place.id != scene.conversation
            and place.status is not Status.SPAM
            and place.channel_kind not in WITHOUT_A_WAY | silent
        ]
        return min(found, key=_rank, default=None)

    def begun(self, scene: Scene, flow: Flow, session: Session, effects: Sequence[Effect]) -> tuple[Effect, ...]:
        """The effects of a beginning. By mail, where each part of the questions is a mail, the form is offered too."""
        asked = any(isinstance(effect, Say) and effect.ask is not None for effect in effects)
        if scene.channel.kind != "email" or flow.start.form is None or not asked:
            return tuple(effects)
        link = _say(session.lang, "link", link=self._links.url(flow.start.form, scene.conversation))
        return tuple(
            effect.model_copy(update={"text": f"{effect.text}\n\n{link}"})
            if isinstance(effect, Say) and effect.ask is not None
            else effect
            for effect in effects
        )

    def asks_for_form(self, scene: Scene, session: Session, flow: Flow, message: Message) -> Say | None:
        """The link to the form, for a contact who asks for it in the middle of a dialog."""
        if flow.start.form is None or scene.channel.kind == FORMS or key_of(message.text) not in FORM_WORDS:
            return None
        link = self._links.url(flow.start.form, scene.conversation)
        return Say(author=BOT, text=_say(session.lang, "link", link=link))

    # What the other conversation asks for ---------------------------------------------------------------------------

    async def on_timer(self, scene: Scene, timer: Timer) -> Decision | None:
        """`flow_moved`: the questions went on elsewhere. `form_remind`: the contact is reminded of a form here."""
        if timer.kind is TimerKind.FLOW_MOVED:
            return self._left(scene, timer)
        contact = await self._runner.contacts.get(scene.project, scene.contact)
        held = scene.state.control is Control.OPERATOR or scene.state.status is Status.SPAM
        if held or timer.origin is None or contact is None or contact.blocked or contact.opted_out_at is not None:
            return None
        found = await self._began(timer.origin)
        if found is None or found[1].state not in LIVE:
            return None
        where, session = found
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        link = self._links.url(flow.start.form or flow.name, where)
        text = _say(session.lang, "remind", title=flow.title[session.lang], link=link)
        return Decision(TurnKind.TIMER, scene.state, (Say(author=BOT, text=text, automatic=True),))

    def _left(self, scene: Scene, timer: Timer) -> Decision | None:
        state, mark = scene.state, scene.state.flow
        if mark is None or mark.moved is not None or timer.origin is None:
            return None
        change = {"state": State.STOPPED, "moved": timer.origin, "open": None}
        after = state.model_copy(update={"flow": mark.model_copy(update=change)})
        if state.control is Control.BOT:
            closed = {"status": Status.RESOLVED, "resolved_at": scene.now, "waiting_since": None}
            after = with_control(after, Control.NONE, ControlReason.RESOLVED, scene.now, **closed)
        over = (CancelTimers(kind=TimerKind.FLOW_REMIND), CancelTimers(kind=TimerKind.FLOW_CLOSE))
        return Decision(TurnKind.TIMER, after, over)


def asked_lately(scene: Scene, timer: Timer) -> bool:
    """Whether the flow that another conversation asks for was here a short while ago."""
    mark, since = scene.state.flow, scene.state.control_since
    same = timer.origin is not None and mark is not None and mark.flow == timer.flow
    return same and since is not None and scene.now - since < ASKED_AGAIN_AFTER


def _rank(place: Conversation) -> tuple[int, float]:
    kind = FIRST_CHOICE.index(place.channel_kind) if place.channel_kind in FIRST_CHOICE else 1
    return kind, -place.last_activity_at.timestamp()


def _say(lang: str, text: str, **values: str) -> str:
    return TEXTS.get(lang, TEXTS["en"])[text].format(**values)
