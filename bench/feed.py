"""How long a visitor's message takes to the operator's socket, against a bare insert, change stream and socket."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from bench.inbound import lines_to, say
from bench.load import Line, signed_in
from bench.rig import bare_server, running_hub
from bench.rows import Row, compared, percentile
from hub.app.background import background
from tests.chaos.hub_under_test import KEY, Rig

RUNS = 5  # of each kind, in turns
PER_SECOND = 100
MESSAGES = 300  # per run
VISITORS = 50
TARGET_P50, TARGET_P99 = 2.0, 3.0  # times the bare way

Arrived = Callable[[str], None]
Post = Callable[[int, str], Coroutine[Any, Any, None]]


class Clock:
    """When each text was sent, and how long it took to arrive."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}
        self.took: list[float] = []
        self._done = asyncio.Event()

    def arrived(self, text: str) -> None:
        """A socket has shown it; the first time counts."""
        at = self._sent.pop(text, None)
        if at is not None:
            self.took.append(time.perf_counter() - at)
            if len(self.took) == MESSAGES:
                self._done.set()

    async def run(self, post: Post) -> list[float]:
        """Seconds from the request to the socket, for each message at a steady rate."""
        began, self.took = time.perf_counter(), []
        self._done.clear()
        async with asyncio.TaskGroup() as group:
            for number in range(MESSAGES):
                await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
                text = f"message {number} at {began}: a sentence of the usual length"
                self._sent[text] = time.perf_counter()
                group.create_task(post(number % VISITORS, text))
            async with asyncio.timeout(60):
                await self._done.wait()
        return self.took


async def run() -> list[Row]:
    """Both ways in turns on one mongod; one row per percentile."""
    hub_clock, bare_clock = Clock(), Clock()
    hub_took: list[list[float]] = []
    bare_took: list[list[float]] = []
    async with running_hub() as rig, bare_server(rig.uri) as (_, bare_url):
        async with through_the_hub(rig, hub_clock.arrived) as to_hub, bare(bare_url, bare_clock.arrived) as to_bare:
            await hub_clock.run(to_hub)  # conversations begin, caches fill
            for _ in range(RUNS):
                bare_took.append(await bare_clock.run(to_bare))
                hub_took.append(await hub_clock.run(to_hub))
    return [
        compared(
            f"feed_latency_{name}",
            [percentile(took, share) * 1000 for took in hub_took],
            "ms",
            [percentile(took, share) * 1000 for took in bare_took],
            at_most=target,
        )
        for name, share, target in (("p50", 0.5, TARGET_P50), ("p99", 0.99, TARGET_P99))
    ]


@asynccontextmanager
async def through_the_hub(rig: Rig, arrived: Arrived) -> AsyncIterator[Post]:
    """Visitors who post, and one operator whose inbox is open."""
    line, cookie = await signed_in(rig.url, rig.operators[0].email)
    _, ticket = await line.post("/api/v1/socket-ticket", b"{}", headers=f"{cookie}X-Hub: 1\r\n")
    await line.upgrade(f"/ws/inbox?ticket={json.loads(ticket)['ticket']}", f"Origin: {rig.url}\r\n")
    line.say({"type": "hello", "cursor": None})

    async def watch() -> None:
        while True:
            frame = await line.hear()
            if frame["type"] == "change" and frame["kind"] == "message":
                arrived(frame["data"]["text"])
            elif frame["type"] == "ping":
                line.say({"type": "pong"})

    async with lines_to(rig.url, VISITORS) as lines, background(watch):
        tokens = []
        for one in lines:
            _, welcome = await one.post(f"/chat/v1/{KEY}/session", b'{"position":0}')
            tokens.append(json.loads(welcome)["token"])

        async def post(visitor: int, text: str) -> None:
            await say(lines[visitor], tokens[visitor], text)

        yield in_turn(post)
    await line.close()


@asynccontextmanager
async def bare(url: str, arrived: Arrived) -> AsyncIterator[Post]:
    """A handler that inserts, and a change stream that is written to a socket as it is."""
    line = await Line.to(url)
    await line.upgrade("/changes")
    await line.hear()

    async def watch() -> None:
        while True:
            arrived((await line.hear())["text"])

    async with lines_to(url, VISITORS) as lines, background(watch):

        async def post(visitor: int, text: str) -> None:
            await lines[visitor].post("/insert", json.dumps({"conversation": str(visitor), "text": text}).encode())

        yield in_turn(post)
    await line.close()


def in_turn(post: Post) -> Post:
    """`post`, one at a time on each connection."""
    gates = [asyncio.Lock() for _ in range(VISITORS)]

    async def gated(visitor: int, text: str) -> None:
        async with gates[visitor]:
            await post(visitor, text)

    return gated
