"""A bot written with aiogram that answers by itself, and hands over to the hub's operators on /operator.

Run it with HUB_CHANNEL_URL (https://hub.example.org/hooks/telegram/<key>/bridge), HUB_BRIDGE_SECRET and BOT_TOKEN.
"""

import asyncio
import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import Message

from connectors.telegram.bridge import HubBridge
from connectors.telegram.bridge.for_aiogram import connect

dispatcher = Dispatcher()


@dispatcher.message(CommandStart())
async def start(message: Message) -> None:
    """Say hello."""
    await message.answer("Hello! Tell me something, or ask for a person with /operator.")


async def answer(message: Message, hub: HubBridge) -> None:
    """Answer everything else; a word that the bot does not dare to answer goes to people."""
    if "refund" in (message.text or "").lower():
        await message.answer("Let me ask a colleague.")
        await hub.escalate(message.chat.id, "wants a refund")
    else:
        await message.answer(f"You said: {message.text}")


async def main() -> None:
    """Poll until stopped."""
    api = TelegramAPIServer.from_base(os.environ.get("BOT_API_URL", "https://api.telegram.org"))
    bot = Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=api))
    async with HubBridge(os.environ["HUB_CHANNEL_URL"], os.environ["HUB_BRIDGE_SECRET"]) as hub:
        connect(dispatcher, bot, hub)
        dispatcher.message()(answer)
        await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main())
