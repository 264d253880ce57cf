"""Files as a channel may touch them: those of its own project."""

from collections.abc import AsyncIterator, Sequence

from connectors.base import OpenedFile
from connectors.errors import NotAccepting, PayloadInvalid
from hub.model.attachment import AttachmentRef, NewFile
from hub.model.ids import AttachmentId, ProjectId
from hub.services.attachments import Attachments, ref_of
from hub.services.errors import Invalid, Unavailable


class ChannelFiles:
    """The `Attachments` of `connectors.base` for one project."""

    def __init__(self, project: ProjectId, attachments: Attachments) -> None:
        self._project, self._attachments = project, attachments

    async def store(self, name: str, uploader: str, pieces: AsyncIterator[bytes]) -> AttachmentRef:
        """Keep a file. Raises `PayloadInvalid` for an empty one, `NotAccepting`, and what `pieces` raises."""
        try:
            return await self._attachments.take(self._project, uploader, name, pieces)
        except Invalid as error:
            raise PayloadInvalid(error.detail, error.code) from error
        except Unavailable as error:
            raise NotAccepting(error.retry_after_s, error.detail) from error

    async def store_all(self, uploader: str, files: Sequence[NewFile]) -> Sequence[AttachmentRef | None]:
        """Keep several files at once; None for one that is empty. Raises `NotAccepting`."""
        try:
            return await self._attachments.take_all(self._project, uploader, files)
        except Unavailable as error:
            raise NotAccepting(error.retry_after_s, error.detail) from error

    async def uploaded(self, attachment: AttachmentId, uploader: str) -> AttachmentRef | None:
        """The file, if this uploader brought it; else None."""
        return await self._attachments.uploaded(self._project, attachment, uploader)

    async def open(self, attachment: AttachmentId) -> OpenedFile | None:
        """The file, or None when the project has no such one."""
        found = await self._attachments.of_project(self._project, attachment)
        return None if found is None else OpenedFile(ref_of(found), self._attachments.open(found))
