"""Contents stored several at once, and those that are put together from others."""

import base64
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from hub.model.attachment import Encoded
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


def in_base64(content: bytes, width: int, line_end: bytes) -> bytes:
    letters = base64.b64encode(content)
    return b"".join(letters[at : at + width] + line_end for at in range(0, len(letters), width))


def holding(*files: tuple[bytes, int, bytes]) -> tuple[bytes, list[Encoded]]:
    """A mail with files, each with the width of its lines and their end, but for their last bytes, which it has."""
    mail, encoded = b"Subject: Hello\r\n\r\n", list[Encoded]()
    for content, width, line_end in files:
        offset, full = 3, len(content) // width * width // 4 * 3
        mail += base64.b64encode(content[:offset]) + line_end
        lines = in_base64(content[offset : offset + full], width, line_end)
        encoded.append(Encoded(len(mail), len(mail) + len(lines), content, offset, width, line_end))
        mail += lines + base64.b64encode(content[offset + full :]) + b"\r\n--b--\r\n"
    return mail, encoded


PLAN, PHOTO = random.Random(1).randbytes(900_001), random.Random(2).randbytes(300_000)


async def test_a_mail_is_put_together_from_its_files(connection: Connection) -> None:
    """Byte by byte, however its lines are long and end; what the files hold is stored once."""
    await create_indexes(connection.database)
    blobs, database = Blobs(connection.database), connection.database
    mail, encoded = holding((PLAN, 76, b"\r\n"), (PHOTO, 64, b"\n"), (PLAN, 1_000, b"\r\n"))
    contents = [PLAN, PHOTO, mail]
    for _ in range(2):  # the second time all of it is there
        stored = await blobs.put_all(contents, encoded={2: encoded})
        assert [await whole(blobs, blob.sha256, blob.size_bytes) for blob in stored] == contents
        kept = sum([len(row["data"]) async for row in database["blobs.chunks"].find()])
        assert kept < len(PLAN) + len(PHOTO) + len(mail) // 3
    other, encoded = holding((mail, 76, b"\r\n"))
    [_, _, _, forwarded] = await blobs.put_all([*contents, other], encoded={2: encoded[:0], 3: encoded})
    assert await whole(blobs, forwarded.sha256, forwarded.size_bytes) == other, "a file may be such a mail itself"


async def test_what_would_be_put_together_wrongly_is_not_given_as_whole(connection: Connection) -> None:
    """Whatever is amiss with its pieces: whoever reads it is told."""
    await create_indexes(connection.database)
    blobs, database = Blobs(connection.database), connection.database
    mail, encoded = holding((PLAN, 76, b"\r\n"))
    plan, original = await blobs.put_all([PLAN, mail], encoded={1: encoded})
    await database["blobs.chunks"].update_one({"files_id": plan.sha256, "n": 1}, {"$set": {"data": b"x" * CHUNK_BYTES}})
    with pytest.raises(LookupError):
        await whole(blobs, original.sha256, original.size_bytes)
    await database["blobs.chunks"].delete_many({"files_id": plan.sha256})
    with pytest.raises(LookupError):
        await whole(blobs, original.sha256, original.size_bytes)


async def test_a_mail_that_was_stored_whole_stays_so(connection: Connection) -> None:
    """As older hubs have stored it: nothing is left beside it that nobody refers to."""
    await create_indexes(connection.database)
    blobs = Blobs(connection.database)
    mail, encoded = holding((PLAN, 76, b"\r\n"))
    await blobs.put_all([mail])
    await blobs.put_all([PLAN, mail], encoded={1: encoded})
    assert await connection.database["blobs.files"].count_documents({}) == 2
    [original] = await blobs.look_at([mail])
    assert await whole(blobs, original.sha256, original.size_bytes) == mail


async def _crashed(connection: Connection, content: bytes, days_ago: float) -> None:
    """What a crash leaves of an upload: all chunks, and no file that they are of."""
    blobs, chunks = Blobs(connection.database), connection.database["blobs.chunks"]
    [blob] = await blobs.put_all([content])
    await connection.database["blobs.files"].delete_one({"_id": blob.sha256})
    left = await chunks.find({"files_id": blob.sha256}).to_list()
    await chunks.delete_many({"files_id": blob.sha256})
    then = datetime.now(UTC) - timedelta(days=days_ago)
    await chunks.insert_many([{**one, "_id": _id_of(then)} for one in left])


def _id_of(moment: datetime) -> ObjectId:
    return ObjectId(ObjectId.from_datetime(moment).binary[:4] + ObjectId().binary[4:])


async def test_what_a_crash_left_of_an_upload_goes_a_day_later(connection: Connection) -> None:
    """What was stored stays, and so does what may be of an upload that is under way."""
    await create_indexes(connection.database)
    blobs, database = Blobs(connection.database), connection.database
    [kept] = await blobs.put_all([b"kept" * CHUNK_BYTES])
    await database["blobs.chunks"].update_many({}, {"$set": {"kept_at": None}})
    await _crashed(connection, b"young" * CHUNK_BYTES, days_ago=0.5)
    await _crashed(connection, b"old" * CHUNK_BYTES, days_ago=2)
    await _crashed(connection, b"another", days_ago=2)
    assert await blobs.remove_loose(datetime.now(UTC)) == 2
    assert await blobs.remove_loose(datetime.now(UTC)) == 0
    assert await database["blobs.chunks"].count_documents({}) == 4 + 5
    assert await whole(blobs, kept.sha256, kept.size_bytes) == b"kept" * CHUNK_BYTES


async def test_an_upload_that_finds_what_a_crash_left_keeps_it_from_the_sweep(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep comes between the last chunk and the file: nothing is missing of it afterwards."""
    await create_indexes(connection.database)
    blobs, content = Blobs(connection.database), b"again" * CHUNK_BYTES
    await _crashed(connection, content, days_ago=2)
    add = blobs._add_chunks

    async def swept_after(chunks: list[dict[str, object]]) -> None:
        await add(chunks)
        assert await blobs.remove_loose(datetime.now(UTC)) == 0

    monkeypatch.setattr(blobs, "_add_chunks", swept_after)
    [blob] = await blobs.put_all([content])
    assert await whole(blobs, blob.sha256, blob.size_bytes) == content


async def test_an_upload_stores_again_what_the_sweep_took_from_under_it(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk was there when it was to be stored, and is gone before it is marked."""
    await create_indexes(connection.database)
    blobs = Blobs(connection.database)
    await _crashed(connection, b"again", days_ago=2)
    keep = blobs._keep

    async def too_late(chunk: dict[str, object]) -> bool:
        assert await blobs.remove_loose(datetime.now(UTC)) == 1
        return await keep(chunk)

    monkeypatch.setattr(blobs, "_keep", too_late)
    [blob] = await blobs.put_all([b"again"])
    assert await whole(blobs, blob.sha256, blob.size_bytes) == b"again"
