"""The hub's end: in order, within a time, and with a word about what went wrong."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from hub.app.background import background
from hub.app.stopping import Stopping
from hub.model.ids import ConversationId
from hub.services.wakeful import Wakeful
from hub.store.errors import StoreUnavailable
from tests.chaos.hub_under_test import free_port

WITHIN_S = 60.0


async def test_deleted_database_folder_does_not_hold_the_process(short_folder: Path) -> None:
    """SIGTERM ends the hub though mongod can never be started again; it says so and exits with 1."""
    folder = short_folder / "data"
    async with _running_hub({"DATA_DIR": str(folder)}) as (hub, url):
        await asyncio.to_thread(shutil.rmtree, folder)
        mongod = await asyncio.to_thread(_child_of, hub.pid, "mongod")
        os.kill(mongod, signal.SIGKILL)  # it would find out by itself within a minute
        await _answers(f"{url}/readyz", 503)
        hub.send_signal(signal.SIGTERM)
        _, said = await hub.communicate()
    assert hub.returncode == 1
    assert b"did not stop in order" in said
    assert f"the folder of the database is gone: {folder}".encode() in said


async def test_healthy_hub_stops_in_order_and_says_nothing(short_folder: Path) -> None:
    """SIGTERM of a hub in good health: exit code 0."""
    async with _running_hub({"DATA_DIR": str(short_folder / "data")}) as (hub, _):
        hub.send_signal(signal.SIGTERM)
        _, said = await hub.communicate()
    assert hub.returncode == 0, said
    assert b"did not stop in order" not in said


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


@asynccontextmanager
async def _running_hub(settings: Mapping[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A hub with an embedded database, ready, and its address. It is killed in the end if it still runs."""
    port = free_port()
    given = {"PORT": str(port), "LOG_LEVEL": "ERROR", "FREE_SPACE_BYTES": "0", **settings}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {f"HUB_{name}": value for name, value in given.items()}
    hub = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "run", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        await _answers(f"{url}/readyz", 200)
        async with asyncio.timeout(WITHIN_S):
            yield hub, url
    finally:
        if hub.returncode is None:
            hub.kill()
            await hub.wait()


async def _answers(url: str, status: int) -> None:
    async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == status:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def _child_of(parent: int, name: str) -> int:
    """The process id of the child called `name`."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:  # it has ended meanwhile
                continue
            called, _, rest = stat.partition("(")[2].rpartition(")")
            if called == name and int(rest.split()[1]) == parent:
                return int(folder.name)
    raise LookupError(f"process {parent} has no child {name}")
