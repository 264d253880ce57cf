"""The bridge for bots written with python-telegram-bot (extra `ptb`): a handler group and a recording request."""

import json
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationHandlerStop, CommandHandler, ContextTypes, TypeHandler
from telegram.request import HTTPXRequest, RequestData

from connectors.telegram.bridge.client import HubBridge

FIRST_GROUP = -1_000
THANKS = "A colleague will answer you here."


class RecordingRequest(HTTPXRequest):
    """A request that records in the hub what the bot has sent. Give it to `ApplicationBuilder.request`."""

    def __init__(self, hub: HubBridge, **options: Any) -> None:
        super().__init__(**options)
        self._hub = hub

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **options: Any
    ) -> tuple[int, bytes]:
        """The answer, recorded if it is a message or several."""
        status, raw = await super().do_request(url, method, request_data, *args, **options)
        if status == 200 and url.rpartition("/")[2].lower().startswith("send"):
            result = json.loads(raw).get("result")
            for message in result if isinstance(result, list) else [result]:
                if isinstance(message, dict) and "message_id" in message:
                    await self._hub.said(message)
        return status, raw


def connect(
    application: Application[Any, Any, Any, Any, Any, Any], hub: HubBridge, *, command: str = "operator"
) -> None:
    """Add the hub to a bot whose request is a `RecordingRequest`. `/operator` hands the chat over."""

    async def report(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if await hub.update(update.to_dict()):
            raise ApplicationHandlerStop  # people have the chat

    async def escalate(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.effective_message is not None:
            await update.effective_message.reply_text(THANKS)
            await hub.escalate(update.effective_message.chat_id, f"/{command}")

    application.add_handler(TypeHandler(Update, report), group=FIRST_GROUP)
    application.add_handler(CommandHandler(command, escalate))
