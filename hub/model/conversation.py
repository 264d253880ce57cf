"""Conversations: a contact and a channel in time; whether work is left, and who speaks next."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.flow import FlowMark
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId, TeamId
from hub.model.message import ActorKind, Direction


class Status(StrEnum):
    """Is work left?"""

    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SPAM = "spam"


class Control(StrEnum):
    """Who speaks next?"""

    BOT = "bot"
    QUEUE = "queue"
    OPERATOR = "operator"
    NONE = "none"


class ControlReason(StrEnum):
    """Why control lies where it lies: the words behind "who holds this and why"."""

    NEW_CONVERSATION = "new_conversation"
    REOPENED = "reopened"
    OPERATOR_REPLY = "operator_reply"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    HANDED_BACK = "handed_back"
    RESOLVED = "resolved"
    SPAM = "spam"
    CUSTOMER_REQUESTED = "customer_requested"
    FLOW_STARTED = "flow_started"
    FLOW_ESCALATED = "flow_escalated"
    RETRIES_EXHAUSTED = "retries_exhausted"
    BOT_ERROR = "bot_error"
    OUTSIDE_HOURS = "outside_hours"
    TIMEOUT = "timeout"
    AUTOMATIC = "automatic"
    TOO_FAST = "too_fast"


class Priority(StrEnum):
    """How urgent; None on a conversation means nobody has said."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class ConversationState(Stored):
    """Everything about a conversation that only Turns move. Each Turn carries the state after it.

    `control_epoch` rises with each change of control. `waiting_since` is set by the first unanswered message of the
    contact and cleared by a public reply that is not automatic. `snoozed_until` None while snoozed means until the
    next message. `flow` is the newest flow session, whether or not it has ended.
    """

    status: Status = Status.OPEN
    control: Control = Control.QUEUE
    control_epoch: int = 1
    control_reason: ControlReason = ControlReason.NEW_CONVERSATION
    control_since: Moment | None = None
    assignee: OperatorId | None = None
    team: TeamId | None = None
    waiting_since: Moment | None = None
    snoozed_until: Moment | None = None
    resolved_at: Moment | None = None
    first_reply_at: Moment | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    flow: FlowMark | None = None


class LastMessage(Stored):
    """What the list shows of the newest message."""

    position: int
    direction: Direction
    author_kind: ActorKind
    preview: str
    at: Moment
    deleted: bool = False


class Conversation(ConversationState):
    """The list document of a conversation: the state after its newest Turn, and what its newest message shows.

    Derived: it can be rebuilt from messages and Turns at any time. `number` counts the conversations of this contact
    on this channel. `seq` is the newest applied Turn, `last_position` the newest message. `revision` rises with
    every change. `contact_name` and `channel_kind` are copies for the list.
    """

    id: ConversationId
    project: ProjectId
    channel: ChannelId
    channel_kind: str = ""
    contact: ContactId
    contact_name: str | None = None
    number: int = 1
    seq: int = 0
    last_position: int = 0
    last_message: LastMessage | None = None
    last_activity_at: Moment
    created_at: Moment
    revision: int = 0
