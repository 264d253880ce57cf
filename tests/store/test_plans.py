"""Every list query on 50,000 conversations: answered by an index in order, and reading little more than it returns.

The store's own methods are called; the commands they send are explained. So a query cannot change unseen.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from hub.app.background import background
from hub.model.audit import AuditAction
from hub.model.ids import (
    AttachmentId,
    ChannelId,
    ContactId,
    ConversationId,
    MessageId,
    OperatorId,
    ParkedId,
    ProjectId,
    TeamId,
    derived_id,
)
from hub.model.message import CopiesDue, DeliveryStatus
from hub.model.operator import Role, Scope, Viewer
from hub.model.task import TaskStatus
from hub.model.turn import TimerKind
from hub.model.views import View
from hub.services.receipts import EARLIER
from hub.store.account_links import AccountLinks
from hub.store.attachments import Attachments
from hub.store.audit import AuditEntries, AuditFilter
from hub.store.blobs import Blobs
from hub.store.canned_replies import CannedReplies
from hub.store.channel_marks import ChannelMarks
from hub.store.channels import Channels
from hub.store.coalesce import Coalescer
from hub.store.contact_records import ContactRecords
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.documents import Document
from hub.store.due_copies import DueCopies
from hub.store.embedded import Embedded
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.form_invites import FormInvites
from hub.store.funnel import Consents, StageLog
from hub.store.group_commit import GroupCommit
from hub.store.groups import Groups, OperatorLinks
from hub.store.indexes import INDEXES, create_indexes
from hub.store.leases import Leases
from hub.store.merges import Merges
from hub.store.messages import Messages
from hub.store.operators import Operators
from hub.store.outgoing import Outgoing
from hub.store.parked import ParkedEvents
from hub.store.passed_on import PassedOn
from hub.store.places import Places
from hub.store.presence import Presences
from hub.store.projects import Projects
from hub.store.raw_payloads import RawPayloads
from hub.store.read_marks import ReadMarks
from hub.store.search_words import SearchWords
from hub.store.sessions import Sessions
from hub.store.tasks import TaskList, Tasks
from hub.store.timers import Timers
from hub.store.tokens import Tokens
from hub.store.turns import Turns
from hub.store.webhooks import WebhookDeliveries, Webhooks
from tests.store.crowd import PROJECT, START, Crowd
from tests.store.plans import SPARE, Ask, Desk, Reads
from tests.store.small_collections import insert_small_ones, insert_words

CROWD = Crowd(conversations=50_000, long_thread=4_000, others=12_000)
LONG = ConversationId(CROWD.conversation(0))
SHORT = ConversationId(CROWD.conversation(1))
CONTACT = ContactId(derived_id("contact", 7))
SHOP, PHONE = ChannelId("shop"), ChannelId("phone")
ME, OURS = OperatorId("o7"), ProjectId(PROJECT)
COPIES = CopiesDue(addresses=("a@example.test",), due_at=START)

# More where the question has it: a window of 50 messages has as many Turns, few of them activities; of a hundred
# conversations, or contacts, each is looked at to see whether it is the viewer's.
SPARE_OF = {
    "activities": 60,
    **{f"{question} {scope.value}": 300 for question in ("which of them one may see", "newest with contacts")
       for scope in Scope},
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(embedded: Embedded) -> AsyncIterator[Desk]:
    """The store over the crowd, with all indexes. What is small anyway is filled by a few hundred documents."""
    reads = Reads()
    async with AsyncMongoClient[Document](
        embedded.uri, w="majority", journal=True, readConcernLevel="majority", tz_aware=True, event_listeners=[reads]
    ) as client:
        database = client["plans"]
        await CROWD.insert(database)
        await insert_small_ones(database)
        await insert_words(database, CROWD)
        await create_indexes(database)
        desk = Desk(database, reads)
        plain = (Contacts, ParkedEvents, Attachments, Blobs, ChannelMarks, Channels, Operators, Projects, ReadMarks,
                 CannedReplies, Places, Presences, FlowDrafts, FlowVersions, FlowSessions, StageLog, Consents,
                 Webhooks, WebhookDeliveries, Merges, Tasks, FormInvites, Groups, OperatorLinks,
                 AccountLinks, RawPayloads, AuditEntries, DueCopies, ContactRecords, Leases, PassedOn)  # fmt: skip
        desk.stores = {kind: kind(database) for kind in plain}
        desk.stores[SearchWords] = SearchWords(database)
        desk.stores[Coalescer] = Coalescer(database["timers"], upsert=True)
        desk.stores[Timers] = Timers(database, desk[Coalescer])
        desk.stores[Conversations] = Conversations(database, Coalescer(database["conversations"]))
        desk.stores[Messages] = Messages(database, GroupCommit(database["messages"]))
        desk.stores[Outgoing] = Outgoing(database, Coalescer(database["messages"]))
        desk.stores[Turns] = Turns(database, GroupCommit(database["turns"]))
        desk.stores[Tokens] = Tokens(database, partial(datetime.now, UTC))
        desk.stores[Sessions] = Sessions(database, partial(datetime.now, UTC), idle_s=60, absolute_s=60)
        yield desk
        await client.drop_database("plans")


def viewer(scope: Scope, operator: OperatorId = ME) -> Viewer:
    """One of a hundred operators, in two of twenty teams."""
    teams = (TeamId("t3"), TeamId("t7"))
    return Viewer(operator=operator, name="Operator", project=OURS, role=Role.OPERATOR, scope=scope, teams=teams)


def listing(scope: Scope, view: View, operator: OperatorId = ME, name: str = "") -> Ask:
    """The first page of a view."""
    return lambda desk: desk[Conversations].list(viewer(scope, operator), view, name=name)


def counting(scope: Scope) -> Ask:
    """The counters of all views."""
    return lambda desk: desk[Conversations].counters(viewer(scope))


def of_contact(scope: Scope) -> Ask:
    """A contact's conversations."""
    return lambda desk: desk[Conversations].of_contact(viewer(scope), [CONTACT])


