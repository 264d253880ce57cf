"""Attachments: what is stored, what it is said to be, and how it is given back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.errors import NotAccepting
from hub.model.attachment import NewFile
from hub.model.ids import new_id
from hub.model.operator import Role
from hub.services.attachments import clean_name, media_type_of
from hub.services.channel_files import ChannelFiles
from hub.store.blobs import Blobs
from tests.web.house import MINE, Client, House

FILE = {"Content-Type": "application/octet-stream"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def upload(client: Client, name: str, data: bytes) -> dict[str, str]:
    async with client.session.post(
        "/api/v1/attachments", params={"name": name}, data=data, headers={**client.headers, **FILE}
    ) as answer:
        assert answer.status == 201, await answer.text()
        stored: dict[str, str] = await answer.json()
        return stored


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("photo.png", PNG, "image/png"),
        ("photo", PNG, "image/png"),
        ("photo.jpg", PNG, "application/octet-stream"),  # the name says something else than the content
        ("page.html", PNG, "application/octet-stream"),
        ("drawing.svg", SVG, "application/octet-stream"),
        ("drawing.png", SVG, "application/octet-stream"),
        ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream"),
        ("note.txt", "Привет".encode(), "text/plain"),
        ("note.txt", b"\xff\xfe\x00", "application/octet-stream"),
        ("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "application/pdf"),
        ("program.exe", b"MZ\x90\x00\x03\x00", "application/octet-stream"),
        (
            "list.docx",
            b"PK\x03\x04" + b"\0" * 60,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (".htaccess", b"AddType application/x-httpd-php .png", "text/plain"),
    ],
)
def test_the_type_is_what_the_content_shows_and_the_name_allows(name: str, data: bytes, kind: str) -> None:
    assert media_type_of(clean_name(name), data, whole=True) == kind


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ("gpj\u202e.exe", "gpj.exe"),
        ("\u200b.htaccess", "htaccess"),
        ("\0", "file"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 124 + ".pdf"),
        ("счёт №5.pdf", "счёт №5.pdf"),
    ],
)
def test_a_name_is_only_data(name: str, clean: str) -> None:
    assert clean_name(name) == clean


async def test_a_file_comes_back_as_it_was_with_headers_that_keep_it_data(house: House) -> None:
    client = await house.as_role()
    stored = await upload(client, 'счёт"; x=".svg', SVG)
    async with client.session.get(f"/api/v1/attachments/{stored['id']}?inline=1") as answer:
        assert await answer.read() == SVG
        headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith('attachment; filename="')
    assert headers["Content-Disposition"].count('"') == 2
    assert "filename*=UTF-8''%D1%81%D1%87%D1%91%D1%82_%3B%20x%3D_.svg" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


async def test_a_raster_image_may_be_shown_and_is_not_sent_twice(house: House) -> None:
    client = await house.as_role()
    stored = await upload(client, "photo.png", PNG)
    async with client.session.get(f"/api/v1/attachments/{stored['id']}?inline=1") as answer:
        assert answer.headers["Content-Disposition"].startswith("inline;")
        tag = answer.headers["ETag"]
    async with client.session.get(f"/api/v1/attachments/{stored['id']}", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304


async def test_an_upload_is_seen_by_its_uploader_alone_until_it_is_sent(house: House) -> None:
    owner, other = await house.as_role(Role.OPERATOR), await house.as_role(Role.OPERATOR)
    stored = await upload(owner, "note.txt", b"text")
    assert (await owner.ask("GET", f"/attachments/{stored['id']}"))[0] == 200
    assert (await other.ask("GET", f"/attachments/{stored['id']}"))[0] == 404
    conversation = await house.conversation()
    body = {"key": new_id(), "attachments": [stored["id"]], "seen_position": 1}
    status, problem = await other.ask("POST", f"/conversations/{conversation}/messages", body)
    assert (status, problem["code"]) == (422, "attachment_unknown")
    status, message = await owner.ask("POST", f"/conversations/{conversation}/messages", body)
    assert status == 201
    assert message["attachments"][0]["id"] == stored["id"]
    assert (await other.ask("GET", f"/attachments/{stored['id']}"))[0] == 200
    elsewhere = await house.conversation()
    status, problem = await owner.ask("POST", f"/conversations/{elsewhere}/messages", {**body, "key": new_id()})
    assert (status, problem["code"]) == (422, "attachment_unknown")


async def test_a_file_over_the_limit_leaves_nothing_behind(house: House) -> None:
    client = await house.as_role()
    database = house.pipeline.connection.database
    before = await database["attachments"].count_documents({}), await database["blobs.chunks"].count_documents({})

    async def pieces() -> AsyncIterator[bytes]:  # without a length in the head
        for _ in range(26):
            yield b"x" * 1024**2

    status, problem = await client.ask("POST", "/attachments?name=a.txt", data=pieces(), headers=FILE)
    assert (status, problem["code"]) == (413, "too_big")
    assert before == (
        await database["attachments"].count_documents({}),
        await database["blobs.chunks"].count_documents({}),
    )


async def test_an_empty_file_and_a_wrong_media_type_are_refused(house: House) -> None:
    client = await house.as_role()
    assert (await client.ask("POST", "/attachments?name=a.txt", data=b"", headers=FILE))[1]["code"] == "empty_file"
    assert (await client.ask("POST", "/attachments?name=a.txt", data=b"x"))[1]["code"] == "wrong_media_type"
    assert (await client.ask("POST", "/attachments", data=b"x", headers=FILE))[1]["code"] == "query_invalid"


async def given(data: bytes, step: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]


async def test_the_same_content_is_stored_once_also_when_it_comes_at_the_same_time(house: House) -> None:
    database = house.pipeline.connection.database
    blobs, data = Blobs(database), new_id().encode() * 40_000
    stored = await asyncio.gather(*(blobs.put(given(data)) for _ in range(5)))
    assert len({blob.sha256 for blob in stored}) == 1
    assert await database["blobs.files"].count_documents({"_id": stored[0].sha256}) == 1
    assert b"".join([piece async for piece in blobs.open(stored[0].sha256, len(data))]) == data


async def test_chunks_that_a_crash_has_left_do_not_block_the_same_file(house: House) -> None:
    """A hub that died in the middle of an upload leaves chunks without a file; the next upload completes them."""
    database = house.pipeline.connection.database
    blobs, data = Blobs(database), new_id().encode() * 40_000
    blob = await blobs.put(given(data))
    await database["blobs.files"].delete_one({"_id": blob.sha256})
    await database["blobs.chunks"].delete_one({"files_id": blob.sha256, "n": 2})
    assert await blobs.put(given(data)) == blob
    assert b"".join([piece async for piece in blobs.open(blob.sha256, len(data))]) == data


async def test_the_sweep_removes_what_was_never_sent_and_nothing_else(house: House) -> None:
    client = await house.as_role()
    database, attachments = house.pipeline.connection.database, house.parts.attachments
    sent, forgotten = await upload(client, "a.txt", new_id().encode()), await upload(client, "b.txt", new_id().encode())
    conversation = await house.conversation()
    body = {"key": new_id(), "attachments": [sent["id"]], "direction": "note"}
    assert (await client.ask("POST", f"/conversations/{conversation}/messages", body))[0] == 201
    received = await upload(client, "c.txt", new_id().encode())
    # A message of a visitor refers to a file that is bound to no conversation yet.
    await database["messages"].update_one(
        {"conversation": conversation, "position": 1}, {"$set": {"attachments": [{"id": received["id"]}]}}
    )
    hour, day = 3_600_000, 24 * 3_600_000
    await database["attachments"].update_many({}, [{"$set": {"created_at": {"$subtract": ["$$NOW", day + hour]}}}])
    await attachments.sweep()
    await database["blobs.files"].update_many(
        {"condemned_at": {"$type": "date"}}, [{"$set": {"condemned_at": {"$subtract": ["$$NOW", 2 * hour]}}}]
    )
    assert await attachments.sweep() >= 1
    assert (await client.ask("GET", f"/attachments/{sent['id']}"))[0] == 200
    assert (await client.ask("GET", f"/attachments/{received['id']}"))[0] == 200
    assert (await client.ask("GET", f"/attachments/{forgotten['id']}"))[0] == 404


async def test_the_sweep_removes_files_of_a_refused_reply_and_of_a_deleted_message(house: House) -> None:
    """They were bound to the conversation; what another message of it refers to stays."""
    client = await house.as_role()
    database, attachments = house.pipeline.connection.database, house.parts.attachments
    refused, deleted, both, kept = [await upload(client, f"{n}.txt", new_id().encode()) for n in range(4)]
    conversation = await house.conversation()

    async def writes(*files: dict[str, str], **more: object) -> tuple[int, Any]:
        body = {"key": new_id(), "attachments": [file["id"] for file in files], "direction": "note", **more}
        return await client.ask("POST", f"/conversations/{conversation}/messages", body)

    assert (await writes(refused, direction="out", seen_position=0))[0] == 409
    _, first = await writes(deleted, both)
    assert (await writes(both, kept))[0] == 201
    assert (await client.ask("DELETE", f"/conversations/{conversation}/messages/{first['id']}"))[0] == 200
    await attachments.sweep()
    assert (await client.ask("GET", f"/attachments/{refused['id']}"))[0] == 200, "it may be sent again"
    day = 24 * 3_600_000
    await database["attachments"].update_many({}, [{"$set": {"loose_since": {"$subtract": ["$loose_since", day]}}}])
    assert (await writes(refused, direction="out", seen_position=0))[0] == 409
    await attachments.sweep()
    found = [(await client.ask("GET", f"/attachments/{file['id']}"))[0] for file in (refused, deleted, both, kept)]
    assert found == [200, 404, 200, 200], "what was attached again in the meantime stays for another day"
    await database["attachments"].update_many({}, [{"$set": {"loose_since": {"$subtract": ["$loose_since", day]}}}])
    await attachments.sweep()
    assert (await client.ask("GET", f"/attachments/{refused['id']}"))[0] == 404
    assert await database["attachments"].count_documents({"loose_since": {"$type": "date"}}) == 0


async def test_a_condemned_blob_is_rescued_by_the_same_file(house: House) -> None:
    blobs, data = Blobs(house.pipeline.connection.database), new_id().encode()
    blob = await blobs.put(given(data))
    await blobs.condemn(blob.sha256)
    await blobs.put(given(data))
    await blobs.remove(blob.sha256)
    assert b"".join([piece async for piece in blobs.open(blob.sha256, len(data))]) == data


async def test_what_a_visitor_uploaded_is_known_to_its_channel(house: House) -> None:
    attachments = house.parts.attachments
    ref = await attachments.take(MINE, "visitor:1", "a.txt", given(b"text"))
    assert await attachments.uploaded(MINE, ref.id, "visitor:1") == ref
    assert await attachments.uploaded(MINE, ref.id, "visitor:2") is None


async def test_without_room_no_file_is_taken_and_the_client_is_told_to_come_back(house: House) -> None:
    """Files are what fills a disk: operators get 503, and connectors what they get when no message is accepted."""
    client = await house.as_role(Role.OPERATOR)
    pipeline = house.pipeline
    await pipeline.space.check()
    pipeline.space.limit_bytes, pipeline.space.limit_share = 2**60, 1.0
    status, problem = await client.ask("POST", "/attachments?name=a.txt", data=b"text")
    assert (status, problem["code"]) == (503, "unavailable")
    files = ChannelFiles(MINE, house.parts.attachments)
    with pytest.raises(NotAccepting):
        await files.store("a.txt", "visitor:1", given(b"text"))
    with pytest.raises(NotAccepting):
        await files.store_all("email:1", [NewFile("a.txt", b"text")])
    pipeline.space.limit_bytes = 0
    assert (await upload(client, "a.txt", b"text"))["name"] == "a.txt"
