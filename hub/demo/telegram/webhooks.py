"""Webhooks: one update in flight per chat, again and again until the bot takes it or the update is too old."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from random import Random
from urllib.parse import parse_qsl

import aiohttp

from hub.demo.telegram.arguments import Arguments, Upload, from_mapping
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a bot has answered; a status of 0 when nothing came."""

    status: int
    reason: str
    retry_after_s: float
    body: bytes
    content_type: str

    def error(self) -> str:
        if self.status == 0:
            return "Webhook connection closed"
        return f"Wrong response from the webhook: {self.status} {self.reason}"


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
        return [post.result().status for post in posts]

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
                answer = await self._post(webhook, update)
            if 200 <= answer.status < 300:
                await self._taken(webhook, update, answer)
                attempts = _Attempts()
                continue
            if self._is_gone(attempts, answer.status):
                self.bot.webhook = None
                return
            webhook.last_error_date = int(self.clock.now())
            webhook.last_error_message = answer.error()
            pause_s = answer.retry_after_s or self._pause_s(attempts.failures)
            attempts.failures += 1
            if self.clock.now() + pause_s >= update.expires_at:
                self.bot.updates.drop(update)  # dropped: the next attempt would come too late
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

    async def _taken(self, webhook: Webhook, update: Update, answer: _Answer) -> None:
        self.bot.updates.taken(update)
        self.journal.confirmed.append(Confirmed(self.clock.now(), self.bot.id, update, "webhook"))
        await self._obey(answer)
        if self.faults.repeated_share and self.rng.random() < self.faults.repeated_share:
            await self.repeat(update, self.faults.repeats)

    async def _post(self, webhook: Webhook, update: Update) -> _Answer:
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
                return _Answer(
                    answer.status,
                    answer.reason or "",
                    _retry_after_s(answer),
                    body,
                    answer.headers.get("Content-Type", ""),
                )
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _Answer(0, "", 0.0, b"", "")

    async def _obey(self, answer: _Answer) -> None:
        """Carry out the method that an answer may contain; nobody learns its result."""
        arguments = _arguments(answer)
        name = arguments.text("method").lower()
        if name and not name.startswith(NOT_BY_ANSWER):
            await self.execute(self.bot, name, arguments)


def _arguments(answer: _Answer) -> Arguments:
    """What an answer says as JSON, as a form or as multipart; empty when it says nothing."""
    kind = answer.content_type.partition(";")[0].strip()
    try:
        if kind == "application/x-www-form-urlencoded":
            return Arguments(dict(parse_qsl(answer.body.decode())))
        if kind == "multipart/form-data":
            return _from_multipart(answer)
        given = json.loads(answer.body) if kind == "application/json" else {}
    except ValueError:
        return Arguments()
    return from_mapping(given) if isinstance(given, dict) else Arguments()


def _from_multipart(answer: _Answer) -> Arguments:
    message = message_from_bytes(b"Content-Type: " + answer.content_type.encode() + b"\r\n\r\n" + answer.body)
    values: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for part in message.get_payload() if message.is_multipart() else []:
        assert isinstance(part, Message)
        name = str(part.get_param("name", "", "content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_filename() is None:
            values[name] = content.decode("utf-8", "replace")
        else:
            files[name] = Upload(str(part.get_filename()), content, part.get_content_type())
    return Arguments(values, files)


def _retry_after_s(answer: aiohttp.ClientResponse) -> float:
    raw = answer.headers.get("Retry-After", "")
    return min(float(raw), RETRY_AFTER_LIMIT_S) if raw.isdigit() else 0.0
