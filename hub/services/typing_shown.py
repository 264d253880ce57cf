"""Typing, shown to the contact: an operator writes, and the service lets the contact see it."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from connectors.abilities import ShowsTyping
from connectors.base import Connector
from hub.model.ids import ChannelId, ConversationId
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations

log = structlog.get_logger(__name__)

REPEAT_AFTER_S = 4.0
"""Services show it for about five seconds."""
WAITING_AT_MOST = 100
REMEMBERED = 10_000
SHOWN_WITHIN_S = 5.0


class TypingShown:
    """Passes on that an operator types. A courtesy: when it is too much or fails, nothing happens."""

    def __init__(
        self, contacts: Contacts, conversations: Conversations, connector: Callable[[ChannelId], Connector | None]
    ) -> None:
        self._contacts, self._conversations, self._connector = contacts, conversations, connector
        self._waiting: asyncio.Queue[ConversationId] = asyncio.Queue(WAITING_AT_MOST)
        self._shown: OrderedDict[ConversationId, float] = OrderedDict()

    def types(self, conversation: ConversationId) -> None:
        """An operator types in the conversation."""
        now = time.monotonic()
        if now - self._shown.get(conversation, float("-inf")) < REPEAT_AFTER_S or self._waiting.full():
            return
        self._shown[conversation] = now
        self._shown.move_to_end(conversation)
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        self._waiting.put_nowait(conversation)

    async def run(self) -> None:
        """Show it until cancelled."""
        while True:
            conversation = await self._waiting.get()
            try:
                async with asyncio.timeout(SHOWN_WITHIN_S):
                    await self._show(conversation)
            except Exception:
                log.debug("typing was not shown", conversation=conversation, exc_info=True)

    async def _show(self, conversation: ConversationId) -> None:
        place = await self._conversations.any(conversation)
        connector: object = self._connector(place.channel) if place is not None else None
        if place is not None and isinstance(connector, ShowsTyping):
            await connector.show_typing(await self._contacts.addresses(place.contact))
