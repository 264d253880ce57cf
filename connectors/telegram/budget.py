"""How fast a bot may send: per second in all, per chat, per group and minute; answers before mailings."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

CHAT_PER_S = 1.0
CHAT_BURST = 3
"""Telegram's FAQ for bots: more than one a second in a chat is borne for a short while."""
GROUP_PER_MINUTE = 20
SECOND_S, MINUTE_S = 1.1, 63.0
"""A little longer than they are: between our count and Telegram's lies the network."""
KEPT_FOR_ANSWERS = 0.3
"""The share of the bot's budget that a mailing leaves to answers."""
REMEMBERED_CHATS = 20_000
STORM_S = 1.0
"""Two chats that are told to wait within so long: the whole bot is meant."""


class Bucket:
    """Tokens that come back with time. Times are monotonic seconds."""

    __slots__ = ("_at", "_capacity", "_left", "_per_s")

    def __init__(self, per_s: float, capacity: float, now: float) -> None:
        self._per_s, self._capacity, self._left, self._at = per_s, capacity, capacity, now

    def wait_s(self, count: float, now: float) -> float:
        """How long until `count` tokens are there."""
        self._left = min(self._capacity, self._left + (now - self._at) * self._per_s)
        self._at = now
        missing = min(count, self._capacity) - self._left
        return 0.0 if missing <= 1e-9 else missing / self._per_s

    def take(self, count: float, now: float) -> None:
        """Take tokens, also more than there are: the next one waits longer."""
        self._at = max(self._at, now)
        self._left -= count


class Window:
    """So many messages in any so many seconds. Times are monotonic seconds."""

    __slots__ = ("_limit", "_seconds", "_sent")

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit, self._seconds = limit, seconds
        self._sent: deque[float] = deque()

    def wait_s(self, count: int, now: float, *, keep: int = 0) -> float:
        """How long until `count` more fit beside `keep`."""
        while self._sent and self._sent[0] <= now - self._seconds:
            self._sent.popleft()
        over = len(self._sent) + min(count, self._limit - keep) + keep - self._limit
        return 0.0 if over <= 0 else self._sent[min(over, len(self._sent)) - 1] + self._seconds - now

    def take(self, count: int, now: float) -> None:
        """Note that so many are sent now."""
        self._sent.extend([now] * count)


class Group:
    """A group's chat: so many a minute, and no more at once than any other chat bears. Times are monotonic seconds."""

    __slots__ = ("_bucket", "_window")

    def __init__(self, now: float) -> None:
        self._window, self._bucket = Window(GROUP_PER_MINUTE, MINUTE_S), Bucket(CHAT_PER_S, CHAT_BURST, now)

    def wait_s(self, count: int, now: float) -> float:
        """How long until `count` more may go."""
        return max(self._window.wait_s(count, now), self._bucket.wait_s(count, now))

    def take(self, count: int, now: float) -> None:
        """Note that so many are sent now."""
        self._window.take(count, now)
        self._bucket.take(count, now)


class Budget:
    """The budget of one bot in this process. Not a promise: what Telegram allows it says by 429 alone."""

    def __init__(self, per_s: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._kept = monotonic, int(per_s * KEPT_FOR_ANSWERS)
        self._all = Window(per_s, SECOND_S)
        self._chats: OrderedDict[int, Bucket | Group] = OrderedDict()
        self._held: dict[int, float] = {}
        self._all_held_until = -math.inf
        self._last_told: tuple[int, float] = (0, -math.inf)

    def try_take(self, chat: int, count: int = 1, *, mailing: bool = False) -> float:
        """Take `count` messages to `chat`, and 0; or the seconds after which to ask again, and nothing is taken."""
        now = self._monotonic()
        place = self._chat(chat, now)
        wait_s = max(
            self._all_held_until - now,
            self._held.get(chat, -math.inf) - now,
            place.wait_s(count, now),
            self._all.wait_s(count, now, keep=self._kept if mailing else 0),
            0.0,
        )
        if wait_s == 0.0:
            place.take(count, now)
            self._all.take(count, now)
        return wait_s

    def told_to_wait(self, chat: int, seconds: float) -> None:
        """Telegram said 429: nothing goes to this chat for so long; to nobody when another was told just before."""
        now = self._monotonic()
        self._held = {held: until for held, until in self._held.items() if until > now}
        self._held[chat] = max(self._held.get(chat, now), now + seconds)
        before, at = self._last_told
        if before != chat and now - at <= STORM_S:
            self._all_held_until = max(self._all_held_until, now + seconds)
        self._last_told = chat, now

    def _chat(self, chat: int, now: float) -> Bucket | Group:
        place = self._chats.get(chat)
        if place is None:
            place = Group(now) if chat < 0 else Bucket(CHAT_PER_S, CHAT_BURST, now)
            self._chats[chat] = place
            if len(self._chats) > REMEMBERED_CHATS:
                self._chats.popitem(last=False)
        self._chats.move_to_end(chat)
        return place
