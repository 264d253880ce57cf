"""Both libraries' bots, aimed at the simulator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiogram
import telegram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer


@asynccontextmanager
async def aiogram_bot(url: str, token: str) -> AsyncIterator[aiogram.Bot]:
    """The client of aiogram."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(url))
    async with aiogram.Bot(token, session=session) as bot:
        yield bot


@asynccontextmanager
async def ptb_bot(url: str, token: str) -> AsyncIterator[telegram.Bot]:
    """The client of python-telegram-bot."""
    async with telegram.Bot(token, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot") as bot:
        yield bot
