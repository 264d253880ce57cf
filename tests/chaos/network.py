"""The nemesis of the network between hub and database: it breaks, stalls, and loses what is under way."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from tests.chaos.logs import Fault, Offender, Stored
from tests.chaos.trouble import Stage
from tests.end_to_end.relay import CHUNK_BYTES


class Kind(StrEnum):
    """What happens to the network."""

    MID_ANSWER = "cut in mid-answer"
    CUT = "cut"
    ANSWERS_LOST = "answers lost"
    STALL = "stall"
    SLOW = "slow"
    FORGOTTEN = "connections forgotten"


class NetworkNemesis:
    """Strikes each time after the hub has done something since the last."""

    def __init__(self, stage: Stage) -> None:
        self._line, self._logs, self._rng, self._began = stage.rig.line, stage.logs, stage.rng, stage.began
        self._stage, self._watcher = stage, stage.watcher
        self._count: Counter[str] = Counter()
        self.felt_s: dict[str, float] = {}
        """For each kind, the longest time after it until messages were stored and shown again."""

    def __str__(self) -> str:
        """How long each strike was felt."""
        return f"felt for {self.felt_s}"

    @property
    def counts(self) -> dict[str, int]:
        """Strikes by kind."""
        return dict(sorted(self._count.items()))

    @property
    def enough(self) -> bool:
        """Whether there was each kind."""
        return set(Kind) <= set(self._count)

    async def run(self, stop: asyncio.Event) -> None:
        """Each kind once, then at random."""
        kinds = list(Kind)
        while not stop.is_set():
            kind = kinds.pop(0) if kinds else self._rng.choice(list(Kind))
            struck_at, known = time.monotonic(), len(self._logs.accepted)
            self._logs.faults.append(Fault(kind.value, struck_at - self._began))
            await self._strike(kind)
            stored_after_s, shown_after_s = await self._stage.goes_on(known)
            self._count[kind] += 1
            felt_s = round(stored_after_s + shown_after_s, 1)
            self.felt_s[kind.value] = max(felt_s, self.felt_s.get(kind.value, 0.0))

    async def look(self, stored: Stored) -> Sequence[Offender]:
        """The database lost nothing, so that nobody has a reason to read everything again."""
        return [Offender("I5", "reload", f"{self._watcher.name} had to")] * self._watcher.reloads

    async def _strike(self, kind: Kind) -> None:
        line, rest_s = self._line, self._rng.uniform(0.5, 3)
        match kind:
            case Kind.MID_ANSWER:
                line.cut_after(self._rng.randrange(1, 4_000))
            case Kind.CUT:
                line.cut()
                await asyncio.sleep(rest_s)
                line.mend()
            case Kind.ANSWERS_LOST:
                line.hold_answers()
                await asyncio.sleep(rest_s)
                line.cut()
                line.mend()
            case Kind.STALL:
                line.hold_answers()
                await asyncio.sleep(rest_s)
                line.mend()
            case Kind.SLOW:
                line.slow_down(at_once=1_000, every_s=0.02)
                await asyncio.sleep(rest_s)
                line.slow_down(at_once=CHUNK_BYTES, every_s=0)
            case Kind.FORGOTTEN:
                line.forget()
