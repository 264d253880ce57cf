"""Messages a second that are durable and acknowledged over HTTP, with their conversations, against the store's limit.

Three rates of the same run: until the last message is acknowledged; until every conversation's list document shows its
messages, which is what the target asks for; until nothing is left to do, marks included. The limit is taken in turns
with the hub on the same mongod: one insert each for one writer, else group commit with the conversation's list document
brought up to date before the answer. It is driven directly, and once more from behind a bare aiohttp handler, over the
same wire and by the same client as the hub.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.bare import commit_and_list, message
from bench.load import Line
from bench.rig import bare_server, running_hub
from bench.rows import Row, alone, compared, percentile
from hub.app.background import background
from hub.store.coalesce import Coalescer
from hub.store.connection import Connection, open_database
from hub.store.group_commit import GroupCommit
from tests.chaos.hub_under_test import DATABASE, KEY

RUNS = 5
SECONDS = 1.5
POLL_S = 0.02
WRITERS = {1: 0.95, 16: 0.45, 64: 0.45, 256: 0.55}
"""Writers, and the least ratio."""
TEXT = "a sentence of the usual length " * 3

Write = Callable[[int], Awaitable[None]]
"""Makes one message of a writer durable."""
Left = Callable[[], Awaitable[bool]]
"""Whether something is still to be done."""


@dataclass
class Way:
    """One of the ways to store messages: what each run of it came to."""

    write: Write
    unlisted: Left | None = None
    backlog: Left | None = None
    acknowledged: list[float] = field(default_factory=list)
    listed: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    async def run(self, writers: int) -> None:
        """Write for a while, each writer one message after the other; then wait until all that follows is done."""
        began = time.perf_counter()
        until, count = began + SECONDS, len(self.took)

        async def write(writer: int) -> None:
            while (at := time.perf_counter()) < until:
                await self.write(writer)
                self.took.append(time.perf_counter() - at)

        async with asyncio.TaskGroup() as group:
            for writer in range(writers):
                group.create_task(write(writer))
        for left, rates in ((None, self.acknowledged), (self.unlisted, self.listed), (self.backlog, self.done)):
            while left is not None and await left():
                await asyncio.sleep(POLL_S)
            rates.append((len(self.took) - count) / (time.perf_counter() - began))


async def run() -> list[Row]:
    """For each number of writers the three ways in turns."""
    rows: list[Row] = []
    async with running_hub() as rig, bare_server(rig.uri) as (_, bare_url):
        connection = await open_database(rig.uri, "raw")
        for writers, target in WRITERS.items():
            # Opened anew for each number: a server closes a connection on which nothing was asked for long.
            async with (
                visitors(rig.url, writers) as to_hub,
                posts(bare_url, "/insert" if writers == 1 else "/group", writers) as to_bare,
                grouped(connection) as to_group,
            ):
                hub, bare = Way(to_hub, unlisted(connection), backlog(connection)), Way(to_bare)
                raw = Way(one_insert(connection) if writers == 1 else to_group)
                for _ in range(RUNS):
                    for way in (hub, raw, bare):
                        await way.run(writers)
            name, unit, alone_at_it = f"inbound_{writers}", "messages/s", writers == 1
            over_http = target if alone_at_it else None  # for one writer the target speaks of requests
            rows += [
                compared(name, hub.listed, unit, raw.listed, at_least=None if alone_at_it else target),
                compared(f"{name}_to_bare_http", hub.listed, unit, bare.listed, at_least=over_http),
                compared(f"{name}_acknowledged", hub.acknowledged, unit, raw.listed),
                compared(f"{name}_done", hub.done, unit, raw.listed),
                alone(f"{name}_acknowledged_p50", [percentile(hub.took, 0.5) * 1000], "ms"),
                alone(f"{name}_acknowledged_p99", [percentile(hub.took, 0.99) * 1000], "ms"),
            ]
        await connection.close()
    return rows


def unlisted(connection: Connection) -> Left:
    """Whether a list document is behind its conversation. Only visitors write here, so positions count messages."""
    database = connection.client[DATABASE]
    shown = [{"$group": {"_id": None, "messages": {"$sum": "$last_position"}}}]

    async def left() -> bool:
        found = await (await database["conversations"].aggregate(shown)).to_list()
        return not found or found[0]["messages"] < await database["messages"].estimated_document_count()

    return left


def backlog(connection: Connection) -> Left:
    """Whether the hub has still to decide, or to apply what it has decided."""
    database = connection.client[DATABASE]

    async def left() -> bool:
        undecided = await database["messages"].find_one({"undecided": True}, {"_id": 1})
        return undecided is not None or await database["turns"].find_one({"applied": False}, {"_id": 1}) is not None

    return left


@asynccontextmanager
async def visitors(url: str, count: int) -> AsyncIterator[Write]:
    """Visitors who post to the hub, each over a connection of their own."""
    async with lines_to(url, count) as lines:
        tokens = []
        for line in lines:
            _, welcome = await line.post(f"/chat/v1/{KEY}/session", b'{"position":0}')
            tokens.append(json.loads(welcome)["token"])

        async def write(writer: int) -> None:
            await say(lines[writer], tokens[writer], TEXT)

        yield write


async def say(line: Line, token: str, text: str) -> None:
    """One message of a visitor. Raises `RuntimeError` when it is not acknowledged."""
    body = json.dumps({"type": "send", "id": str(uuid.uuid4()), "text": text}).encode()
    status, answer = await line.post(f"/chat/v1/{KEY}/messages", body, token)
    if status != 200:
        raise RuntimeError(f"the hub answered {status}: {answer!r}")


@asynccontextmanager
async def posts(url: str, path: str, count: int) -> AsyncIterator[Write]:
    """The same message to the bare server."""
    async with lines_to(url, count) as lines:
        bodies = [json.dumps({"conversation": f"{n:032x}", "text": TEXT}).encode() for n in range(len(lines))]

        async def write(writer: int) -> None:
            status, _ = await lines[writer].post(path, bodies[writer])
            if status != 200:
                raise RuntimeError(f"the bare server answered {status}")

        yield write


@asynccontextmanager
async def lines_to(url: str, count: int) -> AsyncIterator[list[Line]]:
    """Connections that stay open."""
    lines = [await Line.to(url) for _ in range(count)]
    yield lines
    for line in lines:
        await line.close()


def one_insert(connection: Connection) -> Write:
    """One durable insert for each message."""
    collection = connection.database["inserts"]

    async def write(writer: int) -> None:
        await collection.insert_one(message(f"{writer:032x}", TEXT))

    return write


@asynccontextmanager
async def grouped(connection: Connection) -> AsyncIterator[Write]:
    """Group commit, and the conversation's list document before the answer."""
    commit = GroupCommit(connection.database["messages"])
    lists = Coalescer(connection.database["conversations"], upsert=True)

    async def write(writer: int) -> None:
        await commit_and_list(commit, lists, f"{writer:032x}", TEXT)

    async with background(commit.run, lists.run):
        yield write
