"""A bot written with python-telegram-bot that answers by itself, and hands over to the hub's operators on /operator.

Run it with HUB_CHANNEL_URL (https://hub.example.org/hooks/telegram/<key>/bridge), HUB_BRIDGE_SECRET and BOT_TOKEN.
"""

import os

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from connectors.telegram.bridge import HubBridge
from connectors.telegram.bridge.for_ptb import RecordingRequest, connect

hub = HubBridge(os.environ["HUB_CHANNEL_URL"], os.environ["HUB_BRIDGE_SECRET"])


async def start(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Say hello."""
    if update.message:
        await update.message.reply_text("Hello! Tell me something, or ask for a person with /operator.")


async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer everything else; a word that the bot does not dare to answer goes to people."""
    message = update.message
    if message is None:
        return
    if "refund" in (message.text or "").lower():
        await message.reply_text("Let me ask a colleague.")
        await hub.escalate(message.chat_id, "wants a refund")
    else:
        await message.reply_text(f"You said: {message.text}")


def main() -> None:
    """Poll until stopped."""
    server = os.environ.get("BOT_API_URL", "https://api.telegram.org")
    builder = Application.builder().token(os.environ["BOT_TOKEN"]).request(RecordingRequest(hub))
    application = builder.base_url(f"{server}/bot").base_file_url(f"{server}/file/bot").build()
    connect(application, hub)
    application.add_handler(CommandHandler("start", start))
    application.add_handler(MessageHandler(filters.TEXT, answer))
    application.run_polling(allowed_updates=Update.ALL_TYPES)


if __name__ == "__main__":
    main()
