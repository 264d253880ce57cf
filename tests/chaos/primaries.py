"""The nemesis of a database of three nodes: kills and freezes the primary, and sees who goes on without it."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Sequence

from tests.chaos.children import Child
from tests.chaos.logs import Fault, Offender, Stored
from tests.chaos.trouble import Stage

KILL, FREEZE = "primary kill", "primary freeze"
AGAIN_S = (0.5, 1.5)


class PrimaryNemesis:
    """Strikes the primary, and lets it come back once messages are stored and shown without it."""

    def __init__(self, stage: Stage, kills: int = 2, freezes: int = 1) -> None:
        """`kills`, `freezes`: how many have to be."""
        self._rig, self._logs, self._rng, self._began = stage.rig, stage.logs, stage.rng, stage.began
        self._stage, self._watcher = stage, stage.watcher
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
            stored_after_s, shown_after_s = await self._stage.goes_on(known)
            self.stored_after_s.append(stored_after_s)
            self.shown_after_s.append(shown_after_s)
        finally:
            if kind == KILL:
                primary.revive()
            else:
                primary.signal(signal.SIGCONT)
