"""Firing: due timers, those of many conversations at once, so that a slow one delays nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.ids import ConversationId
from hub.model.timer import Timer
from hub.store.clock import DatabaseClock
from hub.store.timers import Timers

log = structlog.get_logger(__name__)

AT_ONCE = 32  # conversations
READ_AT_ONCE = 500  # timers
EVERY_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0
"""How long the timers of a conversation rest after one of them could not be fired."""
RESTING_AT_MOST = 1_000  # conversations

Fire = Callable[[Timer], Awaitable[bool]]
"""Fires a timer, or finds that it has nothing to do. False: it is not known yet what to do with it."""


class Firing:
    """Fires timers in the order in which they are due, those of one conversation one after the other.

    What cannot be fired rests for a while: it would be the first of those that are due each time, and the rest would
    never have their turn.
    """

    def __init__(self, timers: Timers, clock: DatabaseClock, fire: Fire) -> None:
        self._timers, self._clock, self._fire = timers, clock, fire
        self._waiting: dict[ConversationId, list[Timer]] = {}
        self._queue: asyncio.Queue[ConversationId] = asyncio.Queue()
        self._resting: dict[ConversationId, tuple[float, float]] = {}
        """Until when, and for how long that is."""
        self._more, self._hungry = False, asyncio.Event()

    async def run(self) -> None:
        """Fire what is due until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._worker())
            while True:
                await self._read()
                try:
                    async with asyncio.timeout(EVERY_S):
                        await self._hungry.wait()
                except TimeoutError:
                    pass

    async def _read(self) -> None:
        self._hungry.clear()
        now_s = asyncio.get_running_loop().time()
        resting = [one for one, (until_s, _) in self._resting.items() if now_s < until_s]
        try:
            due = await self._timers.due(self._clock.now(), READ_AT_ONCE, but_of=[*self._waiting, *resting])
        except Exception:  # the database is away; the next round finds the same
            log.warning("timers were not read", exc_info=True)
            stop_if_cancelled()
            return
        self._more = len(due) == READ_AT_ONCE
        for timer in due:
            if timer.conversation not in self._waiting:
                self._waiting[timer.conversation] = []
                self._queue.put_nowait(timer.conversation)
            self._waiting[timer.conversation].append(timer)

    async def _worker(self) -> None:
        while True:
            if self._more and self._queue.empty():
                self._hungry.set()
            conversation = await self._queue.get()
            try:
                await self._fire_all(conversation, self._waiting[conversation])
            finally:
                del self._waiting[conversation]

    async def _fire_all(self, conversation: ConversationId, timers: list[Timer]) -> None:
        for timer in timers:
            try:
                fired = await self._fire(timer)
            except Exception:  # one conversation's trouble is not another's
                log.exception("timer could not be fired", timer=timer.id, conversation=conversation)
                stop_if_cancelled()
                fired = False
            if not fired:
                self._let_rest(conversation)
                return
        self._resting.pop(conversation, None)

    def _let_rest(self, conversation: ConversationId) -> None:
        _, last_s = self._resting.pop(conversation, (0.0, FIRST_PAUSE_S / 2))
        pause_s = min(2 * last_s, LONGEST_PAUSE_S)
        self._resting[conversation] = (asyncio.get_running_loop().time() + pause_s, pause_s)
        if len(self._resting) > RESTING_AT_MOST:
            self._resting.pop(next(iter(self._resting)))
