"""Marks: Turns are marked as applied as soon as the lists show them, behind the back of whoever applied them."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.ids import ConversationId
from hub.model.turn import Turn
from hub.store.conversations import Conversations
from hub.store.errors import NotStorable, StoreUnavailable
from hub.store.outage import is_outage
from hub.store.progress import Progress

log = structlog.get_logger(__name__)

REST_S = 0.05
"""How long marks are gathered after a write: only the sweep of a hub that comes after a crash reads them."""
AGAIN_S = 0.5


class Written(Protocol):
    """Returns when something that is on its way is stored; raises when it never will be."""

    async def __call__(self, *, hurry: bool = True) -> None:
        """`hurry` ends a pause that would delay it."""


class Marks:
    """What is applied, known at once in this process and marked in the store a little later. Keep `run()` in a task.

    The next step of a conversation need not wait until the lists show the one before. A crash in between only means
    that it is applied again, to no effect. As many wait as Turns are committed during two writes of the lists.
    """

    def __init__(self, conversations: Conversations, progress: Progress) -> None:
        self._conversations, self._progress = conversations, progress
        self._waiting: list[tuple[Turn, Sequence[Written]]] = []
        self._on_their_way: dict[ConversationId, list[Written]] = {}
        self._arrived, self._done = asyncio.Event(), asyncio.Event()
        self._done.set()

    def applied(self, turn: Turn, on_their_way: Sequence[Written] = ()) -> None:
        """Everything that `turn` causes is in the store, or on its way there and to the lists."""
        self._progress.remember(turn)
        self._waiting.append((turn, on_their_way))
        if on_their_way:
            self._on_their_way.setdefault(turn.conversation, []).extend(on_their_way)
        self._done.clear()
        self._arrived.set()

    async def settled(self, conversation: ConversationId) -> None:
        """Return when everything that was applied to the conversation so far is stored and listed."""
        for written in list(self._on_their_way.get(conversation, ())):
            await written()
        await self._conversations.settled(conversation)

    async def flush(self) -> None:
        """Return when everything so far is marked. It waits as long as the database is away."""
        await self._done.wait()

    async def run(self) -> None:
        """Mark until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            turns, self._waiting = self._waiting, []
            stored = [
                turn
                for turn, written in turns
                if self._is_listed(turn, written) or await self._is_stored(turn, written)
            ]
            await self._mark(stored)
            if not self._waiting:
                self._done.set()
            await asyncio.sleep(REST_S)

    def _is_listed(self, turn: Turn, on_their_way: Sequence[Written]) -> bool:
        """Whether there is nothing to wait for: so it is with most, once the first of them has waited for the lists."""
        return not on_their_way and self._conversations.is_settled(turn.conversation)

    async def _is_stored(self, turn: Turn, on_their_way: Sequence[Written]) -> bool:
        try:
            for written in on_their_way:
                await written(hurry=False)
            await self._conversations.settled(turn.conversation, hurry=False)
        except (NotStorable, StoreUnavailable) as error:  # not applied then: the sweep comes back to it
            self._progress.forget(turn)
            log.warning("turn is not applied", turn=turn.id, conversation=turn.conversation, reason=str(error))
            return False
        finally:
            self._arrived_there(turn.conversation, on_their_way)
        return True

    def _arrived_there(self, conversation: ConversationId, written: Sequence[Written]) -> None:
        left = [each for each in self._on_their_way.pop(conversation, ()) if each not in written]
        if left:
            self._on_their_way[conversation] = left

    async def _mark(self, turns: Sequence[Turn]) -> None:
        while True:
            try:
                await self._progress.mark(turns)
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):  # they stay unmarked, and a hub that starts applies them again
                    log.exception("turns could not be marked", turns=len(turns))
                    return
                log.warning("turns are marked again", turns=len(turns), reason=str(error))
                await asyncio.sleep(AGAIN_S)
            else:
                return
