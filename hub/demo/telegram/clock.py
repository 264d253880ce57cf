"""The simulator's time: the machine's, or one that a test moves by hand."""

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol

Cancel = Callable[[], None]


class Clock(Protocol):
    """Time in seconds since 1970, and what is to happen later."""

    def now(self) -> float:
        """The time now."""

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Cancel:
        """Call in `delay_s`; gives what cancels it."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Cancel:
        return asyncio.get_running_loop().call_later(delay_s, call).cancel


class ManualClock:
    """A clock that stands still until `advance` is called."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._numbers = count()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()

    def now(self) -> float:
        return self._now

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Cancel:
        number = next(self._numbers)
        heapq.heappush(self._later, (self._now + delay_s, number, call))
        return lambda: self._cancelled.add(number)

    def advance(self, seconds: float) -> None:
        """Let time pass: what falls due is called in its order, at its time."""
        end = self._now + seconds
        while self._later and self._later[0][0] <= end:
            at, number, call = heapq.heappop(self._later)
            if number not in self._cancelled:
                self._now = max(self._now, at)
                call()
            self._cancelled.discard(number)
        self._now = end

    def next_due_s(self) -> float | None:
        """Seconds until the next thing falls due, or None when nothing waits."""
        waiting = [at for at, number, _ in self._later if number not in self._cancelled]
        return min(waiting) - self._now if waiting else None


async def sleep(clock: Clock, delay_s: float) -> None:
    """Wait by this clock."""
    woken = asyncio.get_running_loop().create_future()
    cancel = clock.call_later(delay_s, lambda: None if woken.done() else woken.set_result(None))
    try:
        await woken
    finally:
        cancel()
