"""First come, first served, per key, within this process."""

import asyncio
from collections import deque
from types import TracebackType

_Line = deque["asyncio.Future[None]"]
"""Those who wait for whoever is inside, the first one first."""


class InOrder:
    """Lets those with the same key pass one at a time, in the order in which they came.

    This is order, not correctness: between processes the unique keys of the store decide. It only spares one process
    the collisions with itself, and keeps the order of arrival where two messages of a conversation meet.
    """

    def __init__(self) -> None:
        self._lines: dict[str, _Line | None] = {}
        """For each key with which somebody is inside; None as long as nobody waits."""

    def __call__(self, key: str) -> "_Passage":
        """For `async with`: inside, nobody else with the same key is."""
        return _Passage(self._lines, key)

    def holds(self, key: str) -> bool:
        """Whether somebody with this key is inside."""
        return key in self._lines

    def is_wanted(self, key: str) -> bool:
        """Whether somebody waits for whoever is inside with this key."""
        return bool(self._lines.get(key))


class _Passage:
    """A class and no generator, and no lock where nobody waits: every message passes twice."""

    __slots__ = ("_key", "_lines")

    def __init__(self, lines: dict[str, _Line | None], key: str) -> None:
        self._lines, self._key = lines, key

    async def __aenter__(self) -> None:
        lines, key = self._lines, self._key
        if key not in lines:
            lines[key] = None
            return
        line = lines[key]
        if line is None:
            line = lines[key] = deque()
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except BaseException:
            if turn in line:
                line.remove(turn)
            elif not turn.cancelled():  # let in, and gone in the same moment
                self._let_in_the_next()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_in_the_next()

    def _let_in_the_next(self) -> None:
        line = self._lines[self._key]
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._lines[self._key]
