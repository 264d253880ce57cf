"""Backup and restore: every collection as BSON in one folder, with a manifest that proves it complete."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from pathlib import Path
from typing import IO, cast

import structlog
from bson.raw_bson import RawBSONDocument
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from hub.store import schema
from hub.store.connection import Database
from hub.store.errors import (
    BackupFailed,
    BackupInvalid,
    DatabaseInUse,
    DatabaseNotEmpty,
    ForeignDatabase,
    NewerSchema,
    RestoreFailed,
    StoreError,
)

log = structlog.get_logger(__name__)

MANIFEST = "manifest.json"
FORMAT = 1
# Of no meaning to another process or at another time: who owns what, who is here, one-time entries to the sockets. And
# nobody may be signed in again by a restore who has signed out, or was signed out, since; nor by a link that was used.
LEFT_OUT = frozenset(
    {
        "account_links", "channel_sign_ins", "early_edits", "early_receipts", "leases", "link_codes",
        "operator_sessions", "presence", "request_keys", "tickets",
        "search_messages", "search_people", "search_state",  # made anew from the rest
    }
)  # fmt: skip
TOKENS = "access_tokens"
"""In the backup, and restored only on demand: one that was deleted since, as a leaked one, would open the API again."""
RESTORE_DOCUMENTS = 1000
RESTORE_BYTES = 8 * 1024**2
DOCUMENT_BYTES = 17 * 1024**2  # more than the server can hold: the file is not what it says
READ_BYTES = 1024**2
SNAPSHOT_TOO_OLD = 239


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Collection(_Strict):
    """One collection in a backup: its documents, one after the other as BSON, in `file`."""

    name: str
    file: str = Field(pattern=r"^[0-9]{4}\.bson$")  # never a path: the manifest may come from anywhere
    documents: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Strict):
    """What a backup holds. It is written last; a folder without one is no backup."""

    format: int
    schema_version: int
    made_at: AwareDatetime
    collections: tuple[Collection, ...]


async def backup(database: Database, folder: Path) -> Manifest:
    """Writes every collection, attachments included, into the new `folder`, as of one moment; the hub may run on.

    The folder appears when everything is in it, synced to the disk. Leases, presence, tickets, early receipts
    and edits, operators' sessions and the search's index are left out.

    Raises:
        BackupFailed: the folder exists, or the backup took longer than the server keeps the moment.
        ForeignDatabase: the database has no schema version.
        PyMongoError, OSError: the database or the disk failed. Nothing is left behind.
    """
    if await asyncio.to_thread(folder.exists):
        raise BackupFailed(f"{folder} exists already: name a folder that does not")
    version = await schema.stored_version(database)
    if version is None:
        raise ForeignDatabase(f"the database {database.name} has no schema version: there is nothing of this hub in it")
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        await asyncio.to_thread(_new_folder, partial)
        manifest = await _write_all(database, partial, version)
        await asyncio.to_thread(_publish, partial, folder, manifest)
    except OperationFailure as error:
        if error.code != SNAPSHOT_TOO_OLD:
            raise
        raise BackupFailed(
            "the backup took longer than the server keeps a moment in time: raise its parameter "
            "minSnapshotHistoryWindowInSeconds (300 s by default) and try again"
        ) from error
    finally:
        await asyncio.to_thread(shutil.rmtree, partial, True)
    log.info("backup written", folder=str(folder), documents=sum(each.documents for each in manifest.collections))
    return manifest


async def restore(folder: Path, database: Database, *, keep_tokens: bool = False) -> Manifest:
    """Puts the backup in `folder` into the empty `database`, after every file was checked against the manifest.

    People's access tokens stay out unless `keep_tokens`. What comes back is the manifest of what was restored.
    The feed gets a new generation, so that every open screen reloads. An older backup is restored as it is: run
    `hub db upgrade` next. If this is interrupted the database refuses to be used, until it is restored once more: what
    an interrupted restore has left is dropped then.

    Raises:
        BackupInvalid, NewerSchema, DatabaseNotEmpty, DatabaseInUse: nothing was changed.
        RestoreFailed: the database or the disk failed in the middle; restore again.
    """
    manifest = await asyncio.to_thread(_checked_manifest, folder)
    if manifest.schema_version > schema.newest_version():
        raise NewerSchema(
            f"the backup has schema version {manifest.schema_version}, and this hub knows up to "
            f"{schema.newest_version()}: restore it with the hub that made it, or a newer one"
        )
    await _refuse_unless_free(database)
    if not keep_tokens:
        wanted = tuple(one for one in manifest.collections if one.name != TOKENS)
        manifest = manifest.model_copy(update={"collections": wanted})
    try:
        await _read_all_back(folder, manifest, database)
    except (PyMongoError, StoreError, OSError) as error:
        raise RestoreFailed(
            f"the restore into the database {database.name} broke off ({error}). No hub starts on what is there: mend "
            "the cause, and restore once more, which begins anew"
        ) from error
    log.info("backup restored", folder=str(folder), documents=sum(each.documents for each in manifest.collections))
    return manifest


async def _write_all(database: Database, partial: Path, version: int) -> Manifest:
    names = sorted(await database.list_collection_names(filter={"type": "collection"}))
    wanted = [name for name in names if name not in LEFT_OUT and not name.startswith("system.")]
    made_at = (await database.client.admin.command("hello"))["localTime"].astimezone(UTC)
    # A snapshot session reads every collection as of the moment of its first read.
    async with database.client.start_session(snapshot=True) as session:
        collections = [
            await _write_one(database, name, partial / f"{number:04d}.bson", session)
            for number, name in enumerate(wanted)
        ]
    return Manifest(format=FORMAT, schema_version=version, made_at=made_at, collections=tuple(collections))


async def _write_one(database: Database, name: str, path: Path, session: AsyncClientSession) -> Collection:
    digest, documents, size_bytes = hashlib.sha256(), 0, 0
    # The session sets the read concern; one of the collection's own would contradict it.
    collection = database[name].with_options(read_concern=ReadConcern())
    with await asyncio.to_thread(path.open, "wb") as file:
        async for raw in collection.find_raw_batches(session=session):
            batch = cast("bytes", raw)  # the driver's types speak of documents, and it gives the bytes of many
            documents += _count(batch)
            size_bytes += len(batch)
            digest.update(batch)
            await asyncio.to_thread(file.write, batch)
        await asyncio.to_thread(_sync, file)
    return Collection(name=name, file=path.name, documents=documents, size_bytes=size_bytes, sha256=digest.hexdigest())


async def _read_all_back(folder: Path, manifest: Manifest, database: Database) -> None:
    # The version goes first and comes back last: a database that holds half of a backup has none, and is refused.
    meta = database[schema.META]
    await meta.update_one({"_id": schema.RESTORING}, {"$set": {"backup_of": manifest.made_at}}, upsert=True)
    await meta.delete_many({"_id": {"$ne": schema.RESTORING}})
    for collection in manifest.collections:
        await _read_back(folder / collection.file, collection, database)
    await meta.delete_one({"_id": schema.SCHEMA})
    await schema.new_generation(database)
    await schema.set_version(database, manifest.schema_version)
    await meta.delete_one({"_id": schema.RESTORING})


async def _refuse_unless_free(database: Database) -> None:
    """No hub works on it, and it is empty, but for what an interrupted restore has left."""
    if await database["leases"].find_one({"$expr": {"$gt": ["$expires_at", "$$NOW"]}}):
        raise DatabaseInUse(
            f"a hub works on the database {database.name}: stop it, and restore then; if it was killed, a minute later"
        )
    interrupted = await database[schema.META].find_one({"_id": schema.RESTORING})
    if interrupted and await schema.stored_version(database) is None:
        for name in await database.list_collection_names(filter={"type": "collection"}):
            if name != schema.META:
                await database.drop_collection(name)
        return
    for name in await database.list_collection_names(filter={"type": "collection"}):
        # A hub that was started once leaves its version and empty collections with indexes: those are no loss.
        if name not in LEFT_OUT | {schema.META} and await database[name].find_one({}, projection={"_id": 1}):
            raise DatabaseNotEmpty(
                f"the database {database.name} is not empty ({name} holds documents): set HUB_DATABASE to another "
                "name, or drop this one first"
            )


async def _read_back(path: Path, collection: Collection, database: Database) -> None:
    target = database[collection.name]
    async for documents in _batches(path):
        if collection.name == schema.META:  # the version comes last, see above
            wanted = [each for each in documents if each["_id"] not in (schema.SCHEMA, schema.RESTORING)]
        else:
            wanted = documents
        if wanted:
            await target.insert_many(wanted, ordered=False)


async def _batches(path: Path) -> AsyncIterator[list[RawBSONDocument]]:
    with await asyncio.to_thread(path.open, "rb") as file:
        documents = _documents(file, path)
        while batch := await asyncio.to_thread(_next_batch, documents):
            yield batch


def _next_batch(documents: Iterator[bytes]) -> list[RawBSONDocument]:
    batch: list[RawBSONDocument] = []
    size_bytes = 0
    for raw in documents:
        batch.append(RawBSONDocument(raw))
        size_bytes += len(raw)
        if len(batch) >= RESTORE_DOCUMENTS or size_bytes >= RESTORE_BYTES:
            break
    return batch


def _documents(file: IO[bytes], path: Path) -> Iterator[bytes]:
    while head := file.read(4):
        length = int.from_bytes(head, "little", signed=True)
        if len(head) < 4 or not 5 <= length <= DOCUMENT_BYTES:
            raise BackupInvalid(f"{path} is not a file of documents: take another backup")
        body = file.read(length - 4)
        if len(body) != length - 4:
            raise BackupInvalid(f"{path} ends in the middle of a document: take another backup")
        yield head + body


def _count(batch: bytes) -> int:
    count = position = 0
    while position < len(batch):
        position += int.from_bytes(batch[position : position + 4], "little", signed=True)
        count += 1
    return count


def _checked_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise BackupInvalid(f"{folder} is no backup: it has no {MANIFEST}") from error
    except ValidationError as error:
        raise BackupInvalid(f"{path} cannot be read as a manifest: {error.error_count()} fields are wrong") from error
    if manifest.format != FORMAT:
        raise BackupInvalid(
            f"{path} has format {manifest.format}, and this hub reads {FORMAT}: use the hub that made it"
        )
    for collection in manifest.collections:
        _check_file(folder / collection.file, collection)
    return manifest


def _check_file(path: Path, collection: Collection) -> None:
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(READ_BYTES):
                digest.update(block)
                size_bytes += len(block)
            file.seek(0)
            documents = sum(1 for _ in _documents(file, path))
    except FileNotFoundError as error:
        raise BackupInvalid(f"{path} ({collection.name}) is missing: take another backup") from error
    if (digest.hexdigest(), size_bytes, documents) != (collection.sha256, collection.size_bytes, collection.documents):
        raise BackupInvalid(f"{path} ({collection.name}) is not what was backed up: take another backup")


def _new_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # of a process with our number that was killed
    folder.mkdir(parents=True, mode=0o700)


def _publish(partial: Path, folder: Path, manifest: Manifest) -> None:
    with (partial / MANIFEST).open("wb") as file:
        file.write(manifest.model_dump_json(indent=2).encode() + b"\n")
        _sync(file)
    _sync_folder(partial)
    partial.rename(folder)
    _sync_folder(folder.parent)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
