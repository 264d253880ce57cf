"""The flow runner: reads what a step needs, steps, and carries what comes out into the conversation."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from flows import effects as flow_effect
from flows import engine
from flows.definition import Flow
from flows.engine import Step
from flows.events import At, Event, GivenFile, Mode, Said
from flows.session import Session, State
from hub.model.channel import Channel
from hub.model.contact import Contact
from hub.model.conversation import ConversationState
from hub.model.ids import ContactId, ConversationId, ProjectId, TeamId
from hub.model.message import Message
from hub.model.project import Project
from hub.model.task import CallBackWish
from hub.model.turn import Effect
from hub.services import flow_effects
from hub.services.before_them import KnowsQuestions, turn_before_them
from hub.services.errors import ServiceError
from hub.services.flow_cards import card_of
from hub.services.flow_effects import Carried, Desk, Facts, call_backs, escalations
from hub.services.flow_library import FlowLibrary
from hub.services.start_rules import FORMS
from hub.services.task_desk import Spot, TaskDesk

log = structlog.get_logger(__name__)

REMEMBERED_S = 5.0
"""How long a project's language and time zone are remembered."""
MODES = {"telegram": Mode.TELEGRAM, "email": Mode.EMAIL, FORMS: Mode.FORM}
REGIONS = {"ru": "RU", "en": "US"}


class BotFailed(Exception):
    """A flow cannot be run: a fault of the engine, or a version that a newer engine refuses. Its name is the text."""


class KnowsSessions(Protocol):
    """Where the session that a conversation shows is read."""

    async def session_at(self, conversation: ConversationId, seq: int) -> Session | None:
        """The session that the Turn `seq` of the conversation holds."""


class KnowsContacts(Protocol):
    """Where contacts are read."""

    async def get(self, project: ProjectId, contact: ContactId) -> Contact | None:
        """The contact, or None."""

    async def recent(self, project: ProjectId, contact: ContactId) -> Contact | None:
        """The same, as it was a moment ago."""


class KnowsProjects(Protocol):
    """Where projects are read."""

    async def get(self, project: ProjectId) -> Project | None:
        """The project, or None."""


class KnowsDesks(Protocol):
    """Where an escalation goes."""

    async def desk(self, project: ProjectId, name: str | None, channel_team: TeamId | None) -> Desk:
        """The team that is meant, and whether somebody of it is on duty."""


class Place(Protocol):
    """A conversation, or a message of one."""

    @property
    def project(self) -> ProjectId: ...
    @property
    def contact(self) -> ContactId: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a step happens: in which conversation, as which Turn, and when. `press` is a message with a button."""

    project: ProjectId
    conversation: ConversationId
    contact: ContactId
    channel: Channel
    state: ConversationState
    seq: int
    now: datetime
    press: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What was read for a step."""

    at: At
    contact: Contact | None
    locale: str


