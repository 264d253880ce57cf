"""First come, first served, per key, within this process."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType


class InOrder:
    """Lets those with the same key pass one at a time, in the order in which they came.

    This is order, not correctness: between processes the unique keys of the store decide. It only spares one process
    the collisions with itself, and keeps the order of arrival where two messages of a conversation meet.
    """

    def __init__(self) -> None:
        self._gates: dict[str, _Gate] = {}

    def __call__(self, key: str) -> "_Passage":
        """For `async with`: inside, nobody else with the same key is."""
        return _Passage(self._gates, key)

    def holds(self, key: str) -> bool:
        """Whether somebody with this key is inside, or waits."""
        return key in self._gates

    def is_wanted(self, key: str) -> bool:
        """Whether somebody waits for whoever is inside with this key."""
        gate = self._gates.get(key)
        return gate is not None and gate.users > 1


@dataclass(slots=True, eq=False)
class _Gate:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class _Passage:
    """A class and no generator: every message passes twice, and this costs a third."""

    __slots__ = ("_gate", "_gates", "_key")

    def __init__(self, gates: dict[str, _Gate], key: str) -> None:
        self._gates, self._key = gates, key

    async def __aenter__(self) -> None:
        gate = self._gates.get(self._key)
        if gate is None:
            gate = self._gates[self._key] = _Gate()
        self._gate = gate
        gate.users += 1
        try:
            await gate.lock.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.lock.release()
        self._leave()

    def _leave(self) -> None:
        self._gate.users -= 1
        if not self._gate.users:
            del self._gates[self._key]
