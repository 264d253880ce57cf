"""Fills an empty database with the demo project, through the same pipeline that real messages take."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from hub.app.flow_files import FOLDER, find_flows
from hub.app.flow_import import import_flows, publish_flows
from hub.app.pipeline import Pipeline, Surroundings, open_pipeline
from hub.model.channel import Channel
from hub.model.contact import Field
from hub.model.conversation import Priority
from hub.model.desk import CannedReply
from hub.model.events import MessageReceived, Sender, Unreadable
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ChannelId, ConversationId, OperatorId, ProjectId, TeamId, new_id
from hub.model.operator import Membership, Role, Scope, Viewer
from hub.model.project import Mode, Project, Team
from hub.model.task import CallBackWish
from hub.services.accounts import Accounts
from hub.services.commands import (
    AddTask,
    Assign,
    Command,
    MarkSpam,
    Note,
    Reply,
    Resolve,
    SetPriority,
    SetTags,
    Snooze,
    Take,
)
from hub.services.flow_library import FlowLibrary
from hub.settings import Settings
from hub.store.canned_replies import CannedReplies
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.projects import Projects

PASSWORD = "switchboard-demo"  # noqa: S105  (a demo's, printed at its start)
PEOPLE: Mapping[str, tuple[str, str, Role, str]] = {
    "admin": ("admin@example.test", "Demo Admin", Role.ADMIN, "First line"),
    "curator": ("curator@example.test", "Demo Curator", Role.CURATOR, "First line"),
    "operator": ("operator@example.test", "Demo Operator", Role.OPERATOR, "First line"),
    "second": ("second@example.test", "Demo Manager", Role.SECOND_LINE, "Second line"),
}
CANNED: Sequence[tuple[str, str]] = (
    ("hello", "Hello! Thank you for writing to us. How can I help?"),
    ("привет", "Здравствуйте! Спасибо, что написали нам. Чем могу помочь?"),
    ("доставка", "Доставка по городу занимает 1-2 дня, по области 3-5 дней. Точный срок покажет расчёт в корзине."),
    ("возврат", "Вернуть товар можно в течение 14 дней. Пришлите, пожалуйста, номер заказа и фото, и мы всё оформим."),
    ("thanks", "Thank you! If anything else comes up, just write here."),
)
RULES: Sequence[StartRule] = (
    StartRule(flow="b2b", on=StartOn.START),
    StartRule(flow="b2b", on=StartOn.WORDS),
    StartRule(flow="lead10", on=StartOn.WORDS),
    StartRule(flow="callback", on=StartOn.WORDS),
    StartRule(flow="nps", on=StartOn.RESOLVED),
)
WEB_CHAT_KEY, CONSOLE_KEY, FORMS_KEY = "demo-shop", "demo-console", "demo-forms"


@dataclass(frozen=True)
class _Step:
    at: datetime
    order: tuple[int, int]
    sender: Sender
    by: str
    what: Mapping[str, Any]
    now: datetime


async def seed(connection: Connection, settings: Settings, accounts: Accounts) -> bool:
    """Make the demo project unless there is a project already; whether it was made."""
    projects, channels = Projects(connection.database), Channels(connection.database)
    if await projects.all():
        return False
    clock = DatabaseClock(connection.database)
    await clock.sync()
    now = clock.now()
    begun = await channels.by_key(WEB_CHAT_KEY)  # an earlier start was interrupted: go on in its project
    project = Project(
        id=begun.project if begun else ProjectId(new_id()), name="Aurora Home", mode=Mode.REMOTE_SALES, locale="ru",
        time_zone="Europe/Moscow", created_at=now,
    )  # fmt: skip
    teams = {team.name: team for team in await projects.teams(project.id)}
    for name in ("First line", "Second line"):
        if name not in teams:
            teams[name] = Team(id=TeamId(new_id()), project=project.id, name=name)
            await projects.put_team(teams[name])
    viewers = await _people(accounts, project, teams)
    shop = await _channels(channels, project, now)
    replies = CannedReplies(connection.database)
    said = {reply.shortcut for reply in await replies.visible(project.id, viewers["operator"].operator)}
    for shortcut, text in CANNED:
        if shortcut not in said:
            await replies.add(CannedReply(id=new_id(), project=project.id, shortcut=shortcut, text=text))
    await _tell(connection, settings, shop, viewers, teams, now)
    await _flows(connection, channels, project, clock)
    await projects.put(project)  # last: where it stands, everything stands
    return True


async def _people(accounts: Accounts, project: Project, teams: Mapping[str, Team]) -> dict[str, Viewer]:
    viewers: dict[str, Viewer] = {}
    for name, (email, full_name, role, team) in PEOPLE.items():
        member = Membership(project=project.id, role=role, scope=Scope.ALL, teams=(teams[team].id,))
        known = await accounts.by_email(email)
        operator = known or await accounts.add_operator(email, full_name, PASSWORD, [member], locale="ru")
        if known is not None:  # an earlier start was interrupted
            await accounts.set_memberships(known.id, [member])
        viewers[name] = Viewer(
            operator=OperatorId(operator.id), name=full_name, project=project.id, role=role, scope=Scope.ALL,
            teams=member.teams,
        )  # fmt: skip
    return viewers


async def _channels(channels: Channels, project: Project, now: datetime) -> Channel:
    shop = Channel(
        id=ChannelId(new_id()), project=project.id, kind="webchat", name="Сайт Aurora Home", key=WEB_CHAT_KEY,
        created_at=now,
        greeting=(
            "Здравствуйте! Мы на связи и ответим в течение пары минут. Напишите «заявка», чтобы подобрать решение, "
            "или «перезвоните», если удобнее голосом."
        ),
        settings={
            "title": "Aurora Home", "subtitle": "Обычно отвечаем за пару минут", "accent": "#2f5bd8", "locale": "ru",
        },
    )  # fmt: skip
    console = Channel(
        id=ChannelId(new_id()), project=project.id, kind="console", name="Terminal", key=CONSOLE_KEY, created_at=now
    )
    forms = Channel(
        id=ChannelId(new_id()), project=project.id, kind="forms", name="Анкеты на сайте", key=FORMS_KEY, created_at=now
    )
    for channel in (shop, console, forms):
        known = await channels.by_key(channel.key)
        if known is None:
            await channels.add(channel)
        elif channel is shop:
            shop = known
    return shop


async def _flows(connection: Connection, channels: Channels, project: Project, clock: DatabaseClock) -> None:
    """Publish the sample flows, where their files are at hand, and let the channels begin them."""
    if not FOLDER.is_dir():
        return
    database = connection.database
    library = FlowLibrary(FlowDrafts(database), FlowVersions(database), FlowSessions(database), clock)
    found = find_flows([FOLDER])
    await import_flows(library, project.id, found)
    names = [files.name for files in found]
    await publish_flows(library, project.id, names)
    rules = tuple(rule for rule in RULES if rule.flow in names)
    for channel in await channels.of_project(project.id):
        if not channel.flows:
            await channels.change(project.id, channel.id, channel.revision, {"flows": rules})


async def _tell(
    connection: Connection,
    settings: Settings,
    shop: Channel,
    viewers: Mapping[str, Viewer],
    teams: Mapping[str, Team],
    now: datetime,
) -> None:
    """Play the sample conversations, all of them in one order of time, with a clock that is set to each step."""
    moment = now - timedelta(days=30)

    async def read() -> datetime:
        return moment

    class Nowhere:
        async def park(self, channel: Channel, event: Unreadable) -> None:
            raise AssertionError("a sample conversation cannot be read")

    async def load(channel: ChannelId) -> Channel | None:
        return shop if channel == shop.id else None

    around = Surroundings(load, {"webchat": True}, lambda _: None, lambda: (), lambda _: None, Nowhere())
    clock = DatabaseClock(connection.database, read=read, monotonic=lambda: 0.0)
    async with open_pipeline(connection, settings, around, clock=clock) as pipeline:
        for step in _steps(now):
            moment = step.at
            await clock.sync()
            await _play(pipeline, shop, step, viewers, teams)


def _steps(now: datetime) -> list[_Step]:
    conversations: list[dict[str, Any]] = tomllib.loads(
        files(__package__).joinpath("conversations.toml").read_text(encoding="utf-8")
    )["conversation"]
    steps: list[_Step] = []
    for number, conversation in enumerate(conversations):
        sender = Sender(
            kind="webchat", value=f"demo-{number}", name=conversation["name"], language=conversation["language"],
            fields=(Field(name="city", value="Sample City"), Field(name="source", value="demo")),
        )  # fmt: skip
        pace = timedelta(minutes=min(4.0, conversation["ago"] / (len(conversation["steps"]) + 1)))
        begin = now - timedelta(minutes=conversation["ago"])
        steps += [
            _Step(begin + index * pace, (number, index), sender, conversation.get("by", "operator"), what, now)
            for index, what in enumerate(conversation["steps"])
        ]
    return sorted(steps, key=lambda step: (step.at, step.order))


async def _play(
    pipeline: Pipeline, shop: Channel, step: _Step, viewers: Mapping[str, Viewer], teams: Mapping[str, Team]
) -> None:
    key = f"demo:{step.order[0]}:{step.order[1]}"
    if text := step.what.get("in"):
        event = MessageReceived(external_id=key, sender=step.sender, text=text)
        await pipeline.inbound.receive(shop, [event])
    contact = await pipeline.contacts.of_sender(shop.project, step.sender, step.at)
    conversation = await _decided(pipeline, shop, contact)
    command = _command(step, teams)
    if command is not None:
        await pipeline.turns.act(viewers[step.by], conversation, command, key)


async def _decided(pipeline: Pipeline, shop: Channel, contact: Any) -> ConversationId:
    """The contact's conversation, once all it has received is decided: the next step sets the clock on."""
    async with asyncio.timeout(30):
        while True:
            found = await pipeline.conversations.newest_of(shop.id, contact)
            if found is not None and not await pipeline.messages.undecided(found.id):
                return found.id
            await asyncio.sleep(0.005)


def _command(step: _Step, teams: Mapping[str, Team]) -> Command | None:
    what = step.what
    if text := what.get("out"):
        return Reply(text=text, seen_position=0, confirm=True)
    if text := what.get("note"):
        return Note(text=text)
    if phone := what.get("call"):
        wish = CallBackWish(phone=phone, reason=what["reason"])
        return AddTask(wish=wish, due_at=step.now + timedelta(minutes=what["due"]))
    verb, _, value = what.get("do", "").partition(":")
    match verb:
        case "take":
            return Take()
        case "resolve":
            return Resolve()
        case "snooze":
            return Snooze()
        case "spam":
            return MarkSpam()
        case "tags":
            return SetTags(tags=tuple(value.split(",")))
        case "priority":
            return SetPriority(priority=Priority(value))
        case "team":
            return Assign(team=teams[value].id)
        case _:
            return None
