"""What a connector is, what it is given, and what it gives back. Read this page before writing one.

A connector turns what a service says into events (`hub/model/events.py`) and messages into calls. The smallest one is
`connectors/console`; `docs/adding_a_channel.md` walks through it. Three rules keep the hub's promises:

1. Acknowledge (200, offset, cursor, ack frame) only after `receive` has returned. When it raises `NotAccepting`, or
   anything else, nothing was accepted.
2. What cannot be read is parked with `unreadable(...)`, one thing at a time, so that the next one gets through.
3. Every fault leaves the connector as one of the words in `connectors/errors.py`.

Two neighbours hold what only few need: `connectors/lent.py` what else the hub lends (a contact's history, calls, people
of the service), `connectors/abilities.py` what else a connector may do (edit, fetch files, keep a pace, show HTML).

A connector knows these modules, `connectors.errors`, `connectors.http`, `connectors.text` and `hub.model`: no other
connector, no service, no store.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from connectors.errors import ChannelConfigError, PayloadInvalid, SettingFault
from connectors.lent import Bridge, Calls, Desk, Egress, GroupInbox, History, Invitations, Relay, Samples, Signatures
from connectors.reasons import sentence, why
from hub.model.attachment import AttachmentRef, NewFile
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import InboundEvent, Receive, Unreadable
from hub.model.ids import AttachmentId
from hub.model.message import Message
from hub.model.why import Why

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
    reads_threads: bool = False
    """`send` reads the thread, or its message's `position`: until the message is stored, its position is a guess."""
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
class Later:
    """Copies that are to be tried again: the hub asks for it by `SendsCopies` in `connectors/abilities.py`.

    `whys` are for the operator; `after_s` is how soon the service wants to be asked, None where it does not say.
    """

    copies: tuple[str, ...]
    whys: tuple[Why, ...]
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The service has it. `external_ids` are its ids of the parts, for receipts to name; empty when it gives none.

    `but` says what of it did not work, such as a copy that was refused: the operator reads it beside the message.
    `later` are copies that did not work yet, `copied` those that have it: they are not to get it again, whatever
    becomes of the message (`Delivery.copied`).
    """

    external_ids: tuple[str, ...] = ()
    but: tuple[Why, ...] = ()
    later: Later | None = None
    copied: tuple[str, ...] = ()


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

        Raises `PayloadInvalid` for an empty file, `NotAccepting`, and what `pieces` raises.
        """

    async def store_all(self, uploader: str, files: Sequence[NewFile]) -> Sequence[AttachmentRef | None]:
        """Keep several files at once; None for one that is empty.

        Many small ones cost as many commands as a single one does. Raises `NotAccepting`.
        """

    async def uploaded(self, attachment: AttachmentId, uploader: str) -> AttachmentRef | None:
        """The file, if this uploader brought it, whether or not a message refers to it by now; else None."""

    async def open(self, attachment: AttachmentId) -> OpenedFile | None:
        """The file, or None when there is none. Whether the asker may see it is the connector's to check."""


class Clock(Protocol):
    """The time of the database: the only one to compare with or to store."""

    def now(self) -> datetime:
        """The time now, in UTC."""


class Marks(Protocol):
    """What the channel remembers of its service, such as how far it has read: small values by name, kept for good."""

    async def get(self, name: str) -> str | None:
        """The value, or None before the first. Raises `NotAccepting`."""

    async def set(self, name: str, value: str) -> None:
        """Keep it durably. Raises `NotAccepting`."""

    async def remove(self, name: str) -> None:
        """Keep it no longer; again is nothing. Raises `NotAccepting`."""

    async def tally(self, name: str, slot: int, oldest: int, more: int) -> Mapping[int, int]:
        """Count `more` in a slot of time, in all processes together; what the slots from `oldest` on hold then.

        A name that is counted has no value. Raises `NotAccepting`.
        """

    async def beginning(self, prefix: str) -> Mapping[str, str]:
        """Those whose names begin so, up to a hundred in the order of their names. Raises `NotAccepting`."""


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
    signatures: Signatures | None = None

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
        """Send it. Raises the `Send...` and `Channel...` errors.

        The hub sets a deadline: `send_timeout_s`, or what the connector says as `TakesItsTime` does.
        """

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Look at the settings of a channel that is about to be stored. Raises `ChannelConfigError`."""

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The events in one raw payload as it is parked; pure. Raises `PayloadInvalid`."""


def read_settings(kind: type[SettingsT], channel: Channel) -> SettingsT:
    """The channel's settings as the connector's model. Raises `ChannelConfigError` that names each wrong setting."""
    try:
        return kind.model_validate(channel.settings)
    except ValidationError as error:
        faults = [_fault(kind, item) for item in error.errors(include_url=False, include_input=False)[:5]]
        wrong = "; ".join(f"{fault.setting or 'settings'}: {fault.reason}" for fault in faults)
        raise ChannelConfigError(why("settings_wrong", f"{wrong}.", channel=channel.name), faults) from None


def _fault(kind: type[BaseModel], item: ErrorDetails) -> SettingFault:
    """What pydantic says of one setting, without the words of those who write programs."""
    place = item["loc"]
    field = kind.model_fields.get(str(place[0])) if place else None
    like = str(field.examples[0]) if field is not None and field.examples else None
    reason = item["msg"].removeprefix("Value error, ")
    if item["type"] == "string_pattern_mismatch":
        reason = "it is not written as it should be" + (f"; one looks like {like}" if like else "")
    least = item.get("ctx", {}).get("min_length")
    return SettingFault(".".join(str(part) for part in place), item["type"], reason, like, least)


def unreadable(
    raw: bytes, reason: PayloadInvalid | Why | str, external_id: str | None = None, *, hint: str = ""
) -> Unreadable:
    """The event that parks `raw`. Without an id of the service its hash is the id: the same bytes park once."""
    if isinstance(reason, Why):
        reason = PayloadInvalid(sentence(reason), why=reason)
    invalid = PayloadInvalid(reason) if isinstance(reason, str) else reason
    named = external_id or f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return Unreadable(external_id=named, raw=raw, reason=invalid.reason, why=invalid.why, hint=hint)
