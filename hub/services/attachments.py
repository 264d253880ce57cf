"""Attachments: takes files in, says what they are, and gives them to those who may see the conversation."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import PurePosixPath

import puremagic
import structlog

from hub.model.attachment import Attachment, AttachmentRef, NewFile
from hub.model.ids import AttachmentId, ConversationId, ProjectId, new_id
from hub.model.operator import Viewer
from hub.services.errors import Invalid, NotFound, Unavailable
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blob, Blobs
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations

log = structlog.get_logger(__name__)

NAME_LIMIT = 128
PER_MESSAGE = 10
UNKNOWN = "application/octet-stream"
RASTER_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_OFFICE = "application/vnd.openxmlformats-officedocument"

# Types that are told to the reader, with the endings that fit. Everything else is bytes of an unknown type: what a
# browser could execute (HTML, SVG, XML) is left out on purpose.
KNOWN: dict[str, frozenset[str]] = {
    "image/png": frozenset({".png"}),
    "image/jpeg": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "image/gif": frozenset({".gif"}),
    "image/webp": frozenset({".webp"}),
    "application/pdf": frozenset({".pdf"}),
    "application/zip": frozenset({".zip"}),
    f"{_OFFICE}.wordprocessingml.document": frozenset({".docx"}),
    f"{_OFFICE}.spreadsheetml.sheet": frozenset({".xlsx"}),
    f"{_OFFICE}.presentationml.presentation": frozenset({".pptx"}),
    "audio/mpeg": frozenset({".mp3"}),
    "audio/ogg": frozenset({".ogg", ".oga", ".opus"}),
    "audio/wav": frozenset({".wav"}),
    "video/mp4": frozenset({".mp4", ".m4v"}),
    "video/webm": frozenset({".webm"}),
    "text/plain": frozenset({".txt", ".log", ".csv", ".md"}),
}
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4"}
"""For files that come without a name of their own."""
_SAME_AS = {
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "image/jpg": "image/jpeg",
    "video/ogg": "audio/ogg",
    "application/ogg": "audio/ogg",
    "application/x-zip-compressed": "application/zip",
}
_OFFICE_BY_ENDING = {ending: kind for kind, endings in KNOWN.items() if kind.startswith(_OFFICE) for ending in endings}
_ENDINGS_KNOWN = frozenset(ending for endings in KNOWN.values() for ending in endings)
_MARKUP = re.compile(rb"<\s*(?:!doctype|\?xml|html|svg|script|head|body|iframe)", re.IGNORECASE)
_RESERVED = re.compile(r'[\\/:*?"<>|]')


class Attachments:
    """Files that came with a message or go out with one."""

    def __init__(
        self,
        store: AttachmentStore,
        blobs: Blobs,
        conversations: Conversations,
        clock: DatabaseClock,
        *,
        accepting: Callable[[], bool] = lambda: True,
    ) -> None:
        """`accepting` false: there is no room, and nothing is taken."""
        self._accepting = accepting
        self._store, self._blobs, self._conversations, self._clock = store, blobs, conversations, clock

    async def take(
        self,
        project: ProjectId,
        uploader: str,
        name: str,
        pieces: AsyncIterator[bytes],
        conversation: ConversationId | None = None,
        attachment: AttachmentId | None = None,
    ) -> AttachmentRef:
        """Store a file under a cleaned name and the type its content shows.

        `uploader` is an actor's `kind:id`; `pieces` bounds the size. With `attachment` it has that id, and storing it a
        second time is nothing. Raises what `pieces` raises, `Invalid` for an empty file, and `Unavailable`.
        """
        self._check_room()
        blob = await self._blobs.put(pieces)
        if not blob.size_bytes:
            raise Invalid("empty_file", "The file is empty.")
        taken = self._taken(project, uploader, name, blob, conversation, attachment)
        await self._store.add(taken)
        return ref_of(taken)

    async def take_all(
        self, project: ProjectId, uploader: str, files: Sequence[NewFile]
    ) -> Sequence[AttachmentRef | None]:
        """Store files as `take` does, all at once; None for one that is empty."""
        self._check_room()
        full = [file for file in files if file.content]
        if not full:
            return [None] * len(files)
        contents = [file.content for file in full]
        blobs = await self._blobs.look_at(contents, [file.sha256 for file in full])
        taken = [self._taken(project, uploader, file.name, blob) for file, blob in zip(full, blobs, strict=True)]
        encoded = {index: file.encoded for index, file in enumerate(full) if file.encoded}
        try:
            async with asyncio.TaskGroup() as group:  # nobody refers to either of them before both are there
                group.create_task(self._blobs.put_all(contents, blobs, encoded))
                group.create_task(self._store.add_all(taken))
        except ExceptionGroup as faults:  # callers know the store's errors, and no groups of them
            raise faults.exceptions[0] from None
        refs = iter(taken)
        return [ref_of(next(refs)) if file.content else None for file in files]

    def _check_room(self) -> None:
        """Files are what fills a disk: they end before messages could. Raises `Unavailable`."""
        if not self._accepting():
            raise Unavailable(30, "The hub is short of disk space and takes no files until there is room again.")

    def _taken(
        self,
        project: ProjectId,
        uploader: str,
        name: str,
        blob: Blob,
        conversation: ConversationId | None = None,
        attachment: AttachmentId | None = None,
    ) -> Attachment:
        clean = clean_name(name)
        kind = media_type_of(clean, blob.head, whole=blob.size_bytes == len(blob.head))
        return Attachment(
            id=attachment or AttachmentId(new_id()),
            name=clean if PurePosixPath(clean).suffix else clean + ENDINGS.get(kind, ""),
            media_type=kind,
            size_bytes=blob.size_bytes,
            project=project,
            conversation=conversation,
            uploader=uploader,
            sha256=blob.sha256,
            created_at=self._clock.now(),
        )

    async def claim(
        self, project: ProjectId, conversation: ConversationId, uploader: str, attachments: Sequence[AttachmentId]
    ) -> tuple[AttachmentRef, ...]:
        """What a message keeps of files that its author has uploaded. Raises `Invalid` for one that is not theirs."""
        if not attachments:
            return ()
        if len(attachments) > PER_MESSAGE or len(set(attachments)) != len(attachments):
            raise Invalid("too_many_attachments", f"A message has at most {PER_MESSAGE} different files.")
        claimed = await self._store.claim(project, conversation, uploader, attachments)
        if claimed is None:
            raise Invalid("attachment_unknown", "One of the files does not exist any more. Please attach it again.")
        return tuple(ref_of(attachment) for attachment in claimed)

    async def loosen(self, files: Sequence[AttachmentRef]) -> None:
        """A message is about to refer to these no more: they go with a later sweep, unless another one does."""
        if files:
            await self._store.loosen([file.id for file in files])

    async def for_viewer(self, viewer: Viewer, attachment: AttachmentId) -> Attachment:
        """The attachment, if the viewer may see its conversation or has just uploaded it. Raises `NotFound`."""
        found = await self._store.get(viewer.project, attachment)
        if found is None or not await self._may_see(viewer, found):
            raise NotFound("This file")
        return found

    async def of_project(self, project: ProjectId, attachment: AttachmentId) -> Attachment | None:
        """The attachment, for a connector that checks itself who may see it; None when the project has no such one."""
        return await self._store.get(project, attachment)

    async def uploaded(self, project: ProjectId, attachment: AttachmentId, uploader: str) -> AttachmentRef | None:
        """The file, if this uploader brought it; else None."""
        found = await self._store.get(project, attachment)
        return ref_of(found) if found is not None and found.uploader == uploader else None

    def open(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes, piece by piece."""
        return self._blobs.open(attachment.sha256, attachment.size_bytes)

    async def sweep(self) -> int:
        """Remove files that were never sent and bytes that nobody refers to; how many blobs went."""
        while await self._store.settle_unclaimed() or await self._store.settle_loose():
            pass
        removed = 0
        while some := await self._remove_condemned():
            removed += some
        after = ""
        while blobs := await self._blobs.unmarked(after):
            for sha256 in await self._needless(blobs):
                await self._condemn(sha256)
            after = blobs[-1]
        if removed:
            log.info("blobs without a message removed", count=removed)
        if loose := await self._blobs.remove_loose(self._clock.now()):
            log.info("bytes of files that were never stored removed", count=loose)
        return removed

    async def _remove_condemned(self) -> int:
        """How many went, of the next that have been condemned for an hour."""
        removed = 0
        for sha256 in await self._blobs.condemned():  # first what is put together from others, then these
            if await self._store.referred([sha256]) or await self._blobs.pieces_among([sha256]):
                await self._blobs.spare(sha256)
            else:
                await self._blobs.remove(sha256)
                removed += 1
        return removed

    async def _needless(self, blobs: Sequence[str]) -> Sequence[str]:
        """Those that nothing refers to, and no other blob that is to stay."""
        needed = await self._store.referred(blobs) | await self._blobs.pieces_among(blobs, kept=True)
        return [sha256 for sha256 in blobs if sha256 not in needed]

    async def _condemn(self, sha256: str) -> None:
        """With what it is put together from, so that all of it goes at the same time."""
        pieces = await self._blobs.condemn(sha256)
        for piece in await self._needless(pieces):
            await self._condemn(piece)

    async def _may_see(self, viewer: Viewer, attachment: Attachment) -> bool:
        if attachment.uploader == operator_actor(viewer):
            return True
        conversation = attachment.conversation or await self._store.conversation_of(attachment.id)
        return conversation is not None and await self._conversations.get(viewer, conversation) is not None


