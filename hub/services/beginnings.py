"""Beginnings: how a flow begins, and when one that was to follow does."""

from dataclasses import replace
from datetime import timedelta

import structlog

from flows import engine
from flows.events import Begin, Stopped
from flows.session import Session, State
from hub.model.conversation import Control, ControlReason, Status
from hub.model.flow import LIVE, StartOn
from hub.model.ids import derived_id
from hub.model.message import ActorKind, Direction
from hub.model.timer import Timer
from hub.model.turn import Say, TurnKind
from hub.services.bot_decisions import UNHEARD, kept, to_people
from hub.services.changes_of_control import with_control
from hub.services.decisions import Decision
from hub.services.flow_effects import BOT
from hub.services.flow_runner import FlowRunner, Scene
from hub.services.going_on import GoingOn, asked_lately
from hub.services.loops import KnowsThreads
from hub.services.pace import Pace

log = structlog.get_logger(__name__)

ONCE_A_DAY = timedelta(hours=20)
"""Between two times of the questions after the end; a day less the hours by which people begin earlier."""
UNHEARD_LIMIT = 12
"""Messages of the bot in a row without an answer, after which no flow follows by itself: two or three flows' worth."""


class Beginnings:
    """Begins flows. It reads and never writes."""

    def __init__(self, runner: FlowRunner, going_on: GoingOn, threads: KnowsThreads, pace: Pace) -> None:
        self._runner, self._going_on, self._threads, self._pace = runner, going_on, threads, pace

    async def begin(
        self,
        scene: Scene,
        name: str,
        plain: Decision,
        reason: ControlReason,
        *,
        left: Session | None = None,
        begin: Begin | None = None,
    ) -> Decision | None:
        """Begin the newest version of a flow; None when there is none. `left` ends if it has not."""
        flow = await self._runner.library.newest(scene.project, name)
        if flow is None:
            log.warning("flow to begin is not published", flow=name, channel=scene.channel.id)
            return None
        world = await self._runner.world(scene)
        ended = None
        if left is not None and left.state in LIVE:
            old = await self._runner.pinned(scene.project, left.flow, left.version)
            ended = self._runner.step(old, left, Stopped(), world).session
        # Whoever resolved it stays its owner: what is written after the questions comes back to them.
        owner = plain.state.assignee if reason is ControlReason.RESOLVED else None
        base = with_control(plain.state, Control.BOT, reason, scene.now, assignee=owner, flow=None)
        session = derived_id("session", scene.conversation, scene.seq)
        language = self._runner.language(flow, world)
        try:
            step = engine.begin(flow, session, language, begin or Begin(), world.at)
        except Exception:  # a fault of the engine or the flow: people go on, and nobody waits for an answer for ever
            log.exception("flow could not begin", flow=name, conversation=scene.conversation)
            return to_people(Decision(plain.kind, base, kept(plain)), scene.now)
        carried = await self._runner.carry(scene, flow, step, base, world)
        effects = self._going_on.begun(scene, flow, step.session, carried.effects)
        return Decision(plain.kind, carried.state, (*kept(plain), *effects), step.session, ended)

    async def later(self, scene: Scene, timer: Timer) -> Decision | None:
        """A flow that was to follow: not over a person's head, and not to somebody who wants no messages."""
        held = scene.state.control is Control.OPERATOR or scene.state.status is Status.SPAM
        if timer.flow is None or held or asked_lately(scene, timer):
            return None
        contact = await self._runner.contacts.get(scene.project, scene.contact)
        if contact is None or contact.blocked or contact.opted_out_at is not None:
            return None
        session = await self._runner.open_session(scene)
        if session is not None and session.state is State.ACTIVE:
            return None
        plain = Decision(TurnKind.TIMER, scene.state)
        if await self._is_unheard(scene):
            return await self._left_alone(scene, plain, timer.flow)
        return await self.begin(scene, timer.flow, plain, ControlReason.FLOW_STARTED, left=session)

    async def _asked_today(self, scene: Scene, name: str) -> bool:
        """Whether this very flow was the last one here, within a day: nobody is asked twice how it went."""
        mark = scene.state.flow
        if mark is None or mark.flow != name:
            return False
        session = await self._runner.sessions.session_at(scene.conversation, mark.seq)
        return session is not None and scene.now - session.started_at < ONCE_A_DAY

    async def _is_unheard(self, scene: Scene) -> bool:
        """Whether the bot has written too much without an answer, or flows begin each other without end."""
        if self._pace.is_too_fast(scene.conversation, scene.seq, scene.now):
            return True
        newest = await self._threads.window(scene.conversation, limit=UNHEARD_LIMIT, public=True)
        return len(newest) == UNHEARD_LIMIT and all(one.author.kind is ActorKind.BOT for one in newest)

    async def _left_alone(self, scene: Scene, plain: Decision, name: str) -> Decision:
        """Nobody is asked, and people read why."""
        log.warning("flow not begun for want of an answer", flow=name, conversation=scene.conversation)
        locale = (await self._runner.world(scene)).locale
        text = UNHEARD.get(locale, UNHEARD["en"]).format(count=UNHEARD_LIMIT, flow=name)
        note = Say(direction=Direction.NOTE, author=BOT, text=text, automatic=True)
        return replace(plain, effects=(*plain.effects, note))

    async def after_resolving(self, scene: Scene, decision: Decision) -> Decision:
        """A flow that asks how it went, where the channel has one."""
        rule = next((rule for rule in scene.channel.flows if rule.on is StartOn.RESOLVED), None)
        if rule is None:
            return decision
        contact = await self._runner.contacts.get(scene.project, scene.contact)
        if contact is None or contact.blocked or contact.opted_out_at is not None:
            return decision
        if await self._asked_today(scene, rule.flow):
            return decision
        begun = await self.begin(scene, rule.flow, decision, ControlReason.RESOLVED)
        if begun is None:
            return decision
        return Decision(begun.kind, begun.state, begun.effects, begun.session, decision.session)
