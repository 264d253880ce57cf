"""The nemesis: kills and pauses hub and database, as a seed tells it."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from tests.chaos.children import Child
from tests.chaos.hub_under_test import Rig
from tests.chaos.logs import Fault, Logs, Offender, Stored

STOPS_WITHIN_S = 15.0
"""SIGTERM: ten seconds for sends in flight, and some for a busy machine."""


class Kind(StrEnum):
    """What it does."""

    HUB_KILL = "hub kill"
    HUB_TERM = "hub term"
    HUB_PAUSE = "hub pause"
    MONGOD_KILL = "mongod kill"
    BOTH_KILL = "both kill"


WEIGHTS = {
    Kind.HUB_KILL: 42,
    Kind.HUB_TERM: 8,
    Kind.HUB_PAUSE: 8,
    Kind.MONGOD_KILL: 28,
    Kind.BOTH_KILL: 14,
}
FIRST = (Kind.HUB_KILL, Kind.MONGOD_KILL, Kind.BOTH_KILL, Kind.HUB_PAUSE, Kind.HUB_TERM)
"""Each once, so that a short run has seen them all; then by weight."""


class Nemesis:
    """Strikes until told to stop. Every strike is in the log."""

    def __init__(
        self, rig: Rig, logs: Logs, rng: random.Random, began: float, *, hub_kills: int = 0, mongod_kills: int = 0
    ) -> None:
        """`hub_kills`, `mongod_kills`: as long as there were fewer, it does nothing but kill."""
        self._rig, self._logs, self._rng, self._began = rig, logs, rng, began
        self._hub_kills, self._mongod_kills = hub_kills, mongod_kills
        self._count: Counter[str] = Counter()

    @property
    def hub_kills(self) -> int:
        """How often the hub was killed with SIGKILL."""
        return self._count[Kind.HUB_KILL] + self._count[Kind.BOTH_KILL]

    @property
    def mongod_kills(self) -> int:
        """How often the database was killed with SIGKILL."""
        return self._count[Kind.MONGOD_KILL] + self._count[Kind.BOTH_KILL]

    @property
    def counts(self) -> dict[str, int]:
        """Strikes by kind."""
        return dict(sorted(self._count.items()))

    async def run(self, stop: asyncio.Event) -> None:
        """One strike after the other until `stop`, mostly on a hub that is up, now and then on one that starts."""
        kinds = list(FIRST)
        while not stop.is_set():
            if self._rng.random() < 0.85:
                await self._rig.ready()
            await asyncio.sleep(self._rng.uniform(0.3, 2.2))
            if stop.is_set():
                return
            await self._strike(kinds.pop(0) if kinds else self._choice())

    async def look(self, stored: Stored) -> Sequence[Offender]:
        """What the checker sees is all."""
        return ()

    @property
    def enough(self) -> bool:
        """Whether there were as many kills as were asked for."""
        return self.hub_kills >= self._hub_kills and self.mongod_kills >= self._mongod_kills

    def _choice(self) -> Kind:
        weights = dict(WEIGHTS)
        if not self.enough:
            del weights[Kind.HUB_TERM], weights[Kind.HUB_PAUSE]
        return self._rng.choices(list(weights), list(weights.values()))[0]

    async def _strike(self, kind: Kind) -> None:
        hub, mongod = self._rig.hub, self._rig.mongod
        done = False
        match kind:
            case Kind.HUB_KILL:
                done = hub.signal(signal.SIGKILL)
            case Kind.MONGOD_KILL:
                done = mongod.signal(signal.SIGKILL)
            case Kind.BOTH_KILL:
                done = mongod.signal(signal.SIGKILL)
                await asyncio.sleep(self._rng.uniform(0, 0.6))
                done = hub.signal(signal.SIGKILL) and done
            case Kind.HUB_PAUSE:
                done = await self._pause(hub)
            case Kind.HUB_TERM:
                done = await self._terminate(hub)
        if done:
            self._count[kind] += 1
            self._logs.faults.append(Fault(kind.value, time.monotonic() - self._began))

    async def _pause(self, child: Child) -> bool:
        pid = child.pid
        if not child.signal(signal.SIGSTOP):
            return False
        try:
            await asyncio.sleep(self._rng.uniform(0.5, 3))
        finally:
            if child.pid == pid:
                child.signal(signal.SIGCONT)
        return True

    async def _terminate(self, child: Child) -> bool:
        pid, began = child.pid, time.monotonic()
        if not child.signal(signal.SIGTERM):
            return False
        while child.pid == pid:
            if time.monotonic() - began > STOPS_WITHIN_S:
                what = f"{child.name} did not end within {STOPS_WITHIN_S:.0f} s of SIGTERM"
                self._logs.surprises.append(Fault(what, time.monotonic() - self._began))
                child.signal(signal.SIGKILL)
                break
            await asyncio.sleep(0.02)
        return True
