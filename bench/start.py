"""How long `hub run` takes until it says that it can work, with the embedded database, warm."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from bench.load import Line
from bench.rig import new_folder
from bench.rows import Row, alone
from tests.chaos.hub_under_test import free_port

RUNS = 5
TARGET_S = 3.0


async def run() -> list[Row]:
    """One cold start to fill the folder, then warm ones."""
    folder = await asyncio.to_thread(new_folder, in_memory=False)
    try:
        await _start(folder)
        ready, imports = [], []
        for _ in range(RUNS):
            ready.append(await _start(folder))
            imports.append(await _imports())
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)
    return [
        alone("start_ready", ready, "s", at_most=TARGET_S),
        alone("start_imports", imports, "s"),
    ]


async def _imports() -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import hub.app.commands")
    await process.wait()
    return time.perf_counter() - began


async def _start(folder: Path) -> float:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {"HUB_DATA_DIR": str(folder), "HUB_PORT": str(port), "HUB_LOG_LEVEL": "ERROR"}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "run", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while not await _is_ready(port):
                await asyncio.sleep(0.01)
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def _is_ready(port: int) -> bool:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        line = await Line.to(f"http://127.0.0.1:{port}")
        status, _ = await line.get("/readyz")
        await line.close()
        return status == 200
    return False
