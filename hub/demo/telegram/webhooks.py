"""Webhooks: one update in flight per chat, again and again until the bot takes it or the update is too old."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

import aiohttp

from hub.demo.telegram.arguments import Arguments, from_mapping
from hub.demo.telegram.clock import Clock, sleep
from hub.demo.telegram.faults import Faults
from hub.demo.telegram.journal import Confirmed, Journal
from hub.demo.telegram.update_queue import Update
from hub.demo.telegram.wire import to_json
from hub.demo.telegram.world import Bot, Webhook

ANSWER_TIMEOUT_S = 60.0
RETRY_AFTER_LIMIT_S = 3600.0
GONE_FOR_S = 23 * 3600.0
NOT_BY_ANSWER = ("get", "setwebhook", "deletewebhook", "close", "logout")
"""Methods that an answer to a webhook may not call."""

Execute = Callable[[Bot, str, Arguments], Awaitable[None]]


@dataclass(eq=False)
class _Attempts:
    """How the first update of a chat has fared."""

    failures: int = 0
    gone_since: float | None = None


@dataclass(eq=False)
class WebhookSender:
    """Sends the updates of one bot. `start` it inside a task group that lives as long as the simulator."""

    bot: Bot
    clock: Clock
    rng: Random
    faults: Faults
    journal: Journal
    tasks: asyncio.TaskGroup
    session: aiohttp.ClientSession
    execute: Execute
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(40))
    _stopped: bool = False

    def __post_init__(self) -> None:
        self.bot.updates.on_add.append(lambda update: self._begin(update.queue))

    def restart(self) -> None:
        """The webhook was set, changed or deleted: begin anew with what waits."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()
        if self.bot.webhook is not None:
            self._slots = asyncio.Semaphore(self.bot.webhook.max_connections)
            for update in self.bot.updates.waiting():
                self._begin(update.queue)

    def stop(self) -> None:
        """Send nothing more: the simulator ends."""
        self._stopped = True
        for task in self._running.values():
            task.cancel()

    async def repeat(self, update: Update, copies: int = 1) -> list[int]:
        """Send an update again, all copies at once, whatever became of it; gives the status of each answer."""
        webhook = self.bot.webhook
        assert webhook is not None, "there is no webhook to repeat to"
        async with asyncio.TaskGroup() as group:
            posts = [group.create_task(self._post(webhook, update)) for _ in range(copies)]
        return [post.result()[0] for post in posts]

    def _begin(self, queue: str) -> None:
        if self.bot.webhook is not None and queue not in self._running and not self._stopped:
            task = self.tasks.create_task(self._drain(self.bot.webhook, queue))
            self._running[queue] = task
            task.add_done_callback(lambda _: self._ended(queue, task))

    def _ended(self, queue: str, task: asyncio.Task[None]) -> None:
        if self._running.get(queue) is task:
            del self._running[queue]
            if self.bot.updates.first_of(queue) is not None:
                self._begin(queue)

    async def _drain(self, webhook: Webhook, queue: str) -> None:
        attempts = _Attempts()
        while self.bot.webhook is webhook and (update := self.bot.updates.first_of(queue)):
            async with self._slots:
                status, retry_after_s, body, kind = await self._post(webhook, update)
            if 200 <= status < 300:
                await self._taken(webhook, update, body, kind)
                attempts = _Attempts()
                continue
            if self._is_gone(attempts, status):
                self.bot.webhook = None
                return
            webhook.last_error_date = int(self.clock.now())
            webhook.last_error_message = _error_message(status)
            pause_s = retry_after_s if retry_after_s is not None else self._pause_s(attempts.failures)
            attempts.failures += 1
            if self.clock.now() + pause_s >= update.expires_at:
                self.bot.updates.confirm(update.id)  # dropped: the next attempt would come too late
                attempts = _Attempts()
                continue
            if pause_s:
                await sleep(self.clock, pause_s)

    def _pause_s(self, failures: int) -> float:
        if failures == 0:
            return 0.0
        pause_s = 2.0 ** min(failures, 10)
        return min(pause_s, self.rng.uniform(60.0, 120.0)) if pause_s > 60 else pause_s

    def _is_gone(self, attempts: _Attempts, status: int) -> bool:
        if status != 410:
            attempts.gone_since = None
            return False
        if attempts.gone_since is None:
            attempts.gone_since = self.clock.now()
        return self.clock.now() - attempts.gone_since >= GONE_FOR_S

    async def _taken(self, webhook: Webhook, update: Update, body: bytes, kind: str) -> None:
        self.bot.updates.taken(update)
        self.journal.confirmed.append(Confirmed(self.clock.now(), self.bot.id, update, "webhook"))
        await self._obey(body, kind)
        if self.faults.repeated_share and self.rng.random() < self.faults.repeated_share:
            await self.repeat(update, self.faults.repeats)

    async def _post(self, webhook: Webhook, update: Update) -> tuple[int, float | None, bytes, str]:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
        if webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
        self.journal.posted[update.id] += 1
        try:
            async with self.session.post(
                webhook.url, data=to_json(update.wire()), headers=headers, allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S),
            ) as answer:  # fmt: skip
                body = await answer.read()
                return answer.status, _retry_after_s(answer.headers.get("Retry-After")), body, answer.content_type
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, None, b"", ""

    async def _obey(self, body: bytes, kind: str) -> None:
        """Carry out the method that an answer may contain; nobody learns its result."""
        if kind != "application/json" or not body.strip():
            return
        try:
            given = json.loads(body)
        except ValueError:
            return
        name = str(given.pop("method", "")) if isinstance(given, dict) else ""
        if name and not name.lower().startswith(NOT_BY_ANSWER):
            await self.execute(self.bot, name, from_mapping(given))


def _retry_after_s(raw: str | None) -> float | None:
    if raw is None or not raw.isdigit():
        return None
    return min(float(raw), RETRY_AFTER_LIMIT_S)


def _error_message(status: int) -> str:
    if status == 0:
        return "Connection refused"
    return f"Wrong response from the webhook: {status}"
