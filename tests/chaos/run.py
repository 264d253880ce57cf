"""One run: load and faults for a while, then everything drains, then the checker looks."""

import asyncio
import json
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo

from tests.chaos.checker import Report, check
from tests.chaos.clock_jumps import CLOCK, ClockNemesis
from tests.chaos.hub_under_test import Rig, hub_under_test
from tests.chaos.logs import Logs, Mirror, Stored
from tests.chaos.nemesis import Kind, Nemesis
from tests.chaos.network import NetworkNemesis
from tests.chaos.operators import OperatorClient
from tests.chaos.primaries import KILL, PrimaryNemesis
from tests.chaos.trouble import Stage, Trouble
from tests.chaos.visitors import HttpVisitor, SocketVisitor, Tab, Visitor
from tests.chaos.watchers import Watcher

SOCKET_VISITORS, HTTP_VISITORS, TABS, OPERATORS = 4, 3, 3, 2
MEMORY = Path("/dev/shm")
WATCHERS = 1
DRAIN_WITHIN_S = 45.0
SHOWN_WITHIN_S = 15.0
LONGEST = 4.0
"""A slow machine may take so many times the wanted seconds to see enough kills."""
PATIENCE_S = 240.0
"""And at least so long: a short run ends as soon as it has seen enough."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, from which seed, how many kills at least; `module` is what runs in place of the hub.

    `trouble` is made instead of the kills.
    """

    seed: int
    seconds: float = 60.0
    hub_kills: int = 8
    mongod_kills: int = 4
    nodes: int = 1
    over_network: bool = False
    trouble: Callable[[Stage], Trouble] | None = None
    module: Sequence[str] = ("hub",)
    keep_log: Path | None = None


@dataclass
class Run:
    """What a run gave."""

    plan: Plan
    report: Report
    logs: Logs
    stored: Stored
    nemesis: Trouble
    seconds: float

    @property
    def counts(self) -> bool:
        """Whether there was enough trouble for the result to mean something."""
        return self.nemesis.enough

    def row(self) -> dict[str, Any]:
        """What is printed of the run."""
        found, ack = self.report.counts, sorted(self.logs.ack_ms) or [0.0]
        strikes = Counter(self.nemesis.counts)

        def breaches(*names: str) -> int:
            return sum(count for name, count in found.items() if name.startswith(names))

        return {
            "what": self.plan.module[-1],
            "seed": self.plan.seed,
            "seconds": round(self.seconds, 1),
            "hub_kills": strikes[Kind.HUB_KILL] + strikes[Kind.BOTH_KILL],
            "mongod_kills": strikes[Kind.MONGOD_KILL] + strikes[Kind.BOTH_KILL] + strikes[KILL],
            "accepted": len(self.logs.accepted),
            "commands": len(self.logs.answered),
            "lost": breaches("I1 lost", "I6 lost"),
            "twice": breaches("I1 twice", "I6 twice"),
            "out_of_order": breaches("I2"),
            "diverged": breaches("I4"),
            "unseen": breaches("I5"),
            "reloads": self.logs.reloads,
            "drain_s": round(self.logs.drain_s, 1),
            "ack_p50_ms": round(statistics.median(ack), 1),
            "ack_p99_ms": round(ack[int(len(ack) * 0.99)], 1),
        }

    def line(self) -> str:
        """The run as one line of JSON."""
        more = {
            "python": platform.python_version(),
            "driver": pymongo.version,
            "nodes": self.plan.nodes,
            "faults": self.nemesis.counts,
            "messages": len(self.stored.messages),
            "turns": len(self.stored.turns),
            "parked": len(self.stored.parked),
            "shown": len(self.logs.shown),
            "found": self.report.counts,
            "passed": self.report.passed,
        }
        return json.dumps(self.row() | more)


def table(runs: Sequence[Run], *, mutants: bool = False) -> str:
    """The runs below each other, and a verdict in the last line; `mutants` have to be flagged."""
    rows = [{name: str(value) for name, value in each.row().items()} for each in runs]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    lines = ["  ".join(name.rjust(width) for name, width in widths.items())]
    lines += ["  ".join(row[name].rjust(width) for name, width in widths.items()) for row in rows]
    if mutants:
        found = sorted({name for each in runs for name in each.report.counts})
        return "\n".join([*lines, f"FLAGGED by {', '.join(found)}" if found else "NOT FLAGGED"])
    passed = all(each.counts and each.report.passed for each in runs)
    return "\n".join([*lines, "PASS" if passed else "FAIL"])


async def run(plan: Plan) -> Run:
    """Do it. Everything is thrown away afterwards but what comes back."""
    folder = await asyncio.to_thread(_new_folder)
    rng, logs = random.Random(plan.seed), Logs(seed=plan.seed)
    (folder / CLOCK).write_text("0", encoding="ascii")
    try:
        async with hub_under_test(
            folder,
            random.Random(rng.random()),
            logs.surprises,
            operators=OPERATORS,
            module=plan.module,
            nodes=plan.nodes,
            over_network=plan.over_network,
            environment={"WRONG_CLOCK": str(folder / CLOCK)},
        ) as rig:
            return await _loaded(rig, plan, logs, rng)
    finally:
        if plan.keep_log is not None:
            await asyncio.to_thread(shutil.copy, folder / "hub.log", plan.keep_log)
        await asyncio.to_thread(shutil.rmtree, folder)


