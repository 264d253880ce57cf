"""A call of a method by a bot, and what many methods ask of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hub.demo.telegram.arguments import Arguments
from hub.demo.telegram.keyboards import read_markup
from hub.demo.telegram.markup import CAPTION_LIMIT, TEXT_LIMIT, formatted, parse_entities_argument, utf16_length
from hub.demo.telegram.polling import Poller
from hub.demo.telegram.webhooks import WebhookSender
from hub.demo.telegram.wire import Wire, bad_request
from hub.demo.telegram.world import ADMINISTRATORS, Bot, Chat, Connection, World

DAY_S = 86_400


@dataclass(frozen=True)
class Call:
    """One call: who, with what."""

    world: World
    bot: Bot
    arguments: Arguments
    poller: Poller
    webhooks: WebhookSender

    def chat(self) -> Chat:
        """The chat that is asked about. Raises `Refused`."""
        return self.world.chat_of(self.bot, self.arguments.text("chat_id"))

    def writable_chat(self) -> Chat:
        """The chat that the bot wants to change. Raises `Refused`."""
        if self.arguments.text("business_connection_id"):
            return self._business_chat()
        return self.world.writable_chat(self.bot, self.arguments.text("chat_id"))

    def connection(self) -> Connection:
        """The business connection that the call names. Raises `Refused`."""
        connection = self.bot.connections.get(self.arguments.text("business_connection_id"))
        if connection is None:
            raise bad_request("business connection not found")
        return connection

    def _business_chat(self) -> Chat:
        connection = self.connection()
        if not connection.enabled:
            raise bad_request("BUSINESS_CONNECTION_INVALID")
        if not connection.rights.get("can_reply"):
            raise bad_request("BUSINESS_CONNECTION_NOT_ALLOWED")
        given = self.arguments.integer("chat_id")
        chat = connection.chats.get(given)
        if chat is None:
            raise bad_request("chat not found")
        if self.world.clock.now() - connection.heard_at.get(given, 0.0) > DAY_S:
            raise bad_request("BUSINESS_PEER_USAGE_MISSING")
        return chat

    def administered_chat(self, right: str) -> Chat:
        """The group in which the bot must be an administrator. Raises `Refused`."""
        chat = self.writable_chat()
        if chat.account is None and chat.members.get(self.bot.id) not in ADMINISTRATORS:
            raise bad_request(f"not enough rights to {right}")
        return chat

    def own_message(self, chat: Chat) -> Wire:
        """The message that the bot wants to edit. Raises `Refused`."""
        message = chat.messages.get(self.arguments.integer("message_id"))
        if message is None:
            raise bad_request("message to edit not found")
        if message.get("from", {}).get("id") != self.bot.id and "sender_business_bot" not in message:
            raise bad_request("message can't be edited")
        return message

    def text(self) -> Wire:
        """The fields `text` and `entities` of the call. Raises `Refused`."""
        raw = self.arguments.text("text")
        if not raw:
            raise bad_request("message text is empty")
        text, entities = self._formatted(raw, "entities")
        if not text:
            raise bad_request("text must be non-empty")
        if utf16_length(text) > TEXT_LIMIT:
            raise bad_request("message is too long")
        return {"text": text} | ({"entities": entities} if entities else {})

    def caption(self) -> Wire:
        """The fields `caption` and `caption_entities` of the call; empty without one. Raises `Refused`."""
        text, entities = self._formatted(self.arguments.text("caption"), "caption_entities")
        if utf16_length(text) > CAPTION_LIMIT:
            raise bad_request("message caption is too long")
        if not text:
            return {}
        return {"caption": text} | ({"caption_entities": entities} if entities else {})

    def _formatted(self, raw: str, entities: str) -> tuple[str, list[Wire]]:
        given = parse_entities_argument(self.arguments.text(entities))
        return formatted(raw, self.arguments.text("parse_mode"), given)

    def markup(self) -> Wire | None:
        """The keyboard of the call. Raises `Refused`."""
        return read_markup(self.arguments.text("reply_markup"))

    def author(self) -> Wire:
        """Who stands as the sender of what this call sends."""
        if self.arguments.text("business_connection_id"):
            return self.connection().owner.wire()
        return self.bot.wire()


Handler = Callable[[Call], Any | Awaitable[Any]]
