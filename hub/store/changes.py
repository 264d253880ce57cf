"""The change stream of the database, followed without a gap across lost connections, dead nodes and restarts."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import bson
import structlog
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from hub.cancelling import stop_if_cancelled
from hub.model.turn import MESSAGE_KINDS
from hub.store import schema, sessions
from hub.store.connection import Database
from hub.store.documents import Document
from hub.store.errors import StoreUnavailable

log = structlog.get_logger(__name__)

AWAIT_MS = 1_000  # how long the server waits for news before it answers "nothing up to here"
OPEN_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 15.0  # server selection (5 s) and one resumption by the driver; beyond it the connection is half dead
FIRST_PAUSE_S = 0.1
LAST_PAUSE_S = 1.0
REWIND_S = 60  # a process that starts reads the last minute again, so that sockets of its predecessor can resume

SHOWN = ("messages", "conversations", "contacts", "channels", "parked", "presence", "read_marks", "drafts", "tasks")
OPERATORS = "operators"
SESSIONS = sessions.COLLECTION

# The oplog no longer reaches back to the token (286), or the server cannot use the token (280, 260) or the place it
# stood at (136): https://github.com/mongodb/mongo/blob/v6.0/src/mongo/base/error_codes.yml
HISTORY_LOST_CODES = frozenset({286, 280, 260, 136})

_WRITES = ["insert", "update", "replace", "delete"]
# Nobody is told that a message was decided, nor of Turns that their message stands for: left out by the server, they
# cost neither a look-up of the message nor the way here. Written without `$nor`, which the server's optimizer breaks.
_MATCH: Document = {
    "$or": [
        {"ns.coll": {"$in": [name for name in SHOWN if name != "messages"]}, "operationType": {"$in": _WRITES}},
        {"ns.coll": "messages", "operationType": {"$in": [write for write in _WRITES if write != "update"]}},
        {"ns.coll": "messages", "operationType": "update", "updateDescription.removedFields": {"$ne": ["undecided"]}},
        {"ns.coll": "messages", "operationType": "update", "updateDescription.updatedFields": {"$ne": {}}},
        {
            "ns.coll": "turns",
            "operationType": "insert",
            "fullDocument.kind": {"$nin": sorted(kind.value for kind in MESSAGE_KINDS)},
        },
        {"ns.coll": OPERATORS, "operationType": {"$in": ["update", "replace", "delete"]}},
        {"ns.coll": SESSIONS, "operationType": "delete"},
        # It went to another project. That it was used is written every minute, and no news.
        {"ns.coll": SESSIONS, "operationType": "update", "updateDescription.updatedFields.project": {"$exists": True}},
        {"operationType": "invalidate"},
    ]
}
# Raw payloads can be large, and secrets have no business here.
_UNSET = [
    "fullDocument.raw",
    "fullDocument.effects",
    "fullDocument.session",
    "fullDocument.left",
    "fullDocument.password_hash",
    "fullDocument.totp_secret",
]


_AS_SENT: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
_DECODED: CodecOptions[Document] = CodecOptions(tz_aware=True)


@dataclass(frozen=True, slots=True)
class StoreChange:
    """One change of one document.

    `document` is the newest majority state at the time of reading, so it may be newer than the change; None when the
    document is gone. `raw` is the same as the store sent it, for those who keep it. `changed` are the top-level names
    of the fields that an update touched, None where the whole document was written.
    """

    token: str
    collection: str
    operation: str
    id: str
    document: Document | None
    raw: bytes = b""
    changed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class UpTo:
    """Everything up to `token` has been given."""

    token: str


@dataclass(frozen=True, slots=True)
class HistoryLost:
    """Changes are missing: what follows begins at a later place. Everybody has to read everything again."""


Step = StoreChange | UpTo | HistoryLost


def _pipeline() -> list[dict[str, Any]]:
    return [{"$match": _MATCH}, {"$unset": _UNSET}]


class Changes:
    """What changes in the database, one stream per process. Give it the database of the feed's own client."""

    def __init__(self, database: Database, *, rewind_s: int = REWIND_S, await_ms: int = AWAIT_MS) -> None:
        self._database, self._rewind_s, self._await_ms = database, rewind_s, await_ms

    async def follow(self, after: str | None = None) -> AsyncGenerator[Step, None]:
        """Every change in the order of the tokens, each once, until cancelled.

        Begins after a token, or a minute back, with an `UpTo` before the first change. While the database is away it
        waits and then goes on after the last token; where that is no longer possible it says `HistoryLost`. Tokens
        ascend as strings.
        """
        token = after
        start = None if after is not None else await self._patiently_ago(self._rewind_s)
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with asyncio.timeout(OPEN_TIMEOUT_S):
                    stream = await self._open(token, start)
                async with stream:
                    if token is not None:
                        yield UpTo(token)
                    while True:
                        async with asyncio.timeout(READ_TIMEOUT_S):
                            document = await stream.try_next()
                        pause_s = FIRST_PAUSE_S
                        if document is None:
                            token = _data(stream.resume_token) or token
                            if token is not None:
                                yield UpTo(token)
                            continue
                        if document["operationType"] == "invalidate":  # the database was dropped under us
                            break
                        if token is None:
                            yield UpTo(_before(document["_id"]["_data"]))
                        token = str(document["_id"]["_data"])
                        yield _change(token, document)
            except OperationFailure as error:
                stop_if_cancelled()
                if error.code not in HISTORY_LOST_CODES:
                    log.warning("change stream failed", reason=str(error))
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, LAST_PAUSE_S)
                    continue
                log.warning("change stream lost its place", code=error.code, at_start=token is None)
            except (PyMongoError, TimeoutError) as error:
                stop_if_cancelled()
                log.warning("change stream broke", reason=str(error) or type(error).__name__)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LAST_PAUSE_S)
                continue
            if token is not None:
                yield HistoryLost()
            token, start = None, await self._patiently_ago(0)

    async def patient_token(self) -> str:
        """The place from which on nothing is missed that is written after this call's end; waited for likewise."""
        while True:
            try:
                async with asyncio.timeout(OPEN_TIMEOUT_S):
                    # By our own filter: at a change that it leaves out no stream of ours can begin (280).
                    async with await self._database.watch(_pipeline(), max_await_time_ms=1) as stream:
                        await stream.try_next()  # under load there is always something: its place is as good
                        if (token := _data(stream.resume_token)) is not None:
                            return token
            except (PyMongoError, TimeoutError) as error:
                stop_if_cancelled()
                log.warning("change stream gives no token", reason=str(error) or type(error).__name__)
                await asyncio.sleep(LAST_PAUSE_S)

    async def patient_generation(self) -> str:
        """The name of this history, waited for until the database answers: cursors of another one mean nothing."""
        while True:
            try:
                async with asyncio.timeout(OPEN_TIMEOUT_S):
                    return await schema.generation(self._database)
            except (PyMongoError, StoreUnavailable, TimeoutError) as error:
                stop_if_cancelled()
                log.warning("feed generation was not read", reason=str(error) or type(error).__name__)
                await asyncio.sleep(LAST_PAUSE_S)

    async def _open(self, token: str | None, start: Timestamp | None) -> AsyncDatabaseChangeStream[Any]:
        place: dict[str, Any] = {"resume_after": {"_data": token}} if token else {"start_at_operation_time": start}
        return await self._database.with_options(codec_options=_AS_SENT).watch(
            _pipeline(),
            full_document="updateLookup",
            max_await_time_ms=self._await_ms,
            **place,
        )

    async def _patiently_ago(self, seconds: int) -> Timestamp:
        while True:
            try:
                async with asyncio.timeout(OPEN_TIMEOUT_S):
                    reply = await self._database.command("ping")
                now: Timestamp = reply["operationTime"]
                return Timestamp(now.time - seconds, now.inc) if seconds else now
            except (PyMongoError, TimeoutError) as error:
                stop_if_cancelled()
                log.warning("change stream cannot start", reason=str(error) or type(error).__name__)
                await asyncio.sleep(LAST_PAUSE_S)


def decoded(raw: bytes) -> Document:
    """The document that `raw` holds."""
    return bson.decode(raw, _DECODED)


def _change(token: str, document: Mapping[str, Any]) -> StoreChange:
    operation = document["operationType"]
    full = document.get("fullDocument")
    raw = b"" if full is None else full.raw
    changed: frozenset[str] | None = None
    if operation == "update":
        description = document["updateDescription"]
        paths = [*description["updatedFields"], *description["removedFields"]]
        paths += [array["field"] for array in description.get("truncatedArrays") or ()]
        changed = frozenset(path.partition(".")[0] for path in paths)
    return StoreChange(
        token=token,
        collection=document["ns"]["coll"],
        operation=operation,
        id=str(document["documentKey"]["_id"]),
        document=None if full is None else decoded(raw),
        raw=raw,
        changed=changed,
    )


def _data(token: Any) -> str | None:
    return None if token is None else str(token["_data"])


def _before(token: str) -> str:
    """A place right before `token` in the order of strings."""
    return token[:-1]
