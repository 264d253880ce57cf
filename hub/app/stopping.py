"""Stopping: one deadline for all steps of the hub's end, and a word about each that did not keep it."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

LEAST_S = 1.0
"""What a step gets when the deadline is over: one slow step must not take every chance from those behind it."""
GRACE_S = 5.0
"""After the deadline, those least times included, the process ends whatever still runs."""
LOOK_S = 0.2


class Stopping:
    """The end of a hub, step by step. Nothing waits for ever: a database that is gone must not hold the process."""

    def __init__(self, within_s: float) -> None:
        """`within_s` is for all steps together; it runs from the first one on."""
        self._within_s = within_s
        self._until: float | None = None
        self._own_until = 0.0
        self._doing = "the first step"
        self.missed: list[str] = []
        """What could not be stopped in order, as a person reads it."""

    def left_s(self) -> float:
        """How long a step that begins now may take."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._within_s
        return max(LEAST_S, self._until - now)

    def miss(self, what: str) -> None:
        """Note that something could not be stopped in order; the steps behind it go on."""
        log.error("not stopped in order", what=what)
        self.missed.append(what)

    async def step(self, name: str, work: Callable[[], Awaitable[object]], *, within_s: float | None = None) -> None:
        """Do one step, for as long as is left; `within_s` is for one that has a time of its own, the deadline aside."""
        self._doing, left_s = name, self.left_s()
        if within_s is not None:
            left_s = within_s
            self._own_until = time.monotonic() + within_s
        try:
            async with asyncio.timeout(left_s):
                await work()
        except TimeoutError:
            self.miss(f"{name} took longer than {left_s:.0f} s")

    def guard(self) -> None:
        """From now on end the process, with a sentence and exit code 1, when even cancelled work does not end in time.

        A thread of its own: it has to act when the event loop no longer does. What is stored stays as it is; an
        embedded database is told to stop by the system when its hub is gone.
        """
        self.left_s()
        threading.Thread(target=self._watch, name="stop guard", daemon=True).start()

    def _watch(self) -> None:
        while time.monotonic() < max(self._until or 0.0, self._own_until) + GRACE_S:
            time.sleep(LOOK_S)
        sys.stderr.write(f"{sentence([*self.missed, f'{self._doing} did not end'])}\n")
        sys.stderr.flush()
        os._exit(1)


class Told:
    """That the hub was told to stop, by Ctrl-C or SIGTERM. Make it in the task that starts the hub.

    A hub that has started hears of it by `stop`. One that starts is cancelled where it stands, which closes in order
    what it has opened so far: a database that does not come up must not hold the process.
    """

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.stopping = Stopping(0)
        self._starting = asyncio.current_task()

    def listen(self) -> None:
        """Hear the signals from now on."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, self._tell)

    def begin(self, within_s: float) -> Stopping:
        """A start begins; its end, and the hub's, has `within_s`."""
        self.stopping = Stopping(within_s)
        return self.stopping

    async def started(self) -> None:
        """The hub has started, and is not cancelled any more. Raises `CancelledError` if it was told just before."""
        if self.stop.is_set():
            await asyncio.sleep(0)
        self._starting = None

    def left_a_start(self) -> bool:
        """Whether a start was left because of it: its error, or its cancellation, is none then."""
        if not self.stop.is_set() or self._starting is None:
            return False
        self._starting.uncancel()
        return True

    def _tell(self) -> None:
        if self.stop.is_set():
            return
        self.stop.set()
        if self._starting is not None:
            log.info("the hub stops before it has started")
            self.stopping.guard()
            self._starting.cancel()


def sentence(missed: list[str]) -> str:
    """What a person reads of a stop that went wrong."""
    return f"The hub did not stop in order: {'; '.join(missed)}."
