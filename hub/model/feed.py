"""The live feed: what changed, as every socket is told."""

from enum import StrEnum

from pydantic import JsonValue

from hub.model.base import Stored
from hub.model.ids import ConversationId, ProjectId


class ChangeKind(StrEnum):
    """What kind of thing changed."""

    CONVERSATION = "conversation"
    MESSAGE = "message"
    ACTIVITY = "activity"
    CONTACT = "contact"
    PRESENCE = "presence"
    CHANNEL = "channel"
    PARKED = "parked"
    READ_MARK = "read_mark"
    DRAFT = "draft"
    SESSION = "session"
    REMOVED = "removed"


class Change(Stored):
    """One change of the store. `cursor` is the change stream's token: it ascends, and a reader resumes after it.

    `data` is the thing as the HTTP API shows it. `conversation` is None for what belongs to no conversation.
    """

    cursor: str
    kind: ChangeKind
    project: ProjectId
    conversation: ConversationId | None = None
    data: dict[str, JsonValue]
