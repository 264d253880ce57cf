"""What every kind of trouble has in common, and what it is made on."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.chaos.hub_under_test import Rig
from tests.chaos.logs import Logs, Offender, Stored
from tests.chaos.watchers import Watcher


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
