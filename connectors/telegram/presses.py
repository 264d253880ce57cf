"""Pressed buttons: each is answered soon, with a word where the hub has one, so that it stops to glow."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from connectors.telegram.addresses import ADDRESS_KIND
from hub.model.events import InboundEvent, MessageReceived

PREFIX = "callback:"
WORD_WITHIN_S = 1.0
"""How long the hub has to decide on a word. Telegram keeps a press for 150 s, but the person sees the button glow."""
WAITING_AT_MOST = 10_000

Answer = Callable[[str, str], Awaitable[None]]
"""The query's id and the word, empty for none. Raises nothing."""


class Presses:
    """The presses of one bot that are not answered yet. What a crash leaves unanswered stops to glow by itself."""

    def __init__(self, answer: Answer) -> None:
        self._answer_query = answer
        self._group: asyncio.TaskGroup | None = None
        self._waiting: dict[str, asyncio.Event] = {}
        self._words: dict[str, str] = {}

    async def open(self) -> None:
        """Presses can be answered from now on; `close` has to be called by the same task."""
        self._group = await asyncio.TaskGroup().__aenter__()

    async def close(self) -> None:
        """Answer what waits, at once and without a word."""
        group, self._group = self._group, None
        if group is not None:
            for waiting in self._waiting.values():
                waiting.set()
            await group.__aexit__(None, None, None)

    def pressed(self, events: Sequence[InboundEvent]) -> None:
        """These were received. Above a bound they are left alone."""
        for event in events:
            if (
                isinstance(event, MessageReceived)
                and event.sender.kind.startswith(ADDRESS_KIND)
                and event.external_id.startswith(PREFIX)
                and event.external_id not in self._waiting
                and self._group is not None
                and len(self._waiting) < WAITING_AT_MOST
            ):
                self._waiting[event.external_id] = asyncio.Event()
                self._group.create_task(self._answer(event.external_id))

    def toast(self, external_id: str, text: str) -> None:
        """The word for a press that waits; too late for any other."""
        waiting = self._waiting.get(external_id)
        if waiting is not None:
            self._words[external_id] = text
            waiting.set()

    async def _answer(self, external_id: str) -> None:
        try:
            async with asyncio.timeout(WORD_WITHIN_S):
                await self._waiting[external_id].wait()
        except TimeoutError:
            pass  # no word: the answer is empty
        text = self._words.pop(external_id, "")
        await self._answer_query(external_id.removeprefix(PREFIX), text)
        del self._waiting[external_id]