def looking_at(scope: Scope) -> Ask:
    """Which of a hundred conversations one may see."""
    ids = [ConversationId(CROWD.conversation(n)) for n in range(100)]
    return lambda desk: desk[Conversations].visible(viewer(scope), ids)


def with_contacts(scope: Scope) -> Ask:
    """The newest conversations with a hundred contacts."""
    ids = [ContactId(derived_id("contact", n)) for n in range(100)]
    return lambda desk: desk[Conversations].newest_with(viewer(scope), ids)


def lists() -> Iterator[tuple[str, Ask]]:
    """Each view in each scope: the first page, the next one, and one far down."""
    for scope in Scope:
        for view in View:

            async def pages(desk: Desk, scope: Scope = scope, view: View = view) -> None:
                conversations: Conversations = desk[Conversations]
                _, cursor = await conversations.list(viewer(scope), view)
                if cursor is not None:
                    await conversations.list(viewer(scope), view, cursor=cursor)
                desk.reads.commands, kept = [], desk.reads.commands
                _, far = await conversations.list(viewer(scope), view, limit=1_500)
                desk.reads.commands = kept
                if far is not None:
                    await conversations.list(viewer(scope), view, cursor=far)

            yield f"list {view.value} {scope.value}", pages
        yield f"counters {scope.value}", counting(scope)
        yield f"of contact {scope.value}", of_contact(scope)
    for view in View:
        yield f"list {view.value} of somebody new", listing(Scope.OWN, view, OperatorId("somebody new"))


