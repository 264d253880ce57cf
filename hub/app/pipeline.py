"""The pipeline: the services between the connectors and the store, built and run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from connectors.base import Connector
from hub.app.background import Work, background
from hub.app.process import Process, process_name
from hub.app.stopping import Stopping
from hub.model.channel import Channel
from hub.model.ids import ChannelId
from hub.services.ahead import claimant
from hub.services.beside import Beside
from hub.services.bot import Bot
from hub.services.call_backs import Norms
from hub.services.directory import Directory
from hub.services.duty import Duty
from hub.services.edits import Edits
from hub.services.effects import Effects
from hub.services.flow_library import FlowLibrary
from hub.services.flow_records import FlowRecords
from hub.services.form_invites import FormInvites
from hub.services.form_links import FormLinks
from hub.services.inbound import Inbound, Parks
from hub.services.links import Links
from hub.services.merging import Merging
from hub.services.numbers import Numbers
from hub.services.outbox import Outbox
from hub.services.project_names import ProjectNames
from hub.services.questionnaires import Questionnaires
from hub.services.receipts import Receipts
from hub.services.task_desk import TaskDesk
from hub.services.turns import Turns
from hub.services.webhooks import Webhooks
from hub.settings import Settings
from hub.store.clock import DatabaseClock
from hub.store.coalesce import Coalescer
from hub.store.connection import Connection
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.due_copies import DueCopies
from hub.store.early_edits import EarlyEdits
from hub.store.early_receipts import EarlyReceipts
from hub.store.erasing import Erasing
from hub.store.errors import NotStorable, StoreUnavailable
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.form_invites import FormInvites as FormInviteStore
from hub.store.funnel import Consents, StageLog
from hub.store.group_commit import GroupCommit
from hub.store.leases import Leases
from hub.store.merges import Merges
from hub.store.messages import Messages
from hub.store.operators import Operators
from hub.store.outgoing import Outgoing
from hub.store.presence import Presences
from hub.store.progress import Progress
from hub.store.projects import Projects
from hub.store.space import SpaceGuard
from hub.store.tasks import Tasks
from hub.store.timers import Timers
from hub.store.turns import Turns as TurnStore
from hub.store.webhooks import WebhookDeliveries
from hub.store.webhooks import Webhooks as WebhookStore

log = structlog.get_logger(__name__)

LIST_REST_S = 0.2
"""How long after a write changes of the lists are gathered at the most, unless somebody waits or nothing more is on its
way: no eye sees it, and under load several become one."""
DERIVED_REST_S = 0.02
"""The same for timers and sessions of flows, which no list shows: whoever needs them at once ends the pause."""


@dataclass(frozen=True)
class Pipeline:
    """Everything between a connector's event and the store, and back."""

    connection: Connection
    clock: DatabaseClock
    space: SpaceGuard
    messages: Messages
    outgoing: Outgoing
    turn_store: TurnStore
    conversations: Conversations
    contacts: Contacts
    timers: Timers
    tasks: Tasks
    leases: Leases
    directory: Directory
    inbound: Inbound
    turns: Turns
    outbox: Outbox
    receipts: Receipts
    edits: Edits
    links: Links
    merging: Merging
    form_links: FormLinks
    form_invites: FormInvites
    flow_library: FlowLibrary
    webhooks: Webhooks
    questionnaires: Questionnaires
    owner: str


@dataclass(frozen=True)
class Surroundings:
    """What the pipeline needs to know of channels and connectors, which it does not own."""

    load_channel: Callable[[ChannelId], Awaitable[Channel | None]]
    stored_is_sent: Mapping[str, bool]
    own_people: Collection[str] = field(default=(), kw_only=True)
    keeps_trying_s: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    connector: Callable[[ChannelId], Connector | None]
    sending_channels: Callable[[], Sequence[ChannelId]]
    sent: Callable[[ChannelId], None]
    parked: Parks
    fetch: Callable[[], None] = lambda: None
    """A message with files to be fetched was stored."""


