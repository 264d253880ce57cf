"""Relaying: conversations of other channels are served by the people of this one, who work in another program."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from connectors.errors import NotAccepting
from connectors.lent import Waiting
from hub.model.channel import Channel
from hub.model.conversation import Control, Conversation
from hub.model.events import Sender
from hub.model.ids import ContactId, ConversationId
from hub.model.views import View
from hub.services.commands import Note, Reply, Resolve
from hub.services.service_desk import act, viewer_of
from hub.services.turns import Turns
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.errors import StoreUnavailable

PAGE, PAGES = 200, 10
"""So many waiting conversations of the project are looked at, the longest waiting first."""


class Relaying:
    """The `Relay` of `connectors.lent` for one channel."""

    def __init__(
        self, channel: Channel, conversations: Conversations, contacts: Contacts, turns: Turns, clock: DatabaseClock
    ) -> None:
        self._channel, self._conversations, self._contacts = channel, conversations, contacts
        self._turns, self._clock = turns, clock

    async def waiting(self, channels: Sequence[str]) -> Sequence[Waiting]:
        """Where somebody waits and no operator of the hub has the conversation."""
        found: list[Waiting] = []
        async with _reading():
            for place in await self._unattended(frozenset(channels)):
                contact = await self._contacts.recent(place.project, place.contact)
                if contact is not None:
                    found.append(Waiting(place.id, contact, place.last_position))
        return found

    async def _unattended(self, channels: frozenset[str]) -> list[Conversation]:
        viewer, cursor, found = viewer_of(self._channel), None, []
        for _ in range(PAGES):
            page, cursor = await self._conversations.list(viewer, View.UNATTENDED, cursor=cursor, limit=PAGE)
            for place in page:
                free = place.control is Control.QUEUE and place.assignee is None
                if place.channel in channels and (free or place.assignee == viewer.operator):
                    found.append(place)
            if cursor is None:
                break
        return found

    async def introduce(self, contact: ContactId, kind: str, value: str) -> None:
        """Let an address be one of the contact's."""
        async with _reading():
            sender = Sender(kind=kind, value=value)
            await self._contacts.join(self._channel.project, contact, sender, self._clock.now())

    async def reply(self, conversation: ConversationId, text: str, key: str) -> None:
        """One of the channel's people answers."""
        command = Reply(text=text, seen_position=0, confirm=True)
        await act(self._turns, self._channel, conversation, command, f"reply:{key}")

    async def note(self, conversation: ConversationId, text: str, key: str) -> None:
        """Tell the hub's operators something."""
        await act(self._turns, self._channel, conversation, Note(text=text), f"note:{key}")

    async def close(self, conversation: ConversationId, key: str) -> None:
        """It is over."""
        await act(self._turns, self._channel, conversation, Resolve(), f"close:{key}")


@asynccontextmanager
async def _reading() -> AsyncIterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        raise NotAccepting from error
