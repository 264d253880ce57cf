"""Pressed buttons: each is answered soon, with a word where the hub has one, so that it stops to glow."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from hub.model.events import InboundEvent, Received
from hub.model.ids import MessageId

PREFIX = "callback:"
WORD_WITHIN_S = 1.0
"""How long the hub has to decide on a word. Telegram keeps a press for 150 s, but the person sees the button glow."""
WAITING_AT_MOST = 10_000
EARLY_WORDS = 1_000
"""Words kept for presses of which `receive` has not returned yet."""

Answer = Callable[[str, str], Awaitable[None]]
"""The query's id and the word, empty for none. Raises nothing."""


class Presses:
    """The presses of one bot that are not answered yet. What a crash leaves unanswered stops to glow by itself."""

    def __init__(self, answer: Answer) -> None:
        self._answer_query = answer
        self._group: asyncio.TaskGroup | None = None
        self._waiting: dict[MessageId, asyncio.Event] = {}
        self._words: OrderedDict[MessageId, str] = OrderedDict()

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

    def pressed(self, events: Sequence[InboundEvent], received: Sequence[Received]) -> None:
        """These were received: each press among them is answered in a moment. Above a bound they are left alone."""
        for event, stored in zip(events, received, strict=True):
            message = stored.message
            if not event.external_id.startswith(PREFIX) or message is None or message in self._waiting:
                continue
            if self._group is not None and len(self._waiting) < WAITING_AT_MOST:
                self._waiting[message] = waiting = asyncio.Event()
                if message in self._words:
                    waiting.set()
                self._group.create_task(self._answer(message, event.external_id.removeprefix(PREFIX)))

    def word(self, message: MessageId, text: str) -> None:
        """The word for a press that was received as `message`, which may be known here in a moment only."""
        self._words[message] = text
        while len(self._words) > EARLY_WORDS:
            self._words.popitem(last=False)
        waiting = self._waiting.get(message)
        if waiting is not None:
            waiting.set()

    async def _answer(self, message: MessageId, query: str) -> None:
        try:
            async with asyncio.timeout(WORD_WITHIN_S):
                await self._waiting[message].wait()
        except TimeoutError:
            pass  # no word: the answer is empty
        await self._answer_query(query, self._words.pop(message, ""))
        del self._waiting[message]
