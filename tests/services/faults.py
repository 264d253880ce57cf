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
        self.arrives = False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._collection, name)
        if name != self._name:
            return call
        return self._reading(call) if name == "find" else self._calling(call)

    def hold(self, *, arrives: bool = False) -> None:
        """From now on the call waits, or its answer when it `arrives`; `held.set()` lets it go."""
        self.held.clear()
        self.arrives = arrives

    def lose(self, times: int, *, arrives: bool = False) -> None:
        """The next calls lose the connection: before they arrive, or before the answer does."""
        self.losses, self.arrives = times, arrives

    def _calling(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def called(*args: Any, **options: Any) -> Any:
            if not self._when(*args, **options):
                return await call(*args, **options)
            answer = await call(*args, **options) if self.arrives else None
            self.met.set()
            await self.held.wait()
            self._maybe_lose()
            return answer if self.arrives else await call(*args, **options)

        return called

    def _reading(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **options: Any) -> Any:
            if self._when(*args, **options):
                self.met.set()
                self._maybe_lose()
            return call(*args, **options)

        return called

    def _maybe_lose(self) -> None:
        if self.losses:
            self.losses -= 1
            raise AutoReconnect("connection closed")


def sets(field: str, *values: Any) -> Callable[..., bool]:
    """Whether a call is an update that sets `field` to one of `values`."""

    def matches(_query: Any, update: Any, **_options: Any) -> bool:
        return isinstance(update, dict) and update.get("$set", {}).get(field) in values

    return matches
