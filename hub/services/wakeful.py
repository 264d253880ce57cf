"""Work per conversation: done soon when somebody says so, and found by a sweep when nobody did."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.ids import ConversationId

log = structlog.get_logger(__name__)

Work = Callable[[ConversationId], Awaitable[None]]
Forgotten = Callable[[], Awaitable[Sequence[ConversationId]]]


class Wakeful:
    """Runs `work` for each woken conversation, one at a time per conversation, `workers` at once.

    Work that has little to do for a while may step aside; `spare` is how much of it others are worked on beside.

    Waking is never lost and needs no room of its own: a conversation woken while its work runs is worked on once more.
    The set of woken conversations is bounded by the work that is stored. A failure is logged and left to the sweep.
    """

    def __init__(
        self, name: str, work: Work, forgotten: Forgotten, *, workers: int, sweep_s: float, spare: int = 0
    ) -> None:
        self._name, self._work, self._forgotten = name, work, forgotten
        self._workers, self._spare, self._sweep_s = workers, spare, sweep_s
        self._aside = 0
        self._woken: dict[ConversationId, None] = {}
        self._busy: set[ConversationId] = set()
        self._idle: deque[asyncio.Future[None]] = deque()

    def wake(self, conversation: ConversationId) -> None:
        """Work on this conversation soon."""
        self._woken[conversation] = None
        self._rouse()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While this lasts one of the conversations under way does not count: another is worked on beside it."""
        self._aside += 1
        self._rouse()
        try:
            yield
        finally:
            self._aside -= 1

    def _rouse(self) -> None:
        while self._idle:  # one is enough: all of them would find nothing but this
            waiting = self._idle.pop()
            if not waiting.done():
                waiting.set_result(None)
                return

    @property
    def backlog(self) -> int:
        """How many conversations wait or are worked on."""
        return len(self._woken) + len(self._busy) - self._aside

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep())
            for _ in range(self._workers + self._spare):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        while True:
            conversation = self._next()
            if conversation is None:
                waiting = asyncio.get_running_loop().create_future()
                self._idle.append(waiting)
                await waiting
                continue
            self._busy.add(conversation)
            try:
                await self._work(conversation)
            except Exception:  # one conversation's trouble is not another's; the sweep comes back to it
                log.exception("work failed", work=self._name, conversation=conversation)
                stop_if_cancelled()
            finally:
                self._busy.discard(conversation)

    def _next(self) -> ConversationId | None:
        if len(self._busy) - self._aside >= self._workers:
            return None
        for conversation in self._woken:
            if conversation not in self._busy:
                del self._woken[conversation]
                return conversation
        return None

    async def _sweep(self) -> None:
        while True:
            try:
                for conversation in await self._forgotten():
                    self.wake(conversation)
            except Exception:  # the database is away; the next round finds the same
                log.warning("sweep failed", work=self._name, exc_info=True)
                stop_if_cancelled()
            await asyncio.sleep(self._sweep_s)
