"""The live feed: what changed, as every socket is told."""

from enum import StrEnum
from functools import cached_property

import orjson
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
    TASK = "task"
    REMOVED = "removed"


class Change(Stored):
    """One change of the store. `cursor` is the feed's generation, a slash and the change stream's token.

    Tokens ascend within a generation, and a reader resumes after one. `data` is the thing as the HTTP API shows it.
    `conversation` is None for what belongs to no conversation.
    """

    cursor: str
    kind: ChangeKind
    project: ProjectId
    conversation: ConversationId | None = None
    data: dict[str, JsonValue]

    @cached_property
    def frame(self) -> bytes:
        """The change as an inbox socket sends it, encoded once however many sockets there are."""
        return orjson.dumps(
            {
                "type": "change",
                "cursor": self.cursor,
                "kind": self.kind.value,
                "conversation": self.conversation,
                "data": self.data,
            }
        )


class ReloadReason(StrEnum):
    """Why a subscriber cannot go on: too far behind, too slow, or the database is not the one it knew."""

    BEHIND = "behind"
    OVERFLOW = "overflow"
    GENERATION = "generation"


class Reload(Stored):
    """The end of a subscription that would otherwise have a gap: forget everything, read again, subscribe afresh."""

    reason: ReloadReason


class SignedOut(Stored):
    """The end of a subscription: its session ended or went to another project, or its person has other rights now."""


Delivered = Change | Reload | SignedOut
"""What a subscription gives. After a `Reload` or `SignedOut` nothing follows."""
