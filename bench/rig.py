"""A hub in a process of its own, on a fresh database, thrown away afterwards."""

import asyncio
import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.chaos.hub_under_test import Rig, hub_under_test

MEMORY = Path("/dev/shm")


def new_folder(*, in_memory: bool = True) -> Path:
    """An empty folder with a path short enough for a unix socket."""
    return Path(tempfile.mkdtemp(prefix="bench-", dir=MEMORY if in_memory and MEMORY.is_dir() else None))


@asynccontextmanager
async def running_hub(*, in_memory: bool = False) -> AsyncIterator[Rig]:
    """A hub with a web chat and one operator. Its database syncs to a disk unless it is `in_memory`."""
    folder = await asyncio.to_thread(new_folder, in_memory=in_memory)
    try:
        async with hub_under_test(folder, random.Random(0), [], operators=1) as rig:
            yield rig
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)
