"""Builds what the web needs beside the pipeline: accounts, files, and what operators keep for themselves."""

from collections.abc import Callable

from hub.model.ids import ConversationId
from hub.services.accounts import Accounts
from hub.services.attachments import Attachments
from hub.services.parked import Parked, ReceiveOn
from hub.services.passwords import Passwords
from hub.services.second_factor import SecondFactors
from hub.services.sign_in import SignIn
from hub.services.turns import Turns
from hub.settings import Settings
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.canned_replies import CannedReplies
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.connection import Database
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.drafts import Drafts
from hub.store.login_limits import LoginLimits
from hub.store.messages import Messages
from hub.store.operators import Operators
from hub.store.projects import Projects
from hub.store.read_marks import ReadMarks
from hub.store.sessions import Sessions
from hub.store.tickets import Tickets
from hub.store.tokens import Tokens
from hub.store.turns import Turns as TurnStore
from hub.web.context import Kinds, Parts


def make_parts(
    database: Database,
    settings: Settings,
    clock: DatabaseClock,
    *,
    conversations: Conversations,
    messages: Messages,
    turn_store: TurnStore,
    turns: Turns,
    contacts: Contacts,
    channels: Channels,
    parked: Parked,
    kinds: Kinds,
    receive: ReceiveOn,
    wake_outbox: Callable[[ConversationId], None],
    demo: bool = False,
) -> Parts:
    """The parts of the hub that handlers use; the arguments are those that the pipeline shares with them."""
    operators, projects, limits = Operators(database), Projects(database), LoginLimits(database)
    sessions = Sessions(database, idle_s=settings.session_idle_s, absolute_s=settings.session_absolute_s)
    passwords = Passwords(memory_kib=settings.argon2_memory_kib, passes=settings.argon2_passes)
    second_factors = SecondFactors(operators, settings.signing_key)
    accounts = Accounts(
        operators, projects, sessions, Tokens(database), Tickets(database), limits, passwords, second_factors, clock
    )
    return Parts(
        settings=settings,
        clock=clock,
        accounts=accounts,
        sign_in=SignIn(operators, sessions, limits, passwords, second_factors, settings.signing_key),
        operators=operators,
        projects=projects,
        conversations=conversations,
        messages=messages,
        turn_store=turn_store,
        turns=turns,
        contacts=contacts,
        attachments=Attachments(AttachmentStore(database), Blobs(database), conversations, clock),
        drafts=Drafts(database),
        read_marks=ReadMarks(database),
        canned_replies=CannedReplies(database),
        channels=channels,
        parked=parked,
        kinds=kinds,
        receive=receive,
        wake_outbox=wake_outbox,
        demo=demo,
    )
