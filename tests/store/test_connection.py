"""The connection: opened only to a server that keeps what it confirms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError

from hub.store.connection import Connection, open_database, retrying
from hub.store.documents import Document
from hub.store.embedded import find_mongod
from hub.store.errors import NotAReplicaSet, StoreUnavailable, UnsafeOptions


@asynccontextmanager
async def bare_mongod(folder: Path, *arguments: str) -> AsyncIterator[str]:
    """A mongod without a set, on a socket in `folder`; gives its address."""
    socket = folder / "bare.sock"
    process = await asyncio.create_subprocess_exec(
        str(find_mongod()), "--dbpath", str(folder), "--bind_ip", str(socket), "--port", "27998", "--nounixsocket",
        "--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)", *arguments,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(30):
        while not socket.exists():
            await asyncio.sleep(0.02)
    yield f"mongodb://{quote_plus(str(socket))}/"
    process.terminate()
    await process.wait()


async def test_a_standalone_server_is_refused_with_the_way_out(short_folder: Path) -> None:
    """The message shows how to make it a replica set of one node, whether or not the address names a set."""
    async with bare_mongod(short_folder) as uri:
        with pytest.raises(NotAReplicaSet, match=r"--replSet rs0.*rs\.initiate\(\)"):
            await open_database(uri, "hub")


async def test_a_standalone_server_behind_a_set_name_is_recognised(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver ignores such a server; the hub asks it directly instead of speaking of time-outs."""
    monkeypatch.setattr("hub.store.connection.SELECTION_TIMEOUT_MS", 300)
    async with bare_mongod(short_folder) as uri:
        with pytest.raises(NotAReplicaSet, match="--replSet rs0"):
            await open_database(f"{uri}?replicaSet=rs0", "hub")


async def test_a_set_that_was_never_initiated_is_recognised(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started with --replSet and forgotten: the message names the one missing command."""
    monkeypatch.setattr("hub.store.connection.SELECTION_TIMEOUT_MS", 300)
    async with bare_mongod(short_folder, "--replSet", "rs0") as uri:
        with pytest.raises(NotAReplicaSet, match="never initiated"):
            await open_database(f"{uri}?replicaSet=rs0", "hub")


async def test_nobody_there_is_said_plainly(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nothing listens ends in a message that names the setting."""
    monkeypatch.setattr("hub.store.connection.SELECTION_TIMEOUT_MS", 300)
    monkeypatch.setattr("hub.store.connection.PROBE_TIMEOUT_MS", 300)
    with pytest.raises(StoreUnavailable, match="HUB_MONGODB_URI"):
        await open_database(f"mongodb://{quote_plus(str(short_folder / 'no.sock'))}/?replicaSet=rs0", "hub")


async def test_an_address_that_cannot_be_read_is_said_so() -> None:
    """A slip of the pen in the address is no failure of the program."""
    for address in ("http://127.0.0.1/", "mongodb://one@two@three:x/", "mongodb://127.0.0.1:port/", "mongodb://"):
        with pytest.raises(StoreUnavailable, match=r"cannot be read.*HUB_MONGODB_URI"):
            await open_database(address, "hub")


async def test_a_server_that_lets_nobody_in_unknown_is_said_at_once(short_folder: Path) -> None:
    """It answers "hello" to everybody: who comes without a name is told of the name, and not at the first query."""
    key = short_folder / "key"
    key.write_text("sample" * 8)
    key.chmod(0o600)
    async with bare_mongod(short_folder, "--replSet", "rs0", "--keyFile", str(key)) as uri:
        async with AsyncMongoClient[Document](uri, directConnection=True) as first:
            member = {"_id": 0, "host": str(short_folder / "bare.sock")}
            await first.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        host = uri.removeprefix("mongodb://").rstrip("/")
        for address in (f"{uri}?directConnection=true", f"mongodb://a:wrong@{host}/?directConnection=true"):
            with pytest.raises(StoreUnavailable, match=r"refused the hub.*HUB_MONGODB_URI"):
                await open_database(address, "hub")


@pytest.mark.parametrize("option", ["w=1", "w=0", "journal=false", "retryWrites=false", "socketTimeoutMS=1000"])
async def test_an_address_that_lowers_the_promise_is_refused(option: str) -> None:
    """Options with which acknowledged messages could be lost are named, before anything is connected."""
    with pytest.raises(UnsafeOptions, match=option.partition("=")[0]):
        await open_database(f"mongodb://127.0.0.1:1/?replicaSet=rs0&{option}", "hub")


async def test_writes_are_majority_and_journaled_and_times_have_their_zone(connection: Connection) -> None:
    """What D2 and D3 ask for is set on both clients, and reaches collections."""
    for database in (connection.database, connection.feed_database):
        things = database["things"]
        assert things.write_concern.document == {"w": "majority", "j": True}
        assert things.read_concern.level == "majority"
        assert things.codec_options.tz_aware
    assert connection.client.options.retry_writes


class Failing:
    """An operation that fails as told and then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_one_lost_connection_is_hidden_and_two_are_not() -> None:
    """An idempotent operation is repeated once; then the caller hears of it in our words."""
    assert await retrying(Failing(AutoReconnect("lost"))) == "done"
    with pytest.raises(StoreUnavailable):
        await retrying(Failing(AutoReconnect("lost"), AutoReconnect("lost")))


async def test_a_server_that_was_not_found_is_not_waited_for_twice() -> None:
    """The driver has waited its full time already."""
    operation = Failing(ServerSelectionTimeoutError("none"))
    with pytest.raises(StoreUnavailable):
        await retrying(operation)
    assert operation.calls == 1
