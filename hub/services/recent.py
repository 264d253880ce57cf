"""Recent changes: the ring from which a reader resumes after a short absence."""

import bisect
from collections import deque
from collections.abc import Iterator
from itertools import islice

from hub.model.ids import ConversationId
from hub.services.visibility import Entry

RING_CHANGES = 10_000  # changes kept: half a minute at 100 messages a second, each of which makes about three
RING_BYTES = 8 * 1024**2  # the same in bytes, as the store sent them


class Recent:
    """The newest changes in the order of their tokens, bounded by count and bytes. After `floor` nothing is missing."""

    def __init__(self, floor: str, changes: int = RING_CHANGES, size_bytes: int = RING_BYTES) -> None:
        self.floor = floor
        self._limit, self._limit_bytes = changes, size_bytes
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """The size of all entries."""
        return self._bytes

    def add(self, entry: Entry) -> None:
        """Keep the newest entry; the oldest go when there is no room."""
        self._entries.append(entry)
        self._bytes += entry.size_bytes
        while len(self._entries) > self._limit or self._bytes > self._limit_bytes:
            oldest = self._entries.popleft()
            self._bytes -= oldest.size_bytes
            self.floor = oldest.token

    def after(self, token: str) -> Iterator[Entry] | None:
        """The entries after `token`, oldest first; None when some of them are gone."""
        if token < self.floor:
            return None
        start = bisect.bisect_right(self._entries, token, key=lambda entry: entry.token)
        return islice(self._entries, start, None)

    def erase(self, conversation: ConversationId) -> None:
        """Keep nothing of a conversation: it was erased."""
        kept = [entry for entry in self._entries if entry.conversation != conversation]
        self._entries = deque(kept)
        self._bytes = sum(entry.size_bytes for entry in kept)
