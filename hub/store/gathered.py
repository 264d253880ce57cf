"""Gathered reads: whoever asks while a query is under way is answered by the next one, together with others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class Gathered(Generic[ValueT]):
    """Reads by id, one query at a time. Alone it costs nothing; under load a query asks for many ids."""

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, ValueT]]]) -> None:
        """`read` asks for several ids, and gives those that are there."""
        self._read = read
        self._in_turn = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[ValueT | None]] = {}

    async def get(self, key: str) -> ValueT | None:
        """What stands under `key`, None when nothing does: by a query that begins after this call.

        Raises what `read` does. Who waits for another's query that fails asks again.
        """
        while True:
            answer = self._waiting.setdefault(key, asyncio.get_running_loop().create_future())
            async with self._in_turn:
                if not answer.done():
                    await self._ask()
            if not answer.cancelled():
                return answer.result()

    async def _ask(self) -> None:
        asked, self._waiting = self._waiting, {}
        try:
            found = await self._read(list(asked))
        except BaseException:
            for answer in asked.values():
                answer.cancel()
            raise
        for key, answer in asked.items():
            answer.set_result(found.get(key))
