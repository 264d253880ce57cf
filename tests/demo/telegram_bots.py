"""Both libraries' bots, aimed at the simulator, and what they make of what it says."""

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiogram
import telegram
from aiogram import types
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


class Aiogram:
    """What tests need of aiogram."""

    name = "aiogram"
    types: Any = types
    refused: type[Exception] = aiogram.exceptions.TelegramAPIError

    def __init__(self, bot: aiogram.Bot) -> None:
        self.bot: Any = bot

    def file(self, content: bytes, name: str) -> Any:
        """Something to upload."""
        return types.BufferedInputFile(content, name)

    attached = file
    """Something to upload that an InputMedia names."""

    def update(self, raw: dict[str, Any]) -> Any:
        """An update as the library reads it."""
        return types.Update.model_validate(raw, context={"bot": self.bot})

    def unknown(self, value: Any, path: str = "") -> Iterator[str]:
        """The fields, at any depth, that the library does not know."""
        if isinstance(value, list):
            for one in value:
                yield from self.unknown(one, path)
        elif isinstance(value, aiogram.types.TelegramObject):
            yield from (f"{path}{type(value).__name__}.{name}" for name in value.model_extra or {})
            for name in type(value).model_fields:
                yield from self.unknown(getattr(value, name, None), f"{path}{type(value).__name__}.")


class PythonTelegramBot:
    """What tests need of python-telegram-bot."""

    name = "python-telegram-bot"
    types: Any = telegram
    refused: type[Exception] = telegram.error.TelegramError

    def __init__(self, bot: telegram.Bot) -> None:
        self.bot: Any = bot

    def file(self, content: bytes, name: str) -> Any:
        """Something to upload."""
        return telegram.InputFile(content, name)

    def attached(self, content: bytes, name: str) -> Any:
        """Something to upload that an InputMedia names."""
        return telegram.InputFile(content, name, attach=True)

    def update(self, raw: dict[str, Any]) -> Any:
        """An update as the library reads it."""
        return telegram.Update.de_json(raw, self.bot)

    def unknown(self, value: Any, path: str = "") -> Iterator[str]:
        """The fields, at any depth, that the library does not know."""
        if isinstance(value, list | tuple):
            for one in value:
                yield from self.unknown(one, path)
        elif isinstance(value, telegram.TelegramObject):
            yield from (f"{path}{type(value).__name__}.{name}" for name in value.api_kwargs)
            for name in inspect.signature(type(value).__init__).parameters:
                if name not in ("self", "api_kwargs"):
                    yield from self.unknown(getattr(value, name, None), f"{path}{type(value).__name__}.")


Library = Aiogram | PythonTelegramBot
