"""The nemesis of the hub's wall clock: it jumps by an hour, and what is stored is held against the database's clock.

What the database noted beside each write (`wall` in its oplog) is the truth.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import AsyncMongoClient

from tests.chaos.hub_under_test import DATABASE, Rig
from tests.chaos.logs import Document, Fault, Offender, Stored
from tests.chaos.trouble import Stage

AHEAD, BEHIND, RIGHT, KILL = "clock an hour ahead", "clock an hour behind", "clock right", "hub kill with a wrong clock"
JUMP = timedelta(minutes=67)
"""An hour, and a little more, by which its traces are told from times that are meant to lie an hour ahead."""
CLOCK = "clock"
PROGRESS = 20
"""So many messages are acknowledged under each clock."""
AROUND = timedelta(minutes=2)
"""A time that lies so near to a jump from when it was written came from the wrong clock."""


class ClockNemesis:
    """Turns the hub's clock, and kills the hub now and then, so that it also starts with a wrong one."""

    def __init__(self, stage: Stage) -> None:
        self._rig, self._logs, self._began = stage.rig, stage.logs, stage.began
        self._count: Counter[str] = Counter()
        self.fired = 0
        """Turns of timers."""

    def __str__(self) -> str:
        """What there was to be early."""
        return f"{self.fired} timers fired"

    @property
    def counts(self) -> dict[str, int]:
        """Jumps by kind."""
        return dict(sorted(self._count.items()))

    @property
    def enough(self) -> bool:
        """Whether everything was done."""
        return {AHEAD, BEHIND, RIGHT, KILL} <= set(self._count)

    async def run(self, stop: asyncio.Event) -> None:
        """One jump after the other until `stop`: over two hours, too."""
        while True:
            for what in (AHEAD, BEHIND, KILL, AHEAD, RIGHT, BEHIND):
                await self._strike(what)
                known = len(self._logs.accepted)
                while len(self._logs.accepted) < known + PROGRESS and not stop.is_set():
                    await asyncio.sleep(0.05)
                if stop.is_set():
                    return

    async def look(self, stored: Stored) -> Sequence[Offender]:
        """No time of the wrong clock is stored, and no timer fired before the database's clock said so."""
        writes = await written(self._rig.uri)
        self.fired = sum(1 for turn in stored.turns if turn["kind"] == "timer")
        return [
            *(Offender("I9", "wrong time", f"{field} was taken from the hub's clock") for field in wrong_times(writes)),
            *(Offender("I9", "early", f"{cause} fired before it was due") for cause in early(writes, stored.timers)),
        ]

    async def _strike(self, what: str) -> None:
        if what == KILL:
            self._rig.hub.signal(signal.SIGKILL)
        else:
            turn(self._rig, {AHEAD: JUMP, BEHIND: -JUMP, RIGHT: timedelta()}[what])
        self._count[what] += 1
        self._logs.faults.append(Fault(what, time.monotonic() - self._began))


def turn(rig: Rig, offset: timedelta) -> None:
    """Make the hub's clock wrong by so much."""
    (rig.folder / CLOCK).write_text(str(offset.total_seconds()), encoding="ascii")


async def written(uri: str) -> Sequence[tuple[str, datetime, Mapping[str, Any]]]:
    """Every insert and update since the set began: collection, the database's time, and what was written."""
    async with AsyncMongoClient[Document](uri, tz_aware=True) as client:
        entries = await client["local"]["oplog.rs"].find({"op": {"$in": ["i", "u"]}}).sort("$natural", 1).to_list()
    prefix = f"{DATABASE}."
    return [
        (entry["ns"].removeprefix(prefix), entry["wall"], entry["o"])
        for entry in entries
        if entry["ns"].startswith(prefix)
    ]


def wrong_times(writes: Sequence[tuple[str, datetime, Mapping[str, Any]]]) -> set[str]:
    """Where a time was stored that is a jump away from the database's: such as `messages.created_at`."""
    return {
        f"{collection}.{path}"
        for collection, wall, what in writes
        for path, value in _times(what)
        if abs(abs(value - wall) - JUMP) < AROUND
    }


def early(writes: Sequence[tuple[str, datetime, Mapping[str, Any]]], timers: Sequence[Document]) -> list[str]:
    """The timers whose Turn was stored before they were due, by the database's time."""
    due = {f"timer:{timer['_id']}": timer["due_at"] for timer in timers}
    return [
        what["cause"]
        for collection, wall, what in writes
        if collection == "turns" and what.get("cause") in due and wall < due[what["cause"]]
    ]


def _times(value: object, path: str = "") -> Iterator[tuple[str, datetime]]:
    match value:
        case datetime():
            yield path, value
        case Mapping():
            for name, each in value.items():
                yield from _times(each, f"{path}.{name}" if path else name)
        case list():
            for each in value:
                yield from _times(each, path)
