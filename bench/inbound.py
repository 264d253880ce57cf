"""Messages a second that are durable and acknowledged over HTTP, against what the store alone does in the same run."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from bench.load import Line
from bench.rig import running_hub
from bench.rows import Row, alone, compared, percentile
from hub.app.background import background
from hub.store.coalesce import Coalescer
from hub.store.connection import Connection, open_database
from hub.store.group_commit import GroupCommit
from tests.chaos.hub_under_test import KEY

RUNS = 5
SECONDS = 1.0
WRITERS = {1: 0.95, 16: 0.45, 64: 0.45, 256: 0.55}
"""Writers, and the least ratio: to one insert each for one writer, else to group commit with the list update."""
TEXT = "a sentence of the usual length " * 3

Write = Callable[[int, int], Awaitable[None]]
"""Makes the message of a writer with a number durable."""


async def run() -> list[Row]:
    """For each number of writers: the hub, one insert each, and group commit with a list update, in turns."""
    rows: list[Row] = []
    async with running_hub() as rig:
        connection = await open_database(rig.uri, "raw")
        async with writers_of_the_hub(rig.url) as through_hub, grouped(connection) as through_group:
            for writers, target in WRITERS.items():
                ways = {"hub": through_hub, "insert": one_insert(connection), "group": through_group}
                rates: dict[str, list[float]] = {name: [] for name in ways}
                waits: list[float] = []
                for _ in range(RUNS):
                    for name, way in ways.items():
                        took, seconds = await one_run(way, writers)
                        rates[name].append(len(took) / seconds)
                        if name == "hub":
                            waits += took
                limit = rates["insert"] if writers == 1 else rates["group"]
                rows += [
                    compared(f"inbound_{writers}_writers", rates["hub"], "messages/s", limit, at_least=target),
                    alone(f"inbound_{writers}_writers_p99", [percentile(waits, 0.99) * 1000], "ms"),
                    alone(f"raw_insert_{writers}_writers", rates["insert"], "messages/s"),
                    alone(f"raw_group_commit_{writers}_writers", rates["group"], "messages/s"),
                ]
        await connection.close()
    return rows


async def one_run(way: Write, writers: int) -> tuple[list[float], float]:
    """Seconds each message took, and how long it went on."""
    took: list[float] = []
    began = time.perf_counter()

    async def write(writer: int) -> None:
        number = 0
        while time.perf_counter() - began < SECONDS:
            at = time.perf_counter()
            await way(writer, number)
            took.append(time.perf_counter() - at)
            number += 1

    async with asyncio.TaskGroup() as group:
        for writer in range(writers):
            group.create_task(write(writer))
    return took, time.perf_counter() - began


@asynccontextmanager
async def writers_of_the_hub(url: str) -> AsyncIterator[Write]:
    """Visitors who post to the hub, each over a connection of their own."""
    lines: dict[int, tuple[Line, str]] = {}
    for writer in range(max(WRITERS)):
        line = await Line.to(url)
        _, welcome = await line.post(f"/chat/v1/{KEY}/session", b'{"position":0}')
        lines[writer] = line, json.loads(welcome)["token"]

    async def write(writer: int, _number: int) -> None:
        line, token = lines[writer]
        body = json.dumps({"type": "send", "id": str(uuid.uuid4()), "text": TEXT}).encode()
        status, answer = await line.post(f"/chat/v1/{KEY}/messages", body, token)
        if status != 200:
            raise RuntimeError(f"the hub answered {status}: {answer!r}")

    yield write
    for line, _ in lines.values():
        await line.close()


def one_insert(connection: Connection) -> Write:
    """One durable insert for each message."""
    collection = connection.database["inserts"]

    async def write(writer: int, _number: int) -> None:
        await collection.insert_one(_document(writer))

    return write


@asynccontextmanager
async def grouped(connection: Connection) -> AsyncIterator[Write]:
    """Group commit, and an update of the conversation's list document before the answer."""
    commit = GroupCommit(connection.database["messages"])
    lists = Coalescer(connection.database["conversations"], upsert=True)

    async def write(writer: int, number: int) -> None:
        conversation = f"{writer:032x}"
        await commit.insert(_document(writer), conversation)
        await lists.submit(conversation, number, max, lambda last: _listed(conversation, last))
        await lists.written(conversation)

    async with background(commit.run, lists.run):
        yield write


def _document(writer: int) -> dict[str, Any]:
    return {"_id": uuid.uuid4().hex, "conversation": f"{writer:032x}", "text": TEXT, "direction": "in"}


def _listed(conversation: str, last: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"_id": conversation}, {"$max": {"last_position": last}, "$set": {"last_message": TEXT}}
