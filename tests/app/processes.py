"""A hub as a process of its own, as whoever starts it by hand has it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import aiohttp

from tests.chaos.hub_under_test import free_port

WITHIN_S = 120.0  # a machine that is busy with other tests takes half a minute to start a hub


@asynccontextmanager
async def running_hub(
    settings: Mapping[str, str], command: str = "run", *, log: IO[bytes] | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A hub with an embedded database, ready, and its address. It is killed in the end if it still runs.

    What it says goes to `log`; without one its errors are kept for `communicate()`.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with starting_hub({"PORT": str(port), **settings}, command, log=log) as hub:
        await answers(f"{url}/readyz", 200)
        yield hub, url


@asynccontextmanager
async def starting_hub(
    settings: Mapping[str, str], command: str = "run", *, log: IO[bytes] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A hub that has just begun to start. It is killed in the end if it still runs."""
    given = {"PORT": str(free_port()), "LOG_LEVEL": "ERROR", "FREE_SPACE_BYTES": "0", **settings}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {f"HUB_{name}": value for name, value in given.items()}
    hub = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", command, env=environment,
        stdout=log or asyncio.subprocess.DEVNULL, stderr=log or asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN_S):
            yield hub
    finally:
        if hub.returncode is None:
            hub.kill()
            await hub.wait()


async def answers(url: str, status: int) -> None:
    """Wait until `url` answers with `status`."""
    async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == status:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def child_of(parent: int, name: str) -> int:
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
