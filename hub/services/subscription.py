"""Subscriptions: the bounded queue between the feed and one reader."""

import asyncio
from collections import deque
from collections.abc import Iterable

from pydantic import JsonValue

from hub.model.feed import Change, ChangeKind, Delivered, Reload, ReloadReason, SignedOut
from hub.model.ids import ConversationId, ProjectId

QUEUE_CHANGES = 1_000  # changes that wait for one reader; more is a reader that does not keep up
QUEUE_BYTES = 1024**2  # the same in bytes of its frames


class Subscription:
    """An async iterator of what one reader is told, in order. A `Reload` or `SignedOut` is the last thing it gives.

    `cursor` is the place after which it begins. What the feed still remembers is referred to, not copied, and does not
    count against the queue's bounds.
    """

    def __init__(self, cursor: str, backlog: Iterable[Change] = ()) -> None:
        self.cursor = cursor
        self._backlog = deque(backlog)
        self._newest = self._backlog[-1].cursor if self._backlog else cursor
        self._queue: deque[Change] = deque()
        self._waiting_bytes = 0
        self._last: Reload | SignedOut | None = None
        self._over = False
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many changes wait for the reader."""
        return len(self._backlog) + len(self._queue)

    @property
    def ended(self) -> bool:
        """Whether nothing but the last word is to come."""
        return self._last is not None

    def offer(self, change: Change) -> None:
        """Take a change for the reader. A full queue ends the subscription with "overflow"."""
        if self._last is not None:
            return
        size_bytes = len(change.frame)
        if len(self._queue) >= QUEUE_CHANGES or self._waiting_bytes + size_bytes > QUEUE_BYTES:
            self.end(Reload(reason=ReloadReason.OVERFLOW))
            return
        self._queue.append(change)
        self._newest = change.cursor
        self._waiting_bytes += size_bytes
        self._news.set()

    def offer_beside(
        self, kind: ChangeKind, project: ProjectId, conversation: ConversationId, data: dict[str, JsonValue]
    ) -> None:
        """Take something that is no change of the store. Its cursor is that of what was offered before it."""
        self.offer(Change(cursor=self._newest, kind=kind, project=project, conversation=conversation, data=data))

    def end(self, last: Reload | SignedOut) -> None:
        """Give `last` next, whatever still waits, and then nothing. The first end counts; signing out always does."""
        if self._last is None or isinstance(last, SignedOut):
            self._last = last
        self._backlog.clear()
        self._queue.clear()
        self._waiting_bytes = 0
        self._news.set()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Delivered:
        """The next thing; waits for one."""
        while True:
            if self._over:
                raise StopAsyncIteration
            if self._last is not None:
                self._over = True
                return self._last
            if self._backlog:
                return self._backlog.popleft()
            if self._queue:
                change = self._queue.popleft()
                self._waiting_bytes -= len(change.frame)
                return change
            self._news.clear()
            await self._news.wait()
