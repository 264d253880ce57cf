"""A hub whose wall clock is wrong: `python -m tests.chaos.wrong_clock run`.

`WRONG_CLOCK` names a file with the seconds by which it is wrong, read again all the time. The monotonic clock, and the
database in its own process, keep the right time. The product has no switch for this: it is done to this process alone.
"""

import ctypes
import gc
import os
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

READ_EVERY_S = 0.02


class Offset:
    """By how much the clock is wrong, as the file says."""

    def __init__(self, file: Path) -> None:
        self._file, self._seconds, self._read_at = file, 0.0, float("-inf")

    def __call__(self) -> float:
        """In seconds."""
        now = time.monotonic()
        if now - self._read_at > READ_EVERY_S:
            self._seconds, self._read_at = float(self._file.read_text(encoding="ascii") or self._seconds), now
        return self._seconds


def shift(offset: Offset) -> None:
    """Shift whatever Python code can ask for the time of day."""
    real, real_ns, real_now = time.time, time.time_ns, datetime.now

    def now(_: type[datetime], tz: tzinfo | None = None) -> datetime:
        return real_now(tz) + timedelta(seconds=offset())

    def utcnow(_: type[datetime]) -> datetime:
        return (real_now(UTC) + timedelta(seconds=offset())).replace(tzinfo=None)

    time.time = lambda: real() + offset()
    time.time_ns = lambda: real_ns() + int(offset() * 1_000_000_000)
    # Everybody has imported the class, which Python lets nobody change: changed is the dictionary behind its view.
    [attributes] = [each for each in gc.get_referents(datetime.__dict__) if isinstance(each, dict)]
    attributes |= {"now": classmethod(now), "utcnow": classmethod(utcnow)}
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))


def check(offset: Any) -> None:
    """Raises when the clock is not as wrong as it is to be: a test that shifts nothing proves nothing."""
    started, elapsed = datetime.now(UTC), time.clock_gettime(time.CLOCK_REALTIME)
    for wrong in (started.timestamp() - elapsed, time.time() - elapsed):
        if abs(wrong - offset()) > 60:
            raise RuntimeError(f"the clock is wrong by {wrong} s and not by {offset()} s")


if __name__ == "__main__":
    from hub.__main__ import main

    given = Offset(Path(os.environ["WRONG_CLOCK"]))
    shift(given)
    check(given)
    main()
