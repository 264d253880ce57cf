"""The hub's end: in order, within a time, and with a word about what went wrong."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from hub.app.background import background
from hub.app.stopping import Stopping
from hub.model.ids import ConversationId
from hub.services.wakeful import Wakeful
from hub.store.embedded import Embedded
from hub.store.errors import StoreUnavailable
from tests.app.processes import answers, child_of, running_hub, starting_hub


async def test_deleted_database_folder_does_not_hold_the_process(short_folder: Path) -> None:
    """SIGTERM ends the hub though mongod can never be started again; it says so and exits with 1."""
    folder = short_folder / "data"
    async with running_hub({"DATA_DIR": str(folder)}) as (hub, url):
        await asyncio.to_thread(shutil.rmtree, folder)
        mongod = await asyncio.to_thread(child_of, hub.pid, "mongod")
        os.kill(mongod, signal.SIGKILL)  # it would find out by itself within a minute
        await answers(f"{url}/readyz", 503)
        hub.send_signal(signal.SIGTERM)
        _, said = await hub.communicate()
    assert hub.returncode == 1
    assert b"did not stop in order" in said
    assert f"the folder of the database is gone: {folder}".encode() in said


async def test_healthy_hub_stops_in_order_and_says_nothing(short_folder: Path) -> None:
    """SIGTERM of a hub in good health: exit code 0."""
    async with running_hub({"DATA_DIR": str(short_folder / "data")}) as (hub, _):
        hub.send_signal(signal.SIGTERM)
        _, said = await hub.communicate()
    assert hub.returncode == 0, said
    assert b"did not stop in order" not in said


async def test_hub_told_to_stop_while_its_database_does_not_come_up_stops(short_folder: Path) -> None:
    """It does not wait for the minute that a mongod has for its start; that one is ended, and there is no fault."""
    mongod = short_folder / "mongod"
    mongod.write_text("#!/bin/sh\nexec sleep 3600\n")
    mongod.chmod(0o700)
    async with starting_hub({"DATA_DIR": str(short_folder / "data"), "MONGOD": str(mongod)}) as hub:
        child = await _appears(lambda: child_of(hub.pid, "sleep"))
        hub.send_signal(signal.SIGTERM)
        _, said = await hub.communicate()
    assert (hub.returncode, said) == (0, b"")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_hub_told_to_stop_while_a_far_database_says_nothing_stops(short_folder: Path) -> None:
    """A server that takes the connection and never answers: looking for it would take a quarter of a minute."""
    reached = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        while await reader.read(1_000):
            pass
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        far = {"MONGODB_URI": f"mongodb://127.0.0.1:{port}/?replicaSet=rs0", "DATA_DIR": str(short_folder / "data")}
        async with starting_hub(far) as hub:
            await reached.wait()
            hub.send_signal(signal.SIGINT)
            _, said = await hub.communicate()
    assert (hub.returncode, said) == (0, b"")


async def test_hub_told_to_stop_in_the_midst_of_its_first_start_goes_on_the_next_time(short_folder: Path) -> None:
    """The demo project is being made then: it is stopped there, the database in order, and made whole afterwards."""
    settings = {"DATA_DIR": str(short_folder / "data")}
    async with starting_hub(settings, "demo") as hub:
        await _appears(lambda: child_of(hub.pid, "mongod"))
        uri = f"mongodb://{quote_plus(str(Embedded(short_folder / 'data' / 'mongodb').socket))}/?directConnection=true"
        async with AsyncMongoClient[dict[str, Any]](uri) as client:
            messages = client["switchboard"]["messages"]
            while not await _count(messages):
                await asyncio.sleep(0.01)
        hub.send_signal(signal.SIGTERM)
        _, said = await hub.communicate()
    assert (hub.returncode, said) == (0, b"")
    async with running_hub(settings, "demo") as (hub, _), AsyncMongoClient[dict[str, Any]](uri) as client:
        database = client["switchboard"]
        [project] = await database["projects"].find().to_list()
        for name in ("channels", "conversations", "canned_replies", "teams"):
            assert await database[name].distinct("project") == [project["_id"]], name
        assert await database["conversations"].count_documents({}) > 10
        hub.send_signal(signal.SIGTERM)
        await hub.communicate()


async def test_work_that_swallows_its_cancellation_is_cancelled_again() -> None:
    """An error while it cleaned up hid the request: it is told until it ends."""
    told = 0

    async def stubborn() -> None:
        nonlocal told
        while told < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told += 1

    async with asyncio.timeout(30), background(stubborn, stopping=Stopping(0)):
        await asyncio.sleep(0)
    assert told == 3


async def test_sweep_that_fails_while_it_is_cancelled_ends() -> None:
    """The driver answers a cancelled request with an error: the sweep must not take it for an outage and go on."""
    asked = asyncio.Event()

    async def forgotten() -> list[ConversationId]:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StoreUnavailable("the connection was closed") from None
        return []

    async def nothing(_: ConversationId) -> None:
        return

    wakeful = Wakeful("test", nothing, forgotten, workers=1, sweep_s=0.01)
    async with asyncio.timeout(30), background(wakeful.run):
        await asked.wait()


async def test_step_that_does_not_end_is_left_and_named() -> None:
    """The steps behind one that hangs still have their turn, and the deadline is one for all."""
    stopping = Stopping(0)
    await stopping.step("waiting for nobody", asyncio.Event().wait)
    done = asyncio.Event()

    async def end() -> None:
        done.set()

    await stopping.step("the next step", end)
    assert done.is_set()
    assert [what.partition(" took")[0] for what in stopping.missed] == ["waiting for nobody"]


async def test_guard_ends_a_process_whose_loop_hangs() -> None:
    """When not even cancelling helps, the process ends with 1 and the name of what it was stopping."""
    program = (
        "import asyncio, time\n"
        "from hub.app import stopping\n"
        "stopping.GRACE_S = 0.1\n"
        "async def main():\n"
        "    own = stopping.Stopping(0.1)\n"
        "    own.guard()\n"
        "    async def hang():\n"
        "        time.sleep(600)\n"
        "    await own.step('hanging', hang)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert b"hanging did not end" in said


async def _count(collection: AsyncCollection[dict[str, Any]]) -> int:
    """How many documents there are; none while the server does not answer yet."""
    try:
        return await collection.count_documents({})
    except PyMongoError:
        return 0


async def _appears(look: Callable[[], int]) -> int:
    """What `look` finds, once it finds something."""
    while True:
        try:
            return await asyncio.to_thread(look)
        except LookupError:
            await asyncio.sleep(0.02)