def tasks() -> Iterator[tuple[str, Ask]]:
    """Each list of tasks in each scope: the first page, the next, and one far down; and its counts."""
    for scope in Scope:
        for whose in TaskList:
            for status in TaskStatus:

                async def pages(
                    desk: Desk, scope: Scope = scope, whose: TaskList = whose, status: TaskStatus = status
                ) -> None:
                    store: Tasks = desk[Tasks]
                    _, cursor = await store.list(viewer(scope), whose, status)
                    if cursor is not None:
                        await store.list(viewer(scope), whose, status, cursor=cursor)
                    kept = list(desk.reads.commands)
                    _, far = await store.list(viewer(scope), whose, status, limit=200)
                    desk.reads.commands[:] = kept
                    if far is not None:
                        await store.list(viewer(scope), whose, status, cursor=far)

                yield f"tasks {whose.value} {status.value} {scope.value}", pages

            async def counts(desk: Desk, scope: Scope = scope, whose: TaskList = whose) -> None:
                await desk[Tasks].count(viewer(scope), whose)
                await desk[Tasks].count(viewer(scope), whose, due_before=START + timedelta(hours=1))

            yield f"count of tasks {whose.value} {scope.value}", counts


async def _cancel_timers(desk: Desk) -> None:
    async with background(desk[Coalescer].run):
        key = await desk[Timers].cancel(ConversationId("5"), [TimerKind.WAKE], 100)
        await desk[Timers].written(key)


