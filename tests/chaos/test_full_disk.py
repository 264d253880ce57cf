"""A full disk: the hub stops to accept before the database dies of it, and comes back by itself from both."""

import asyncio
import random
import shutil
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.chaos.checker import check
from tests.chaos.hub_under_test import KEY, Rig, hub_under_test
from tests.chaos.logs import Logs
from tests.chaos.run import _drained, _new_folder
from tests.chaos.visitors import HttpVisitor, SocketVisitor, Visitor

DISK_BYTES = 640 * 1024**2
LIMIT_BYTES = 160 * 1024**2
WITHIN_S = 90.0
PROGRESS = 30

pytestmark = pytest.mark.timeout(450)


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder, with a `disk` in it that holds little. The test is left out where nothing may be mounted."""
    folder = _new_folder()
    disk = folder / "disk"
    disk.mkdir()
    try:
        options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
        mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if mounted.returncode:
            pytest.skip(f"mounting a small disk takes root with CAP_SYS_ADMIN: {mounted.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)
    finally:
        shutil.rmtree(folder)


class Ballast:
    """A file that takes the room."""

    def __init__(self, disk: Path) -> None:
        self._disk, self._file = disk, disk / "ballast"

    def leave(self, free_bytes: int) -> None:
        """Take all the room but this."""
        missing = shutil.disk_usage(self._disk).free - free_bytes
        with self._file.open("ab") as file, memoryview(bytes(1024**2)) as zeros:
            while missing > 0:
                missing -= file.write(zeros[: min(missing, len(zeros))])

    def take_all(self) -> None:
        """Take what is there, until nothing more can be written."""
        with pytest.raises(OSError, match="No space left"):
            self.leave(-DISK_BYTES)

    def throw_off(self) -> None:
        """Make room again."""
        self._file.unlink()


async def test_a_full_disk_costs_no_message() -> None:
    """Below the limit messages and files get 503 with `Retry-After`, and mongod lives; without warning it dies, and the
    hub waits. Both times everything goes on as soon as there is room, and what was acknowledged is there.
    """
    logs, stop = Logs(seed=1), asyncio.Event()
    with small_disk() as folder:
        environment = {"HUB_FREE_SPACE_BYTES": str(LIMIT_BYTES), "HUB_FREE_SPACE_SHARE": "0.9"}
        async with (
            hub_under_test(
                folder, random.Random(1), logs.surprises, operators=0, environment=environment, disk=folder / "disk"
            ) as rig,
            writing(rig, logs, stop) as visitors,
            aiohttp.ClientSession() as session,
        ):
            ballast = Ballast(folder / "disk")
            await _progress(logs)

            def post(path: str, **body: Any) -> Any:
                headers = {"Authorization": f"Bearer {visitors[0].token}"}
                return session.post(f"{rig.url}/chat/v1/{KEY}/{path}", headers=headers, **body)

            # The guard, in time.
            mongod = rig.mongod.pid
            await asyncio.to_thread(ballast.leave, LIMIT_BYTES // 2)
            await _until(lambda: _is_refused(post("attachments?name=a.txt", data=b"text")))
            assert await _is_refused(post("messages", json={"type": "send", "id": str(uuid.uuid4()), "text": "n0 1"}))
            assert await _is_refused(session.get(f"{rig.url}/readyz"))
            assert rig.mongod.pid == mongod
            await asyncio.to_thread(ballast.throw_off)
            await _progress(logs)
            assert rig.mongod.pid == mongod
            # Too quick for the guard.
            await asyncio.to_thread(ballast.take_all)
            await _until(lambda: _is(rig.mongod.pid != mongod))
            await asyncio.to_thread(ballast.throw_off)
            await _progress(logs)
            stop.set()
            logs.drained = await _drained(rig, visitors, (), logs)
            stored = await rig.stored()
    logs.surprises = [one for one in logs.surprises if not one.what.startswith("mongod")]  # it had to die
    report = check(logs, stored)
    assert report.passed, str(report)


@asynccontextmanager
async def writing(rig: Rig, logs: Logs, stop: asyncio.Event) -> AsyncIterator[list[Visitor]]:
    """Visitors who write until `stop`, and read while the body runs."""
    began = time.monotonic()
    visitors: list[Visitor] = [
        HttpVisitor("h0", rig.url, logs, random.Random(2), began),
        SocketVisitor("s0", rig.url, logs, random.Random(3), began),
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(visitor.run(stop)) for visitor in visitors]
        yield visitors
        for task in tasks:
            task.cancel()


async def _progress(logs: Logs) -> None:
    known = len(logs.accepted)
    await _until(lambda: _is(len(logs.accepted) >= known + PROGRESS))


async def _is_refused(request: Any) -> bool:
    """Whether the answer is to come back later."""
    async with request as answer:
        return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


async def _is(condition: bool) -> bool:
    return condition


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await condition():
            await asyncio.sleep(0.1)
