"""The running hub: every part built once, started in order, and stopped in the order that loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from connectors.abilities import RereadsParked
from connectors.base import Connector, Services
from connectors.registry import connector_class
from hub.app.background import Work, background
from hub.app.channel_secrets import channel_secret
from hub.app.connections import Connections
from hub.app.database import open_store
from hub.app.kinds import Kinds, events_of, keeps_trying_s, own_people, provider_sign_in, stored_is_sent
from hub.app.listening import listening
from hub.app.people import People
from hub.app.pipeline import Pipeline, Surroundings, finish_sends, open_pipeline
from hub.app.process import begin_process
from hub.app.searching import search_index
from hub.app.stopping import Stopping
from hub.app.sweeping import Sweeping
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Received
from hub.model.ids import ChannelId, ConversationId, ProjectId
from hub.services.account_links import AccountLinks
from hub.services.attachments import Attachments
from hub.services.attribution import Attribution
from hub.services.bridging import Bridging
from hub.services.changing import Changing
from hub.services.channel_calls import ChannelCalls, Downloads
from hub.services.channel_files import ChannelFiles
from hub.services.channel_history import ChannelHistory
from hub.services.channel_marks import ChannelMarksOf
from hub.services.channel_samples import ChannelSamples
from hub.services.channel_sign_ins import ChannelSignIns
from hub.services.channels import Supervisor
from hub.services.contact_erasing import ContactErasing
from hub.services.contact_export import ContactExport
from hub.services.feed import Feed
from hub.services.fetching import Fetching
from hub.services.flow_authors import FlowAuthors
from hub.services.forms import Forms
from hub.services.inviting import Inviting
from hub.services.letters import Letters
from hub.services.operator_groups import GroupInbox, GroupParts, OperatorGroups
from hub.services.operator_links import OperatorLinks
from hub.services.parked import Parked
from hub.services.presence import Presence
from hub.services.raw_retention import RawRetention
from hub.services.relaying import Relaying
from hub.services.retries import Retries
from hub.services.search import Search
from hub.services.service_desk import ServiceDesk
from hub.services.signing import ChannelSignatures
from hub.services.stuck_sessions import StuckSessions
from hub.services.trials import Trials
from hub.services.typing_shown import TypingShown
from hub.settings import Settings
from hub.store.account_links import AccountLinks as AccountLinkStore
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.canned_replies import CannedReplies
from hub.store.changes import Changes
from hub.store.channel_marks import ChannelMarks
from hub.store.channel_sign_ins import ChannelSignInStates
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.contact_records import ContactRecords
from hub.store.drafts import Drafts
from hub.store.flow_figures import FlowFigures
from hub.store.flow_sessions import FlowSessions
from hub.store.form_invites import FormInvites as FormInviteStore
from hub.store.form_samples import FormSamples
from hub.store.funnel import Consents, StageLog
from hub.store.groups import Groups
from hub.store.groups import OperatorLinks as LinkStore
from hub.store.operators import Operators
from hub.store.outage import outage
from hub.store.parked import ParkedEvents
from hub.store.pending_files import PendingFiles
from hub.store.places import Places
from hub.store.presence import Presences
from hub.store.projects import Projects
from hub.store.raw_payloads import RawPayloads
from hub.store.read_marks import ReadMarks
from hub.store.search_words import SearchWords
from hub.web.channel_routes import ChannelRoutes
from hub.web.client_address import ClientAddress
from hub.web.context import Parts
from hub.web.forms.pages import FormPages
from hub.web.server import build_web
from hub.web.sockets import InboxSockets

if TYPE_CHECKING:
    from hub.demo.pages import DemoPages

log = structlog.get_logger(__name__)

OPENED_WITHIN_S = 1.0
"""How long the hub waits with listening, so that whoever comes finds the channels there."""


@dataclass(frozen=True)
class Hub:
    """A hub that runs. `address` is where it listens."""

    settings: Settings
    connection: Connection
    pipeline: Pipeline
    people: People
    feed: Feed
    supervisor: Supervisor
    presence: Presence
    address: str


@asynccontextmanager
async def open_hub(
    settings: Settings, *, demo: bool = False, connection: Connection | None = None, stopping: Stopping | None = None
) -> AsyncIterator[Hub]:
    """Run a hub while the body runs. With `demo` an empty database is filled before anything listens.

    It stops in this order: the web takes nothing more in; sends in flight finish; the channels are closed; what is
    decided is applied; the feed and the store end. `stopping` bounds that, and says what did not keep the bound.
    """
    stopping = stopping or Stopping(settings.shutdown_s)
    async with AsyncExitStack() as stack:
        if connection is None:
            connection = await stack.enter_async_context(open_store(settings, stopping=stopping))
        builder = _Builder(settings, connection)
        process = await asyncio.to_thread(begin_process, settings.data_dir)
        stack.callback(process.end)
        pipeline = await stack.enter_async_context(
            open_pipeline(connection, settings, builder.around(), stopping=stopping, process=process)
        )
        process.forget_the_dead()
        people = People(connection, settings, pipeline.clock)
        pages = await stack.enter_async_context(builder.demo(people)) if demo else None
        feed = Feed(Changes(connection.feed_database), Places(connection.feed_database))
        await stack.enter_async_context(background(feed.run, stopping=stopping))
        supervisor = builder.supervisor(pipeline, feed)
        groups = builder.groups(pipeline, people, feed, supervisor)
        builder.link_accounts(pipeline, people)
        erasing = builder.erasing(pipeline, people)
        application = builder.web(pipeline, people, feed, supervisor, pages)
        await stack.enter_async_context(
            background(
                supervisor.run,
                groups.run,
                builder.account_links.run,
                people.audit.run,
                erasing.run,
                *builder.beside(pipeline),
                stopping=stopping,
            )
        )
        stack.push_async_callback(finish_sends, pipeline.outbox, stopping)  # while their connectors are open
        try:
            async with asyncio.timeout(OPENED_WITHIN_S):
                await supervisor.opened()
        except TimeoutError:  # a service that is slow, or a library that is: the others need not wait for it
            log.info("some channels are still opening")
        address = await stack.enter_async_context(listening(application, settings, stopping))
        log.info("the hub is ready", address=address)
        if pages is not None:
            await pages.open_used()
        yield Hub(settings, connection, pipeline, people, feed, supervisor, builder.presence, address)


class _Builder:
    """Builds parts that need each other: the pipeline asks for connectors, and those for the feed."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._settings, self._connection, self._database = settings, connection, connection.database
        self._channels = Channels(self._database)
        self._parked = Parked(ParkedEvents(self._database), self._channels.get, events_of, self._reread)
        self._client_address = ClientAddress(settings.trusted_proxies)
        self._routes = ChannelRoutes()
        self._supervisor: Supervisor | None = None
        self._attachments: Attachments | None = None
        self._fetching: Fetching | None = None
        self._connections: Connections | None = None
        self._typing: TypingShown | None = None
        self._groups: OperatorGroups | None = None
        self._links: OperatorLinks | None = None
        self._changing: Changing | None = None
        self._connect: Callable[[Channel], Connector] | None = None
        self._account_links: AccountLinks | None = None
        self._erasing: ContactErasing | None = None
        self.presence = Presence(Presences(self._database), self._types)

    def around(self) -> Surroundings:
        """What the pipeline asks of the channels."""
        return Surroundings(
            load_channel=self._channels.get,
            stored_is_sent=stored_is_sent(),
            own_people=own_people(),
            keeps_trying_s=keeps_trying_s(),
            connector=self._connector,
            sending_channels=self._running,
            sent=lambda channel: self._supervisor.sent(channel) if self._supervisor else None,
            parked=self._parked,
            fetch=lambda: self._fetching.wake() if self._fetching else None,
        )

    @asynccontextmanager
    async def demo(self, people: People) -> AsyncIterator["DemoPages"]:
        """Fill an empty database with the demo project, and run the services of its channels while the body runs."""
        from hub.demo.pages import open_demo_pages
        from hub.demo.seed import seed

        await seed(self._connection, self._settings, people.accounts)
        async with open_demo_pages(self._connection, self._settings.data_dir, self._settings.origin) as pages:
            yield pages

    def supervisor(self, pipeline: Pipeline, feed: Feed) -> Supervisor:
        """The supervisor of all channels."""
        files = Attachments(
            AttachmentStore(self._database), Blobs(self._database), pipeline.conversations, pipeline.clock,
            accepting=lambda: pipeline.space.accepting,
        )  # fmt: skip
        self._attachments = files
        self._fetching = Fetching(
            PendingFiles(self._database), files, pipeline.leases, owner=pipeline.owner, connector=self._connector,
            channels=self._running, accepting=lambda: pipeline.space.accepting, sweep_s=self._settings.sweep_s,
        )  # fmt: skip
        self._typing = TypingShown(pipeline.contacts, pipeline.conversations, self._connector)

        groups = Groups(self._database)

        def connect(channel: Channel) -> Connector:
            history = ChannelHistory(
                channel, pipeline.contacts, pipeline.conversations, pipeline.messages, feed, self.presence
            )
            services = Services(
                secret=channel_secret(self._settings, channel.kind, channel.key),
                attachments=ChannelFiles(channel.project, files),
                history=history,
                marks=ChannelMarksOf(channel.id, ChannelMarks(self._database)),
                clock=pipeline.clock,
                base_url=self._settings.origin,
                client_address=self._client_address,
                invitations=Inviting(
                    channel,
                    pipeline.contacts,
                    pipeline.links,
                    pipeline.clock,
                    lambda: self._supervisor.connectors() if self._supervisor else (),
                ),
                group=GroupInbox(channel.id, groups, self._group_told),
                bridge=Bridging(
                    channel,
                    pipeline.contacts,
                    pipeline.conversations,
                    pipeline.turn_store,
                    pipeline.turns,
                    pipeline.clock,
                ),
                desk=ServiceDesk(channel, pipeline.contacts, pipeline.conversations, pipeline.turns),
                signatures=ChannelSignatures(
                    channel, Operators(self._database), Projects(self._database), pipeline.contacts
                ),
                samples=ChannelSamples(channel.id, FormSamples(self._database)),
                relay=Relaying(channel, pipeline.conversations, pipeline.contacts, pipeline.turns, pipeline.clock),
                calls=ChannelCalls(channel, pipeline.webhooks),
                egress=Downloads(self._settings.internal_networks, self._settings.upload_bytes),
            )
            return connector_class(channel.kind)(channel, services)

        self._connect = connect
        self._connections = Connections(connect, self._connector, self._receive)

        async def receive(channel: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
            return await pipeline.inbound.receive(channel, events)

        self._supervisor = Supervisor(
            self._channels, pipeline.leases, pipeline.clock, owner=pipeline.owner, connect=connect, receive=receive,
            publish=self._routes.publish, sends=pipeline.outbox.attempts,
        )  # fmt: skip
        return self._supervisor

    def link_accounts(self, pipeline: Pipeline, people: People) -> None:
        """Build what invites people, and writes to those who forgot their password."""
        assert self._connect is not None
        letters = Letters(
            AccountLinkStore(self._database), self._channels, pipeline.clock,
            running=self._connector, connect=self._connect, timeout_s=self._settings.send_timeout_s,
        )  # fmt: skip
        self._account_links = people.links(letters)

    def erasing(self, pipeline: Pipeline, people: People) -> ContactErasing:
        """Build what erases contacts."""
        self._erasing = ContactErasing(
            ContactRecords(self._database), pipeline.contacts, pipeline.turns, people.audit, pipeline.clock
        )
        return self._erasing

    @property
    def account_links(self) -> AccountLinks:
        """Invitations and forgotten passwords."""
        assert self._account_links is not None
        return self._account_links

    def web(
        self, pipeline: Pipeline, people: People, feed: Feed, supervisor: Supervisor, pages: "DemoPages | None"
    ) -> web.Application:
        """The web application; with the demo's `pages` if there are any."""
        assert self._links is not None
        assert self._changing is not None
        assert self._attachments is not None
        assert self._erasing is not None
        assert self._connections is not None
        sockets = InboxSockets(feed, self.presence, people.accounts, self._settings.base_url)
        parts = Parts(
            settings=self._settings,
            clock=pipeline.clock,
            accounts=people.accounts,
            sign_in=people.sign_in,
            account_links=self.account_links,
            audit=people.audit,
            contact_export=ContactExport(ContactRecords(self._database), pipeline.contacts, self._attachments),
            contact_erasing=self._erasing,
            operators=people.operators,
            projects=Projects(self._database),
            conversations=pipeline.conversations,
            messages=pipeline.messages,
            turn_store=pipeline.turn_store,
            turns=pipeline.turns,
            contacts=pipeline.contacts,
            attachments=self._attachments,
            drafts=Drafts(self._database),
            read_marks=ReadMarks(self._database),
            tasks=pipeline.tasks,
            form_invites=pipeline.form_invites,
            form_invite_store=FormInviteStore(self._database),
            canned_replies=CannedReplies(self._database),
            made_once=people.made_once,
            flow_library=pipeline.flow_library,
            flow_authors=FlowAuthors(Presences(self._database)),
            questionnaires=pipeline.questionnaires,
            webhooks=pipeline.webhooks,
            flow_figures=FlowFigures(self._database),
            stuck_sessions=StuckSessions(
                FlowSessions(self._database),
                pipeline.conversations,
                pipeline.messages,
                pipeline.flow_library,
                pipeline.clock,
            ),
            stage_log=StageLog(self._database),
            consents=Consents(self._database),
            search=Search(SearchWords(self._database), pipeline.conversations, pipeline.messages, pipeline.contacts),
            channels=self._channels,
            parked=self._parked,
            kinds=Kinds(lambda channel: channel_secret(self._settings, channel.kind, channel.key)),
            receive=supervisor.receive,
            retries=Retries(
                pipeline.outgoing, pipeline.clock, pipeline.outbox.wake, tried_s=self._settings.send_expires_s
            ),
            attribution=Attribution(
                self._attachments,
                supervisor.receive,
                pipeline.conversations,
                Projects(self._database),
                pipeline.turns,
                pipeline.clock,
                origin=self._settings.origin,
            ),
            trials=Trials(pipeline.contacts, pipeline.conversations, pipeline.flow_library, pipeline.clock),
            demo=pages is not None,
            links=pipeline.links,
            samples=FormSamples(self._database),
            merging=pipeline.merging,
            operator_links=self._links,
            changing=self._changing,
            connections=self._connections,
            channel_sign_ins=ChannelSignIns(
                ChannelSignInStates(self._database),
                self._channels,
                sign_in_of=provider_sign_in,
                origin=self._settings.origin,
                allowed=self._settings.internal_networks,
            ),
        )

        async def database() -> str | None:
            return await outage(self._database)

        async def space() -> str | None:
            return None if pipeline.space.accepting else pipeline.space.message

        more = [
            *self._routes.routes(),
            web.get("/ws/inbox", sockets.handle),
            *self._forms(pipeline, supervisor).routes(),
        ]
        if pages is not None:
            more += pages.routes()
        application = build_web(
            parts, checks={"database": database, "space": space}, registry=CollectorRegistry(), more=more
        )

        async def close_sockets(_: web.Application) -> None:
            await sockets.close_all()
            if pages is not None:
                pages.close()

        application.on_shutdown.append(close_sockets)
        return application

    def _forms(self, pipeline: Pipeline, supervisor: Supervisor) -> FormPages:
        assert self._attachments is not None
        settings = self._settings
        forms = Forms(
            self._channels, Projects(self._database), pipeline.flow_library, pipeline.conversations,
            pipeline.turn_store, pipeline.turns, pipeline.clock, receive=supervisor.receive,
            links=pipeline.form_links, invites=pipeline.form_invites, invite_store=FormInviteStore(self._database),
            contacts=pipeline.contacts,
        )  # fmt: skip
        return FormPages(
            forms, self._attachments, self._client_address,
            origin=settings.origin, secret=settings.signing_key, file_bytes=settings.upload_bytes,
            invitations=partial(self._invitations, pipeline), now=pipeline.clock.now,
        )  # fmt: skip

    async def _invitations(
        self, pipeline: Pipeline, project: ProjectId, conversation: ConversationId
    ) -> Sequence[tuple[str, str]]:
        """Where somebody can go on with the questions of a conversation: a channel of each kind."""
        assert self._connections is not None
        word = pipeline.links.going_on(project, conversation, pipeline.clock.now())
        found: dict[str, str] = {}
        for channel in await self._channels.of_project(project):
            url = self._connections.invitation(channel, word)
            if url is not None:
                found.setdefault(channel.kind, url)
        return list(found.items())

    def beside(self, pipeline: Pipeline) -> Sequence[Work]:
        """What runs beside the channels."""
        assert self._attachments is not None
        assert self._fetching is not None
        assert self._typing is not None
        retention = RawRetention(self._channels, RawPayloads(self._database), pipeline.clock)
        sweeping = Sweeping(retention, self._attachments)
        return [sweeping.run, self._fetching.run, self._typing.run, search_index(pipeline).run, self._note_opened]

    async def _note_opened(self) -> None:
        assert self._supervisor is not None
        await self._supervisor.opened()
        self._routes.complete()

    def _connector(self, channel: ChannelId) -> Connector | None:
        return self._supervisor.connector(channel) if self._supervisor else None

    async def _receive(self, channel: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
        assert self._supervisor is not None
        return await self._supervisor.receive(channel, events)

    async def _reread(self, channel: Channel, raw: bytes, hint: str) -> Sequence[InboundEvent] | None:
        connector: object = self._connector(channel.id)
        return await connector.reread(raw, hint) if isinstance(connector, RereadsParked) else None

    def _running(self) -> Sequence[ChannelId]:
        return self._supervisor.sending() if self._supervisor else ()

    def _group_told(self, channel: ChannelId) -> None:
        if self._groups is not None:
            self._groups.told(channel)

    def groups(self, pipeline: Pipeline, people: People, feed: Feed, supervisor: Supervisor) -> OperatorGroups:
        """The work in operators' groups."""
        assert self._attachments is not None
        self._links = OperatorLinks(LinkStore(self._database), people.operators, pipeline.clock)
        self._changing = Changing(
            pipeline.messages, pipeline.contacts, pipeline.clock, pipeline.edits, self._attachments,
            connector=self._connector, timeout_s=self._settings.send_timeout_s,
        )  # fmt: skip
        parts = GroupParts(
            self._channels, ChannelMarks(self._database), Groups(self._database), self._links, people.operators,
            Projects(self._database), pipeline.conversations, pipeline.messages, pipeline.turns, self._changing,
            self._attachments, feed, pipeline.leases, pipeline.clock, pipeline.owner, self._settings.origin,
        )  # fmt: skip
        self._groups = OperatorGroups(parts, running=supervisor.sending, connector=self._connector)
        return self._groups

    def _types(self, conversation: ConversationId) -> None:
        if self._typing is not None:
            self._typing.types(conversation)
