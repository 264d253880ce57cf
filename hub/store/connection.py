"""The connection to the database: opened only when the server can keep what the hub promises."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from hub.cancelling import stop_if_cancelled
from hub.store.documents import Document
from hub.store.errors import NotAReplicaSet, StoreUnavailable, UnsafeOptions

ResultT = TypeVar("ResultT")
Database = AsyncDatabase[Document]
Client = AsyncMongoClient[Document]

SELECTION_TIMEOUT_MS = 15_000  # a fail-over with default election settings takes about 12 s
# When the node that the change stream reads from dies between two reads, the stream stalls for this long.
FEED_SELECTION_TIMEOUT_MS = 5_000
# A server that is silent for the sum of the two, frozen or behind a network that forgot the connections, is given up,
# and what waits for it is told so: soon enough to be asked of the next primary before anybody gives up (15 s).
HEARTBEAT_MS = 4_000
CONNECT_TIMEOUT_MS = 6_000
PROBE_TIMEOUT_MS = 2_000
GOODBYE_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Connection:
    """The two clients of one process and the name of its database. Close it once, at the very end."""

    client: Client
    feed_client: Client
    name: str

    @property
    def database(self) -> Database:
        """The database for everything but the feed."""
        return self.client[self.name]

    @property
    def feed_database(self) -> Database:
        """The database as the change stream reads it: gives up on a dead node after 5 s."""
        return self.feed_client[self.name]

    async def close(self) -> None:
        """Closes both clients; operations under way fail."""
        for client in (self.feed_client, self.client):
            await _close(client)


async def open_database(uri: str, name: str) -> Connection:
    """Connects to the replica set at `uri` and checks that it keeps what it confirms.

    Everything is written with `w: majority, j: true` and read with read concern `majority`. There is no socket
    time-out on purpose: in a stall it turned waiting into errors; bound an operation with `asyncio.timeout`.

    Raises:
        UnsafeOptions: `uri` asks for less (D2 of the delivery contract); the person changes it.
        NotAReplicaSet: a standalone server (D1); the message shows the command that makes it a set of one.
        StoreUnavailable: no primary within 15 s, or one that lets nobody in; the message says which.
    """
    _check_options(uri)
    try:
        client = _client(uri, SELECTION_TIMEOUT_MS)
    except (PyMongoError, ValueError) as error:  # a ValueError where the host's port is none
        raise StoreUnavailable(f"the address of the database cannot be read: {error}. Check HUB_MONGODB_URI") from error
    try:
        await _check_server(client, uri, name)
    except BaseException:
        await client.close()
        raise
    return Connection(client=client, feed_client=_client(uri, FEED_SELECTION_TIMEOUT_MS), name=name)


async def retrying(operation: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """What `operation` returns, which is run once more if the connection was lost. It must be idempotent.

    Raises:
        StoreUnavailable: the second attempt failed too, or no server was to be found at all.
    """
    try:
        return await operation()
    except ServerSelectionTimeoutError as error:  # has waited for a server long enough
        raise StoreUnavailable(f"the database does not answer: {error}") from error
    except (AutoReconnect, WriteConcernError):
        stop_if_cancelled()  # the driver answers a cancelled request with an error
    try:
        return await operation()
    except (AutoReconnect, WriteConcernError) as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error


async def _close(client: Client) -> None:
    # It waits for a server to tell which sessions are over. The second time there are none left to tell of.
    try:
        async with asyncio.timeout(GOODBYE_TIMEOUT_S):
            await client.close()
    except TimeoutError:
        await client.close()


def _client(uri: str, selection_timeout_ms: int) -> Client:
    return AsyncMongoClient(
        uri,
        appname="switchboard",
        w="majority",
        journal=True,
        retryWrites=True,
        readConcernLevel="majority",
        tz_aware=True,
        serverSelectionTimeoutMS=selection_timeout_ms,
        heartbeatFrequencyMS=HEARTBEAT_MS,
        connectTimeoutMS=CONNECT_TIMEOUT_MS,
    )


def _check_options(uri: str) -> None:
    safe = {"w": "majority", "journal": "true", "j": "true", "retrywrites": "true", "readconcernlevel": "majority"}
    for option, value in parse_qsl(urlsplit(uri).query):
        wanted = safe.get(option.lower(), value)
        if value.lower() != wanted.lower():
            raise UnsafeOptions(
                f"the address of the database asks for {option}={value}, with which acknowledged messages can be "
                f"lost: remove it from HUB_MONGODB_URI (the hub uses {wanted})"
            )
        if option.lower() == "sockettimeoutms":
            raise UnsafeOptions(
                f"the address of the database sets {option}, which turns a short stall into errors: "
                "remove it from HUB_MONGODB_URI"
            )


async def _check_server(client: Client, uri: str, name: str) -> None:
    try:
        hello = await client.admin.command("hello")
    except ServerSelectionTimeoutError as error:
        await _explain(uri)
        raise StoreUnavailable(
            f"no primary of a replica set was found: {_in_short(error)}. Check that the database runs and that the "
            "address and the set's name in HUB_MONGODB_URI are right"
        ) from error
    except (ConfigurationError, OperationFailure, AutoReconnect) as error:
        raise StoreUnavailable(f"the database refused the hub: {_in_short(error)}. Check HUB_MONGODB_URI") from error
    if not _is_replicated(hello):
        raise NotAReplicaSet(_standalone(hello))
    try:
        await client[name]["meta"].find_one()  # "hello" is answered to everybody
    except OperationFailure as error:
        raise StoreUnavailable(
            f"the database refused the hub: {_in_short(error)}. Check the name and the password in HUB_MONGODB_URI, "
            f"and that this user may read and write the database {name}"
        ) from error


def _in_short(error: PyMongoError) -> str:
    """What went wrong, without what the driver knows of the servers besides."""
    said = str(error).partition(", Timeout: ")[0].partition(", full error: ")[0]
    return re.sub(r" \(configured timeouts: [^)]*\)", "", said).rstrip(".")


async def _explain(uri: str) -> None:
    """Raises NotAReplicaSet if the one server of `uri` is alone or waits for its set to be initiated.

    A client that was told a set's name ignores such a server, so that it has to be asked without the name.
    """
    try:
        async with AsyncMongoClient[Document](
            uri, directConnection=True, replicaSet=None, serverSelectionTimeoutMS=PROBE_TIMEOUT_MS
        ) as probe:
            hello = await probe.admin.command("hello")
    except (PyMongoError, TypeError, ValueError):  # several servers, an SRV name, or nobody there
        return
    if not _is_replicated(hello):
        raise NotAReplicaSet(_standalone(hello))


def _is_replicated(hello: Document) -> bool:
    return "setName" in hello or hello.get("msg") == "isdbgrid"


def _standalone(hello: Document) -> str:
    initiate = "mongosh --eval 'rs.initiate()'"
    if hello.get("isreplicaset"):
        return f"the replica set of this MongoDB server was never initiated: run  {initiate}  once"
    return (
        "this MongoDB server stands alone, and a standalone server can lose messages that were acknowledged. Make it "
        "a replica set of one node: restart it with  --replSet rs0  (or `replication: {replSetName: rs0}` in "
        f"mongod.conf), then run  {initiate}  once"
    )