class FlowRunner:
    """Runs flows for the bot. It reads and never writes."""

    def __init__(
        self,
        library: FlowLibrary,
        sessions: KnowsSessions,
        contacts: KnowsContacts,
        projects: KnowsProjects,
        desks: KnowsDesks,
        questions: KnowsQuestions,
        tasks: TaskDesk,
        own_people: Collection[str] = (),
    ) -> None:
        """`own_people`: kinds of channel whose service has people of its own, and says whether they are there."""
        self._own_people = own_people
        self.library, self.sessions, self.contacts = library, sessions, contacts
        self._projects, self._desks, self._questions, self._tasks = projects, desks, questions, tasks
        self._known_projects: dict[ProjectId, tuple[float, Project | None]] = {}

    @staticmethod
    def step(flow: Flow, session: Session, event: Event, world: World) -> Step:
        try:
            return engine.step(flow, session, event, world.at)
        except Exception as error:
            log.exception("flow could not be stepped", flow=flow.name, version=flow.label, session=session.id)
            raise BotFailed(flow.name) from error

    async def said(self, session: Session, message: Message) -> Said:
        """What a message says to the open question.

        Order is position: what stands behind the question was not there before it, though the clocks of two hubs, which
        differ by milliseconds, may say so.
        """
        said, asked = said_of(message, await turn_before_them(self._questions, session, message)), session.open
        if asked is None or said.at >= asked.asked_at:
            return said
        put = await self._questions.newest_question(message.conversation, message.position)
        behind = put is not None and put.ask is not None and put.ask.question == asked.step
        return replace(said, at=asked.asked_at) if behind and put and put.created_at >= asked.asked_at else said

    async def pinned(self, project: ProjectId, flow: str, version: int) -> Flow:
        """The flow as its sessions run it."""
        try:
            return await self.library.pinned(project, flow, version)
        except ServiceError as error:
            log.error("flow of a session cannot be used", flow=flow, version=version, reason=error.detail)
            raise BotFailed(flow) from error

    async def carry(self, scene: Scene, flow: Flow, step: Step, base: ConversationState, world: World) -> Carried:
        desks: dict[str | None, Desk] = {}
        for escalation in escalations(step.effects):
            if escalation.team not in desks:
                desk = await self._desks.desk(scene.project, escalation.team, scene.channel.team)
                there = desk.on_duty or scene.channel.kind in self._own_people
                desks[escalation.team] = replace(desk, on_duty=there)
        calls = {call: await self._called(scene, call, world) for call in call_backs(step.effects)}
        facts = Facts(
            calls=calls,
            seq=scene.seq,
            now=scene.now,
            version=flow.label,
            desks=desks,
            card=lambda: card_of(flow, step.session, world.at, world.locale),
            press=scene.press,
            toasts=world.at.mode is Mode.TELEGRAM,
        )
        return flow_effects.carry(step.session, step.effects, base, facts)

    async def _called(self, scene: Scene, call: flow_effect.CallBack, world: World) -> Sequence[Effect]:
        """The task of a call back; nothing where no number is known."""
        phone = call.phone or world.at.known.get("contact.phone")
        if not phone:
            log.warning("no number to call back", conversation=scene.conversation)
            return ()
        desk = await self._desks.desk(scene.project, call.team, scene.channel.team)
        wish = CallBackWish(
            phone=phone, wanted=call.wanted, reason=call.topic,
            within_s=int(call.within.total_seconds()) if call.within else None,
        )  # fmt: skip
        spot = Spot(scene.project, scene.channel.id, scene.contact)
        return await self._tasks.asked(wish, spot, scene.conversation, scene.now, scene.seq, desk.team)

    async def open_session(self, scene: Scene) -> Session | None:
        """The session that has not ended, or that a late answer may open again."""
        mark = scene.state.flow
        if mark is None or not (mark.live or mark.state is State.ABANDONED):
            return None
        return await self.sessions.session_at(scene.conversation, mark.seq)

    async def start_words(self, scene: Scene) -> dict[str, frozenset[str]]:
        """The start words that flows of the channel's rules name themselves."""
        return await self.library.start_words(scene.channel)

    async def world(self, scene: Scene) -> World:
        contact = await self.contacts.recent(scene.project, scene.contact)
        project = await self._project(scene.project)
        locale = project.locale if project else "en"
        at = At(
            now=scene.now,
            turn=scene.seq,
            mode=MODES.get(scene.channel.kind, Mode.CHAT),
            zone=(contact and contact.time_zone) or (project.time_zone if project else "UTC"),
            region=REGIONS.get(locale, "RU"),
            channel=scene.channel.id,
            known=_known(contact),
        )
        return World(at, contact, locale)

    async def _project(self, project: ProjectId) -> Project | None:
        read_at, known = self._known_projects.get(project, (float("-inf"), None))
        if time.monotonic() - read_at >= REMEMBERED_S:
            known = await self._projects.get(project)
            self._known_projects[project] = time.monotonic(), known
        return known

    @staticmethod
    def language(flow: Flow, world: World) -> str:
        own = (world.contact.language or "").partition("-")[0].lower() if world.contact else ""
        return next((lang for lang in (own, world.locale) if lang in flow.langs), flow.lang)


def said_of(message: Message, turn: int | None) -> Said:
    """What a message says to an open question: of a mail neither what it quotes nor its raw bytes.

    `turn` is that of the question before it, where it is known.
    """
    details = message.details
    mail = details.mail if details else None
    place = details.location if details else None
    return Said(
        message=message.id,
        at=message.created_at,
        text=message.text if mail is None or mail.answer is None else mail.answer,
        button=message.button,
        files=[
            GivenFile(file.id, file.name, file.media_type, file.size_bytes)
            for file in message.attachments
            if mail is None or file.id != mail.original
        ],
        phone=details.phone if details else None,
        location=(place.latitude, place.longitude) if place else None,
        turn=turn,
    )


def _known(contact: Contact | None) -> dict[str, str]:
    if contact is None:
        return {}
    known = {f"contact.{field.name}": field.value for field in contact.fields}
    return known | ({"contact.name": contact.name} if contact.name else {})
