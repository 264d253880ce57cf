"""Flood control: how fast a bot may send before it is told to wait."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from hub.demo.telegram.clock import Clock
from hub.demo.telegram.wire import Refused, too_many_requests


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages that pass: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.

    The true numbers are not published; short bursts into one chat are tolerated.
    """

    per_s: int = 30
    per_chat_s: float = 1.0
    chat_burst: int = 5
    per_group_minute: int = 20


@dataclass
class Flood:
    """What one bot has sent lately."""

    clock: Clock
    limits: Limits | None
    _all: deque[float] = field(default_factory=deque)
    _groups: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _chats: dict[int, float] = field(default_factory=dict)
    """Per chat: the time until which its allowance is used up."""

    def take(self, chat_id: int, messages: int = 1) -> None:
        """Count messages to a chat. Raises `Refused` with the seconds to wait when it is too fast; then none counts."""
        if self.limits is None:
            return
        now = self.clock.now()
        wait = max(
            _window_wait(self._all, now, 1.0, self.limits.per_s, messages),
            self._chat_wait(chat_id, now),
            _window_wait(self._groups[chat_id], now, 60.0, self.limits.per_group_minute, messages)
            if chat_id < 0
            else 0.0,
        )
        if wait > 0:
            raise _wait(wait)
        used_until = max(self._chats.get(chat_id, 0.0), now)
        self._chats[chat_id] = used_until + messages / self.limits.per_chat_s
        self._all.extend([now] * messages)
        if chat_id < 0:
            self._groups[chat_id].extend([now] * messages)

    def _chat_wait(self, chat_id: int, now: float) -> float:
        assert self.limits is not None
        tolerated = (self.limits.chat_burst - 1) / self.limits.per_chat_s
        return self._chats.get(chat_id, 0.0) - now - tolerated


def _window_wait(sent: deque[float], now: float, window_s: float, limit: int, more: int) -> float:
    while sent and sent[0] <= now - window_s:
        sent.popleft()
    if len(sent) + more <= limit:
        return 0.0
    at = min(len(sent), len(sent) + more - limit) - 1
    return sent[at] + window_s - now if at >= 0 else 0.0


def _wait(seconds: float) -> Refused:
    return too_many_requests(max(1, math.ceil(seconds)))
