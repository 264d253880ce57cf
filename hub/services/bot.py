"""The bot: begins flows by the channel's rules, steps them, and says what each step makes of the conversation."""

from collections.abc import Collection, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from flows import engine
from flows.definition import Flow
from flows.engine import Verdict
from flows.events import Begin, Due, Filled, Mode, Resumed, Stopped, TimedOut
from flows.session import Session, State
from hub.model.channel import Channel
from hub.model.conversation import Control, ControlReason, Conversation, ConversationState, Status
from hub.model.ids import ConversationId
from hub.model.message import Direction, Message
from hub.model.operator import Right, Viewer
from hub.model.timer import Timer
from hub.model.turn import OptOut, Say, TimerKind, TurnKind
from hub.services.before_them import KnowsQuestions
from hub.services.beginnings import Beginnings
from hub.services.bot_decisions import (
    LOOP,
    OPTED_OUT,
    SLOW_DOWN,
    TIMED,
    TOO_FAST,
    UNANSWERED,
    at_once,
    kept,
    opts_out,
    to_people,
)
from hub.services.changes_of_control import with_control
from hub.services.commands import (
    FillAnswers,
    FlowCommand,
    HandBack,
    MoveFlow,
    OperatorCommand,
    Resolve,
    StartFlow,
    StopFlow,
)
from hub.services.decisions import Decision, on_command, on_message, on_timer
from hub.services.errors import Invalid, NotAllowed, NotFound
from hub.services.flow_effects import BOT
from hub.services.flow_library import FlowLibrary
from hub.services.flow_pages import page_said
from hub.services.flow_runner import (
    BotFailed,
    FlowRunner,
    KnowsDesks,
    KnowsProjects,
    Place,
    Scene,
    World,
    said_of,
)
from hub.services.form_links import FormLinks
from hub.services.going_on import GoingOn, KnowsPeople, KnowsPlaces, KnowsTurns
from hub.services.loops import KnowsNumbers, KnowsThreads, is_loop, may_greet
from hub.services.pace import Pace
from hub.services.session_commands import SessionCommands
from hub.services.start_rules import FORMS, concerns, rule_for
from hub.services.task_desk import TaskDesk

log = structlog.get_logger(__name__)


class KnowsMessages(KnowsQuestions, KnowsThreads, Protocol):
    """Where messages are read."""


