"""What every kind of trouble has in common, and what it is made on."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.chaos.hub_under_test import Rig
from tests.chaos.logs import Fault, Logs, Offender, Stored
from tests.chaos.watchers import Watcher

GOES_ON_WITHIN_S = 90.0
SHOWN_WITHIN_S = 25.0
"""From the first message that is acknowledged after a strike: a feed that stands still misses it."""
ACKNOWLEDGED = 15
"""After so many, at least one was stored after the strike: fewer answers can be under way to the visitors."""


class Trouble(Protocol):
    """What is done to hub and database during a run."""

    @property
    def counts(self) -> dict[str, int]:
        """Strikes by kind."""
        ...

    @property
    def enough(self) -> bool:
        """Whether there was so much that the result means something."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """One strike after the other until `stop`."""
        ...

    async def look(self, stored: Stored) -> Sequence[Offender]:
        """In the end, what only whoever struck can look for."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What trouble is made on: hub and database, what is seen of them, since when, and an inbox that nobody closes."""

    rig: Rig
    logs: Logs
    rng: random.Random
    began: float
    watcher: Watcher

    async def goes_on(self, known: int) -> tuple[float, float]:
        """Wait until messages are stored and shown again, after a strike when `known` were acknowledged.

        Gives how long nothing was stored, and how much later the inbox showed it. What takes too long is a surprise.
        """
        since = time.monotonic()
        accepted = self.logs.accepted
        if not await _met(lambda: len(accepted) > known + ACKNOWLEDGED, GOES_ON_WITHIN_S):
            self._surprise(f"nothing was acknowledged for {GOES_ON_WITHIN_S:.0f} s")
            return GOES_ON_WITHIN_S, SHOWN_WITHIN_S
        first = accepted[known + ACKNOWLEDGED]
        if not await _met(lambda: self.watcher.shows(first.text), SHOWN_WITHIN_S):
            self._surprise(f"the inbox did not show {first.text!r} within {SHOWN_WITHIN_S:.0f} s")
        stored_at = self.began + first.at_s
        return round(stored_at - since, 1), round(time.monotonic() - stored_at, 1)

    def _surprise(self, what: str) -> None:
        self.logs.surprises.append(Fault(what, time.monotonic() - self.began))


async def _met(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether it holds in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
