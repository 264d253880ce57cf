"""Attachments: files that came with a message or go out with one."""

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
