"""Attachments: files that came with a message or go out with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import AttachmentId, ConversationId, ProjectId


class AttachmentStatus(StrEnum):
    """Whether the bytes are there. `pending`: the hub is still to fetch them from the service."""

    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"


class AttachmentRef(Stored):
    """What a message keeps of an attachment: enough to show it without another query.

    `source` is the service's word for a file that is still to be fetched, which only its connector reads.
    """

    id: AttachmentId
    name: str
    media_type: str
    size_bytes: int
    status: AttachmentStatus = AttachmentStatus.STORED
    reason: str | None = None
    source: str | None = None


class Attachment(AttachmentRef):
    """One attached file. The bytes lie under `sha256`, once for all attachments with the same content.

    `conversation` is None until a message refers to it; until then only `uploader` (an actor's `kind:id`) may see it.
    """

    project: ProjectId
    conversation: ConversationId | None = None
    uploader: str
    sha256: str
    created_at: Moment


@dataclass(frozen=True, slots=True)
class Encoded:
    """A stretch of a file that is nothing but bytes of another one in base64, in full lines of one width.

    It lies from `start` to `end`, and holds `content` from `offset` on: `width` letters, a multiple of four, to a line.
    """

    start: int
    end: int
    content: bytes
    offset: int
    width: int
    line_end: bytes

    @property
    def size_bytes(self) -> int:
        """So much of the other file."""
        return (self.end - self.start) // (self.width + len(self.line_end)) * self.width // 4 * 3


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be stored. `encoded`: what of it is bytes of others that are stored with it, in their order.

    `sha256` where it is known already.
    """

    name: str
    content: bytes
    encoded: Sequence[Encoded] = ()
    sha256: str | None = None
