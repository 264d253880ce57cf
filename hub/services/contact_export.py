"""A contact's data as one file: everything that is held of them as JSON, and their files."""

import asyncio
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import IO, Any

from hub.model.contact import Contact
from hub.model.ids import AttachmentId, OperatorId
from hub.services.attachments import Attachments
from hub.services.errors import TooMany
from hub.store.contact_records import ContactRecords
from hub.store.contacts import Contacts
from hub.store.documents import Document

IN_MEMORY_BYTES = 1024**2
PIECE_BYTES = 64 * 1024
NAME_LIMIT = 80


class ContactExport:
    """Makes the file. It lies in a temporary file of this machine while it is sent, and is gone afterwards."""

    def __init__(self, records: ContactRecords, contacts: Contacts, attachments: Attachments) -> None:
        self._records, self._contacts, self._attachments = records, contacts, attachments
        self._running: set[OperatorId] = set()

    @asynccontextmanager
    async def opened(self, by: OperatorId, contact: Contact) -> AsyncIterator[IO[bytes]]:
        """The file, from its beginning. Raises `TooMany` while the operator has another export running."""
        if by in self._running:
            raise TooMany(10, "Another export of yours is still running.")
        self._running.add(by)
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
                with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
                    await self._write(archive, contact)
                spool.seek(0)
                yield spool
        finally:
            self._running.discard(by)

    async def _write(self, archive: zipfile.ZipFile, contact: Contact) -> None:
        parts = await self._contacts.parts_of(contact.id)
        about = await self._records.about(contact.project, parts)
        await asyncio.to_thread(archive.writestr, "contact.json", _json(about))
        for row in about["conversations"]:
            messages = [message async for message in self._records.messages(row["id"])]
            await asyncio.to_thread(archive.writestr, f"conversations/{row['id']}.json", _json(messages))
            for message in messages:
                for file in message.get("attachments") or ():
                    await self._file(archive, contact, file)

    async def _file(self, archive: zipfile.ZipFile, contact: Contact, file: Document) -> None:
        found = await self._attachments.of_project(contact.project, AttachmentId(file["id"]))
        if found is None:
            return
        name = f"files/{found.id}-{_plain(found.name)}"
        if name in archive.NameToInfo:
            return
        with archive.open(name, "w", force_zip64=True) as target:
            async for piece in self._attachments.open(found):
                await asyncio.to_thread(target.write, piece)


async def pieces_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The bytes of a file, piece by piece."""
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain_value).encode("utf-8", "replace")


def _plain_value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _plain(name: str) -> str:
    """A name that is no path on any machine."""
    kept = "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in name)
    return kept.strip(". ")[-NAME_LIMIT:] or "file"
