"""The nemesis of a database of three nodes: kills and freezes the primary, and sees who goes on without it."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.chaos.children import Child
from tests.chaos.logs import Fault, Offender, Stored
from tests.chaos.trouble import Stage

KILL, FREEZE = "primary kill", "primary freeze"
GOES_ON_WITHIN_S = 90.0
SHOWN_WITHIN_S = 25.0
"""From the first message that is acknowledged without the old primary: a feed that waits for that one misses it."""
AGAIN_S = (1.0, 3.0)
ACKNOWLEDGED = 12
"""After so many, at least one was stored by the new primary: fewer answers can be under way to the visitors."""


class PrimaryNemesis:
    """Strikes the primary, and lets it come back once messages are stored and shown without it."""

    def __init__(self, stage: Stage, kills: int = 2, freezes: int = 1) -> None:
        """`kills`, `freezes`: how many have to be."""
        self._rig, self._logs, self._rng, self._began = stage.rig, stage.logs, stage.rng, stage.began
        self._watcher = stage.watcher
        self._wanted = Counter({KILL: kills, FREEZE: freezes})
        self._count: Counter[str] = Counter()
        self.stored_after_s: list[float] = []
        """For each strike, how long nothing was acknowledged."""
        self.shown_after_s: list[float] = []
        """For each strike, how much later the inbox showed what was acknowledged first."""

    @property
    def counts(self) -> dict[str, int]:
        """Strikes by kind."""
        return dict(sorted(self._count.items()))

    def __str__(self) -> str:
        """How long each strike was felt."""
        return f"nothing stored for {self.stored_after_s} s, shown after {self.shown_after_s} s more"

    @property
    def enough(self) -> bool:
        """Whether there were as many as were asked for."""
        return not self._wanted - self._count

    async def run(self, stop: asyncio.Event) -> None:
        """One strike after the other until `stop`, each on a set that is whole."""
        while not stop.is_set():
            while not await self._rig.database.whole():
                await asyncio.sleep(0.1)
            await self._rig.ready()
            await asyncio.sleep(self._rng.uniform(*AGAIN_S))
            primary = await self._rig.database.primary()
            if primary is None or stop.is_set():
                continue
            kinds = list((self._wanted - self._count) or self._wanted)
            await self._strike(self._rng.choice(kinds), primary)

    async def look(self, stored: Stored) -> Sequence[Offender]:
        """The database lost nothing, so that nobody has a reason to read everything again."""
        return [Offender("I5", "reload", f"{self._watcher.name} had to")] * self._watcher.reloads

    async def _strike(self, kind: str, primary: Child) -> None:
        known, struck_at = len(self._logs.accepted), time.monotonic()
        if not (primary.kill_for_long() if kind == KILL else primary.signal(signal.SIGSTOP)):
            return
        self._count[kind] += 1
        self._logs.faults.append(Fault(kind, struck_at - self._began))
        try:
            await self._gone_on(known, struck_at)
        finally:
            if kind == KILL:
                primary.revive()
            else:
                primary.signal(signal.SIGCONT)

    async def _gone_on(self, known: int, struck_at: float) -> None:
        """Until a message that was stored without the old primary is acknowledged and shown."""
        if not await _met(lambda: len(self._logs.accepted) > known + ACKNOWLEDGED, GOES_ON_WITHIN_S):
            self._surprise(f"nothing was acknowledged for {GOES_ON_WITHIN_S:.0f} s without the old primary")
            return
        first = self._logs.accepted[known + ACKNOWLEDGED]
        self.stored_after_s.append(round(self._began + first.at_s - struck_at, 1))
        if not await _met(lambda: self._watcher.shows(first.text), SHOWN_WITHIN_S):
            self._surprise(f"the inbox did not show {first.text!r} within {SHOWN_WITHIN_S:.0f} s")
            return
        self.shown_after_s.append(round(max(0.0, time.monotonic() - self._began - first.at_s), 1))

    def _surprise(self, what: str) -> None:
        self._logs.surprises.append(Fault(what, time.monotonic() - self._began))


async def _met(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether it holds in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
