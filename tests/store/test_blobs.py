"""Contents stored several at once."""

from collections.abc import AsyncIterator

import pytest

from hub.store.blobs import CHUNK_BYTES, PORTION_BYTES, Blobs
from hub.store.connection import Connection
from hub.store.errors import StoreUnavailable
from hub.store.indexes import create_indexes

CONTENTS = [b"one", b"two" * CHUNK_BYTES, b"one", b"three"]


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def whole(blobs: Blobs, sha256: str, size: int) -> bytes:
    return b"".join([piece async for piece in blobs.open(sha256, size)])


async def test_each_content_is_stored_once_and_comes_back_whole(connection: Connection) -> None:
    """Also beside contents that are there already, and beside chunks that a crash has left."""
    await create_indexes(connection.database)
    blobs, database = Blobs(connection.database), connection.database
    alone = await blobs.put(pieces(b"three"))
    first = await blobs.put_all(CONTENTS)
    assert first[3].sha256 == alone.sha256
    assert [await whole(blobs, blob.sha256, blob.size_bytes) for blob in first] == CONTENTS
    assert await database["blobs.files"].count_documents({}) == 3
    assert await database["blobs.chunks"].count_documents({}) == 1 + 3 + 1
    await database["blobs.files"].delete_many({})
    assert await blobs.put_all(CONTENTS) == first
    assert await database["blobs.files"].count_documents({}) == 3
    assert await database["blobs.chunks"].count_documents({}) == 1 + 3 + 1


async def test_contents_of_more_than_one_command_come_back_whole(connection: Connection) -> None:
    """One that takes several commands by itself, and small ones before and behind it."""
    await create_indexes(connection.database)
    blobs, contents = Blobs(connection.database), [b"before", b"0123456" * (PORTION_BYTES // 5), b"behind"]
    stored = await blobs.put_all(contents)
    assert [await whole(blobs, blob.sha256, blob.size_bytes) for blob in stored] == contents


async def test_what_is_condemned_is_rescued_and_what_is_being_removed_refused(connection: Connection) -> None:
    blobs = Blobs(connection.database)
    kept, going = await blobs.put_all([b"kept", b"going"])
    await blobs.condemn(kept.sha256)
    await blobs.condemn(going.sha256)
    await connection.database["blobs.files"].update_one({"_id": going.sha256}, {"$set": {"removing": True}})
    await blobs.put_all([b"kept"])
    assert await connection.database["blobs.files"].find_one({"_id": kept.sha256, "condemned_at": None})
    with pytest.raises(StoreUnavailable):
        await blobs.put_all([b"new", b"going"])


async def test_what_was_removed_since_it_was_looked_for_is_stored_again(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep may take a condemned content away between the two looks of whoever stores it."""
    await create_indexes(connection.database)
    blobs = Blobs(connection.database)
    [gone] = await blobs.put_all([b"gone"])
    await blobs.condemn(gone.sha256)
    rescue = blobs._rescue

    async def rescued_too_late(sha256: str) -> bool:
        await blobs.remove(sha256)
        return await rescue(sha256)

    monkeypatch.setattr(blobs, "_rescue", rescued_too_late)
    await blobs.put_all([b"gone"])
    assert await whole(blobs, gone.sha256, gone.size_bytes) == b"gone"
