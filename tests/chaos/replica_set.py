"""The database under test: a replica set of one node or of three, each a child process with a unix socket."""

import asyncio
import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from hub.store.embedded import find_mongod
from tests.chaos.children import Child
from tests.chaos.logs import Document

STARTS_WITHIN_S = 60.0
ASK_WITHIN_MS = 2_000
ALREADY_INITIALIZED = 23
ELECTION_MS = 2_000
"""How long the others wait for a primary that is silent: five times less than by default, so that a run sees many."""


class ReplicaSet:
    """Nodes that die apart from each other. Their folders lie in `folder`, whose path is short and in lower case."""

    def __init__(self, folder: Path, rng: random.Random, surprise: Callable[[str], None], *, nodes: int = 1) -> None:
        self.paths = [folder / f"db{number}" / "m.sock" for number in range(nodes)]
        for path in self.paths:
            path.parent.mkdir()
        self.nodes = [
            Child(
                f"mongod {number}", _command(path), os.environ, folder / f"mongod{number}.out",
                pause_s=lambda: rng.uniform(0, 1), surprise=surprise,
            )
            for number, path in enumerate(self.paths)
        ]  # fmt: skip

    @property
    def uri(self) -> str:
        """The address that a hub gets."""
        return f"mongodb://{','.join(quote_plus(str(path)) for path in self.paths)}/?replicaSet=rs0"

    async def run(self) -> None:
        """Keep every node running until cancelled."""
        async with asyncio.TaskGroup() as group:
            for node in self.nodes:
                group.create_task(node.run())

    async def initiate(self) -> None:
        """Make it a set; returns when there is a primary."""
        members = [{"_id": number, "host": str(path)} for number, path in enumerate(self.paths)]
        config = {"_id": "rs0", "members": members, "settings": {"electionTimeoutMillis": ELECTION_MS}}
        async with asyncio.timeout(STARTS_WITHIN_S):
            for path in self.paths:  # a node that is not there yet makes the others refuse
                while not await _hello(path):
                    await asyncio.sleep(0.02)
            async with AsyncMongoClient[Document](_direct(self.paths[0])) as client:
                try:
                    await client.admin.command("replSetInitiate", config)
                except OperationFailure as error:
                    if error.code != ALREADY_INITIALIZED:
                        raise
            while await self.primary() is None:
                await asyncio.sleep(0.02)

    async def primary(self) -> Child | None:
        """The node that says it may be written to, None when there is none right now."""
        for node, path in zip(self.nodes, self.paths, strict=True):
            if node.pid is not None and (await _hello(path)).get("isWritablePrimary"):
                return node
        return None

    async def whole(self) -> bool:
        """Whether every node is up and follows, so that the set can do without any of them."""
        states = [await _hello(path) for path in self.paths]
        primaries = [state for state in states if state.get("isWritablePrimary")]
        return len(primaries) == 1 and all(state.get("secondary") or state.get("isWritablePrimary") for state in states)


async def _hello(path: Path) -> Document:
    """What a node says of itself; nothing when it does not answer."""
    with contextlib.suppress(PyMongoError):
        async with AsyncMongoClient[Document](
            _direct(path), serverSelectionTimeoutMS=ASK_WITHIN_MS, socketTimeoutMS=ASK_WITHIN_MS
        ) as client:
            return await client.admin.command("hello")
    return {}


def _direct(path: Path) -> str:
    return f"mongodb://{quote_plus(str(path))}/?directConnection=true"


def _command(path: Path) -> list[str]:
    return [
        str(find_mongod()), "--dbpath", str(path.parent), "--bind_ip", str(path), "--port", "27999",
        "--replSet", "rs0", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25",
        "--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
        "--logpath", str(path.parent / "mongod.log"), "--logappend", "--quiet",
    ]  # fmt: skip
