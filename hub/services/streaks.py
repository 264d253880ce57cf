"""Streaks: Turns that say nothing, of messages in a row, decided while the first of them is still being written."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hub.model.message import Message
from hub.model.turn import Turn
from hub.store.turns import OnItsWay, Turns

LONGEST = 50
"""Turns; then others of the workers' queue have their turn."""

Apply = Callable[[Turn, Turn, Message], Awaitable[None]]
"""Applies a committed Turn: it, the one before it, and the message that caused it."""


@dataclass(slots=True, eq=False)  # not frozen: that costs three times as much to make
class _Step:
    on_its_way: OnItsWay
    before: Turn
    message: Message


class Streak:
    """The Turns of one conversation that are on their way, in the order of their seq: each is stored only if those
    before it are, and applied after them. Whoever makes one ends it with `leave`.
    """

    def __init__(self, turns: Turns, apply: Apply) -> None:
        self._turns, self._apply = turns, apply
        self._steps: deque[_Step] = deque()
        self._length = 0

    def __bool__(self) -> bool:
        return bool(self._steps)

    @property
    def newest(self) -> Turn | None:
        """The last Turn that is on its way."""
        return self._steps[-1].on_its_way.turn if self._steps else None

    @property
    def is_full(self) -> bool:
        """Whether it has gone on for long enough."""
        return self._length >= LONGEST

    def add(self, turn: Turn, before: Turn, message: Message) -> None:
        """Send `turn` on its way, which follows `before`. Raises as `Turns.put`."""
        last = self._steps[-1].on_its_way if self._steps else None
        self._steps.append(_Step(self._turns.put(turn, patient=True, after=last), before, message))
        self._length += 1

    def tell_when_answered(self, waiting: "asyncio.Future[None]") -> None:
        """End this wait when it is known what became of the first, unless it has ended before."""
        if self._steps:
            self._steps[0].on_its_way.tell_when_answered(waiting)

    async def apply_written(self) -> None:
        """Apply what is committed by now. Raises as `Turns.commit`: the rest is not committed then."""
        while self._steps and self._steps[0].on_its_way.is_answered:
            await self._apply_first()

    async def apply_all(self) -> None:
        """Return when everything is committed and applied. Raises as `apply_written`."""
        while self._steps:
            await self._apply_first()

    def leave(self) -> None:
        """Take back what is not being written yet; the store is asked for the rest."""
        while self._steps:
            self._steps.pop().on_its_way.left()

    async def _apply_first(self) -> None:
        step = self._steps[0]
        await self._turns.committed(step.on_its_way)
        await self._apply(step.on_its_way.turn, step.before, step.message)
        self._steps.popleft()