QUESTIONS: dict[str, Ask] = {
    **dict(lists()),
    **dict(tasks()),
    "links to forms": lambda desk: desk[FormInvites].of_project(ProjectId("p7")),
    "tasks of a conversation": lambda desk: desk[Tasks].open_of(ConversationId("77")),
    "rename a contact in tasks": lambda desk: desk[Tasks].rename_contact(OURS, ContactId("77"), "Sample"),
    "names that many have": listing(Scope.ALL, View.ALL, name="customer"),
    "people by key": lambda desk: desk[SearchWords].people(OURS, "customer 77", 200),
    "people with a common beginning": lambda desk: desk[SearchWords].people(OURS, "c", 200),
    "messages with a word": lambda desk: desk[SearchWords].newest(OURS, ["order"], None, 100),
    "messages with a word, further down": lambda desk: desk[SearchWords].newest(OURS, ["order"], 9_000, 100),
    "messages with one of some words": lambda desk: desk[SearchWords].newest(
        OURS, [f"few{n}" for n in range(1, 13)], 9_000, 100
    ),
    "words that begin so": lambda desk: desk[SearchWords].beginning(OURS, "alon"),
    "how many have a word": lambda desk: desk[SearchWords].count(OURS, ["order", "few7"]),
    **{f"which of them one may see {scope.value}": looking_at(scope) for scope in Scope},
    **{f"newest with contacts {scope.value}": with_contacts(scope) for scope in Scope},
    "several messages": lambda desk: desk[Messages].several([MessageId(derived_id("message", n)) for n in range(50)]),
    "newest of": lambda desk: desk[Conversations].newest_of(SHOP, CONTACT),
    "of contact on": lambda desk: desk[Conversations].of_contact_on(SHOP, CONTACT),
    "of contact anywhere": lambda desk: desk[Conversations].of_contact_anywhere(OURS, CONTACT),
    "rename contact": lambda desk: desk[Conversations].rename_contact(OURS, CONTACT, "Sample"),
    "thread, newest": lambda desk: desk[Messages].window(LONG, limit=50),
    "thread, before": lambda desk: desk[Messages].window(LONG, before=2_000, limit=50),
    "thread, after": lambda desk: desk[Messages].window(LONG, after=2_000, limit=50),
    "thread, public": lambda desk: desk[Messages].window(LONG, after=2_000, limit=50, public=True),
    "newest received": lambda desk: desk[Messages].newest_received(LONG),
    "newest message": lambda desk: desk[Messages].newest(LONG),
    "last position": lambda desk: desk[Messages].last_position(LONG),
    "undecided": lambda desk: desk[Messages].undecided(LONG, after=1),
    "conversations undecided": lambda desk: desk[Messages].conversations_undecided(),
    "conversations waiting": lambda desk: desk[Outgoing].conversations_waiting([PHONE], START),
    "conversations expired": lambda desk: desk[Outgoing].conversations_expired(START),
    "next to send": lambda desk: desk[Outgoing].next_to_send(PHONE, LONG),
    "conversations with copies due": lambda desk: desk[DueCopies].conversations([SHOP, PHONE], START),
    "copies due": lambda desk: desk[DueCopies].next(PHONE, LONG, START),
    "claim copies": lambda desk: desk[DueCopies].claim(MessageId("m"), COPIES, START, 1),
    "settle copies": lambda desk: desk[DueCopies].settle(MessageId("m"), COPIES, None, {}, 1),
    "claims of the dead": lambda desk: desk[Outgoing].end_claims([7], START),
    "leases of the dead": lambda desk: desk[Leases].give_up_all(["nobody"]),
    "bot is sending": lambda desk: desk[Outgoing].bot_is_sending(PHONE, LONG, 3, START, but_by=1),
    "cancel bot": lambda desk: desk[Outgoing].cancel_bot(PHONE, LONG, 3, "-"),
    "replies since": lambda desk: desk[Messages].replies_since(LONG, 3_000, ME),
    "by external id": lambda desk: desk[Messages].by_external_id(SHOP, "e100"),
    "known ids": lambda desk: desk[Messages].known_ids(SHOP, [f"e{n}" for n in range(100, 150)]),
    "known as any": lambda desk: desk[Messages].known_as_any(SHOP, [f"s{n}" for n in range(100, 150)]),
    "contacts of": lambda desk: desk[Messages].contacts_of(SHOP, [LONG, ConversationId("77")]),
    "edit": lambda desk: desk[Messages].edit(SHOP, "e100", "text", None, START),
    "reactions": lambda desk: desk[Messages].react(SHOP, "e100", ["👍"]),
    "receipt of one": lambda desk: desk[Outgoing].confirm(
        {"channel": SHOP, "delivery.external_ids": "s101"},
        DeliveryStatus.FAILED,
        EARLIER[DeliveryStatus.FAILED],
        {},
    ),
    "sent as": lambda desk: desk[Outgoing].sent_as(SHOP, ["s101", "s102"]),
    "receipt up to a position": lambda desk: desk[Outgoing].confirm(
        {"conversation": LONG, "channel": SHOP, "position": {"$lte": 3_900}, "direction": "out"},
        DeliveryStatus.READ,
        EARLIER[DeliveryStatus.READ],
        {},
    ),
    "newest Turn": lambda desk: desk[Turns].newest(LONG, fresh=True),
    "by cause": lambda desk: desk[Turns].by_cause("command:1"),
    "of a message": lambda desk: desk[Turns].by_cause("message:1"),
    "what a note about a passed on message came from": lambda desk: desk[PassedOn]._notes("77"),
    "unapplied": lambda desk: desk[Turns].unapplied(LONG, 4_000),
    "conversations unapplied": lambda desk: desk[Turns].conversations_unapplied(),
    "activities": lambda desk: desk[Turns].activities(LONG, 2_000, 2_050),
    "places": lambda desk: desk[Places].current([LONG, SHORT]),
    "former places": lambda desk: desk[Places].former(LONG),
    "places of contact": lambda desk: desk[Places].of_contact(OURS, CONTACT),
    "parked, counted": lambda desk: desk[Places].waiting_parked(OURS),
    "drafts of flows": lambda desk: desk[FlowDrafts].of_project(ProjectId("p7")),
    "newest version of a flow": lambda desk: desk[FlowVersions].newest(ProjectId("p3"), "f7"),
    "newest patch": lambda desk: desk[FlowVersions].newest(ProjectId("p3"), "f7", 35),
    "versions of a flow": lambda desk: desk[FlowVersions].of_flow(ProjectId("p3"), "f7"),
    "stages in use": lambda desk: desk[StageLog].lately(PROJECT),
    "sessions that wait": lambda desk: desk[FlowSessions].waiting(ProjectId("p2"), limit=30),
    "questions that were not sent": lambda desk: desk[Messages].failed_questions([ConversationId("77")]),
    "sessions of a contact": lambda desk: desk[FlowSessions].of_contact(ProjectId("p2"), ContactId("77")),
    "stages of a contact": lambda desk: desk[StageLog].of_contact(OURS, [ContactId("77"), ContactId("78")]),
    "consents of a contact": lambda desk: desk[Consents].of_contact(OURS, [ContactId("77"), ContactId("78")]),
    "webhook by name": lambda desk: desk[Webhooks].by_name(ProjectId("p7"), "w77"),
    "webhooks": lambda desk: desk[Webhooks].of_project(ProjectId("p7")),
    "deliveries": lambda desk: desk[WebhookDeliveries].of_project(ProjectId("p7")),
    "deliveries of a webhook": lambda desk: desk[WebhookDeliveries].of_project(ProjectId("p7"), "w77"),
    "webhooks due": lambda desk: desk[WebhookDeliveries].claim(START + timedelta(hours=20), 60),
    "topic by thread": lambda desk: desk[Groups].by_thread(ChannelId("c7"), "77"),
    "open topics": lambda desk: desk[Groups].open_topics(ChannelId("c7")),
    "posts of messages": lambda desk: desk[Groups].posts_of("t7", [MessageId("m77"), MessageId("m78")]),
    "post by part": lambda desk: desk[Groups].by_part("t7", "77"),
    "updates of a group": lambda desk: desk[Groups].updates(ChannelId("c7")),
    "where an operator is linked": lambda desk: desk[OperatorLinks].of(OperatorId("o7")),
    "message to redraw": lambda desk: desk[Outgoing].next_to_redraw(SHOP, LONG),
    "conversations to redraw": lambda desk: desk[Outgoing].conversations_to_redraw([SHOP, PHONE]),
    "addresses": lambda desk: desk[Contacts].addresses(CONTACT),
    "addresses of a person": lambda desk: desk[Contacts].addresses_of([CONTACT, ContactId(derived_id("contact", 8))]),
    "which contacts were merged": lambda desk: desk[Contacts].wholes_of([ContactId(f"{n:032x}") for n in range(50)]),
    "parts of a person": lambda desk: desk[Contacts].parts_of(ContactId("77")),
    "merges of a contact": lambda desk: desk[Merges].of_contact(OURS, ContactId("77")),
    "timers due": lambda desk: desk[Timers].due(START + timedelta(hours=20)),
    "cancel timers": _cancel_timers,
    "parked": lambda desk: desk[ParkedEvents].waiting(OURS, limit=20),
    "parked, next": lambda desk: desk[ParkedEvents].waiting(OURS, after=ParkedId(f"{300:032x}"), limit=20),
    "attachment's message": lambda desk: desk[Attachments].conversation_of(AttachmentId(derived_id("file", 100))),
    "raw mails that are too old": lambda desk: desk[RawPayloads].drop_originals(ChannelId("mail"), START, limit=20),
    "parked that are too old": lambda desk: desk[RawPayloads].drop_parked(
        ChannelId("shop"), START + timedelta(hours=100), limit=20
    ),
    "channels that forget": lambda desk: desk[Channels].forgetful(),
    "unclaimed files": lambda desk: desk[Attachments].settle_unclaimed(limit=20),
    "loose files": lambda desk: desk[Attachments].settle_loose(limit=20),
    "who refers to blobs": lambda desk: desk[Attachments].referred(["77", "78"]),
    "which blobs are pieces of others": lambda desk: desk[Blobs].pieces_among(["77", "78"]),
    "which of them stay": lambda desk: desk[Blobs].pieces_among(["77", "78"], kept=True),
    "condemned blobs": lambda desk: desk[Blobs].condemned(),
    "unmarked blobs": lambda desk: desk[Blobs].unmarked("", limit=50),
    "chunks without a file": lambda desk: desk[Blobs].remove_loose(START),
    "what a channel remembers": lambda desk: desk[ChannelMarks].beginning(ChannelId("c7"), "business:"),
    "channel by key": lambda desk: desk[Channels].by_key("77"),
    "channels": lambda desk: desk[Channels].of_project("p7"),
    "channels that run": lambda desk: desk[Channels].enabled(),
    "operator by address": lambda desk: desk[Operators].by_email("77"),
    "operators": lambda desk: desk[Operators].of_project("p7"),
    "teams": lambda desk: desk[Projects].teams("p7"),
    "furthest read": lambda desk: desk[ReadMarks].furthest("7"),
    "read marks": lambda desk: desk[ReadMarks].of(ME, [LONG, SHORT]),
    "canned replies": lambda desk: desk[CannedReplies].visible("p7", ME),
    "who is in a conversation": lambda desk: desk[Presences].of("7"),
    "who has a draft open": lambda desk: desk[Presences].authors("p7", "f7"),
    "who is there": lambda desk: desk[Presences].there("p7"),
    "sessions": lambda desk: desk[Sessions].of_operator("7"),
    "session by secret": lambda desk: desk[Sessions].by_secret("77"),
    "audit log": lambda desk: desk[AuditEntries].page(ProjectId("p2"), AuditFilter(), limit=30),
    "audit log, further down": lambda desk: desk[AuditEntries].page(
        ProjectId("p2"), AuditFilter(), after=f"{round((START + timedelta(hours=250)).timestamp() * 1000):x}.{250:032x}"
    ),
    "what somebody did": lambda desk: desk[AuditEntries].page(
        ProjectId("p2"), AuditFilter(by=OperatorId("3")), limit=9
    ),
    "where this was done": lambda desk: desk[AuditEntries].page(
        ProjectId("p2"), AuditFilter(action=AuditAction.INVITED), limit=9
    ),
    "audit log of some days": lambda desk: desk[AuditEntries].page(
        ProjectId("p2"), AuditFilter(since=START + timedelta(hours=220), until=START + timedelta(hours=260)), limit=90
    ),
    "old lines of the audit log": lambda desk: desk[AuditEntries].forget_before(START - timedelta(days=1)),
    "erasures to be done": lambda desk: desk[ContactRecords].undone(),
    "conversations of a person": lambda desk: desk[ContactRecords].conversations(OURS, [CONTACT]),
    "open invitations": lambda desk: desk[AccountLinks].invitations(ProjectId("p7"), START),
    "earlier invitations": lambda desk: desk[AccountLinks].forget_invitations(ProjectId("p7"), "77@example.org"),
    "resets of a person": lambda desk: desk[AccountLinks].forget_resets(OperatorId("78")),
    "link by secret": lambda desk: desk[AccountLinks].by_secret("77"),
    "letters that are due": lambda desk: desk[AccountLinks].claim_letter(START, START + timedelta(minutes=1)),
    "what became of a letter": lambda desk: desk[AccountLinks].settle_letter("77", 1, None),
    "letters that failed": lambda desk: desk[AccountLinks].drop_letters(OperatorId("78")),
    "tokens": lambda desk: desk[Tokens].of_operator("7"),
    "token by secret": lambda desk: desk[Tokens].by_secret("77"),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_query_is_answered_by_an_index(desk: Desk, question: str) -> None:
    """No scan of a collection, no sort in memory, and little read that is not returned."""
    plans = await desk.plans(QUESTIONS[question])
    assert plans, "nothing was asked"
    spare = SPARE_OF.get(question, SPARE)
    wrong = {str(plan.command): faults for plan in plans if (faults := plan.faults(spare))}
    assert not wrong


async def test_a_rare_name_is_found_without_reading_the_view(desk: Desk) -> None:
    """What few have is found by the name and then sorted: a handful, however long the list."""
    for scope in Scope:
        [plan] = await desk.plans(listing(scope, View.RESOLVED, name="Customer 4321"))
        assert "COLLSCAN" not in plan.stages
        assert plan.read <= 12 * SPARE  # for each branch of a scope: the customers 4321 and 43210 to 43219


async def test_a_missing_index_is_noticed(desk: Desk) -> None:
    """The check itself: without their index the same questions have faults."""
    collection = desk.database["conversations"]
    for question, keys in (
        ("list all all", ["project", "shelf", "last_activity_at", "_id"]),
        ("list unattended own", ["project", "holder", "unattended", "waiting_since", "_id"]),
    ):
        [name] = [index.name for index in INDEXES if list(dict(index.keys)) == keys]
        await collection.drop_index(name)
        assert any(plan.faults() for plan in await desk.plans(QUESTIONS[question])), question
        await create_indexes(desk.database)
