"""Session commands: what operators do to a flow's session, by what they write and by taking it in hand."""

from typing import assert_never

from flows import engine
from flows.engine import Step, Verdict
from flows.events import Begin, Filled, Held, Resumed, Stopped
from flows.session import By, State
from hub.model.conversation import Control, ControlReason, Status
from hub.model.flow import LIVE
from hub.model.turn import TurnKind
from hub.services.beginnings import Beginnings
from hub.services.bot_decisions import to_people
from hub.services.changes_of_control import opened, with_control
from hub.services.commands import FillAnswers, HandBack, MoveFlow, StartFlow, StopFlow
from hub.services.decisions import Decision
from hub.services.errors import Invalid, NotFound
from hub.services.flow_runner import FlowRunner, Scene


class SessionCommands:
    """Decides what a command of an operator makes of the session. It reads and never writes."""

    def __init__(self, runner: FlowRunner, beginnings: Beginnings) -> None:
        self._runner, self._beginnings = runner, beginnings

    async def let_go(self, scene: Scene, decision: Decision, *, undone: bool = False) -> Decision:
        """The session after a person did something: it waits for whoever holds the conversation, or ends with it.

        `undone`: the Turn that began it, a survey of how it was, is taken back.
        """
        session = None if decision.state.control is Control.BOT else await self._runner.open_session(scene)
        if session is None or session.state is State.ABANDONED:
            return decision
        closed = undone or decision.state.status in (Status.RESOLVED, Status.SPAM)
        if not closed and session.state is not State.ACTIVE:
            return decision
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        step = self._runner.step(flow, session, Stopped() if closed else Held(), world)
        carried = await self._runner.carry(scene, flow, step, decision.state, world)
        return Decision(
            decision.kind, carried.state, (*decision.effects, *carried.effects), step.session, decision.left
        )

    async def hand_back(self, scene: Scene, command: HandBack) -> Decision | None:
        """To the bot: the open question is put again, or a questionnaire begins. None when it has the conversation."""
        session = await self._runner.open_session(scene)
        live = session is not None and session.state in LIVE
        anew = command.flow is not None or command.restart or command.again
        if scene.state.control is Control.BOT and live and not anew:
            return None
        name = command.flow or (session.flow if session is not None and command.restart else None)
        if name is None and not live:
            raise Invalid("no_bot", "No questionnaire is open here. Choose one, or hand the conversation to the queue.")
        base = with_control(opened(scene.state), Control.BOT, ControlReason.HANDED_BACK, scene.now, assignee=None)
        plain = Decision(TurnKind.HAND_BACK, base)
        if name is not None:
            begun = await self._beginnings.begin(scene, name, plain, ControlReason.HANDED_BACK, left=session)
            if begun is None:
                raise Invalid("no_flow", f"The flow {name} is not published.")
            return begun
        assert session is not None
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        step = self._runner.step(flow, session, Resumed(), world)
        carried = await self._runner.carry(scene, flow, step, base, world)
        return Decision(TurnKind.HAND_BACK, carried.state, tuple(carried.effects), step.session)

    async def obey(self, scene: Scene, command: StartFlow | StopFlow | MoveFlow | FillAnswers) -> Decision | None:
        """Start, stop, move or fill in a questionnaire; None: nothing is to be done. Raises `Invalid`, `NotFound`."""
        session = await self._runner.open_session(scene)
        if isinstance(command, StartFlow):
            plain = Decision(TurnKind.FLOW, opened(scene.state))
            reason = ControlReason.FLOW_STARTED
            begin = Begin(prefill=dict(command.prefill))
            begun = await self._beginnings.begin(scene, command.flow, plain, reason, left=session, begin=begin)
            if begun is None:
                raise Invalid("no_flow", f"The flow {command.flow} is not published.")
            return begun
        if session is None or session.state not in LIVE:
            if isinstance(command, StopFlow):
                return None
            raise NotFound("An open questionnaire of this conversation")
        flow = await self._runner.pinned(scene.project, session.flow, session.version)
        world = await self._runner.world(scene)
        step: Step
        match command:
            case StopFlow():
                step = self._runner.step(flow, session, Stopped(), world)
            case MoveFlow():
                newest = await self._runner.library.newest(scene.project, session.flow)
                if newest is None or newest.version == session.version:
                    return None
                step, flow = engine.move(flow, newest, session, world.at), newest
            case FillAnswers(values=values, refused=refused, turn=turn):
                step = self._runner.step(flow, session, Filled(values, refused, By.OPERATOR, turn), world)
                if step.faults:
                    raise Invalid("answers_refused", "Some answers cannot be taken.", faults=dict(step.faults))
                if step.verdict is Verdict.STALE:
                    raise Invalid("answers_stale", "The questionnaire has moved on. Read it again.")
            case _:
                assert_never(command)
        carried = await self._runner.carry(scene, flow, step, scene.state, world)
        decision = Decision(TurnKind.FLOW, carried.state, tuple(carried.effects), step.session)
        if isinstance(command, StopFlow) and scene.state.control is Control.BOT:
            return to_people(decision, scene.now, ControlReason.HANDED_BACK)
        return decision
