"""Child processes that die when they are told to and come back by themselves."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


class Child:
    """A process that is started again whenever it ends, a moment later. What ends without being told to is noted."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        pause_s: Callable[[], float],
        surprise: Callable[[str], None],
    ) -> None:
        self.name, self._command, self._environment, self._log = name, command, environment, log
        self._pause_s, self._surprise = pause_s, surprise
        self._process: asyncio.subprocess.Process | None = None
        self._told = False
        self._may_run = asyncio.Event()
        self._may_run.set()
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; false when there is no process right now."""
        if self.pid is None:
            return False
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._told = True
        os.kill(self.pid, number)
        return True

    def kill_for_long(self) -> bool:
        """Kill it, and leave it dead until `revive`."""
        self._may_run.clear()
        return self.signal(signal.SIGKILL)

    def revive(self) -> None:
        """Let it start again."""
        self._may_run.set()

    async def run(self) -> None:
        """Keep it running until cancelled, then kill it."""
        with self._log.open("ab") as log:
            while True:
                self._told = False
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    env=dict(self._environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with_parent(),
                )
                self.starts += 1
                try:
                    code = await self._process.wait()
                finally:
                    await self._end()
                if not self._told:
                    self._surprise(f"{self.name} ended by itself with {code}")
                await asyncio.sleep(self._pause_s())
                await self._may_run.wait()

    async def _end(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _die_with_parent() -> Callable[[], None] | None:
    """What a child does first, so that it does not outlive tests that were killed themselves (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask
