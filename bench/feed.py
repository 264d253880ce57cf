"""How long a stored message takes to a reader of the feed, against a bare change stream of the same collection."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bench.rig import new_folder
from bench.rows import Row, compared, percentile
from hub.app.background import background
from hub.model.feed import Change, ChangeKind
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, OperatorId, ProjectId, new_id
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.operator import Role, Scope, Viewer
from hub.services.feed import Feed
from hub.store.changes import Changes
from hub.store.connection import Connection, open_database
from hub.store.documents import to_document
from hub.store.embedded import Embedded
from hub.store.places import Places

RUNS = 5  # of each kind, in turns
PER_SECOND = 100
MESSAGES = 300  # per run
TARGET_P50, TARGET_P99 = 2.0, 3.0  # times the bare stream
PROJECT = ProjectId("bench")
VIEWER = Viewer(operator=OperatorId("o"), name="Demo Operator", project=PROJECT, role=Role.OPERATOR, scope=Scope.ALL)

Arrived = Callable[[str], None]


def message(number: int) -> Message:
    """One incoming message of ordinary length."""
    return Message(
        id=MessageId(new_id()), project=PROJECT, conversation=ConversationId(f"{number % 50:032x}"),
        channel=ChannelId("channel"), contact=ContactId("contact"), position=number, direction=Direction.IN,
        author=Actor(kind=ActorKind.CONTACT, name="Sample Customer"), text="a sentence of the usual length " * 3,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


@asynccontextmanager
async def bare(connection: Connection, arrived: Arrived) -> AsyncIterator[None]:
    """A change stream that does nothing but note what arrives."""
    stream = await connection.feed_database["messages"].watch(full_document="updateLookup", max_await_time_ms=1000)
    await stream.try_next()

    async def read() -> None:
        async with stream:
            while True:
                document = await stream.try_next()
                if document is not None:
                    arrived(document["documentKey"]["_id"])

    async with background(read):
        yield


@asynccontextmanager
async def through_the_feed(connection: Connection, arrived: Arrived) -> AsyncIterator[None]:
    """The hub's feed and one operator who reads it, frames encoded."""
    feed = Feed(Changes(connection.feed_database, rewind_s=0), Places(connection.feed_database))

    async def read() -> None:
        async with feed.subscribe(VIEWER) as changes:
            async for told in changes:
                assert isinstance(told, Change)
                if told.kind is ChangeKind.MESSAGE and told.frame:
                    arrived(str(told.data["id"]))

    async with background(feed.run, read):
        while not feed.readers:
            await asyncio.sleep(0.01)
        yield


async def one_run(connection: Connection, way: Callable[..., object]) -> list[float]:
    """Seconds from the call that stores a message to its arrival, for each message at a steady rate."""
    begun: dict[str, float] = {}
    took: list[float] = []
    done = asyncio.Event()

    def arrived(identifier: str) -> None:
        if identifier in begun:
            took.append(time.perf_counter() - begun.pop(identifier))
            if len(took) == MESSAGES:
                done.set()

    async def store(number: int) -> None:
        document = to_document(message(number))
        begun[document["_id"]] = time.perf_counter()
        await connection.database["messages"].insert_one(document)

    async with way(connection, arrived), asyncio.TaskGroup() as group:  # type: ignore[attr-defined]
        start = time.perf_counter()
        for number in range(MESSAGES):
            await asyncio.sleep(max(0.0, start + number / PER_SECOND - time.perf_counter()))
            group.create_task(store(number))
        async with asyncio.timeout(60):
            await done.wait()
    return took


async def run() -> list[Row]:
    """Both ways in turns on one mongod; one row per percentile."""
    folder = await asyncio.to_thread(new_folder, in_memory=False)
    mongod = Embedded(folder)
    await mongod.start()
    try:
        connection = await open_database(mongod.uri, "bench")
        bases: list[list[float]] = []
        feeds: list[list[float]] = []
        for _ in range(RUNS):
            bases.append(await one_run(connection, bare))
            feeds.append(await one_run(connection, through_the_feed))
        await connection.close()
    finally:
        await mongod.stop()
        await asyncio.to_thread(shutil.rmtree, folder)
    return [
        compared(
            f"feed_latency_{name}",
            [percentile(took, share) * 1000 for took in feeds],
            "ms",
            [percentile(took, share) * 1000 for took in bases],
            at_most=target,
        )
        for name, share, target in (("p50", 0.5, TARGET_P50), ("p99", 0.99, TARGET_P99))
    ]
