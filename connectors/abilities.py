"""What a connector may be able to do beside what `Connector` in `connectors/base.py` asks of every one.

A connector that has the methods of such a protocol has the ability: there is nothing to declare and nothing to inherit.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from connectors.base import OutgoingMessage, Sent
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import InboundEvent, MessageReceived, Receive, Received
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import MessageId
from hub.model.message import Message
from hub.model.sample import Sample
from hub.model.why import Why


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
class TakesItsTime(Protocol):
    """A connector whose service may rightly take longer than the hub's time for an attempt (`send_timeout_s`).

    `send` and `send_copies` then keep times of their own for each step. Meanwhile the hub keeps the message for them,
    and other conversations are sent to.
    """

    def attempt_s(self, message: OutgoingMessage) -> float:
        """How long an attempt to send it may take at the most: it is ended then, and counts as uncertain."""


@runtime_checkable
class TellsWhy(Protocol):
    """A connector that paces so slowly that people wonder: it says why a message waits."""

    def why_it_waits(self, message: OutgoingMessage) -> Why:
        """A sentence for the operator about a message that may not go yet."""


@runtime_checkable
class SendsCopies(Protocol):
    """A connector whose service may take a message and not all of its copies (`Capabilities.copies`)."""

    async def send_copies(self, message: OutgoingMessage, copies: Sequence[str]) -> Sent:
        """Send a message that is sent already to these of its copies alone. Raises as `send`: then nobody got it.

        `Sent.later` names those that are to be tried once more.
        """


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

    async def inspect(self) -> Sequence[Why]:
        """What the service says, as sentences for an admin to read. Changes nothing there, and needs no `open`.

        Raises the `Channel...` errors.
        """


@runtime_checkable
class HasNotices(Protocol):
    """A connector that works while something beside it does not, which an admin should know."""

    def notice(self) -> Sequence[Why]:
        """What that is, for an admin; nothing while all is well. Asked every few seconds."""


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


Post = Callable[[str, Mapping[str, str]], Awaitable[tuple[int, bytes]]]
"""Sends a form to a public address; status and body of the answer. Raises `SignInRefused` where there is none."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in changes in the settings, whose account it was, and for how long it lasts, where that is told."""

    settings: Mapping[str, JsonValue]
    account: str | None = None
    lasts_s: float | None = None


class ProviderSignIn(Protocol):
    """The sign-in to one channel's account at its provider: OAuth 2 by an authorization code, with PKCE (RFC 7636)."""

    @property
    def application(self) -> str:
        """Which application asks whom: another one cannot finish what this one began."""

    def url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Where the browser goes. `challenge` is the SHA-256 of the verifier, in base64url."""

    async def finish(self, answer: Mapping[str, str], redirect_uri: str, verifier: str, post: Post) -> SignedIn:
        """Give the code that came back for what opens the account. Raises `SignInRefused`."""


@runtime_checkable
class SignsIn(Protocol):
    """A connector whose account is opened by a sign-in in a browser."""

    @classmethod
    def provider_sign_in(cls, channel: Channel) -> ProviderSignIn | None:
        """The sign-in of a channel with these settings; None where they want none. Raises `ChannelConfigError`."""


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
class BelievesPages(Protocol):
    """A connector that believes what a page signs about its own users."""

    @classmethod
    def signing_key(cls, channel: Channel, secret: bytes) -> str:
        """The key that the page signs with, to be shown to an admin. `secret` is the channel's (`Services.secret`)."""


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


@runtime_checkable
class WritesLetters(Protocol):
    """A connector that can write to an address which belongs to no contact, such as that of a new colleague."""

    async def write(self, to: str, subject: str, text: str, key: str) -> None:
        """Hand a letter of the hub's own over. Needs no `open`. Raises as `send`; the `key` is the same in each try."""
