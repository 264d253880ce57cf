"""Inbound events: everything a connector can tell the hub, on one screen.

A connector's `parse.py` turns what the service says into these. What it cannot read becomes `Unreadable` and is parked.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Stored
from hub.model.contact import Field as ContactField
from hub.model.content import Details
from hub.model.form_invite import Prefilled
from hub.model.ids import ConversationId, MessageId
from hub.model.message import DeliveryStatus
from hub.model.why import Why


class Sender(Stored):
    """Who an event comes from, as the channel knows them: an address and what the service says of the person."""

    kind: str
    value: str
    name: str | None = None
    language: str | None = None
    verified: bool = True
    fields: tuple[ContactField, ...] = ()


class ThreadClaim(Stored):
    """A conversation that a message says it belongs to. `proven` by a signature of ours, not merely by naming it."""

    conversation: ConversationId
    proven: bool = False


class Threading(Stored):
    """Where a message belongs, on channels whose contacts hold several conversations at once, such as e-mail.

    The first claim counts that is proven, or whose conversation is the sender's own. `replies_to` are external ids of
    messages it names, the likeliest first: claims that are not proven. Without any a new conversation begins.
    """

    claims: tuple[ThreadClaim, ...] = ()
    replies_to: tuple[str, ...] = ()


class MessageReceived(Stored):
    """A message. `external_id` is unique in the channel; the same id again is the same message.

    `button` is the value of the quick reply that was pressed. `source_at` is the service's own time. `album` names, in
    the channel, the one message that this is a part of: the first part makes it, each further one adds its files.
    `automatic`: no person wrote it, so nobody waits for an answer, no flow starts, and nothing opens again. `seen` is
    the newest position of the conversation that the contact had before them when they began to write, where known.
    """

    type: Literal["message"] = "message"
    external_id: str
    sender: Sender
    text: str = ""
    details: Details | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    button: str | None = None
    source_at: Moment | None = None
    album: str | None = None
    threading: Threading | None = None
    automatic: bool = False
    seen: int | None = None


class MessageEdited(Stored):
    """The contact changed a message that was received earlier as `target` (its external id).

    `at` is when, by the service: an older edit that comes again changes nothing. `whole` is the message as it is now,
    where the service says it: one that was never received is then stored as such.
    """

    type: Literal["edit"] = "edit"
    external_id: str
    sender: Sender
    target: str
    text: str
    html: str | None = None
    at: Moment | None = None
    whole: MessageReceived | None = None


class ReactionsChanged(Stored):
    """The contact's reactions to a message (of either side) are now these."""

    type: Literal["reactions"] = "reactions"
    external_id: str
    sender: Sender
    target: str
    reactions: tuple[str, ...] = ()


class ReceiptReceived(Stored):
    """The service's word about a delivery. `target` is the external id the service gave when it was sent.

    For channels where the contact reads up to a point, `up_to_position` marks everything up to that position of
    `conversation`.
    """

    type: Literal["receipt"] = "receipt"
    external_id: str
    sender: Sender | None = None
    target: str | None = None
    up_to_position: int | None = None
    conversation: ConversationId | None = None
    status: DeliveryStatus
    reason: str | None = None
    why: Why | None = None


class ConversationStarted(Stored):
    """The contact opened the conversation without a message yet (a bot's start button).

    `payload` is what stands behind `/start`. Where a rule of the channel begins a flow by it, the conversation is there
    from then on; else only the contact is. `text` is what the conversation shows of it;
    empty for the command itself. `prefill` are answers that the hub knows beforehand.
    """

    type: Literal["started"] = "started"
    external_id: str
    sender: Sender
    payload: str | None = None
    text: str = ""
    prefill: tuple[Prefilled, ...] = ()


class ContactStopped(Stored):
    """The contact blocked us: the address cannot be reached until they write again.

    `about` is the external id of a message that failed for it, where that is the only witness: then nothing is noted
    unless the address is of the contact whom that message was sent to.
    """

    type: Literal["stopped"] = "stopped"
    external_id: str
    sender: Sender
    reason: str
    about: str | None = None


class ContactReturned(Stored):
    """The contact lets us write again: a block was taken back."""

    type: Literal["returned"] = "returned"
    external_id: str
    sender: Sender


class ContactOptedOut(Stored):
    """The contact wants no messages that they did not ask for; answers still reach them."""

    type: Literal["opted_out"] = "opted_out"
    external_id: str
    sender: Sender


class AddressMoved(Stored):
    """The same contact is reached under another value of the same kind from now on."""

    type: Literal["moved"] = "moved"
    external_id: str
    sender: Sender
    to: str


class Unreadable(Stored):
    """What could not be read: kept raw, with the reason, to be looked at and replayed.

    `hint` is what its connector needs beside the bytes to read it again.
    """

    type: Literal["unreadable"] = "unreadable"
    external_id: str
    raw: bytes
    reason: str
    why: Why | None = None
    hint: str = ""


class SaidElsewhere(Stored):
    """A person of ours has written to the contact (`sender`) with the service's own program, past the hub.

    `author` is their name as the service knows it. `external_id` is unique in the channel.
    """

    type: Literal["said_elsewhere"] = "said_elsewhere"
    external_id: str
    sender: Sender
    author: str | None = None
    text: str = ""
    details: Details | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    source_at: Moment | None = None


class EditedElsewhere(Stored):
    """A person of ours has changed, with the service's own program, what they said there: `said` is it as it is now.

    `at` is when, by the service: an older edit that comes again changes nothing. What was never recorded is recorded.
    """

    type: Literal["edited_elsewhere"] = "edited_elsewhere"
    external_id: str
    sender: Sender
    said: SaidElsewhere
    at: Moment | None = None


InboundEvent = Annotated[
    MessageReceived
    | SaidElsewhere
    | EditedElsewhere
    | MessageEdited
    | ReactionsChanged
    | ReceiptReceived
    | ConversationStarted
    | ContactStopped
    | ContactReturned
    | ContactOptedOut
    | AddressMoved
    | Unreadable,
    Field(discriminator="type"),
]


class Received(Stored):
    """What became of one event that is now durable. What is no message has no position.

    `number` counts the contact's conversations on the channel. `repeated`: the message had been stored before, and
    position and time are those of the first copy.
    """

    external_id: str
    conversation: ConversationId | None = None
    number: int | None = None
    message: MessageId | None = None
    position: int | None = None
    at: Moment | None = None
    parked: bool = False
    repeated: bool = False


Receive = Callable[[Sequence[InboundEvent]], Awaitable[Sequence[Received]]]
"""Makes events durable and then returns, one answer per event in the same order. Acknowledge nothing before that."""
