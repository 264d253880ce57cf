"""Blobs: the bytes of attachments in GridFS, once for each content, under their SHA-256."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import IO, Any

from bson import Binary, ObjectId

from hub.model.attachment import Encoded
from hub.store.composed import Composition, Piece, composition, in_lines, pieces_of
from hub.store.connection import Database
from hub.store.errors import StoreUnavailable
from hub.store.missing import insert_missing

CHUNK_BYTES = 255 * 1024  # GridFS's own size: a chunk with its fields stays within 256 KiB
IN_MEMORY_BYTES = 1024 * 1024  # a bigger upload waits in a temporary file
PORTION_BYTES = 4 * 1024 * 1024  # of chunks that are written with one command
HEAD_BYTES = 8 * 1024  # enough to recognise a type
CONDEMNED_FOR_MS = 3_600_000  # longer than any upload: who refers to a blob again in that time rescues it
LOOSE_FOR = timedelta(days=1)
"""Longer than any upload, and than clocks are apart: chunks bear the time of the machine that made them."""


@dataclass(frozen=True, slots=True)
class Blob:
    """What was stored: hash, size, and the first bytes for a look at the type."""

    sha256: str
    size_bytes: int
    head: bytes


class Blobs:
    """All blobs, in the layout of GridFS (bucket `blobs`), so that its tools read them.

    Chunks are written by ourselves and not by the driver's upload stream: theirs fails for ever on the chunks that a
    crash has left under the same id, ours finds that they are there already.

    A blob with `pieces` has no chunks: it is put together from others when it is read (`docs/adr/0020`).
    """

    def __init__(self, database: Database) -> None:
        self._files, self._chunks = database["blobs.files"], database["blobs.chunks"]

    async def put(self, pieces: AsyncIterator[bytes]) -> Blob:
        """Store everything `pieces` gives. The same content again is stored no second time.

        What `pieces` raises passes through, and nothing is stored. Raises `StoreUnavailable` in the rare case that
        the same content is being removed at this moment: try again.
        """
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
            digest, size = hashlib.sha256(), 0
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
                await asyncio.to_thread(spool.write, piece)
            sha256 = digest.hexdigest()
            spool.seek(0)
            head = spool.read(HEAD_BYTES)
            if not await self._rescue(sha256):
                await self._write(sha256, size, spool)
        return Blob(sha256, size, head)

    async def look_at(self, contents: Sequence[bytes], known: Sequence[str | None] = ()) -> Sequence[Blob]:
        """What contents that are in memory already will be stored as. `known`: their SHA-256, where it is."""
        return await asyncio.to_thread(_hashed, contents, known or [None] * len(contents))

    async def put_all(
        self,
        contents: Sequence[bytes],
        blobs: Sequence[Blob] = (),
        encoded: Mapping[int, Sequence[Encoded]] = MappingProxyType({}),
    ) -> Sequence[Blob]:
        """Store several contents, some megabytes with each command; `blobs` where they were looked at before.

        `encoded`: by the index of a content, which stretches of it are others of them; these are not stored twice.
        Each is durable when this returns. Raises as `put`; then some may be stored, which changes nothing.
        """
        blobs = blobs or await self.look_at(contents)
        wanted = {blob.sha256: contents[index] for index, blob in enumerate(blobs) if not encoded.get(index)}
        names = {id(content): blob.sha256 for content, blob in zip(contents, blobs, strict=True)}
        composed = {
            blobs[index].sha256: (len(contents[index]), composition(contents[index], some, names))
            for index, some in encoded.items()
            if some and blobs[index].sha256 not in wanted
        }
        present = await self._present([*wanted, *composed, *(one.rest_sha256 for _, one in composed.values())])
        composed = {sha256: one for sha256, one in composed.items() if sha256 not in present}
        wanted |= {one.rest_sha256: one.rest for _, one in composed.values() if one.rest}
        wanted = {sha256: content for sha256, content in wanted.items() if sha256 not in present}
        if wanted or composed:
            await self._write_all(wanted, composed)
        return blobs

    async def _present(self, wanted: Sequence[str]) -> set[str]:
        """Those of them that are there, and stay."""
        rows = await self._files.find({"_id": {"$in": wanted}}, {"condemned_at": 1, "removing": 1}).to_list()
        found = set[str]()
        for row in rows:
            condemned = "condemned_at" in row or "removing" in row
            if not condemned or await self._rescue(row["_id"]):  # else it is gone by now
                found.add(row["_id"])
        return found

    async def open(self, sha256: str, size_bytes: int) -> AsyncIterator[bytes]:
        """The bytes, piece by piece. Raises `LookupError` when they are not all there, or not those of the hash."""
        given = 0
        async for data in self._bytes(sha256):
            given += len(data)
            yield data
        if given != size_bytes:
            raise LookupError(f"blob {sha256} holds {given} of {size_bytes} bytes")

    async def _bytes(self, sha256: str, at: int = 0, size_bytes: int | None = None) -> AsyncIterator[bytes]:
        """What a blob holds from a byte on."""
        row = await self._files.find_one({"_id": sha256}, {"pieces": 1}) or {}
        if "pieces" in row:
            given = self._composed(sha256, pieces_of(row["pieces"]))
        else:
            first, at = divmod(at, CHUNK_BYTES)
            given = self._chunks_of(
                sha256, first, None if size_bytes is None else first + (at + size_bytes) // CHUNK_BYTES
            )
        async with aclosing(given):
            async for data in given:
                some = data[at:] if size_bytes is None else data[at : at + size_bytes]
                at = max(0, at - len(data))
                if some:
                    yield some
                if size_bytes is not None:
                    size_bytes -= len(some)
                    if not size_bytes:
                        return

    async def _chunks_of(self, sha256: str, first: int, last: int | None) -> AsyncGenerator[bytes]:
        wanted = {"$gte": first} if last is None else {"$gte": first, "$lte": last}
        cursor = self._chunks.find({"files_id": sha256, "n": wanted}, {"data": 1}).sort("n", 1).batch_size(2)
        async with cursor:
            async for chunk in cursor:
                yield bytes(chunk["data"])

    async def _composed(self, sha256: str, pieces: Sequence[Piece]) -> AsyncGenerator[bytes]:
        digest = hashlib.sha256()
        for piece in pieces:
            given = self._bytes(piece.of, piece.at, piece.size_bytes)
            async for data in in_lines(given, piece) if piece.width else given:
                digest.update(data)
                yield data
        if digest.hexdigest() != sha256:
            raise LookupError(f"blob {sha256} was put together from pieces that are others")

    async def condemn(self, sha256: str) -> Sequence[str]:
        """Mark a blob that nobody refers to. It is removed an hour later, unless somebody stores it again.

        What it is put together from.
        """
        row = await self._files.find_one_and_update(
            {"_id": sha256, "condemned_at": None}, [{"$set": {"condemned_at": "$$NOW"}}], projection={"pieces.of": 1}
        )
        return list(dict.fromkeys(piece["of"] for piece in (row or {}).get("pieces", ())))

    async def pieces_among(self, blobs: Sequence[str], *, kept: bool = False) -> set[str]:
        """Those of them that others are put together from; with `kept`, others that are not condemned."""
        query: dict[str, Any] = {"pieces.of": {"$in": blobs}, **({"condemned_at": None} if kept else {})}
        return set(await self._files.distinct("pieces.of", query)) & set(blobs)

    async def spare(self, sha256: str) -> None:
        """Somebody refers to it: do not remove it."""
        await self._files.update_one({"_id": sha256, "removing": {"$ne": True}}, {"$unset": {"condemned_at": ""}})

    async def condemned(self, limit: int = 100) -> list[str]:
        """Blobs whose hour is over."""
        over = {"$lt": ["$condemned_at", {"$subtract": ["$$NOW", CONDEMNED_FOR_MS]}]}
        rows = self._files.find({"condemned_at": {"$type": "date"}, "$expr": over}, {"_id": 1}).sort("condemned_at", 1)
        return [row["_id"] for row in await rows.limit(limit).to_list()]

    async def unmarked(self, after: str, limit: int = 200) -> list[str]:
        """The next blobs that are not condemned, in order of their hash."""
        rows = self._files.find({"_id": {"$gt": after}, "condemned_at": None}, {"_id": 1}).sort("_id", 1)
        return [row["_id"] for row in await rows.limit(limit).to_list()]

    async def remove(self, sha256: str) -> None:
        """Remove a condemned blob; one that was rescued meanwhile stays. After a crash it is simply done again."""
        marked = await self._files.update_one(
            {"_id": sha256, "condemned_at": {"$type": "date"}}, {"$set": {"removing": True}}
        )
        if marked.matched_count:
            await self._chunks.delete_many({"files_id": sha256})
            await self._files.delete_one({"_id": sha256})

    async def _rescue(self, sha256: str) -> bool:
        """Whether the blob is there; a condemned one is no longer condemned."""
        found = await self._files.find_one_and_update(
            {"_id": sha256, "removing": {"$ne": True}}, {"$unset": {"condemned_at": ""}}, projection={"_id": 1}
        )
        if found is None and await self._files.find_one({"_id": sha256}, {"_id": 1}):
            raise StoreUnavailable("the same file is being removed at this moment")
        return found is not None

    async def _write_all(self, contents: Mapping[str, bytes], composed: Mapping[str, tuple[int, Composition]]) -> None:
        for portion in _portions(contents):
            await self._add_chunks(portion)
        # As below: who finds a file finds every chunk, and who finds one with pieces finds those: they stand before it.
        files = [_described(sha256, len(content)) for sha256, content in contents.items()]
        files += [_described(sha256, size, one.pieces) for sha256, (size, one) in composed.items()]
        await insert_missing(self._files, files)

    async def _write(self, sha256: str, size: int, spool: IO[bytes]) -> None:
        spool.seek(0)
        number = 0
        while data := await asyncio.to_thread(spool.read, CHUNK_BYTES):
            await self._add_chunks([{"files_id": sha256, "n": number, "data": Binary(data)}])
            number += 1
        # The file's document comes last: who finds it finds every chunk.
        await insert_missing(self._files, [_described(sha256, size)])

    async def _add_chunks(self, chunks: Sequence[dict[str, Any]]) -> None:
        """Store chunks. Those that are there, of another upload or from before a crash, are kept from being removed."""
        left = chunks
        while left:
            there = sorted(await insert_missing(self._chunks, left))
            left = [left[index] for index in there if not await self._keep(left[index])]

    async def _keep(self, chunk: Mapping[str, Any]) -> bool:
        """False: it was removed meanwhile."""
        query = {"files_id": chunk["files_id"], "n": chunk["n"]}
        return (await self._chunks.update_one(query, [{"$set": {"kept_at": "$$NOW"}}])).matched_count == 1

    async def remove_loose(self, now: datetime) -> int:
        """Remove chunks whose file was not stored for a day, since a crash came between; of how many files they were.

        An upload that begins meanwhile marks those that it finds, or stores them again.
        """
        removed, after = 0, ""
        while some := await self._with_chunks(after):
            rows = await self._files.find({"_id": {"$in": some}}, {"_id": 1}).to_list()
            for sha256 in set(some) - {row["_id"] for row in rows}:
                removed += await self._remove_loose(sha256, now - LOOSE_FOR)
            after = some[-1]
        return removed

    async def _with_chunks(self, after: str, limit: int = 200) -> list[str]:
        """The next files that have a first chunk, in order of their hash."""
        query = {"files_id": {"$gt": after}, "n": 0}
        rows = self._chunks.find(query, {"files_id": 1, "_id": 0}).sort("files_id", 1).limit(limit)
        return [row["files_id"] for row in await rows.to_list()]

    async def _remove_loose(self, sha256: str, before: datetime) -> bool:
        old = {"_id": {"$lt": ObjectId.from_datetime(before)}, "kept_at": {"$not": {"$gt": before}}}
        await self._chunks.delete_many({"files_id": sha256, "n": {"$gt": 0}, **old})
        # The first one last: by it the others are found.
        return (await self._chunks.delete_many({"files_id": sha256, "n": 0, **old})).deleted_count > 0


def _portions(contents: Mapping[str, bytes]) -> Iterator[Sequence[dict[str, Any]]]:
    """Chunks to be written with one command each, which holds a second copy of them."""
    portion: list[dict[str, Any]] = []
    room = PORTION_BYTES
    for sha256, content in contents.items():
        for number, start in enumerate(range(0, len(content), CHUNK_BYTES)):
            data = content[start : start + CHUNK_BYTES]
            if portion and len(data) > room:
                yield portion
                portion, room = [], PORTION_BYTES
            portion.append({"files_id": sha256, "n": number, "data": data})
            room -= len(data)
    if portion:
        yield portion


def _described(sha256: str, size: int, pieces: Sequence[Piece] = ()) -> dict[str, Any]:
    """Its date is for tools; nothing here goes by it."""
    now = datetime.now(UTC)
    known = {"_id": sha256, "length": size, "chunkSize": CHUNK_BYTES, "uploadDate": now, "filename": sha256}
    return {**known, "pieces": [piece.document() for piece in pieces]} if pieces else known


def _hashed(contents: Sequence[bytes], known: Sequence[str | None]) -> Sequence[Blob]:
    return [
        Blob(sha256 or hashlib.sha256(content).hexdigest(), len(content), content[:HEAD_BYTES])
        for content, sha256 in zip(contents, known, strict=True)
    ]
