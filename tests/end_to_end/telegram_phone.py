"""A customer at the demo phone."""

import re
from typing import Any

import aiohttp
from playwright.async_api import Locator, Page, expect

from hub.app.hub import Hub
from hub.demo.telegram.in_the_hub import CHANNEL_KEY, TOKEN
from hub.store.channels import Channels
from tests.end_to_end.relay import Relay
from tests.end_to_end.stage import Stage, until

HANDED_OVER = re.compile("colleague|сотрудник", re.IGNORECASE)
"""In what the bot says when a person takes over, at whatever hour and in either language."""


class TelegramPhone:
    """The phone in the hands of one sample customer, in English."""

    def __init__(self, page: Page, customer: str) -> None:
        self.page, self.customer = page, customer
        self.screen = page.get_by_role("region", name="Telegram")
        self.log = self.screen.get_by_role("log")
        self.field = self.screen.get_by_role("textbox", name="Message")

    async def open(self) -> None:
        """Open the customer's chat with the shop."""
        await self.screen.get_by_role("button", name=self.customer).click()
        await expect(self.log).to_be_visible()

    async def start(self) -> None:
        """Press Start, which begins the survey."""
        await self.screen.get_by_role("button", name="Start", exact=True).click()
        await expect(self.field).to_be_visible()

    async def start_with_a_person(self) -> None:
        """Press Start, ask for an operator instead of the survey, and be told that one will answer."""
        await self.start()
        await expect(self.keys.last).to_be_visible()
        await self.say("operator")
        await expect(self.message("operator").get_by_label("The bot has it")).to_be_visible()
        await expect(self.log.locator(".row").filter(has_text=HANDED_OVER)).to_be_visible()

    @property
    def keys(self) -> Locator:
        """The buttons under the bot's messages."""
        return self.log.locator(".inline-keyboard").get_by_role("button")

    async def answer(self, question: str, *buttons: str, text: str = "") -> None:
        """Wait for a question of the survey, then press buttons, or write."""
        await expect(self.message(question)).to_be_visible()
        for button in buttons:
            key = self.message(question).locator(".inline-keyboard").get_by_role("button", name=button)
            await key.click()
            await expect(key).not_to_have_class("key waiting")
        if text:
            await self.say(text)

    async def say(self, text: str) -> None:
        """Write a text."""
        await self.field.fill(text)
        await self.field.press("Enter")
        await expect(self.message(text)).to_be_visible()

    def message(self, text: str) -> Locator:
        """The message with these words."""
        return self.log.locator(".row").filter(has_text=text).last

    async def act(self, text: str, what: str) -> None:
        """Pick something from a message's menu."""
        await self.message(text).hover()
        await self.message(text).get_by_role("button", name="What to do with the message").click()
        await self.screen.get_by_role("button", name=what, exact=True).click()

    async def attach(self, what: str) -> None:
        """Pick something from the menu of the paper clip."""
        await self.screen.get_by_role("button", name="Attach").click()
        await self.screen.get_by_role("button", name=what, exact=True).click()

    async def chat_menu(self, what: str) -> None:
        """Pick something from the chat's menu."""
        await self.screen.get_by_role("button", name="Menu of the chat").click()
        await self.screen.get_by_role("button", name=what, exact=True).click()


async def take_phone(
    stage: Stage, customer: str, *, line: Relay | None = None, expected: list[str] | None = None, **options: Any
) -> TelegramPhone:
    """A browser with the phone, the customer's chat open."""
    page = await stage.page(await stage.context(**options), expected or [], line=line)
    await page.goto(f"{(line or stage.line).origin}/demo/telegram/")
    await running(stage.hub)
    phone = TelegramPhone(page, customer)
    await phone.open()
    return phone


async def running(hub: Hub) -> None:
    """Wait for the channel, which opens when somebody looks at the phone."""
    channel = await Channels(hub.connection.database).by_key(CHANNEL_KEY)
    assert channel is not None
    number = channel.id

    async def opened() -> bool:
        return hub.supervisor.connector(number) is not None

    await until(opened, 60)


async def bot_says(hub: Hub, method: str, **arguments: Any) -> dict[str, Any]:
    """Let the demo's bot say something beside the hub, as another program with its token could."""
    channel = await Channels(hub.connection.database).by_key(CHANNEL_KEY)
    assert channel is not None
    address = f"{channel.settings['api_url']}/bot{TOKEN}/{method}"
    async with aiohttp.ClientSession() as http, http.post(address, json=arguments) as answer:
        given: dict[str, Any] = await answer.json()
        assert given["ok"], given
        return given
