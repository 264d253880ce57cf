"""Messages: what was said, by whom, and how its delivery stands."""

from enum import StrEnum

from pydantic import Field

from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Stored
from hub.model.content import Details, Earlier
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, ProjectId, TurnId
from hub.model.why import Why


class Direction(StrEnum):
    """In from the contact, out to the contact, or a note that only operators see."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


class ActorKind(StrEnum):
    """Who can act in a conversation."""

    CONTACT = "contact"
    OPERATOR = "operator"
    BOT = "bot"
    SYSTEM = "system"


class Actor(Stored):
    """Who did something. `id` is a contact's or an operator's; None for the bot and the system."""

    kind: ActorKind
    id: str | None = None
    name: str | None = None


class Button(Stored):
    """A quick reply: `label` is shown, `value` comes back. `selected` marks a ticked one where several may be."""

    label: str
    value: str
    selected: bool = False


class Ask(Stored):
    """The question that a message ends with, so that a channel can draw it well; the text alone is enough to answer.

    `type` is one of the twelve question types of a flow. `multiple`: several buttons may be ticked (`max_choices` at
    most; the values in `alone` clear the others), then sent together or finished with the button whose value ends in
    `:done`. `request` is what the channel may ask for with a button of its own: `phone`, `location`, `file`.
    """

    question: str
    type: str
    multiple: bool = False
    max_choices: int | None = None
    alone: tuple[str, ...] = ()
    optional: bool = False
    request: str | None = None
    accept: tuple[str, ...] = ()


class CardLine(Stored):
    """A question that was asked and what was answered, both as a person reads them."""

    question: str
    label: str
    value: str


class Card(Stored):
    """What a flow found out, for the person who goes on: a note carries it, with the same in its text."""

    flow: str
    title: str
    version: str
    score: float
    outcome: str | None = None
    lines: tuple[CardLine, ...] = ()


class DeliveryStatus(StrEnum):
    """How far an outgoing message has come. It only moves forward, except sending -> queued for another try."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class CopiesDue(Stored):
    """Copies of a sent message whose servers asked to come later with them, and when that is.

    `deferred` is how often their servers have asked. `waits` is what the operator reads of these, `refused` of those
    that were given up. `trying`: a hub has begun to send them; where it does not say in time what became of them, they
    may have arrived.
    """

    addresses: tuple[str, ...]
    due_at: Moment
    tries: int = 1
    deferred: int = 1
    trying: bool = False
    waits: tuple[Why, ...] = ()
    refused: tuple[Why, ...] = ()


class Delivery(Stored):
    """The outbox entry of an outgoing message.

    `code` and `reason` say why it failed (`cancelled`, `expired`, or the service's word); the `reason` of one that was
    sent is what of it did not work, such as a copy that was refused. `why` is the reason where it can be said in other
    languages, `whys` are those of a message that was sent. `may_repeat` marks a message that may have arrived twice;
    `deferred` is how often the service has asked to come later with it; `once` forbids a second try after an
    uncertain one. `fence` is the fencing number of the lease under which it was last claimed. While it is sent,
    `due_at` is when a claim ends that came with its storing. `external_ids` are the service's ids of its
    parts. `copies` are those that are yet to be tried again, until `expires_at`, while the message itself is sent;
    `copied` are those that have it, and do not get it again with the message.
    """

    status: DeliveryStatus = DeliveryStatus.QUEUED
    attempts: int = 0
    deferred: int = 0
    due_at: Moment | None = None
    expires_at: Moment | None = None
    code: str | None = None
    reason: str | None = None
    why: Why | None = None
    whys: tuple[Why, ...] = ()
    may_repeat: bool = False
    once: bool = False
    fence: int | None = None
    external_ids: tuple[str, ...] = ()
    sent_at: Moment | None = None
    copies: CopiesDue | None = None
    copied: tuple[str, ...] = ()


class Message(Stored):
    """One message of a conversation.

    `position` is dense in the conversation (1..n) and is the one order everybody sees. An incoming message has
    `external_id`, unique in its channel, and is `undecided` until its Turn is applied: the hub's own mark, which is
    never shown and whose going nobody is told of. An outgoing message or a note has `turn`, the Turn that caused it; a
    bot's carries the `control_epoch` it was decided under. `automatic` texts (greeting, out of office) do not count as
    an answer. `source_at` is the service's time: shown, never used for order.
    `edits` are the earlier texts, the oldest first. `deleted_at`: its author took it back; what it said is an edit.
    `reactions` are the contact's. `parts` are the external ids of what came one by one and is one message, such as an
    album. `redrawn` is the newest Turn that changed the buttons of a
    message after it was said, `redraw_due` whether the service is yet to show that. `started`: the contact pressed
    start, and nothing was written. `seen` is the newest position that the contact had before them when they began to
    write it, where the channel knows; it is the bot's to use and is not shown. `unasked`: neither the contact nor an
    operator caused it just now, such as a reminder or a survey afterwards. `erased`: what it said was taken out on the
    contact's wish. `handover`: it is for the service's own people, who are asked to take over. `revision` rises with
    each change of the message.
    """

    id: MessageId
    project: ProjectId
    conversation: ConversationId
    channel: ChannelId
    contact: ContactId
    position: int
    direction: Direction
    author: Actor
    text: str = ""
    details: Details | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    buttons: tuple[Button, ...] = ()
    ask: Ask | None = None
    button: str | None = None
    external_id: str | None = None
    source_at: Moment | None = None
    created_at: Moment
    undecided: bool = Field(default=False, exclude=True)
    turn: TurnId | None = None
    control_epoch: int | None = None
    automatic: bool = False
    delivery: Delivery | None = None
    edited_at: Moment | None = None
    edits: tuple[Earlier, ...] = ()
    deleted_at: Moment | None = None
    reactions: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    card: Card | None = None
    started: bool = False
    handover: bool = False
    seen: int | None = Field(default=None, exclude=True)
    redrawn: int | None = None
    redraw_due: bool = False
    unasked: bool = False
    erased: bool = False
    revision: int = 1
