"""First come, first served, per key, within this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class InOrder:
    """Lets those with the same key pass one at a time, in the order in which they came.

    This is order, not correctness: between processes the unique keys of the store decide. It only spares one process
    the collisions with itself, and keeps the order of arrival where two messages of a conversation meet.
    """

    def __init__(self) -> None:
        self._gates: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def __call__(self, key: str) -> AsyncIterator[None]:
        gate = self._gates.setdefault(key, asyncio.Lock())
        self._users[key] = self._users.get(key, 0) + 1
        try:
            async with gate:
                yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._gates[key]