class Bot:
    """Decides with the engine. It reads and never writes; a decision that came too late is simply made again."""

    def __init__(
        self,
        library: FlowLibrary,
        sessions: KnowsTurns,
        contacts: KnowsPeople,
        projects: KnowsProjects,
        desks: KnowsDesks,
        messages: KnowsMessages,
        numbers: KnowsNumbers,
        tasks: TaskDesk,
        places: KnowsPlaces,
        form_links: FormLinks,
        own_people: Collection[str] = (),
        *,
        steps_a_minute: int = 0,
    ) -> None:
        self._messages, self._numbers, self._pace = messages, numbers, Pace(steps_a_minute)
        self._runner = FlowRunner(library, sessions, contacts, projects, desks, messages, tasks, own_people)
        self._going_on = GoingOn(self._runner, places, sessions, contacts, form_links)
        self._beginnings = Beginnings(self._runner, self._going_on, messages, self._pace)
        self._commands = SessionCommands(self._runner, self._beginnings)

    # What happens ---------------------------------------------------------------------------------------------------

    async def on_message(
        self, state: ConversationState, message: Message, channel: Channel, now: datetime, seq: int
    ) -> Decision:
        """The contact wrote, pressed a button or pressed start. Without flows this is `decisions.on_message`."""
        try:
            decision = await self._on_message(state, message, channel, now, seq)
        except BotFailed:  # people go on, and nobody waits for an answer for ever
            plain = await self._plain(state, message, channel, now, seq)
            decision = to_people(plain, now) if plain.state.control is Control.BOT else plain
        return at_once(state, decision)

    async def _on_message(
        self, state: ConversationState, message: Message, channel: Channel, now: datetime, seq: int
    ) -> Decision:
        plain = await self._plain(state, message, channel, now, seq)
        origin = message.details.continues if message.details and message.started else None
        if not (origin or concerns(channel, state)) or state.status is Status.SPAM or message.automatic:
            return plain  # what no person wrote starts no flow and answers none: so no loop begins
        if message.details is not None and message.details.brought_by is not None:
            return plain  # who wrote it does not know of us yet
        press = message.id if message.button else None
        scene = Scene(message.project, message.conversation, message.contact, channel, state, seq, now, press)
        if state.control is not Control.OPERATOR and await is_loop(
            self._messages, self._numbers, message, first=seq == 1
        ):
            return await self._silenced(scene, plain)
        session = await self._runner.open_session(scene)
        if origin and (moved := await self._going_on.moved(scene, ConversationId(origin), plain, session)):
            return moved
        if session is not None and session.state is State.ACTIVE and state.control is Control.BOT:
            if self._pace.is_too_fast(scene.conversation, seq, message.created_at):
                return await self._slowed(scene, plain, session.lang)
            return await self._answered(scene, session, message, plain)
        over = session is None and press is not None and state.control is not Control.OPERATOR
        if over and (late := await self._too_late(scene, message)):
            return late  # before a resolved conversation opens again, for its owner or for the queue
        if plain.state.control is Control.OPERATOR:
            return await self._while_held(scene, message, plain)
        if session is not None and session.state is State.ABANDONED:
            resumed = await self._returned(scene, session, message, plain)
            if resumed is not None:
                return resumed
        begun = await self._begun_by_rule(scene, session, message, plain)
        if begun is not None:
            return begun
        return to_people(plain, now) if plain.state.control is Control.BOT else plain

    async def _begun_by_rule(
        self, scene: Scene, session: Session | None, message: Message, plain: Decision
    ) -> Decision | None:
        """The flow that a rule of the channel begins with this message; None where there is none."""
        words = await self._runner.start_words(scene)
        rule = rule_for(scene.channel, message, words, first=scene.seq == 1, started=message.started)
        if rule is None:
            return None
        if self._pace.is_too_fast(scene.conversation, scene.seq, message.created_at):
            return await self._slowed(scene, plain, None)
        if scene.channel.kind == FORMS and not message.started:
            return await self._going_on.elsewhere(scene, rule.flow, plain)
        given = message.details.prefill if message.details and message.started else ()
        begin = Begin(prefill={one.question: one.value for one in given})
        return await self._beginnings.begin(
            scene, rule.flow, plain, ControlReason.FLOW_STARTED, left=session, begin=begin
        )

    async def _plain(
        self, state: ConversationState, message: Message, channel: Channel, now: datetime, seq: int
    ) -> Decision:
        brought = message.details is not None and message.details.brought_by is not None
        greet = (
            seq == 1
            and not brought
            and channel.greeting is not None
            and await may_greet(self._messages, self._numbers, message)
        )
        return on_message(state, message, channel, now, first=seq == 1, greet=greet)

    async def _silenced(self, scene: Scene, plain: Decision) -> Decision:
        """A program answers the bot: people are told, and the bot is silent until they hand the conversation back."""
        log.warning("mail loop broken", channel=scene.channel.id, conversation=scene.conversation)
        world = await self._runner.world(scene)
        note = Say(direction=Direction.NOTE, author=BOT, text=LOOP.get(world.locale, LOOP["en"]), automatic=True)
        handed = to_people(plain, scene.now, ControlReason.AUTOMATIC)
        return replace(handed, effects=(*kept(handed), note))

    async def _slowed(self, scene: Scene, plain: Decision, lang: str | None) -> Decision:
        """More than a person would cause: the contact is told once that people go on, and why is noted for them."""
        if scene.state.control_reason is ControlReason.TOO_FAST:
            return to_people(plain, scene.now, ControlReason.TOO_FAST) if plain.state.control is Control.BOT else plain
        log.warning("flow stopped for too many steps", channel=scene.channel.id, conversation=scene.conversation)
        locale = (await self._runner.world(scene)).locale
        told = Say(author=BOT, text=SLOW_DOWN.get(lang or locale, SLOW_DOWN["en"]), automatic=True)
        note = Say(direction=Direction.NOTE, author=BOT, text=TOO_FAST.get(locale, TOO_FAST["en"]), automatic=True)
        handed = to_people(plain, scene.now, ControlReason.TOO_FAST)
        return replace(handed, effects=(*kept(handed), told, note))

    async def on_command(
        self,
        state: ConversationState,
        command: OperatorCommand | FlowCommand,
        viewer: Viewer,
        place: "Place",
        conversation: ConversationId,
        channel: Channel,
        now: datetime,
        seq: int,
        newer: Sequence[Message] = (),
        before: ConversationState | None = None,
    ) -> Decision | None:
        """An operator acts. Raises as `decisions.on_command`."""
        scene = Scene(place.project, conversation, place.contact, channel, state, seq, now)
        if isinstance(command, StartFlow | StopFlow | MoveFlow | FillAnswers):
            if not viewer.may(Right.REPLY):
                raise NotAllowed
            flowed = await self._or_refused(self._commands.obey(scene, command))
            return flowed and at_once(state, flowed)
        if isinstance(command, HandBack) and command.to == "bot":
            if not viewer.may(Right.REPLY):
                raise NotAllowed
            handed = await self._or_refused(self._commands.hand_back(scene, command))
            return handed and at_once(state, handed)
        decision = on_command(state, command, viewer, now, newer, before)
        if decision is None:
            return None
        try:
            decision = await self._commands.let_go(scene, decision, undone=before is not None)
            if isinstance(command, Resolve):
                decision = await self._beginnings.after_resolving(scene, decision)
        except BotFailed:  # what a person does is done all the same
            pass
        return at_once(state, decision)

    @staticmethod
    async def _or_refused(deciding: Coroutine[None, None, Decision | None]) -> Decision | None:
        try:
            return await deciding
        except BotFailed as error:
            raise Invalid("bot_failed", f"The flow {error} cannot be run. The hub's log explains it.") from error

    async def on_page(
        self,
        state: ConversationState,
        page: Filled,
        place: "Place",
        conversation: ConversationId,
        channel: Channel,
        now: datetime,
        seq: int,
    ) -> Decision | None:
        """The contact filled in a page of the form, wherever the questions began.

        None when the page changes nothing, also a repeated one. Raises `NotFound`, `Invalid` (`answers_refused` with
        the faults by question, `answers_stale`).
        """
        scene = Scene(place.project, conversation, place.contact, channel, state, seq, now)
        return await self._or_refused(self._page(scene, page))

    async def _page(self, scene: Scene, page: Filled) -> Decision | None:
        session = await self._runner.open_session(scene)
        if session is None:
            raise NotFound("An open questionnaire of this conversation")
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        world = replace(world, at=replace(world.at, mode=Mode.FORM))
        step = self._runner.step(flow, session, page, world)
        if step.faults:
            raise Invalid("answers_refused", "Some answers cannot be taken.", faults=dict(step.faults))
        if step.verdict is Verdict.STALE:
            raise Invalid("answers_stale", "The questionnaire has moved on. Read it again.")
        if step.session == session and not step.effects:
            return None
        carried = await self._runner.carry(scene, flow, step, scene.state, world)
        said = page_said(flow, step.session, page, scene.contact)
        return at_once(scene.state, Decision(TurnKind.FLOW, carried.state, (said, *carried.effects), step.session))

    async def on_timer(
        self,
        state: ConversationState,
        timer: Timer,
        place: "Place",
        channel: Channel,
        now: datetime,
        seq: int,
    ) -> Decision | None:
        """A timer is due. None when it has nothing left to do."""
        scene = Scene(place.project, timer.conversation, place.contact, channel, state, seq, now)
        if timer.kind is TimerKind.FLOW_START:
            started = await self._beginnings.later(scene, timer)
            return started and at_once(state, started)
        if timer.kind in (TimerKind.FLOW_MOVED, TimerKind.FORM_REMIND):
            return await self._going_on.on_timer(scene, timer)
        due = TIMED.get(timer.kind)
        if due is None:
            return on_timer(state, timer.kind, now)
        mark = state.flow
        if mark is None or (mark.session, mark.asked) != (timer.session, timer.asked) or not mark.live:
            return None
        session = await self._runner.open_session(scene)
        if session is None or state.control is not Control.BOT:
            return None
        world = await self._runner.world(scene)
        try:
            flow = await self._runner.pinned(scene.project, session.flow, session.version)
            step = self._runner.step(flow, session, TimedOut(due, timer.asked or 0), world)
        except BotFailed:
            return at_once(state, to_people(Decision(TurnKind.TIMER, state), now))
        if step.session == session and not step.effects:
            return None
        carried = await self._runner.carry(scene, flow, step, state, world)
        effects = tuple(carried.effects)
        if due is Due.REMIND:
            effects = await self._going_on.reminded(scene, flow, session, effects)
        return at_once(state, Decision(TurnKind.TIMER, carried.state, effects, step.session))

    async def look(self, place: Conversation, channel: Channel, now: datetime) -> tuple[Flow, Session, World] | None:
        """The conversation's newest session as it stands, ended or not; None when it never had one."""
        if place.flow is None:
            return None
        session = await self._runner.sessions.session_at(place.id, place.flow.seq)
        if session is None:
            return None
        scene = Scene(place.project, place.id, place.contact, channel, place, place.seq, now)
        flow = await self._runner.library.pinned(place.project, session.flow, session.version)
        return flow, session, await self._runner.world(scene)

    # Messages -------------------------------------------------------------------------------------------------------

    async def _answered(self, scene: Scene, session: Session, message: Message, plain: Decision) -> Decision:
        """The contact wrote while a question was open."""
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        # A question after the end, such as how it went, leaves the conversation resolved.
        resolved = scene.state.status is Status.RESOLVED
        base = scene.state if resolved else plain.state
        if message.started:
            rule = rule_for(scene.channel, message, {}, first=False, started=message.started)
            if rule is not None and rule.flow != session.flow:
                begun = await self._beginnings.begin(scene, rule.flow, plain, ControlReason.FLOW_STARTED, left=session)
                if begun is not None:
                    return begun
            step = self._runner.step(flow, session, Resumed(), world)
        elif (link := self._going_on.asks_for_form(scene, session, flow, message)) is not None:
            told = base.model_copy(update={"waiting_since": None})
            return Decision(TurnKind.MESSAGE, told, (*kept(plain), link))
        else:
            step = self._runner.step(flow, session, await self._runner.said(session, message), world)
            if step.verdict in UNANSWERED:
                rule = rule_for(scene.channel, message, await self._runner.start_words(scene), first=False)
                if rule is not None and rule.flow != session.flow:
                    begun = await self._beginnings.begin(
                        scene, rule.flow, plain, ControlReason.FLOW_STARTED, left=session
                    )
                    if begun is not None:
                        return begun
            if resolved and step.verdict in (Verdict.ASKED_AGAIN, Verdict.NOTHING):
                # Not an answer to how it went, but something new: that opens the conversation, as it would without us.
                step, base = self._runner.step(flow, session, Stopped(), world), plain.state
        carried = await self._runner.carry(scene, flow, step, base, world)
        decision = Decision(TurnKind.MESSAGE, carried.state, (*kept(plain), *carried.effects), step.session)
        if step.verdict is Verdict.NOTHING and not step.effects and base.control is Control.BOT:
            return to_people(decision, scene.now)  # nothing ends in silence
        return decision

    async def _returned(self, scene: Scene, session: Session, message: Message, plain: Decision) -> Decision | None:
        """The contact wrote after the flow was closed for their silence; None when that was too long ago."""
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        step = self._runner.step(flow, session, await self._runner.said(session, message), world)
        if step.session.id != session.id or step.session.state not in (State.ACTIVE, State.DONE):
            return None
        base = with_control(plain.state, Control.BOT, ControlReason.REOPENED, scene.now)
        carried = await self._runner.carry(scene, flow, step, base, world)
        return Decision(TurnKind.MESSAGE, carried.state, (*kept(plain), *carried.effects), step.session)

    async def _too_late(self, scene: Scene, message: Message) -> Decision | None:
        """A button of questions that are over: its presser is told, and nobody has work; None for other buttons."""
        mark = scene.state.flow
        if mark is None or not engine.is_press(message.button or ""):
            return None
        session = await self._runner.sessions.session_at(scene.conversation, mark.seq)
        if session is None:
            return None
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        step = self._runner.step(flow, session, said_of(message, None), world)
        if step.verdict is not Verdict.STALE:
            return None
        speaking = scene.state.model_copy(update={"control": Control.BOT})
        carried = await self._runner.carry(scene, flow, step, speaking, world)
        return Decision(TurnKind.MESSAGE, scene.state, tuple(carried.effects), step.session)

    async def _while_held(self, scene: Scene, message: Message, plain: Decision) -> Decision:
        """A person holds the conversation: the bot is silent, and yet a wish to be left alone is noted."""
        mark = scene.state.flow
        name = mark.flow if mark else next((rule.flow for rule in scene.channel.flows), None)
        flow = await self._runner.library.newest(scene.project, name) if name else None
        if flow is None or not opts_out(flow, message.text):
            return plain
        world = await self._runner.world(scene)
        text = OPTED_OUT.get(world.locale, OPTED_OUT["en"])
        note = Say(direction=Direction.NOTE, author=BOT, text=text, automatic=True)
        return Decision(plain.kind, plain.state, (*plain.effects, OptOut(), note))
