"""Beginnings: how a flow begins, and when one that was to follow does."""

import structlog

from flows import engine
from flows.events import Begin, Stopped
from flows.session import Session, State
from hub.model.conversation import Control, ControlReason, Status
from hub.model.flow import LIVE, StartOn
from hub.model.ids import derived_id
from hub.model.timer import Timer
from hub.model.turn import TurnKind
from hub.services.bot_decisions import kept, to_people
from hub.services.changes_of_control import with_control
from hub.services.decisions import Decision
from hub.services.flow_runner import FlowRunner, Scene
from hub.services.going_on import GoingOn, asked_lately

log = structlog.get_logger(__name__)


class Beginnings:
    """Begins flows. It reads and never writes."""

    def __init__(self, runner: FlowRunner, going_on: GoingOn) -> None:
        self._runner, self._going_on = runner, going_on

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
        return await self.begin(scene, timer.flow, plain, ControlReason.FLOW_STARTED, left=session)

    async def after_resolving(self, scene: Scene, decision: Decision) -> Decision:
        """A flow that asks how it went, where the channel has one."""
        rule = next((rule for rule in scene.channel.flows if rule.on is StartOn.RESOLVED), None)
        if rule is None:
            return decision
        contact = await self._runner.contacts.get(scene.project, scene.contact)
        if contact is None or contact.blocked or contact.opted_out_at is not None:
            return decision
        begun = await self.begin(scene, rule.flow, decision, ControlReason.RESOLVED)
        if begun is None:
            return decision
        return Decision(begun.kind, begun.state, begun.effects, begun.session, decision.session)
