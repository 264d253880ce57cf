"""Marks: Turns are marked as applied as soon as the lists show them, behind the back of whoever applied them."""

import asyncio

import structlog

from hub.model.turn import Turn
from hub.store.conversations import Conversations
from hub.store.errors import NotStorable, StoreUnavailable
from hub.store.progress import Progress

log = structlog.get_logger(__name__)


class Marks:
    """What is applied, known at once in this process and marked in the store a little later. Keep `run()` in a task.

    The next step of a conversation need not wait until the lists show the one before. A crash in between only means
    that it is applied again, to no effect. As many wait as Turns are committed during two writes of the lists.
    """

    def __init__(self, conversations: Conversations, progress: Progress) -> None:
        self._conversations, self._progress = conversations, progress
        self._waiting: list[Turn] = []
        self._arrived, self._done = asyncio.Event(), asyncio.Event()
        self._done.set()

    def applied(self, turn: Turn) -> None:
        """Everything that `turn` causes is in the store or on its way to the lists."""
        self._progress.remember(turn)
        self._waiting.append(turn)
        self._done.clear()
        self._arrived.set()

    async def flush(self) -> None:
        """Return when everything so far is marked, or its marks are on their way."""
        await self._done.wait()

    async def run(self) -> None:
        """Mark until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            turns, self._waiting = self._waiting, []
            for turn in turns:
                await self._mark(turn)
            if not self._waiting:
                self._done.set()

    async def _mark(self, turn: Turn) -> None:
        try:
            await self._conversations.settled(turn.conversation)
            await self._progress.mark(turn)
        except (NotStorable, StoreUnavailable) as error:  # not applied then: the sweep comes back to it
            self._progress.forget(turn)
            log.warning("turn is not listed", turn=turn.id, conversation=turn.conversation, reason=str(error))
