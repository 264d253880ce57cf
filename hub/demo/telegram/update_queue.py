"""The updates that wait for a bot: their numbers, their order and their end."""

from collections import deque
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass
from random import Random
from typing import Any

from hub.demo.telegram.clock import Clock
from hub.demo.telegram.wire import Wire

KINDS = (
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count",
    "inline_query", "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "poll",
    "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
    "purchased_paid_media",
)  # fmt: skip
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that a bot gets only when it asks for them: https://core.telegram.org/bots/api#getupdates."""
DEFAULT_KINDS = frozenset(KINDS) - ON_REQUEST
LIFETIME_S = {
    "callback_query": 150.0, "shipping_query": 150.0, "pre_checkout_query": 150.0, "inline_query": 30.0,
    "chosen_inline_result": 600.0,
}  # fmt: skip
DAY_S = 86_400.0
WEEK_S = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Update:
    """One update. `queue` names the chat (or, of a button, the person) in whose order it stands."""

    id: int
    kind: str
    payload: Any
    """A `Wire` from Telegram; a test may put anything there."""
    expires_at: float
    queue: str

    def wire(self) -> Wire:
        return {"update_id": self.id, self.kind: self.payload}


class UpdateQueue:
    """What a bot has not confirmed yet, in order. `on_add` is told of what comes in, `on_taken` of what the bot has.

    `issued` are all updates there ever were, or the last `kept`.
    """

    def __init__(self, clock: Clock, rng: Random, kept: int | None = None) -> None:
        self._clock, self._rng = clock, rng
        self._waiting: dict[int, Update] = {}
        self._queues: dict[str, dict[int, Update]] = {}
        self.next_id = rng.randrange(100_000_000, 900_000_000)
        self._last_at = clock.now()
        self.allowed = DEFAULT_KINDS
        self.issued: MutableSequence[Update] = [] if kept is None else deque(maxlen=kept)
        self.on_add: list[Callable[[Update], None]] = []
        self.on_taken: list[Callable[[Update], None]] = []

    def add(self, kind: str, payload: Any, queue: str, date: float | None = None) -> Update | None:
        """Queue it, unless the bot does not ask for its kind or it is a day old: then None."""
        now = self._clock.now()
        expires_at = now + LIFETIME_S[kind] if kind in LIFETIME_S else (now if date is None else date) + DAY_S
        if (kind in KINDS and kind not in self.allowed) or expires_at <= now:
            return None
        if now - self._last_at >= WEEK_S:  # after a week without updates the numbers start anew, at random
            self.next_id = self._rng.randrange(100_000_000, 900_000_000)
        update = Update(self.next_id, kind, payload, expires_at, queue)
        self.next_id, self._last_at = self.next_id + 1, now
        self._put(update)
        self.issued.append(update)
        for told in self.on_add:
            told(update)
        return update

    def restore(self, next_id: int, waiting: list[Update]) -> None:
        """Go on where an earlier run has ended."""
        self.next_id = next_id
        for update in waiting:
            self._put(update)

    def waiting(self) -> list[Update]:
        """What is not confirmed and not expired, in order."""
        now = self._clock.now()
        for update in [update for update in self._waiting.values() if update.expires_at <= now]:
            self._forget(update)
        return list(self._waiting.values())

    def first_of(self, queue: str) -> Update | None:
        """The oldest of one chat that is not expired."""
        now = self._clock.now()
        while update := next(iter(self._queues.get(queue, {}).values()), None):
            if update.expires_at > now:
                return update
            self._forget(update)
        return None

    def drop(self, update: Update) -> None:
        """Give it up: the bot never got it."""
        self._forget(update)

    def taken(self, update: Update) -> None:
        """The bot has it: forget it."""
        self._forget(update)
        for told in self.on_taken:
            told(update)

    def confirm_below(self, offset: int) -> list[Update]:
        """Forget everything before `offset`; gives what was forgotten. An offset in the future confirms nothing."""
        if offset > self.next_id:  # of the numbers before they began anew
            return []
        confirmed = [update for update in self.waiting() if update.id < offset]
        for update in confirmed:
            self.taken(update)
        return confirmed

    def keep_last(self, count: int) -> None:
        """Forget all but the last `count`."""
        waiting = self.waiting()
        for update in waiting[: max(0, len(waiting) - count)]:
            self._forget(update)

    def _put(self, update: Update) -> None:
        self._waiting[update.id] = update
        self._queues.setdefault(update.queue, {})[update.id] = update

    def _forget(self, update: Update) -> None:
        self._waiting.pop(update.id, None)
        queue = self._queues.get(update.queue, {})
        queue.pop(update.id, None)
        if not queue:
            self._queues.pop(update.queue, None)
