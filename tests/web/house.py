"""A running hub with two projects, as tests of the web use it."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import JsonValue, SecretStr

from connectors.abilities import ShownHtml
from connectors.base import Connector
from connectors.errors import ChannelUnavailable, PayloadInvalid
from connectors.reasons import why
from hub.app.background import background
from hub.app.people import People
from hub.app.pipeline import Pipeline, Surroundings, open_pipeline
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import InboundEvent, MessageReceived, Received, Sender
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import ChannelId, ConversationId, ProjectId, new_id
from hub.model.message import Message
from hub.model.operator import Membership, Operator, Role, Scope
from hub.model.project import Project, Team
from hub.model.sample import Sample
from hub.model.why import Why
from hub.services.attachments import Attachments
from hub.services.attribution import Attribution
from hub.services.changing import Changing
from hub.services.channel_sign_ins import ChannelSignIns
from hub.services.contact_erasing import ContactErasing
from hub.services.contact_export import ContactExport
from hub.services.errors import Invalid
from hub.services.flow_authors import FlowAuthors
from hub.services.letters import Letters
from hub.services.operator_links import OperatorLinks
from hub.services.parked import Parked
from hub.services.retries import Retries
from hub.services.search import Search
from hub.services.stuck_sessions import StuckSessions
from hub.services.trials import Trials
from hub.settings import Settings
from hub.store import (
    account_links,
    attachments,
    blobs,
    canned_replies,
    channels,
    drafts,
    flow_figures,
    parked,
    projects,
    read_marks,
    search_words,
)
from hub.store.channel_sign_ins import ChannelSignInStates
from hub.store.connection import Connection
from hub.store.contact_records import ContactRecords
from hub.store.flow_sessions import FlowSessions
from hub.store.form_invites import FormInvites as FormInviteStore
from hub.store.form_samples import FormSamples
from hub.store.funnel import Consents, StageLog
from hub.store.groups import OperatorLinks as LinkStore
from hub.store.indexes import create_indexes
from hub.store.presence import Presences
from hub.web.context import Parts
from hub.web.server import build_web

PASSWORD = "a long enough phrase"
MINE, FOREIGN = ProjectId(new_id()), ProjectId(new_id())
METRICS_TOKEN = "a token for the numbers"
JSON_HEADERS = {"X-Hub": "1", "Content-Type": "application/json"}
_numbers = itertools.count()


class TestKinds:
    """Two kinds of channel, one of them with a secret setting."""

    __test__ = False

    def capabilities(self, kind: str) -> dict[str, JsonValue]:
        return {"text_limit": 4000}

    def try_sample(self, channel: Channel, sample: Sample) -> None:
        return None

    def secrets(self, kind: str) -> frozenset[str]:
        return frozenset({"identity_secret", "refresh_token"})

    def signing_key(self, channel: Channel) -> str | None:
        return f"signs for {channel.key}" if channel.kind == "webchat" else None

    def html(self, kind: str, raw: bytes, *, remote_images: bool) -> ShownHtml | None:
        return ShownHtml(f"<p>{raw.decode()}</p>", 2 - 2 * remote_images)

    def attributed(self, kind: str, message: Message) -> MessageReceived | None:
        if not message.text.startswith("Fwd: "):
            return None
        author = Sender(kind="visitor", value="first-author", name="First Author", verified=False)
        return MessageReceived(external_id=f"{message.external_id}:inner", sender=author, text=message.text[5:])

    def check(self, channel: Channel) -> None:
        if channel.kind not in ("webchat", "recorder"):
            raise Invalid("kind_unknown", "This hub has no channels of this kind.")


@dataclass
class Client:
    """A browser or a program. Paths are below `/api/v1`."""

    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON_HEADERS))

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Status and decoded answer."""
        address = path if path.startswith("/api/v1/") else f"/api/v1{path}"
        data = {"json": body} if body is not None else {}
        headers = {**self.headers, **options.pop("headers", {})}
        async with self.session.request(method, address, headers=headers, **data, **options) as answer:
            is_json = "json" in answer.content_type
            return answer.status, await (answer.json(content_type=None) if is_json else answer.read())


