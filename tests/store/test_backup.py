"""Backup and restore."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bson import Binary, Int64, ObjectId
from gridfs.asynchronous import AsyncGridFSBucket

from hub.store import schema
from hub.store.backup import MANIFEST, backup, restore
from hub.store.connection import Connection, Database
from hub.store.documents import Document
from hub.store.errors import (
    BackupFailed,
    BackupInvalid,
    DatabaseInUse,
    DatabaseNotEmpty,
    ForeignDatabase,
    NewerSchema,
    RestoreFailed,
)
from hub.store.leases import Leases

PASSING = ("account_links", "leases", "operator_sessions", "presence", "tickets")


@pytest.fixture
def other(mongo: Connection, database: Database) -> Database:
    """A second fresh database."""
    return mongo.client[database.name + "_other"]


async def everything(database: Database) -> dict[str, list[Document]]:
    return {
        name: [each async for each in database[name].find().sort("_id", 1)]
        for name in sorted(await database.list_collection_names())
    }


async def fill(database: Database) -> None:
    await schema.check(database)
    await database["messages"].insert_many([{"_id": f"{number:05d}", "text": "привет" * 20} for number in range(3000)])
    await database["kinds"].insert_one(
        {
            "_id": ObjectId(),
            "at": datetime(2026, 1, 2, tzinfo=UTC),
            "long": Int64(5),
            "raw": Binary(b"\0\1"),
            "none": None,
        }
    )
    await AsyncGridFSBucket(database).upload_from_stream("file", b"x" * 600_000)
    for name in PASSING:
        await database[name].insert_one({"_id": "passing"})


async def test_a_restored_database_holds_what_was_backed_up(
    database: Database, other: Database, tmp_path: Path
) -> None:
    """Every document of every collection with its types, attachments included; what is of the moment stays out."""
    await fill(database)
    manifest = await backup(database, tmp_path / "saved")
    assert {each.name: each.documents for each in manifest.collections} == {
        "fs.chunks": 3, "fs.files": 1, "kinds": 1, "messages": 3000, "meta": 2,
    }  # fmt: skip
    assert await restore(tmp_path / "saved", other) == manifest
    before, after = await everything(database), await everything(other)
    for name in PASSING:
        del before[name]
    assert before.pop("meta") != after.pop("meta")
    assert before == after
    stream = await AsyncGridFSBucket(other).open_download_stream_by_name("file")
    assert await stream.read() == b"x" * 600_000
    await schema.check(other)


@pytest.mark.parametrize("keep", [False, True])
async def test_a_token_that_was_deleted_since_does_not_come_back(
    database: Database, other: Database, tmp_path: Path, *, keep: bool
) -> None:
    """Unless it is asked for: a backup from before a leak would open the API to whoever has the token."""
    await fill(database)
    await database["access_tokens"].insert_one({"_id": "leaked", "secret_hash": "h"})
    await backup(database, tmp_path / "saved")
    manifest = await restore(tmp_path / "saved", other, keep_tokens=keep)
    assert await other["access_tokens"].count_documents({}) == keep
    assert ("access_tokens" in [each.name for each in manifest.collections]) is keep
    assert await other["messages"].count_documents({}) == 3000


async def test_a_restored_feed_has_another_generation(database: Database, other: Database, tmp_path: Path) -> None:
    """Cursors of before the restore must not be taken for cursors of after it."""
    await fill(database)
    await backup(database, tmp_path / "saved")
    await restore(tmp_path / "saved", other)
    assert await schema.generation(other) != await schema.generation(database)


async def test_a_backup_is_of_one_moment(database: Database, other: Database, tmp_path: Path) -> None:
    """Whatever is written while the backup runs, no effect is in it without its cause."""
    await schema.check(database)
    for name in ("b", "c", "d"):
        await database[name].insert_many([{"_id": number, "body": "x" * 20_000} for number in range(300)])

    async def causes_and_effects() -> None:
        number = 0
        while True:
            number += 1
            await database["a_causes"].insert_one({"_id": number})
            await database["z_effects"].insert_one({"_id": number})

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(causes_and_effects())
        async with asyncio.timeout(10):
            while await database["z_effects"].count_documents({}) < 20:
                pass
        await backup(database, tmp_path / "saved")
        writing.cancel()
    await restore(tmp_path / "saved", other)
    causes, effects = await other["a_causes"].distinct("_id"), await other["z_effects"].distinct("_id")
    assert len(effects) >= 20
    assert set(effects) <= set(causes)


async def test_only_an_empty_database_is_restored_into(database: Database, other: Database, tmp_path: Path) -> None:
    """One that was only started once is empty; one with a document is refused and stays as it is."""
    await fill(database)
    await backup(database, tmp_path / "saved")
    await schema.check(other)
    await other["messages"].create_index("text")
    await restore(tmp_path / "saved", other)
    before = await everything(other)
    with pytest.raises(DatabaseNotEmpty, match="HUB_DATABASE"):
        await restore(tmp_path / "saved", other)
    assert await everything(other) == before


def cut(folder: Path) -> None:
    path = max(folder.glob("*.bson"), key=lambda each: each.stat().st_size)
    path.write_bytes(path.read_bytes()[:-7])


def flip(folder: Path) -> None:
    path = max(folder.glob("*.bson"), key=lambda each: each.stat().st_size)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def lose(folder: Path) -> None:
    next(folder.glob("*.bson")).unlink()


def no_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def escape(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["collections"][0]["file"] = "../secret"
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize("damage", [cut, flip, lose, no_manifest, escape])
async def test_a_damaged_backup_is_refused_before_anything_is_written(
    database: Database, other: Database, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """Whatever is missing or changed is found before the first document is inserted."""
    await fill(database)
    await backup(database, tmp_path / "saved")
    damage(tmp_path / "saved")
    with pytest.raises(BackupInvalid):
        await restore(tmp_path / "saved", other)
    assert await other.list_collection_names() == []


async def test_a_backup_of_a_newer_hub_is_refused(database: Database, other: Database, tmp_path: Path) -> None:
    """Nothing is written, and the message says which hub can do it."""
    await schema.check(database)
    await schema.set_version(database, schema.newest_version() + 1)
    await backup(database, tmp_path / "saved")
    with pytest.raises(NewerSchema, match="newer one"):
        await restore(tmp_path / "saved", other)
    assert await other.list_collection_names() == []


async def test_an_interrupted_restore_is_not_taken_for_a_database(
    database: Database, other: Database, tmp_path: Path
) -> None:
    """A clash in the middle ends the restore; the hub refuses to start on what is there. The next restore goes well."""
    await fill(database)
    await backup(database, tmp_path / "saved")
    await schema.check(other)
    await other["messages"].create_index("text", unique=True)
    with pytest.raises(RestoreFailed, match=r"E11000.*once more"):
        await restore(tmp_path / "saved", other)
    assert await other["kinds"].count_documents({}) == 1
    for refused in (schema.check, schema.upgrade):
        with pytest.raises(ForeignDatabase, match="once more"):
            await refused(other)
    await restore(tmp_path / "saved", other)
    await schema.check(other)
    assert await other["messages"].count_documents({}) == 3000
    assert await other["meta"].distinct("_id") == ["feed", "schema"]
    with pytest.raises(DatabaseNotEmpty):
        await restore(tmp_path / "saved", other)


async def test_a_database_on_which_a_hub_works_is_not_restored_into(
    database: Database, other: Database, tmp_path: Path
) -> None:
    """It would go on writing what is not in the backup, and know nothing of what is."""
    await fill(database)
    await backup(database, tmp_path / "saved")
    await schema.check(other)
    lease = await Leases(other).acquire("search-index", "hub", 60)
    assert lease is not None
    with pytest.raises(DatabaseInUse, match="stop it"):
        await restore(tmp_path / "saved", other)
    assert await schema.stored_version(other) == schema.newest_version()
    await Leases(other).give_back(lease)
    await restore(tmp_path / "saved", other)


async def test_a_backup_that_fails_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    """No half folder, and no existing folder is touched."""
    with pytest.raises(ForeignDatabase):
        await backup(database, tmp_path / "saved")
    await schema.check(database)
    (tmp_path / "taken").mkdir()
    with pytest.raises(BackupFailed, match="exists"):
        await backup(database, tmp_path / "taken")
    assert not list(tmp_path.glob(".*"))  # noqa: ASYNC240  (one small folder)
    assert not (tmp_path / "saved").exists()
