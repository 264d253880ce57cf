"""What measurements run: a mongod, hubs and bare servers in processes of their own, all thrown away afterwards."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.load import Line
from hub.app.background import background
from hub.store.embedded import Embedded
from tests.chaos.hub_under_test import Rig, free_port, hub_under_test

MEMORY = Path("/dev/shm")
READY_WITHIN_S = 60.0


def new_folder(*, in_memory: bool = True) -> Path:
    """An empty folder with a path short enough for a unix socket."""
    return Path(tempfile.mkdtemp(prefix="bench-", dir=MEMORY if in_memory and MEMORY.is_dir() else None))


@asynccontextmanager
async def running_hub(*, in_memory: bool = False) -> AsyncIterator[Rig]:
    """A hub with a web chat and one operator. Its database syncs to a disk unless it is `in_memory`."""
    async with fresh_folder(in_memory=in_memory) as folder:
        async with hub_under_test(folder, random.Random(0), [], operators=1) as rig:
            yield rig


@asynccontextmanager
async def fresh_folder(*, in_memory: bool = False) -> AsyncIterator[Path]:
    """A folder that is removed afterwards."""
    folder = await asyncio.to_thread(new_folder, in_memory=in_memory)
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@asynccontextmanager
async def running_mongod(*, in_memory: bool = False) -> AsyncIterator[Embedded]:
    """A mongod as the hub embeds it, on a disk unless it is `in_memory`."""
    async with fresh_folder(in_memory=in_memory) as folder:
        mongod = Embedded(folder)
        await mongod.start()
        try:
            async with background(mongod.run):
                yield mongod
        finally:
            await mongod.stop()


@asynccontextmanager
async def hub_process(
    folder: Path, settings: Mapping[str, str], command: str = "run"
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A hub's process and its address, once it can work. `settings` are named without `HUB_`."""
    port = free_port()
    given = {
        "PORT": str(port),
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "FREE_SPACE_BYTES": "0",
        "FLOW_STEPS_A_MINUTE": "0",
        **settings,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {f"HUB_{name}": value for name, value in given.items()}
    async with _process("-m", "hub", command, environment=environment) as process:
        url = f"http://127.0.0.1:{port}"
        await _answers(url, "/readyz")
        yield process, url


@asynccontextmanager
async def bare_server(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The process of `bench.bare` and its address: what the same work costs without a hub."""
    port = free_port()
    async with _process("-m", "bench.bare", str(port), *arguments, environment=dict(os.environ)) as process:
        url = f"http://127.0.0.1:{port}"
        await _answers(url, "/healthz")
        yield process, url


@asynccontextmanager
async def _process(*arguments: str, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _answers(url: str, path: str) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                line = await Line.to(url)
                status, _ = await line.get(path)
                await line.close()
                if status == 200:
                    return
            await asyncio.sleep(0.01)
