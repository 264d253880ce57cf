"""What an operator can do to a conversation. Each command becomes one Turn."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Written
from hub.model.conversation import Priority
from hub.model.ids import OperatorId, TeamId

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]

UNKNOWN: Literal["unknown"] = "unknown"


class Reply(Written):
    """Say something to the contact. Takes the conversation over when nobody or the bot held it.

    `seen_position` is the newest message its author had seen; `confirm` sends although a newer one exists.
    """

    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()
    seen_position: int
    confirm: bool = False


class Note(Written):
    """Write something only operators see."""

    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()


class Take(Written):
    """Take the conversation. `seen` is the holder its author saw (None: nobody); another holder since is a conflict."""

    seen: OperatorId | Literal["unknown"] | None = UNKNOWN


class HandBack(Written):
    """Give the conversation back to the bot or to the queue."""

    to: Literal["bot", "queue"] = "queue"


class Assign(Written):
    """Give the conversation to a person (the team stays) or to a team (nobody holds it)."""

    operator: OperatorId | None = None
    team: TeamId | None = None


class Snooze(Written):
    """Hide the conversation until a moment, or until the contact writes."""

    until: Moment | None = None


class Resolve(Written):
    """No work is left."""


class Reopen(Written):
    """There is work again."""


class MarkSpam(Written):
    """Not a customer."""


class SetTags(Written):
    """The tags from now on."""

    tags: Annotated[tuple[Tag, ...], Field(max_length=50)]


class SetPriority(Written):
    """The priority from now on."""

    priority: Priority | None


Command = Reply | Note | Take | HandBack | Assign | Snooze | Resolve | Reopen | MarkSpam | SetTags | SetPriority
