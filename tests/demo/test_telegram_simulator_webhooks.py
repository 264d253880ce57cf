"""How the simulator delivers webhooks: in order within a chat, side by side between chats, until they are taken."""

import asyncio
import json
from typing import Any

from aiohttp import web

from hub.demo.telegram.clock import ManualClock
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from tests.demo.telegram_wire import BareBot, listening, until


class Hook:
    """A bot's web server that answers as it is told, and notes what it got."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.statuses: dict[str, list[int]] = {}
        self.headers: dict[str, str] = {}
        self.held: set[str] = set()
        self.release = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        update: dict[str, Any] = json.loads(await request.read())
        text = update["message"]["text"]
        self.got.append(text)
        if text in self.held:
            await self.release.wait()
        waiting = self.statuses.get(text, [])
        return web.Response(status=waiting.pop(0) if waiting else 200, headers=self.headers)


async def test_a_chat_that_fails_holds_back_nobody_else(
    bot: BareBot, person: Person, simulator: TelegramSimulator
) -> None:
    """Its own next message waits; another person's comes at once."""
    hook = Hook()
    hook.statuses["one"] = [500] * 9
    other = simulator.person(person.bot, 778)
    async with listening(hook.answer) as url:
        await bot.result("setWebhook", url=url, drop_pending_updates=True)
        person.say("one")
        person.say("two")
        other.say("mine")
        await until(lambda: "mine" in hook.got and hook.got.count("one") == 2)
        assert "two" not in hook.got
        info = await bot.result("getWebhookInfo")
        assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
        assert info["pending_update_count"] == 2
        await bot.result("deleteWebhook")
    assert [one["message"]["text"] for one in await bot.result("getUpdates")] == ["one", "two"]


async def test_no_more_connections_than_asked_for(bot: BareBot, person: Person, simulator: TelegramSimulator) -> None:
    """With one connection a slow chat does hold back another."""
    hook = Hook()
    hook.held.add("slow")
    other = simulator.person(person.bot, 778)
    async with listening(hook.answer) as url:
        await bot.result("setWebhook", url=url, max_connections=1, drop_pending_updates=True)
        person.say("slow")
        await until(lambda: hook.got == ["slow"])
        other.say("quick")
        assert simulator.journal.posted.total() == 1
        hook.release.set()
        await until(lambda: len(simulator.journal.confirmed) == 2)
    assert hook.got == ["slow", "quick"]


async def test_a_bot_may_say_when_to_try_again(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """`Retry-After` counts up to an hour."""
    hook = Hook()
    hook.statuses["later"] = [503]
    hook.headers["Retry-After"] = "90"
    async with listening(hook.answer) as url:
        await bot.result("setWebhook", url=url, drop_pending_updates=True)
        person.say("later")
        await until(lambda: clock.next_due_s() == 90)
        clock.advance(90)
        await until(lambda: len(simulator.journal.confirmed) == 1)


async def test_an_update_that_would_come_too_late_is_dropped(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """A day after it was written; the next one of the chat follows."""
    hook = Hook()
    hook.statuses["old"] = [500] * 1000
    async with listening(hook.answer) as url:
        await bot.result("setWebhook", url=url, drop_pending_updates=True)
        person.say("old")
        while not hook.got or "new" not in hook.got:
            await until(lambda: clock.next_due_s() is not None)
            clock.advance(clock.next_due_s() or 0)
            if clock.now() > 1_800_000_000 + 86_000 and "new" not in [one["text"] for one in person.messages]:
                person.say("new")
            await asyncio.sleep(0.001)
    assert simulator.journal.confirmed[-1].update.payload["text"] == "new"
    assert 700 < hook.got.count("old") < 1500


async def test_a_webhook_that_is_gone_for_a_day_is_removed(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """After 23 hours of 410."""
    hook = Hook()
    hook.statuses["old"] = [410] * 5000
    async with listening(hook.answer) as url:
        await bot.result("setWebhook", url=url, drop_pending_updates=True)
        person.say("old")
        async with asyncio.timeout(20):
            while (await bot.result("getWebhookInfo"))["url"]:
                clock.advance(clock.next_due_s() or 0)
    assert 23 * 3600 <= clock.now() - 1_800_000_000 < 24 * 3600


async def test_updates_can_come_again_on_purpose(bot: BareBot, person: Person, simulator: TelegramSimulator) -> None:
    """Repeats after success, and copies side by side long afterwards."""
    hook = Hook()
    simulator.faults.repeated_share, simulator.faults.repeats = 1.0, 2
    async with listening(hook.answer) as url:
        await bot.result("setWebhook", url=url, drop_pending_updates=True)
        person.say("again")
        await until(lambda: hook.got.count("again") == 3)
        statuses = await simulator.webhooks(person.bot).repeat(person.bot.updates.issued[-1], copies=8)
        assert statuses == [200] * 8
    assert simulator.journal.posted.total() == 11
    assert len(simulator.journal.confirmed) == 1