def operator_actor(viewer: Viewer) -> str:
    """How an operator's uploads are marked."""
    return f"operator:{viewer.operator}"


def ref_of(attachment: Attachment) -> AttachmentRef:
    """What a message keeps of it."""
    return AttachmentRef.model_validate({name: getattr(attachment, name) for name in AttachmentRef.model_fields})


def clean_name(name: str) -> str:
    """A file name that is only data: no path, no control, bidi or zero-width characters, at most 128 characters."""
    visible = name
    if not (name.isascii() and name.isprintable()):
        visible = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    last = re.split(r"[\\/]", visible)[-1]
    clean = _RESERVED.sub("_", last).strip(" .") or "file"
    if len(clean) > NAME_LIMIT:
        ending = PurePosixPath(clean).suffix[:16]
        clean = clean[: NAME_LIMIT - len(ending)] + ending
    return clean


def media_type_of(name: str, head: bytes, *, whole: bool) -> str:
    """The type that `head` shows, if it is a known one and the ending of `name` does not say another."""
    ending = PurePosixPath(name).suffix.lower()
    if ending and ending not in _ENDINGS_KNOWN:
        return UNKNOWN  # whatever its content is like: and looking at that costs a millisecond
    kind = _type_of_content(head, whole=whole)
    if kind == "application/zip" and ending in _OFFICE_BY_ENDING:
        kind = _OFFICE_BY_ENDING[ending]
    if kind is None or (ending and ending not in KNOWN[kind]):
        return UNKNOWN
    return kind


def _type_of_content(head: bytes, *, whole: bool) -> str | None:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        matches = []
    for match in matches:
        kind: str = _SAME_AS.get(match.mime_type, match.mime_type)
        if kind.startswith("application/vnd.openxmlformats"):
            kind = "application/zip"
        if kind in KNOWN and match.confidence >= 0.3 and len(match.byte_match or b"") >= 3:
            return kind
    return "text/plain" if _is_text(head, whole=whole) else None


def _is_text(head: bytes, *, whole: bool) -> bool:
    if _MARKUP.search(head) or any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return not whole and error.start >= len(head) - 3  # the cut went through a character
    return True
