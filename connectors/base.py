"""What a connector is, what it is given, and what it gives back. Read this page before writing one.

A connector turns what a service says into events (`hub/model/events.py`) and messages into calls. The smallest one is
`connectors/console`; `docs/adding_a_channel.md` walks through it. Three rules keep the hub's promises:

1. Acknowledge (200, offset, cursor, ack frame) only after `receive` has returned. When it raises `NotAccepting`, or
   anything else, nothing was accepted.
2. What cannot be read is parked with `unreadable(...)`, one thing at a time, so that the next one gets through.
3. Every fault leaves the connector as one of the words in `connectors/errors.py`.

A connector knows this module, `connectors.errors`, `connectors.http`, `connectors.text` and `hub.model`: no other
connector, no service, no store.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

from aiohttp import web
from pydantic import BaseModel, ValidationError

from connectors.errors import ChannelConfigError
from hub.model.attachment import AttachmentRef
from hub.model.channel import Channel
from hub.model.contact import Address, Contact
from hub.model.events import InboundEvent, MessageReceived, Receive, Received, Unreadable
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import AttachmentId, ContactId, ConversationId, MessageId
from hub.model.message import Message
from hub.model.sample import Sample

SettingsT = TypeVar("SettingsT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of channel can do. What it lacks degrades in its `render.py`, never in a flow."""

    text_limit: int
    """Characters of one message; longer texts are split."""
    attachment_bytes: int
    """Largest file on the way out; 0 when it takes none."""
    buttons: int = 0
    """Quick replies under one message; 0 turns them into numbered lines."""
    edits: bool = False
    typing: bool = False
    receipts: bool = False
    """The service tells us when a message was delivered or read."""
    idempotent_send: bool = False
    """Sending the same message id twice shows it once."""
    stored_is_sent: bool = False
    """There is no service: storing the message is sending it, and `send` is never called."""
    copies: bool = False
    """A message may go to further addresses of the same kind: copies, which its author chooses."""
    own_people: bool = False
    """The service has people of its own: when the bot passes a contact on, `send` gets a message with `handover`."""
    keeps_trying_s: float | None = None
    """How long a message that cannot be sent is tried; None: as long as the hub's setting says."""
    one_reader: bool = False
    """`listen` must run in one process only (polling, IMAP): the hub holds a lease for it."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to be sent now. `message.id` is the idempotency key; it stays the same in every attempt."""

    message: Message
    addresses: tuple[Address, ...]

    def address(self, kind: str) -> str | None:
        """The contact's address of this kind, or None."""
        return next((address.value for address in self.addresses if address.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Sent:
    """The service has it. `external_ids` are its ids of the parts, for receipts to name; empty when it gives none.

    `but` says what of it did not work, such as a copy that was refused: the operator reads it beside the message.
    """

    external_ids: tuple[str, ...] = ()
    but: str | None = None


# What a connector is given -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A stored file and its bytes, piece by piece."""

    file: AttachmentRef
    pieces: AsyncIterator[bytes]


class Attachments(Protocol):
    """Files, as a channel may touch them: those of its own project."""

    async def store(self, name: str, uploader: str, pieces: AsyncIterator[bytes]) -> AttachmentRef:
        """Keep a file. `uploader` says who brought it, such as `visitor:<id>`; `pieces` is bounded by the caller.

        Raises `PayloadInvalid` for an empty file, and what `pieces` raises.
        """

    async def store_all(self, uploader: str, files: Sequence[tuple[str, bytes]]) -> Sequence[AttachmentRef | None]:
        """Keep several files, names with their bytes, at once; None for one that is empty.

        For many small ones: it costs as many commands as a single one does.
        """

    async def uploaded(self, attachment: AttachmentId, uploader: str) -> AttachmentRef | None:
        """The file, if this uploader brought it, whether or not a message refers to it by now; else None."""

    async def open(self, attachment: AttachmentId) -> OpenedFile | None:
        """The file, or None when there is none. Whether the asker may see it is the connector's to check."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation of a contact on this channel; `number` counts them from 1."""

    id: ConversationId
    number: int


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A message of the conversation that the contact may see was stored or changed."""

    message: Message


@dataclass(frozen=True, slots=True)
class OperatorTyping:
    """An operator is writing."""

    name: str | None


@dataclass(frozen=True, slots=True)
class OperatorRead:
    """An operator has seen everything up to this position."""

    position: int


@dataclass(frozen=True, slots=True)
class Behind:
    """Changes were missed: read again with `after`. The last thing a subscription says."""


HistoryEvent = MessageShown | OperatorTyping | OperatorRead | Behind


class History(Protocol):
    """What the contact has seen, for channels that show their own past, such as a chat on a page. Never a note."""

    async def threads(self, kind: str, value: str) -> Sequence[Thread]:
        """The conversations that the contact behind an address has on this channel, in their order."""

    async def after(self, conversation: ConversationId, position: int, limit: int) -> Sequence[Message]:
        """Up to `limit` messages to and from the contact after `position`, ascending."""

    def subscribe(self, conversation: ConversationId) -> AbstractAsyncContextManager[AsyncIterator[HistoryEvent]]:
        """Changes from the moment of entering on. Enter it, then read `after`: some may come twice, none is missed."""

    async def typing(self, conversation: ConversationId) -> None:
        """The contact is writing: operators who look at it see so for some seconds."""


class Clock(Protocol):
    """The time of the database: the only one to compare with or to store."""

    def now(self) -> datetime:
        """The time now, in UTC."""


class Marks(Protocol):
    """How far the channel has read at its service: small values that survive a restart, by name."""

    async def get(self, name: str) -> str | None:
        """The value, or None before the first. Raises `NotAccepting`."""

    async def set(self, name: str, value: str) -> None:
        """Keep it durably. Raises `NotAccepting`."""


class Bridge(Protocol):
    """For channels whose bot is another program: who has a conversation, and what that program says and wants.

    A contact is named by kind and value of the address. All raise `NotAccepting`: say it again later.
    """

    async def held(self, kind: str, value: str) -> bool:
        """Whether people have the conversation, so that the bot must be silent."""

    async def said(self, kind: str, value: str, external_id: str, text: str, name: str | None) -> None:
        """Record what the bot has sent itself as `external_id`, once."""

    async def escalate(self, kind: str, value: str, reason: str, key: str) -> None:
        """Hand the conversation to people, once per `key`."""


class Calls(Protocol):
    """Calls to the project's outgoing webhooks: signed, and each attempt in their log."""

    async def call(self, webhook: str, message: Message, body: str) -> None:
        """Bring `message` to the webhook of this name, once; the first body counts for every attempt.

        The id of the call is the message's. Returns when the other side has taken it, also when it had done so before.
        Raises `ChannelConfigError` where there is no such webhook or it is off, `ChannelThrottled` with the pause until
        the next attempt, `MessageRejected` when there is none left.
        """


class Egress(Protocol):
    """HTTP to addresses that came from outside: never into the hub's own networks."""

    def download(self, url: str) -> AsyncIterator[bytes]:
        """The bytes behind an address, piece by piece, up to the largest attachment.

        Raises `MessageRejected` where they will never be had, `ChannelUnavailable` to be tried again.
        """


class Desk(Protocol):
    """For channels whose service has people of its own (`Capabilities.own_people`): what they do is done here, too.

    A contact is named by kind and value of the address. Each is done once per `key`, and is nothing where there is no
    such conversation or it makes no sense. All raise `NotAccepting`: say it again later.
    """

    async def contact(self, kind: str, value: str) -> Contact | None:
        """What is known of the contact, or None."""

    async def take(self, kind: str, value: str, key: str) -> None:
        """One of them has the conversation."""

    async def hand_back(self, kind: str, value: str, key: str) -> None:
        """None of them takes it: the bot goes on."""

    async def close(self, kind: str, value: str, key: str) -> None:
        """The conversation is over there."""


class Invitations(Protocol):
    """Where a contact of this channel can go on as the same person: another channel of the project that invites."""

    def address(self, word: str) -> str | None:
        """The address that brings there whoever a word stands for; None while no such channel runs."""

    async def word(self, kind: str, value: str) -> str | None:
        """The word for the contact at an address, good for a day; None when nobody is known there."""


class GroupInbox(Protocol):
    """Where a channel that hosts an operators' group leaves what happens there."""

    async def keep(self, name: str, number: int, raw: bytes) -> None:
        """Keep an update durably, once by its `name`; those of lower `number` are worked on first.

        Raises `NotAccepting`.
        """


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation of another channel in which the contact waits for a person; `position` is its newest message."""

    conversation: ConversationId
    contact: Contact
    position: int


class Samples(Protocol):
    """The newest thing that came by each door of the channel, kept for a day for whoever sets it up."""

    async def keep(self, sample: Sample) -> None:
        """Keep it instead of the one before. Raises `NotAccepting`."""


class Relay(Protocol):
    """For channels whose people serve the conversations of other channels of the project.

    What they do is done once per `key` under the channel's name. All raise `NotAccepting`: ask again later.
    """

    async def waiting(self, channels: Sequence[str]) -> Sequence[Waiting]:
        """Where somebody of these channels waits, and no operator of the hub has the conversation; longest first."""

    async def introduce(self, contact: ContactId, kind: str, value: str) -> None:
        """Let the address by which the other side knows the contact be one of theirs."""

    async def reply(self, conversation: ConversationId, text: str, key: str) -> None:
        """One of the channel's people answers: the conversation is theirs until an operator takes it."""

    async def note(self, conversation: ConversationId, text: str, key: str) -> None:
        """Tell the hub's operators something."""

    async def close(self, conversation: ConversationId, key: str) -> None:
        """The channel's people have done with it."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the hub lends to one channel. `secret` is 32 bytes that only this channel has, the same after a restart.

    `client_address` gives the address a request came from, behind the configured proxies. `base_url` is the hub's
    public address, without a slash at the end.
    """

    secret: bytes
    attachments: Attachments
    history: History
    marks: Marks
    clock: Clock
    base_url: str
    client_address: Callable[[web.Request], str]
    bridge: Bridge | None = None
    calls: Calls | None = None
    egress: Egress | None = None
    desk: Desk | None = None
    group: GroupInbox | None = None
    invitations: Invitations | None = None
    relay: Relay | None = None
    samples: Samples | None = None

    def download(self, address: str) -> AsyncIterator[bytes]:
        """The bytes behind an address that somebody outside has named. Raises `ChannelConfigError`, and as `Egress`."""
        if self.egress is None:
            raise ChannelConfigError("This hub fetches no files.")
        return self.egress.download(address)


# What a connector is -------------------------------------------------------------------------------------------------


class Connector(Protocol):
    """One channel. Made by `Kind(channel, services)`, which reads the settings and may raise `ChannelConfigError`."""

    kind: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    secret_settings: ClassVar[frozenset[str]]
    """Names of settings that are never shown again."""
    channel: Channel

    def __init__(self, channel: Channel, services: Services) -> None:
        """Read the settings; no I/O. Raises `ChannelConfigError`."""

    async def open(self) -> None:
        """Check the credentials. Raises `ChannelConfigError`, `ChannelAuthError`, `ChannelUnavailable`."""

    async def close(self) -> None:
        """Let go of everything. Called once, also after an `open` that failed."""

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The HTTP that the service calls, under `/hooks/<kind>/<key>`. Each handler authenticates the request itself.

        A path without the channel's key is shared by the channels of a kind; `?channel=<key>` then picks one.
        """

    async def listen(self, receive: Receive) -> None:
        """Poll or wait until cancelled; return at once if there is nothing to do. Raises the `Channel...` errors."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send it. The hub sets a deadline. Raises the `Send...` and `Channel...` errors."""

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Look at the settings of a channel that is about to be stored. Raises `ChannelConfigError`."""

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The events in one raw payload as it is parked; pure. Raises `PayloadInvalid`."""


@runtime_checkable
class EditsMessages(Protocol):
    """A connector whose service lets a sent message change (`Capabilities.edits`): the ticks of a question, mostly."""

    async def edit(self, message: OutgoingMessage) -> None:
        """Show `message`, which the service has as `delivery.external_ids`, with its buttons as they are now.

        It may be called twice for the same, and late: show what is given. Raises as `send`; after `MessageRejected` and
        `ContactUnreachable` it is not tried again.
        """


@runtime_checkable
class ShowsToasts(Protocol):
    """A connector whose service shows a short word to whoever pressed a button."""

    def toast(self, message: MessageId, text: str) -> None:
        """Show `text` for the press that was received as `message` (`Received.message`), if there is still time.

        Called at most once for a press, within moments of `receive` and only in the process that decided it; never
        waits. A press that gets no toast within about a second is to be answered without one.
        """


@runtime_checkable
class KeepsFiles(Protocol):
    """A connector whose service keeps files for a while: they are fetched after their message is durable.

    Its `parse` gives such a file as an `AttachmentRef` that is `pending`, with the `source` that `fetch` needs.
    """

    def fetch(self, source: str) -> AsyncIterator[bytes]:
        """The bytes of a file, piece by piece, within the service's limit.

        Raises `MessageRejected` where they will never be had (the operator reads the reason), else the `Channel...`
        errors: then it is tried again later.
        """


@runtime_checkable
class Paces(Protocol):
    """A connector whose service allows a certain rate. The outbox asks before it claims, so that nothing is held up."""

    def pause_s(self, message: OutgoingMessage) -> float:
        """How long until the message may go; 0 reserves its place, until it is sent. Never waits."""


@runtime_checkable
class TellsWhy(Protocol):
    """A connector that paces so slowly that people wonder: it says why a message waits."""

    def why_it_waits(self, message: OutgoingMessage) -> str:
        """A sentence for the operator about a message that may not go yet."""


@dataclass(frozen=True, slots=True)
class ShownHtml:
    """HTML that is safe to show in a frame without scripts. `blocked` counts remote pictures that were left out."""

    html: str
    blocked: int


@runtime_checkable
class ShowsHtml(Protocol):
    """A connector whose messages have a marked form, kept raw (`MailDetails.original`)."""

    @classmethod
    def html(cls, raw: bytes, *, remote_images: bool) -> ShownHtml | None:
        """What to show of a raw message; None when it has no marked form. Pure. Raises `PayloadInvalid`."""


@runtime_checkable
class Attributes(Protocol):
    """A connector whose messages may pass on what somebody else wrote, such as a forwarded mail."""

    @classmethod
    def attributed(cls, message: Message) -> MessageReceived | None:
        """What a stored message passes on, as if its author had sent it; None when it passes nothing on. Pure.

        Its external id follows from that of `message`: asked again, it is the same. Files are left out.
        """


@runtime_checkable
class Inspects(Protocol):
    """A connector that can say how its account stands at the service (`hub doctor`, “Test the connection”)."""

    async def inspect(self) -> Sequence[tuple[str, str]]:
        """What the service says, as names and values for an admin to read. Changes nothing there, and needs no `open`.

        Raises the `Channel...` errors.
        """


@runtime_checkable
class LimitsAnswers(Protocol):
    """A connector whose service takes answers only for a while after the contact's last message."""

    def answer_window_s(self, addresses: Sequence[Address]) -> float | None:
        """For how long a contact at these addresses can be answered; None where there is no such rule."""


@runtime_checkable
class Departs(Protocol):
    """A connector that has told its service where to reach the hub, and tells it when that has an end."""

    async def depart(self) -> None:
        """The channel was switched off or deleted: have the service stop calling us. Called before `close`.

        Not called when the hub ends: the service is to go on where it was. A fault is logged, and nothing else.
        """


@runtime_checkable
class ChangesSent(Protocol):
    """A connector whose service lets the words of a sent message change, and the message go (`Capabilities.edits`)."""

    async def edit_text(self, message: OutgoingMessage) -> None:
        """Show the text of a sent message as it is now, in place. Doing it again is nothing. Raises as `send`."""

    async def delete(self, message: OutgoingMessage) -> None:
        """Take back what was sent. Where it is gone already, that is nothing. Raises as `send`."""


@runtime_checkable
class Invites(Protocol):
    """A connector that a contact can be sent to with a word of ours, which comes back in `ConversationStarted`."""

    def invitation(self, word: str) -> str:
        """The address that opens this channel for whoever follows it. `word`: up to 64 of A-Z a-z 0-9 _ -."""


@dataclass(frozen=True, slots=True)
class TriedField:
    """One value of a sample, and what the settings take it for."""

    name: str
    label: str
    value: str
    to: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What settings make of a sample. Nothing of it is stored."""

    fields: tuple[TriedField, ...]
    message: MessageReceived


@runtime_checkable
class TriesSettings(Protocol):
    """A connector whose settings say what things are: they can be tried on a sample before they are stored."""

    @classmethod
    def try_sample(cls, channel: Channel, sample: Sample) -> Tried:
        """What the channel with these settings makes of it; pure. Raises `PayloadInvalid`, `ChannelConfigError`."""


@runtime_checkable
class RereadsParked(Protocol):
    """A connector that reads parked things by its settings, and stores what came with them."""

    async def reread(self, raw: bytes, hint: str) -> Sequence[InboundEvent]:
        """The events in a payload that was parked with `hint`. Raises `PayloadInvalid`, `NotAccepting`."""


@runtime_checkable
class TakesCalls(Protocol):
    """A connector whose messages come by the hub's own API (`POST /api/v1/channels/<id>/messages`)."""

    async def take(self, said: ChannelMessage | ChannelReceipt, receive: Receive) -> Received:
        """Make it durable. Raises `PayloadInvalid`, `NotAccepting`, and `connectors.http.Refused` over a limit."""


@runtime_checkable
class ShowsTyping(Protocol):
    """A connector whose service shows the contact that somebody writes (`Capabilities.typing`)."""

    async def show_typing(self, addresses: Sequence[Address]) -> None:
        """Show it for some seconds. Called again while it goes on; a fault of it is nobody's concern."""


def read_settings(kind: type[SettingsT], channel: Channel) -> SettingsT:
    """The channel's settings as the connector's model. Raises `ChannelConfigError` that names each wrong setting."""
    try:
        return kind.model_validate(channel.settings)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'settings'}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)[:5]
        )
        raise ChannelConfigError(f"Channel “{channel.name}”: {wrong}. Change it on the channel's page.") from None


def unreadable(raw: bytes, reason: str, external_id: str | None = None, *, hint: str = "") -> Unreadable:
    """The event that parks `raw`. Without an id of the service its hash is the id: the same bytes park once."""
    named = external_id or f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return Unreadable(external_id=named, raw=raw, reason=reason, hint=hint)
