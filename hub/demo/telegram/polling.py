"""`getUpdates`: one reader per bot, who waits, confirms by a higher offset, and is ended by another reader."""

import asyncio
from collections.abc import Sequence

from hub.demo.telegram.arguments import Arguments
from hub.demo.telegram.clock import Clock
from hub.demo.telegram.journal import Confirmed, Journal
from hub.demo.telegram.update_queue import DEFAULT_KINDS, KINDS, Update
from hub.demo.telegram.wire import Refused, Wire, bad_request, conflict
from hub.demo.telegram.world import Bot

LONGEST_WAIT_S = 50
HASTY_S = 3.0
VERY_HASTY_S = 0.5


class Poller:
    """The one reader of a bot's updates."""

    def __init__(self, bot: Bot, clock: Clock, journal: Journal) -> None:
        self._bot, self._clock, self._journal = bot, clock, journal
        self._waiter: asyncio.Future[None] | None = None
        self._last_offset: int | None = None
        self._last_at = -HASTY_S
        bot.updates.on_add.append(lambda _: self.wake())

    async def get_updates(self, arguments: Arguments) -> list[Wire]:
        """The method of this name. Raises `Refused`."""
        self.end("terminated by other getUpdates request; make sure that only one bot instance is running")
        if self._bot.webhook is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        offset = arguments.integer("offset")
        limit = arguments.integer("limit", 100, 1, 100)
        timeout_s = arguments.integer("timeout", 0, 0, LONGEST_WAIT_S)
        set_allowed(self._bot, arguments)
        now = self._clock.now()
        if offset == self._last_offset:  # the server slows a reader down that asks the same again and again
            if timeout_s < HASTY_S and now < self._last_at + HASTY_S:
                timeout_s = int(HASTY_S)
            if now < self._last_at + VERY_HASTY_S:
                limit = 1
        self._last_offset, self._last_at = offset, now
        self._confirm(offset)
        if not self._bot.updates.waiting() and timeout_s:
            await self._wait(timeout_s)
        return [update.wire() for update in self._bot.updates.waiting()[:limit]]

    def end(self, reason: str) -> None:
        """End a reader that waits, with a conflict."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(conflict(reason))

    def _confirm(self, offset: int) -> None:
        queue = self._bot.updates
        if offset < 0:
            queue.keep_last(-offset)
            return
        self._taken(queue.confirm_below(offset))

    def _taken(self, updates: Sequence[Update]) -> None:
        now = self._clock.now()
        self._journal.confirmed += [Confirmed(now, self._bot.id, update, "offset") for update in updates]

    async def _wait(self, timeout_s: float) -> None:
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        cancel = self._clock.call_later(timeout_s, self.wake)
        try:
            await waiter
        finally:
            cancel()
            if self._waiter is waiter:
                self._waiter = None

    def wake(self) -> None:
        """Let a reader who waits go on with what there is."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def set_allowed(bot: Bot, arguments: Arguments) -> None:
    """Remember `allowed_updates`; without it the setting before stays, and an empty list means the default."""
    try:
        given = arguments.json("allowed_updates", "allowed_updates")
    except Refused:
        return  # the server ignores what it cannot read here
    if given is None:
        return
    if not isinstance(given, list):
        raise bad_request("can't parse allowed_updates: expected an Array of String")
    bot.updates.allowed = frozenset(given) & frozenset(KINDS) if given else DEFAULT_KINDS