class Postman:
    """A channel that takes the hub's own letters, and keeps them. Not while it is `away`; `broken` has a fault."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []
        self.away = self.broken = False

    async def write(self, to: str, subject: str, text: str, key: str) -> None:
        if self.away:
            raise ChannelUnavailable("The mail server cannot be reached.")
        if self.broken:
            raise KeyError("a fault of the connector")
        self.letters.append((to, subject, text))


@dataclass
class House:
    """The running hub."""

    pipeline: Pipeline
    parts: Parts
    application: web.Application
    server: TestServer
    stack: AsyncExitStack
    channels: dict[ProjectId, Channel]
    postman: Postman

    async def operator(
        self,
        role: Role = Role.ADMIN,
        scope: Scope = Scope.ALL,
        project: ProjectId = MINE,
        teams: Sequence[str] = (),
    ) -> Operator:
        """A new account with `PASSWORD`."""
        place = Membership(project=project, role=role, scope=scope, teams=tuple(teams))  # type: ignore[arg-type]
        return await self.operator_with(place)

    async def operator_with(self, *places: Membership) -> Operator:
        """A new account with `PASSWORD` and these places."""
        number = next(_numbers)
        return await self.parts.accounts.add_operator(
            f"operator{number}@example.test", f"Demo Operator {number}", PASSWORD, places
        )

    async def browser(self, **headers: str) -> Client:
        """A browser without any cookie."""
        jar = aiohttp.CookieJar(unsafe=True)
        session = aiohttp.ClientSession(base_url=self.server.make_url("/"), cookie_jar=jar, headers=headers)
        await self.stack.enter_async_context(session)
        return Client(session)

    async def signed_in(self, operator: Operator) -> Client:
        """A browser in which the operator has signed in."""
        client = await self.browser()
        status, answer = await client.ask("POST", "/session", {"email": operator.email, "password": PASSWORD})
        assert status == 200, answer
        return client

    async def as_role(self, role: Role = Role.ADMIN, scope: Scope = Scope.ALL, project: ProjectId = MINE) -> Client:
        """A browser in which somebody with this role has signed in."""
        return await self.signed_in(await self.operator(role, scope, project))

    async def says(self, text: str, *, who: str | None = None, project: ProjectId = MINE) -> Received:
        """A contact writes; waits until the Turn is decided."""
        who = who or f"contact{next(_numbers)}"
        sender = Sender(kind="test", value=who, name=who)
        event = MessageReceived(external_id=new_id(), sender=sender, text=text)
        received = (await self.pipeline.inbound.receive(self.channels[project], [event]))[0]
        assert received.conversation is not None
        while not (found := await self.parts.conversations.any(received.conversation)) or (
            found.last_position < (received.position or 0)
        ):
            await self.pipeline.turns._settle(received.conversation)
        return received

    async def conversation(self, project: ProjectId = MINE) -> ConversationId:
        """A new conversation with one message."""
        received = await self.says("Good day", project=project)
        assert received.conversation is not None
        return received.conversation


async def ids_of(house: House, project: ProjectId) -> dict[str, str]:
    """One of each thing in a project, by the name it has in a path."""
    client = await house.as_role(Role.ADMIN, project=project)
    conversation = await house.conversation(project)
    _, page = await client.ask("GET", f"/conversations/{conversation}/messages")
    _, detail = await client.ask("GET", f"/conversations/{conversation}")
    _, reply = await client.ask("POST", "/canned-replies", {"shortcut": "hi", "text": "Hello", "personal": False})
    _, file = await client.ask(
        "POST", "/attachments?name=a.txt", data=b"text", headers={"Content-Type": "application/octet-stream"}
    )
    sent = {"key": "file", "text": "", "attachments": [file["id"]], "direction": "note"}
    assert (await client.ask("POST", f"/conversations/{conversation}/messages", sent))[0] == 201
    _, task = await client.ask("POST", f"/conversations/{conversation}/tasks", {"key": "task", "phone": "+79123456789"})
    flow = "ours" if project == MINE else "theirs"
    text = f"flow: {flow}\nstart: {{form: {flow}}}\nask:\n- name: text\n  text: What is your name?\n"
    text += "outcomes:\n- done: else\n"
    sources = [{"name": f"{flow}.yml", "text": text}]
    status, _ = await client.ask("POST", "/flows", {"flow": flow, "sources": sources})
    if status == 201:
        assert (await client.ask("POST", f"/flows/{flow}/publish", {"revision": 1}))[0] == 200
    status, link = await client.ask("POST", "/form-links", {"flow": flow})
    assert status == 201, link
    return {
        "conversation": conversation,
        "message": page["items"][0]["id"],
        "contact": detail["contact"],
        "attachment": file["id"],
        "reply": reply["id"],
        "task": task["id"],
        "team": (await client.ask("POST", "/teams", {"name": f"Team {next(_numbers)}"}))[1]["id"],
        "link": link["id"],
        "channel": house.channels[project].id,
        "flow": flow,
        "version": "1",
        "event": new_id(),
        "session": new_id(),
        "token": new_id(),
        "webhook": "crm",
        "delivery": new_id(),
        "operator": (await house.operator(Role.OPERATOR, project=project)).id,
        "invitation": (await client.ask("POST", "/invitations", invitation()))[1]["id"],
        "merge": new_id(),
        "other": new_id(),
    }


def invitation(**values: Any) -> dict[str, Any]:
    """Of somebody whom nobody has heard of yet."""
    return {"email": f"colleague{next(_numbers)}@example.test", "role": "operator", **values}


def parse(kind: str, raw: bytes) -> Sequence[InboundEvent]:
    """Reads one kind of payload."""
    if not raw.startswith(b"good"):
        raise PayloadInvalid("It does not begin as it should.")
    return [MessageReceived(external_id="replayed", sender=Sender(kind="test", value="late"), text="late")]


class TestConnections:
    """A service that answers, and a channel that invites."""

    __test__ = False

    def __init__(self) -> None:
        self.tried: list[Channel] = []

    async def inspect(self, channel: Channel) -> list[Why]:
        self.tried.append(channel)
        if channel.settings.get("token") != "right":
            raise Invalid("connection_failed", "The token is wrong.")
        return [why("telegram_bot", bot="Sample")]

    async def take(self, channel: Channel, said: ChannelMessage | ChannelReceipt) -> Received:
        if channel.kind != "generic":
            raise Invalid("not_generic", "Only a generic channel takes messages.")
        return Received(external_id="1")

    def answer_window_s(self, channel: ChannelId, addresses: Sequence[Address]) -> float | None:
        return 86_400 if any(address.value == "of a business account" for address in addresses) else None

    def invitation(self, channel: Channel, word: str) -> str | None:
        return f"https://t.me/sample?start={word}" if channel.kind == "webchat" else None


@asynccontextmanager
async def open_house(connection: Connection, folder: Path, **settings: Any) -> AsyncIterator[House]:
    """A hub on a fresh database."""
    await create_indexes(connection.database)
    options = Settings(
        free_space_bytes=0, free_space_share=0, data_dir=folder, argon2_memory_kib=64, argon2_passes=1,
        metrics_token=SecretStr(METRICS_TOKEN), **settings,
    )  # fmt: skip
    channel_store = channels.Channels(connection.database)
    parked_events = Parked(parked.ParkedEvents(connection.database), channel_store.get, parse)
    around = Surroundings(
        load_channel=channel_store.get, stored_is_sent={"webchat": True}, connector=lambda _: None,
        sending_channels=list, parked=parked_events,
        sent=lambda _: None,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        pipeline = await stack.enter_async_context(open_pipeline(connection, options, around))
        database, people = connection.database, People(connection, options, pipeline.clock)
        postman = Postman()
        letters = Letters(
            account_links.AccountLinks(database), channel_store, pipeline.clock,
            running=lambda _: cast("Connector", postman), connect=_no_connector, timeout_s=5, pauses_s=[0.2] * 500,
            look_s=0.05,
        )  # fmt: skip
        links = people.links(letters)
        records = ContactRecords(database)
        erasing = ContactErasing(records, pipeline.contacts, pipeline.turns, people.audit, pipeline.clock)
        files = Attachments(
            attachments.Attachments(database), blobs.Blobs(database), pipeline.conversations, pipeline.clock,
            accepting=lambda: pipeline.space.accepting,
        )  # fmt: skip
        await stack.enter_async_context(background(links.run, erasing.run))
        parts = Parts(
            account_links=links, audit=people.audit,
            contact_erasing=erasing,
            contact_export=ContactExport(records, pipeline.contacts, files),
            settings=options, clock=pipeline.clock, accounts=people.accounts, sign_in=people.sign_in,
            operators=people.operators, projects=projects.Projects(database), conversations=pipeline.conversations,
            messages=pipeline.messages, turn_store=pipeline.turn_store,
            turns=pipeline.turns, contacts=pipeline.contacts, attachments=files,
            drafts=drafts.Drafts(database), read_marks=read_marks.ReadMarks(database),
            tasks=pipeline.tasks, form_invites=pipeline.form_invites,
            form_invite_store=FormInviteStore(database), canned_replies=canned_replies.CannedReplies(database),
            made_once=people.made_once,
            flow_library=pipeline.flow_library,
            flow_authors=FlowAuthors(Presences(database)),
            questionnaires=pipeline.questionnaires, webhooks=pipeline.webhooks,
            flow_figures=flow_figures.FlowFigures(database),
            stuck_sessions=StuckSessions(
                FlowSessions(database), pipeline.conversations, pipeline.messages, pipeline.flow_library, pipeline.clock
            ),
            stage_log=StageLog(database), consents=Consents(database),
            search=Search(
                search_words.SearchWords(database), pipeline.conversations, pipeline.messages, pipeline.contacts
            ),
            channels=channel_store, parked=parked_events,
            kinds=TestKinds(), receive=pipeline.inbound.receive,
            retries=Retries(pipeline.outgoing, pipeline.clock, pipeline.outbox.wake, tried_s=options.send_expires_s),
            attribution=Attribution(
                files, pipeline.inbound.receive, pipeline.conversations, projects.Projects(database), pipeline.turns,
                pipeline.clock, origin=options.origin,
            ),
            trials=Trials(pipeline.contacts, pipeline.conversations, pipeline.flow_library, pipeline.clock),
            links=pipeline.links, merging=pipeline.merging, samples=FormSamples(database),
            operator_links=OperatorLinks(LinkStore(database), people.operators, pipeline.clock),
            changing=Changing(
                pipeline.messages, pipeline.contacts, pipeline.clock, pipeline.edits, files, connector=lambda _: None,
                timeout_s=5,
            ),
            connections=TestConnections(),
            channel_sign_ins=ChannelSignIns(
                ChannelSignInStates(database), channel_store, sign_in_of=lambda _: None, origin=options.origin,
                allowed=(),
            ),
            token_requests_per_minute=100_000,
        )  # fmt: skip
        made = {}
        for project in (MINE, FOREIGN):
            now = pipeline.clock.now()
            await parts.projects.put(Project(id=project, name="Demo project", created_at=now))
            await parts.projects.put_team(Team(id=new_id(), project=project, name="Demo team"))  # type: ignore[arg-type]
            made[project] = Channel(
                id=ChannelId(new_id()), project=project, kind="webchat", name="Shop", key=new_id(), created_at=now,
                settings={"title": "Shop", "identity_secret": "a secret of the shop"},
            )  # fmt: skip
            await channel_store.add(made[project])
        static = folder / "static"
        (static / "inbox").mkdir(parents=True)
        (static / "inbox" / "index.html").write_text("<!doctype html><meta name=nonce content=__CSP_NONCE__>inbox")
        (static / "widget.js").write_text("// widget")
        (static / "assets").mkdir()
        (static / "assets" / "app-1234.js").write_text("// app")
        application = build_web(parts, checks={}, static=static)
        server = TestServer(application)
        await server.start_server()
        stack.push_async_callback(server.close)
        yield House(pipeline, parts, application, server, stack, made, postman)


def _no_connector(channel: Channel) -> Connector:
    raise ChannelUnavailable("There is no other.")


def at(year: int) -> datetime:
    """New year."""
    return datetime(year, 1, 1, tzinfo=UTC)
