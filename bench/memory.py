"""Memory of hub and database: idle, and with visitors who have the chat open and say nothing."""

import asyncio
import sys
from collections.abc import Mapping

import psutil

from bench.load import Line
from bench.rig import running_hub
from bench.rows import Row, alone, compared
from tests.chaos.hub_under_test import KEY, free_port

SOCKETS = 5_000
OPENED_AT_ONCE = 100
IDLE_TARGET_MB, SOCKET_TARGET = 150.0, 1.5
SETTLE_S = 3.0


async def run() -> list[Row]:
    """Resident memory; for open sockets what each adds, against a bare aiohttp server."""
    async with running_hub() as rig:
        hub, mongod = psutil.Process(rig.hub.pid), psutil.Process(rig.mongod.pid)
        await asyncio.sleep(SETTLE_S)
        idle, database = _mb(hub), _mb(mongod)
        greeting = {"type": "hello", "token": None, "position": 0, "language": "en"}
        lines = await _opened(rig.url, f"/ws/chat?channel={KEY}", greeting)
        await asyncio.sleep(SETTLE_S)
        loaded = _mb(hub)
        await _closed(lines)
    bare = await _bare()
    per_socket = (loaded - idle) * 1024 / SOCKETS
    return [
        alone("memory_idle_hub", [idle], "MB", at_most=IDLE_TARGET_MB),
        alone("memory_idle_hub_and_mongod", [idle + database], "MB"),
        alone(f"memory_hub_{SOCKETS}_visitors", [loaded], "MB"),
        compared("memory_per_visitor_socket", [per_socket], "KiB", [bare], at_most=SOCKET_TARGET),
    ]


async def _bare() -> float:
    """KiB that a socket adds to a server that does nothing."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.bare_sockets", str(port))
    try:
        server = psutil.Process(process.pid)
        async with asyncio.timeout(30):
            while True:
                try:
                    await (await Line.to(f"http://127.0.0.1:{port}")).close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        before = _mb(server)
        lines = await _opened(f"http://127.0.0.1:{port}", "/", {"type": "hello"})
        await asyncio.sleep(SETTLE_S)
        after = _mb(server)
        await _closed(lines)
    finally:
        process.terminate()
        await process.wait()
    return (after - before) * 1024 / SOCKETS


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
