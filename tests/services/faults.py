"""Collections that misbehave as a database does: they wait, lose the connection, or stand between two writes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pymongo.errors import AutoReconnect


class Faulty:
    """A collection whose call `name` meets a fault where `when` holds for its arguments. Everything else passes."""

    def __init__(self, collection: Any, name: str, when: Callable[..., bool] = lambda *_, **__: True) -> None:
        self._collection, self._name, self._when = collection, name, when
        self.met = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()
        self.losses = 0
        self.answer_lost = False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._collection, name)
        return self._faulty(call) if name == self._name else call

    def hold(self) -> None:
        """From now on the call waits; `held.set()` lets it go."""
        self.held.clear()

    def lose(self, times: int, *, answer_lost: bool = False) -> None:
        """The next calls lose the connection: before they arrive, or before the answer does."""
        self.losses, self.answer_lost = times, answer_lost

    def _faulty(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def called(*args: Any, **options: Any) -> Any:
            if not self._when(*args, **options):
                return await call(*args, **options)
            self.met.set()
            await self.held.wait()
            if self.losses:
                self.losses -= 1
                if self.answer_lost:
                    await call(*args, **options)
                raise AutoReconnect("connection closed")
            return await call(*args, **options)

        return called


def sets(field: str, *values: Any) -> Callable[..., bool]:
    """Whether a call is an update that sets `field` to one of `values`."""

    def matches(_query: Any, update: Any, **_options: Any) -> bool:
        return isinstance(update, dict) and update.get("$set", {}).get(field) in values

    return matches