@asynccontextmanager
async def open_pipeline(
    connection: Connection,
    settings: Settings,
    around: Surroundings,
    *,
    decide: bool = True,
    clock: DatabaseClock | None = None,
    stopping: Stopping | None = None,
    process: Process | None = None,
) -> AsyncIterator[Pipeline]:
    """Build the services between the connectors and the store, and run them while the body runs.

    What the dead of `process` held is given up first.

    They stop in order: first nothing more is decided, then sends in flight finish, then the writers end. `decide`
    false leaves deciding and sending to other processes.
    """
    stopping = stopping or Stopping(settings.shutdown_s)
    database, process = connection.database, process or Process(process_name())
    clock = clock or DatabaseClock(database)
    await clock.sync()
    space = SpaceGuard(database, settings.free_space_bytes, settings.free_space_share)
    await space.check()
    writers = [
        GroupCommit(database[name], waiting_limit=settings.group_commit_waiting, deadline_s=settings.store_timeout_s)
        for name in ("messages", "turns", "contacts", "addresses")
    ]
    lists = Coalescer(
        database["conversations"], upsert=True, rest_s=LIST_REST_S,
        more_comes=lambda: bool(writers[0].waiting or writers[1].waiting),  # messages and Turns
    )  # fmt: skip
    timer_sets, session_docs = (
        Coalescer(database[name], upsert=True, rest_s=DERIVED_REST_S) for name in ("timers", "flow_sessions")
    )
    moves = Coalescer(database["messages"])
    messages = Messages(database, writers[0], deadline_s=settings.store_timeout_s)
    turn_store = TurnStore(database, writers[1])
    outgoing = Outgoing(database, moves)
    conversations, contacts = Conversations(database, lists), Contacts(database, writers[2], writers[3])
    numbers, timers = Numbers(conversations), Timers(database, timer_sets)
    directory = Directory(around.load_channel, around.stored_is_sent, around.own_people, around.keeps_trying_s)
    leases, tasks = Leases(database), Tasks(database)
    await _give_up(process.dead, leases, outgoing, clock)
    receipts = Receipts(outgoing, EarlyReceipts(database))
    edits = Edits(messages, conversations, EarlyEdits(database), clock, sweep_s=settings.sweep_s)
    outbox = Outbox(
        messages, outgoing, DueCopies(database), turn_store, contacts, receipts, leases, clock,
        owner=process.owner, dead=process.dead, connector=around.connector, channels=around.sending_channels,
        accepting=lambda: space.accepting, sent=around.sent,
        workers=settings.send_workers, sweep_s=settings.sweep_s, timeout_s=settings.send_timeout_s,
        lease_s=settings.send_lease_s,
    )  # fmt: skip
    sessions, projects = FlowSessions(database, session_docs), Projects(database)
    names = ProjectNames(projects, WebhookStore(database), StageLog(database))
    library = FlowLibrary(FlowDrafts(database), FlowVersions(database), sessions, clock, names)
    deliveries = WebhookDeliveries(database)
    webhooks = Webhooks(WebhookStore(database), deliveries, clock, internal_networks=settings.internal_networks)
    records = FlowRecords(
        contacts, conversations, sessions, StageLog(database), Consents(database), deliveries,
        Erasing(database), tasks,
    )  # fmt: skip
    desks = Duty(projects, Operators(database), Presences(database))
    norms = Norms(settings.call_back_within_s, settings.call_back_remind_s)
    task_desk = TaskDesk(tasks, contacts, projects, norms)
    form_links = FormLinks(settings.signing_key, settings.origin)
    bot = Bot(
        library, turn_store, contacts, projects, desks, messages, numbers, task_desk, conversations, form_links,
        around.own_people, steps_a_minute=settings.flow_steps_a_minute,
    )  # fmt: skip
    effects = Effects(
        messages, outgoing, turn_store, conversations, timers, tasks, records, Progress(database), contacts,
        numbers, directory, clock,
        outbox=outbox, expires_s=settings.send_expires_s,
    )  # fmt: skip
    turns = Turns(
        turn_store, messages, conversations, timers, directory, bot, task_desk, effects, clock,
        workers=settings.decide_workers, sweep_s=settings.sweep_s,
    )  # fmt: skip
    links = Links(settings.signing_key)
    form_invites = FormInvites(
        FormInviteStore(database), library, projects, clock, secret=settings.signing_key, origin=settings.origin
    )
    merging = Merging(Merges(database), contacts, conversations, tasks, clock)
    inbound = Inbound(
        messages, conversations, contacts, turn_store, numbers, receipts, edits, around.parked, clock, links, merging,
        accepting=lambda: space.accepting, wake=turns.wake, hand=turns.hand, fetch=around.fetch,
        said=Beside(contacts, conversations, messages, turns, edits, clock, around.fetch).heard,
    )  # fmt: skip
    pipeline = Pipeline(
        connection, clock, space, messages, outgoing, turn_store, conversations, contacts, timers, tasks, leases,
        directory, inbound, turns, outbox, receipts, edits, links, merging, form_links, form_invites, library, webhooks,
        Questionnaires(bot, library, clock), process.owner,
    )  # fmt: skip
    keepers: list[Work] = [
        *(writer.run for writer in writers), moves.run, lists.run, timer_sets.run, session_docs.run,
        effects.marks.run, clock.run, space.run, receipts.run, edits.run,
    ]  # fmt: skip
    async with background(*keepers, stopping=stopping), AsyncExitStack() as stack:
        derived = [lists.flush, timer_sets.flush, session_docs.flush, effects.marks.flush, receipts.flush]
        stack.push_async_callback(_flush, derived, stopping)
        if decide:
            await stack.enter_async_context(background(outbox.run, stopping=stopping))
            stack.push_async_callback(finish_sends, outbox, stopping)
            await stack.enter_async_context(background(turns.run, webhooks.run, stopping=stopping))
        yield pipeline


async def _give_up(dead: Sequence[str], leases: Leases, outgoing: Outgoing, clock: DatabaseClock) -> None:
    if not dead:
        return
    freed = await leases.give_up_all(dead)
    ended = await outgoing.end_claims(map(claimant, dead), clock.now())
    log.info("what dead hubs held is given up", hubs=len(dead), leases=freed, claims=ended)


async def finish_sends(outbox: Outbox, stopping: Stopping) -> None:
    """Start no further send, and wait for those in flight. The second time it is nothing."""
    if not await outbox.finish(stopping.left_s()):
        stopping.miss("messages were being sent, and may arrive twice")


async def _flush(steps: Sequence[Work], stopping: Stopping) -> None:
    """Write what waits. What cannot be written in time is derived again at the next start."""
    try:
        async with asyncio.timeout(stopping.left_s()):
            for step in steps:
                await step()
    except (TimeoutError, StoreUnavailable, NotStorable) as error:
        log.warning("derived updates were left for the next start", reason=str(error) or "time-out")
