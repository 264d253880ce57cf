"""What a handler gets: the parts of the hub it may use, who asks, and what goes out beside the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web
from pydantic import JsonValue

from hub.model.audit import AuditAction, AuditChange, Via
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import MessageReceived, Received
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import ChannelId
from hub.model.message import Message
from hub.model.operator import Viewer
from hub.model.sample import Sample
from hub.model.why import Why
from hub.services.account_links import AccountLinks
from hub.services.accounts import Accounts, Identity
from hub.services.attachments import Attachments
from hub.services.attribution import Attribution
from hub.services.audit import Audit, By, places_of
from hub.services.changing import Changing
from hub.services.channel_sign_ins import ChannelSignIns
from hub.services.contact_erasing import ContactErasing
from hub.services.contact_export import ContactExport
from hub.services.errors import NotSignedIn
from hub.services.flow_authors import FlowAuthors
from hub.services.flow_library import FlowLibrary
from hub.services.form_invites import FormInvites
from hub.services.links import Links
from hub.services.made_once import MadeOnce, Making
from hub.services.merging import Merging
from hub.services.operator_links import OperatorLinks
from hub.services.parked import Parked, ReceiveOn
from hub.services.questionnaires import Questionnaires
from hub.services.retries import Retries
from hub.services.search import Search
from hub.services.sign_in import SignIn
from hub.services.stuck_sessions import StuckSessions
from hub.services.trials import Trials
from hub.services.turns import Turns
from hub.services.webhooks import Webhooks
from hub.settings import Settings
from hub.store.canned_replies import CannedReplies
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.drafts import Drafts
from hub.store.flow_figures import FlowFigures
from hub.store.form_invites import FormInvites as FormInviteStore
from hub.store.form_samples import FormSamples
from hub.store.funnel import Consents, StageLog
from hub.store.messages import Messages
from hub.store.operators import Operators
from hub.store.projects import Projects
from hub.store.read_marks import ReadMarks
from hub.store.tasks import Tasks
from hub.store.turns import Turns as TurnStore
from hub.web.client_address import ClientAddress
from hub.web.page import Making as MakingBody


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set; `max_age_s` 0 deletes it."""

    name: str
    value: str
    max_age_s: int


class MarkedForm(Protocol):
    """HTML that is safe in a frame without scripts. `blocked` counts remote pictures that were left out."""

    @property
    def html(self) -> str: ...
    @property
    def blocked(self) -> int: ...


class TriedField(Protocol):
    """One value of a sample, and what settings take it for."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def to(self) -> str: ...


class Tried(Protocol):
    """What settings make of a sample."""

    @property
    def fields(self) -> Sequence[TriedField]: ...
    @property
    def message(self) -> MessageReceived: ...


class Kinds(Protocol):
    """What the hub knows about kinds of channel. Only the composition root sees the connectors."""

    def capabilities(self, kind: str) -> dict[str, JsonValue]:
        """What a kind can do; empty for one that this hub does not have."""

    def secrets(self, kind: str) -> frozenset[str]:
        """The names of the settings that are never shown."""

    def html(self, kind: str, raw: bytes, *, remote_images: bool) -> MarkedForm | None:
        """The marked form of a raw message, safe to show in a frame; None where there is none."""

    def attributed(self, kind: str, message: Message) -> MessageReceived | None:
        """What a message passes on, as if its author had sent it; None where it passes nothing on."""

    def try_sample(self, channel: Channel, sample: Sample) -> Tried | None:
        """What a channel with these settings makes of a sample; None where its kind has nothing to try."""

    def signing_key(self, channel: Channel) -> str | None:
        """What the page around the channel signs its users with; None where its kind believes no page.

        Raises `Invalid` as `check` does.
        """

    def check(self, channel: Channel) -> None:
        """Raises `Invalid` for an unknown kind, and for settings that its connector refuses."""


class Connections(Protocol):
    """What the hub can ask of a channel's service, or of a running channel."""

    async def inspect(self, channel: Channel) -> Sequence[Why]:
        """What the service says of the account. Raises `Invalid` with the connector's sentence."""

    async def take(self, channel: Channel, said: ChannelMessage | ChannelReceipt) -> Received:
        """What another program says on the channel, made durable. Raises the errors of services."""

    def answer_window_s(self, channel: ChannelId, addresses: Sequence[Address]) -> float | None:
        """For how long after their last message a contact can be answered; None where there is no such rule."""

    def invitation(self, channel: Channel, word: str) -> str | None:
        """Where a contact goes on in this channel; None when it cannot invite, or does not run here."""


@dataclass(frozen=True)
class Parts:
    """The parts of the hub that handlers use. `hub.app` builds it."""

    settings: Settings
    clock: DatabaseClock
    accounts: Accounts
    account_links: AccountLinks
    audit: Audit
    contact_export: ContactExport
    contact_erasing: ContactErasing
    sign_in: SignIn
    operators: Operators
    projects: Projects
    conversations: Conversations
    messages: Messages
    turn_store: TurnStore
    turns: Turns
    contacts: Contacts
    attachments: Attachments
    drafts: Drafts
    read_marks: ReadMarks
    tasks: Tasks
    form_invites: FormInvites
    form_invite_store: FormInviteStore
    canned_replies: CannedReplies
    made_once: MadeOnce
    flow_library: FlowLibrary
    flow_authors: FlowAuthors
    questionnaires: Questionnaires
    webhooks: Webhooks
    flow_figures: FlowFigures
    stuck_sessions: StuckSessions
    stage_log: StageLog
    consents: Consents
    search: Search
    channels: Channels
    parked: Parked
    kinds: Kinds
    receive: ReceiveOn
    retries: Retries
    attribution: Attribution
    trials: Trials
    links: Links
    samples: FormSamples
    merging: Merging
    operator_links: OperatorLinks
    changing: Changing
    connections: Connections
    channel_sign_ins: ChannelSignIns
    demo: bool = False
    token_requests_per_minute: int = 600


@dataclass(frozen=True)
class Context:
    """One request. `identity` is None only on public routes."""

    parts: Parts
    request: web.Request
    identity: Identity | None
    cookies: list[Cookie] = field(default_factory=list)

    @property
    def who(self) -> Identity:
        """Who asks. Raises `NotSignedIn`."""
        if self.identity is None:
            raise NotSignedIn("not_signed_in", "Sign in first.")
        return self.identity

    @property
    def address(self) -> str:
        """The network address it comes from, as limits and the audit log know it."""
        return ClientAddress(self.parts.settings.trusted_proxies)(self.request)

    @property
    def by(self) -> By:
        """Who asks, as the audit log knows them."""
        via = Via.SESSION if self.who.session else Via.TOKEN
        return By(self.who.operator.id, via, self.address)

    async def note(
        self,
        action: AuditAction,
        about: str | None = None,
        name: str | None = None,
        changes: Sequence[AuditChange] = (),
        *,
        everywhere: bool = False,
    ) -> None:
        """Add a line to the project's audit log; to that of all projects of whoever asks, where it concerns them."""
        projects = places_of(self.who.operator) if everywhere else [self.viewer.project]
        await self.parts.audit.note(self.by, action, projects, about=about, name=name, changes=changes)

    async def making(self, what: str, body: MakingBody) -> Making:
        """Begin to make a `what`, once for the body's key. Raises `Invalid`: the key was used for another body."""
        said = body.model_dump_json(exclude={"key"})
        return await self.parts.made_once.begin(self.who.operator.id, self.viewer.project, what, body.key, said)

    @property
    def viewer(self) -> Viewer:
        """Who asks, as services know them."""
        return self.who.viewer