def _new_folder() -> Path:
    """A folder in memory where there is one; its path is short enough for a unix socket."""
    return Path(tempfile.mkdtemp(prefix="chaos-", dir=MEMORY if MEMORY.is_dir() else None))


async def _loaded(rig: Rig, plan: Plan, logs: Logs, rng: random.Random) -> Run:
    began = time.monotonic()

    def elapsed() -> float:
        return time.monotonic() - began

    def own() -> random.Random:
        return random.Random(rng.random())

    visitors: list[Visitor] = [
        SocketVisitor(f"s{n}", rig.url, logs, own(), began, at_once=3 if n == 0 else 1) for n in range(SOCKET_VISITORS)
    ]
    visitors += [HttpVisitor(f"h{n}", rig.url, logs, own(), began) for n in range(HTTP_VISITORS)]
    tabs = [Tab(f"{v.name} tab", v, rig.url, logs, own(), began) for v in visitors[:TABS]]
    people = [OperatorClient(person, rig.url, logs, own(), began) for person in rig.operators]
    watchers = [Watcher(person, rig.url, logs, own()) for person in rig.operators[:WATCHERS]]
    nemesis: Trouble = Nemesis(rig, logs, own(), began, hub_kills=plan.hub_kills, mongod_kills=plan.mongod_kills)
    if plan.trouble is not None:
        watchers.append(Watcher(rig.operators[-1], rig.url, logs, own(), open_s=None))
        nemesis = plan.trouble(Stage(rig, logs, own(), began, watchers[-1]))
    calm, stop = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(visitor.run(stop)) for visitor in visitors]
        tasks += [group.create_task(person.run(stop)) for person in people]
        tasks += [group.create_task(tab.run()) for tab in tabs]
        tasks += [group.create_task(watcher.run()) for watcher in watchers]
        striking = group.create_task(nemesis.run(calm))
        while elapsed() < plan.seconds or (elapsed() < max(plan.seconds * LONGEST, PATIENCE_S) and not nemesis.enough):
            await asyncio.sleep(0.1)
        calm.set()
        await striking
        stop.set()
        quiet_at = time.monotonic()
        logs.drained = await _drained(rig, visitors, people, logs)
        logs.mirrors += [await _settled(watcher) for watcher in watchers]
        logs.drain_s = time.monotonic() - quiet_at
        for task in tasks:
            task.cancel()
    stored = await rig.stored()
    report = check(logs, stored)
    report.offenders += await nemesis.look(stored)
    return Run(plan, report, logs, stored, nemesis, elapsed())


async def _drained(rig: Rig, visitors: Sequence[Visitor], people: Sequence[OperatorClient], logs: Logs) -> bool:
    """Wait until nobody waits for an answer, the hub has nothing to do, and every reader has seen the end."""
    try:
        async with asyncio.timeout(DRAIN_WITHIN_S):
            await _until(lambda: not any(v.waiting for v in visitors) and not any(p.busy for p in people))
            await rig.ready()
            while await rig.backlog():
                await asyncio.sleep(0.1)
            await _until(_seen_to_the_end(await rig.stored(), logs))
    except TimeoutError:
        return False
    return True


def _seen_to_the_end(stored: Stored, logs: Logs) -> Callable[[], bool]:
    visitor_of = {m["conversation"]: m["text"].partition(" ")[0] for m in stored.messages if m["direction"] == "in"}
    last: dict[str, int] = {}
    for message in stored.messages:
        if message["direction"] != "note":
            visitor = visitor_of.get(message["conversation"], "")
            last[visitor] = max(last.get(visitor, 0), message["position"])

    def seen() -> bool:
        reached: dict[str, int] = {}
        for accepted in logs.accepted:
            for reader in logs.acknowledging:
                if logs.readers[reader] == accepted.visitor:
                    reached[reader] = max(reached.get(reader, 0), accepted.position)
        for shown in logs.shown:
            reached[shown.reader] = max(reached.get(shown.reader, 0), shown.position)
        return all(reached.get(reader, 0) >= last.get(visitor, 0) for reader, visitor in logs.readers.items())

    return seen


async def _settled(watcher: Watcher) -> Mirror:
    """What the watcher shows as soon as that is right, or else what it shows after a while."""
    deadline = time.monotonic() + SHOWN_WITHIN_S
    while True:
        mirror = await watcher.mirror()
        if mirror is not None and (mirror.kept == mirror.fresh or time.monotonic() > deadline):
            return mirror
        await asyncio.sleep(0.3)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.1)


TROUBLES: dict[str, dict[str, Any]] = {
    "kills": {},
    "primaries": {"nodes": 3, "trouble": PrimaryNemesis},
    "network": {"over_network": True, "trouble": NetworkNemesis},
    "clock": {"module": ("tests.chaos.wrong_clock",), "trouble": ClockNemesis},
}


def main() -> None:
    """`python -m tests.chaos.run TROUBLE SEED SECONDS LOG`: one run by hand; the hub's log goes to LOG."""
    trouble, seed, seconds, log = sys.argv[1:]
    done = asyncio.run(run(Plan(int(seed), float(seconds), keep_log=Path(log), **TROUBLES[trouble])))
    sys.stdout.write(f"{done.line()}\n{table([done])}\n{done.report}\n{done.nemesis}\n")


if __name__ == "__main__":
    main()
