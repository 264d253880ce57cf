"""Memory of hub and database: idle, and with visitors who have the chat open and say nothing."""

import asyncio
from collections.abc import Mapping

import psutil

from bench.load import Line
from bench.rig import bare_server, fresh_folder, hub_process, running_hub
from bench.rows import Row, alone, compared
from tests.chaos.hub_under_test import KEY

SOCKETS = 5_000
OPENED_AT_ONCE = 100
RUNS = 5
IDLE_TARGET_MB, TOGETHER_TARGET_MB, SOCKET_TARGET = 150.0, 512.0, 1.5
HELLO = {"type": "hello", "token": None, "position": 0, "language": "en"}
SETTLE_S = 3.0


async def run() -> list[Row]:
    """Resident memory; for open sockets what each adds, against a bare aiohttp server in turns."""
    idle, database = await _demo()
    sockets: list[float] = []
    bare: list[float] = []
    loaded: list[float] = []
    for _ in range(RUNS):
        async with running_hub() as rig:
            before, after = await _around(psutil.Process(rig.hub.pid), rig.url, f"/ws/chat?channel={KEY}", HELLO)
            sockets.append((after - before) * 1024 / SOCKETS)
            loaded.append(after)
        async with bare_server() as (process, url):
            before, after = await _around(psutil.Process(process.pid), url, "/socket", HELLO)
            bare.append((after - before) * 1024 / SOCKETS)
    return [
        alone("memory_idle_hub", [idle], "MB", at_most=IDLE_TARGET_MB),
        alone("memory_idle_hub_and_mongod", [idle + database], "MB", at_most=TOGETHER_TARGET_MB),
        alone(f"memory_hub_{SOCKETS}_visitors", loaded, "MB"),
        compared("memory_per_visitor_socket", sockets, "KiB", bare, at_most=SOCKET_TARGET),
    ]


async def _demo() -> tuple[float, float]:
    """MB of a hub with the demo project and of its embedded mongod."""
    async with fresh_folder() as folder, hub_process(folder, {}, "demo") as (process, _):
        await asyncio.sleep(SETTLE_S)
        hub = psutil.Process(process.pid)
        return _mb(hub), sum(_mb(child) for child in hub.children())


async def _around(server: psutil.Process, url: str, path: str, hello: Mapping[str, object]) -> tuple[float, float]:
    """MB before and with open sockets that have said hello."""
    await asyncio.sleep(SETTLE_S)
    before = _mb(server)
    lines = await _opened(url, path, hello)
    await asyncio.sleep(SETTLE_S)
    after = _mb(server)
    await _closed(lines)
    return before, after


async def _opened(url: str, path: str, greeting: Mapping[str, object]) -> list[Line]:
    lines: list[Line] = []

    async def one() -> None:
        line = await Line.to(url)
        await line.upgrade(path)
        line.say(greeting)
        await line.hear()
        lines.append(line)

    while len(lines) < SOCKETS:
        async with asyncio.TaskGroup() as group:
            for _ in range(OPENED_AT_ONCE):
                group.create_task(one())
    return lines


async def _closed(lines: list[Line]) -> None:
    for line in lines:
        await line.close()


def _mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1024**2
