"""The task desk: reads what a decision about a task needs, and decides. It reads and never writes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from hub.model.channel import Channel
from hub.model.contact import Contact
from hub.model.conversation import ConversationState, Status
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId, TaskId, TeamId
from hub.model.message import Message
from hub.model.operator import Viewer
from hub.model.project import Project
from hub.model.task import CallBackWish, Task
from hub.model.timer import Timer
from hub.model.turn import Effect
from hub.services.call_backs import Desk, Norms, asked, wanted_at, zone_of
from hub.services.commands import AddTask, TaskCommand
from hub.services.decisions import Decision
from hub.services.tasks import KnowsTasks, Step, on_task_command, on_task_timer


class KnowsContacts(Protocol):
    """Where contacts are read."""

    async def get(self, project: ProjectId, contact: ContactId) -> Contact | None:
        """The contact, or None."""


class KnowsProjects(Protocol):
    """Where projects are read."""

    async def get(self, project: ProjectId) -> Project | None:
        """The project, or None."""


class Place(Protocol):
    """A conversation, or a message of one."""

    @property
    def project(self) -> ProjectId: ...
    @property
    def channel(self) -> ChannelId: ...
    @property
    def contact(self) -> ContactId: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of its own: where a flow runs."""

    project: ProjectId
    channel: ChannelId
    contact: ContactId


class TaskDesk:
    """Decides about tasks. Everything before was applied, so that what it reads is what the newest Turn left."""

    def __init__(self, tasks: KnowsTasks, contacts: KnowsContacts, projects: KnowsProjects, norms: Norms) -> None:
        self._tasks, self._contacts, self._projects, self.norms = tasks, contacts, projects, norms

    async def on_command(
        self,
        command: TaskCommand,
        state: ConversationState,
        viewer: Viewer,
        place: Place,
        conversation: ConversationId,
        now: datetime,
        seq: int,
    ) -> Decision | None:
        """An operator acts. Raises as `tasks.on_task_command`."""
        step = Step(state, seq, now, self.norms)
        if not isinstance(command, AddTask):
            task = await self._of(command.task, conversation)
            desk = await self._desk(place, conversation, "", now, seq, state.team)
            return on_task_command(command, step, viewer, desk, task, ())
        desk = await self._desk(place, conversation, command.wish.phone, now, seq, command.team, command.operator)
        known = await self._tasks.open_of(conversation)
        return on_task_command(command, step, viewer, replace(desk, announce=False), None, known)

    async def on_timer(self, timer: Timer, state: ConversationState, now: datetime, seq: int) -> Decision | None:
        """A timer of a task is due."""
        task = await self._of(TaskId(timer.task or ""), timer.conversation)
        return on_task_timer(timer, Step(state, seq, now, self.norms), task)

    async def with_wish(
        self, decision: Decision, message: Message, channel: Channel, now: datetime, seq: int
    ) -> Decision:
        """`decision` with the call back that a message asks for, if it does."""
        wish = message.details.call_back if message.details else None
        if wish is None or decision.state.status is Status.SPAM:
            return decision
        team = decision.state.team or channel.team
        effects = await self.asked(wish, message, message.conversation, now, seq, team)
        return replace(decision, effects=(*decision.effects, *effects))

    async def asked(
        self,
        wish: CallBackWish,
        place: Place,
        conversation: ConversationId,
        now: datetime,
        seq: int,
        team: TeamId | None,
    ) -> Sequence[Effect]:
        """What follows from a wish to be called."""
        desk = await self._desk(place, conversation, wish.phone, now, seq, team)
        if wish.wanted_at is None and wish.wanted:
            wish = wish.model_copy(update={"wanted_at": wanted_at(wish.wanted, desk.zone, now)})
        return asked(wish, desk, await self._tasks.open_of(conversation))

    async def _of(self, task: TaskId, conversation: ConversationId) -> Task | None:
        found = await self._tasks.get(task)
        return found if found is not None and found.conversation == conversation else None

    async def _desk(
        self,
        place: Place,
        conversation: ConversationId,
        phone: str,
        now: datetime,
        seq: int,
        team: TeamId | None,
        assignee: OperatorId | None = None,
    ) -> Desk:
        contact = await self._contacts.get(place.project, place.contact)
        project = await self._projects.get(place.project)
        zone = contact.time_zone if contact and contact.time_zone else None
        return Desk(
            project=place.project, conversation=conversation, channel=place.channel, contact=place.contact, seq=seq,
            now=now, zone=zone or zone_of(phone, project.time_zone if project else "UTC"),
            locale=project.locale if project else "en", team=team, assignee=assignee, norms=self.norms,
        )  # fmt: skip
