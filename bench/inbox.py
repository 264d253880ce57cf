"""How long the inbox's lists and threads take with ten thousand, a hundred thousand and a million conversations.

Three hubs, each on a database of its own size in one mongod, are asked in turns; the ratio is to the smallest.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import psutil

from bench.load import Line, signed_in
from bench.rig import fresh_folder, hub_process, running_mongod
from bench.rows import Row, alone, compared, percentile
from hub.model.ids import OperatorId, ProjectId, TeamId
from hub.model.operator import Membership, Operator, Role, Scope
from hub.model.project import Project
from hub.services.passwords import Passwords
from hub.store import schema
from hub.store.connection import open_database
from hub.store.indexes import create_indexes
from hub.store.operators import Operators
from hub.store.projects import Projects
from tests.store.crowd import PROJECT, START, Crowd

SIZES = (10_000, 100_000, 1_000_000)
RUNS = 5  # at each size, in turns
REQUESTS = 30  # of each page and run
TARGET = 1.5
THREAD, OTHERS = 2_000, 3_000
PAGES_DOWN = 10
BUSY_PERCENT, CALM_WITHIN_S = 15.0, 180.0
VIEWS = ("unattended", "mine", "all", "resolved")
PASSWORD = "a password for measurements"
PEOPLE = {Scope.ALL: "o7", Scope.TEAM: "o8"}
"""One of a hundred operators who sees everything, and one who sees what is theirs and of two teams."""

Pages = dict[str, Sequence[str]]


class Inbox:
    """One operator's inbox on a database of one size."""

    def __init__(self, line: Line, cookie: str) -> None:
        self._line, self._cookie = line, cookie

    async def pages(self) -> Pages:
        """What is asked for, by name."""
        lists = "/api/v1/conversations"
        down = f"{lists}?view=all"
        for _ in range(PAGES_DOWN):
            following = json.loads(await self._asked(down))["next"]
            down = f"{lists}?view=all&cursor={following}"
        thread = f"/api/v1/conversations/{Crowd(0, 0, 0).conversation(0)}/messages"
        return {
            **{f"list_{view}": [f"{lists}?view={view}"] * REQUESTS for view in VIEWS},
            "list_tenth_page": [down] * REQUESTS,
            "list_by_name": [f"{lists}?view=all&q=customer%20{number}" for number in range(1_000, 1_000 + REQUESTS)],
            "counters": [f"{lists}/counters"] * REQUESTS,
            "thread": [f"{thread}?before={n}" for n in range(THREAD, 60, -(THREAD - 60) // REQUESTS)],
        }

    async def p95_ms(self, paths: Sequence[str]) -> float:
        """The 95th percentile of asking for each of `paths`."""
        took = []
        for path in paths:
            began = time.perf_counter()
            await self._asked(path)
            took.append(time.perf_counter() - began)
        return percentile(took, 0.95) * 1000

    async def _asked(self, path: str) -> bytes:
        status, answer = await self._line.get(path, self._cookie)
        if status != 200:
            raise RuntimeError(f"{path} was answered with {status}: {answer!r}")
        return answer


async def run() -> list[Row]:
    """Fill three databases, then ask for each page in turns."""
    found: dict[str, dict[int, list[float]]] = {}
    async with running_mongod(in_memory=True) as mongod:
        filled = [await _fill(mongod.uri, size) for size in SIZES]
        for scope, person in PEOPLE.items():
            async with AsyncExitStack() as stack:
                inboxes = [await stack.enter_async_context(_inbox(mongod.uri, size, person)) for size in SIZES]
                pages = [await inbox.pages() for inbox in inboxes]
                for name in pages[0]:
                    for _ in range(RUNS + 1):
                        for size, inbox, paths in zip(SIZES, inboxes, pages, strict=True):
                            figures = found.setdefault(f"inbox_{scope.value}_{name}", {}).setdefault(size, [])
                            figures.append(await inbox.p95_ms(paths[name]))
    for by_size in found.values():
        for figures in by_size.values():
            del figures[0]  # what is read for the first time comes from the disk
    searches = {name: found.pop(name) for name in list(found) if name.endswith("by_name")}
    return [
        alone(f"inbox_filling_{SIZES[-1]}", [filled[-1]], "s"),
        *(
            compared(f"{name}_{size}_p95", by_size[size], "ms", by_size[SIZES[0]], at_most=TARGET)
            for name, by_size in found.items()
            for size in SIZES[1:]
        ),
        # No target: how many have a name that begins so grows with the inbox.
        *(alone(f"{name}_{size}_p95", by_size[size], "ms") for name, by_size in searches.items() for size in SIZES),
    ]


@asynccontextmanager
async def _inbox(uri: str, size: int, person: str) -> AsyncIterator[Inbox]:
    settings = {"MONGODB_URI": uri, "DATABASE": _name(size), "SECRET_KEY": "k" * 32}
    async with fresh_folder() as folder:
        async with hub_process(folder, settings) as (hub, url):
            await _calm(psutil.Process(hub.pid))
            line, cookie = await signed_in(url, f"{person}@example.test", PASSWORD)
            yield Inbox(line, cookie)
            await line.close()


async def _calm(hub: psutil.Process) -> None:
    """Return when the hub does nothing: it reads the changes of the last minute first, and all was filled just now."""
    async with asyncio.timeout(CALM_WITHIN_S):
        hub.cpu_percent()
        while True:
            await asyncio.sleep(1)
            if hub.cpu_percent() < BUSY_PERCENT:
                return


async def _fill(uri: str, size: int) -> float:
    """A crowd and two operators; how many seconds it took."""
    began = time.perf_counter()
    connection = await open_database(uri, _name(size))
    database = connection.database
    await schema.check(database)
    await Crowd(size, THREAD, OTHERS, settled=True).insert(database)
    await create_indexes(database)
    await Projects(database).put(Project(id=ProjectId(PROJECT), name="Measured", created_at=START))
    hashed = await Passwords(memory_kib=8, passes=1).hash(PASSWORD)
    for scope, person in PEOPLE.items():
        membership = Membership(
            project=ProjectId(PROJECT), role=Role.OPERATOR, scope=scope, teams=(TeamId("t0"), TeamId("t7"))
        )
        await Operators(database).add(
            Operator(
                id=OperatorId(person), email=f"{person}@example.test", name="Demo Operator", password_hash=hashed,
                memberships=(membership,), created_at=datetime.now(UTC),
            )
        )  # fmt: skip
    await connection.close()
    return time.perf_counter() - began


def _name(size: int) -> str:
    return f"inbox_{size}"
