"""The bridge for bots written with aiogram: an outer middleware, a middleware of requests, and a router."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware, Bot, Dispatcher, Router
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.filters import Command
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import Message, TelegramObject, Update

from connectors.telegram.bridge.client import HubBridge

THANKS = "A colleague will answer you here."


class ReportsUpdates(BaseMiddleware):
    """Outer middleware of the dispatcher's updates: reported first, and handled only where no person has the chat."""

    def __init__(self, hub: HubBridge) -> None:
        self._hub = hub

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Handlers get the bridge as `hub`."""
        if isinstance(event, Update) and await self._hub.update(_wire(event)):
            return None
        data["hub"] = self._hub
        return await handler(event, data)


class RecordsAnswers(BaseRequestMiddleware):
    """Middleware of the bot's requests: what it has sent is recorded in the hub."""

    def __init__(self, hub: HubBridge) -> None:
        self._hub = hub

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Any:
        """The result, recorded if it is a message or several."""
        result: Any = await make_request(bot, method)
        if method.__api_method__.startswith("send"):
            for message in result if isinstance(result, list) else [result]:
                if isinstance(message, Message):
                    await self._hub.said(_wire(message))
        return result


def connect(dispatcher: Dispatcher, bot: Bot, hub: HubBridge, *, command: str = "operator") -> None:
    """Add the hub to a bot. `/operator` hands the chat over; handlers may also `await hub.escalate(chat_id, why)`."""
    dispatcher.update.outer_middleware(ReportsUpdates(hub))
    bot.session.middleware(RecordsAnswers(hub))
    router = Router(name="hub")

    @router.message(Command(command))
    async def escalate(message: Message) -> None:
        await message.answer(THANKS)
        await hub.escalate(message.chat.id, f"/{command}")

    dispatcher.include_router(router)


def _wire(thing: TelegramObject) -> dict[str, Any]:
    """As Telegram sent it: aiogram's own names and defaults taken out."""
    shown: dict[str, Any] = thing.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    return shown
