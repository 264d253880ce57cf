"""What a channel may show of its own past: the threads of one contact, and what changes in them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from connectors.errors import NotAccepting
from connectors.lent import Behind, HistoryEvent, MessageShown, OperatorRead, OperatorTyping, Thread
from hub.model.channel import Channel
from hub.model.events import Sender
from hub.model.feed import Change, ChangeKind
from hub.model.ids import ConversationId
from hub.model.message import Message
from hub.services.errors import Unavailable
from hub.services.feed import Feed
from hub.services.numbers import conversation_id
from hub.services.presence import Presence
from hub.services.subscription import Subscription
from hub.store.connection import retrying
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.errors import StoreUnavailable
from hub.store.messages import Messages

ResultT = TypeVar("ResultT")


class ChannelHistory:
    """The `History` of `connectors.lent` for one channel."""

    def __init__(
        self,
        channel: Channel,
        contacts: Contacts,
        conversations: Conversations,
        messages: Messages,
        feed: Feed,
        presence: Presence,
    ) -> None:
        self._channel, self._contacts, self._conversations = channel, contacts, conversations
        self._messages, self._feed, self._presence = messages, feed, presence

    async def threads(self, kind: str, value: str) -> Sequence[Thread]:
        """The conversations that the contact behind an address has on this channel, in their order."""
        sender, channel = Sender(kind=kind, value=value), self._channel
        contact = await _read(lambda: self._contacts.at(channel.project, sender))
        if contact is None:
            return []
        found = await _read(lambda: self._conversations.of_contact_on(channel.id, contact))
        threads = [Thread(conversation.id, conversation.number) for conversation in found]
        number = threads[-1].number + 1 if threads else 1
        begun = Thread(conversation_id(channel.id, contact, number), number)
        # A conversation whose first message is stored and not decided yet: its list document comes in a moment.
        return [*threads, begun] if await _read(lambda: self._messages.last_position(begun.id)) else threads

    async def after(self, conversation: ConversationId, position: int, limit: int) -> Sequence[Message]:
        """Up to `limit` messages to and from the contact after `position`, ascending."""
        return await _read(lambda: self._messages.window(conversation, after=position, limit=limit, public=True))

    @asynccontextmanager
    async def subscribe(self, conversation: ConversationId) -> AsyncIterator[AsyncIterator[HistoryEvent]]:
        """What changes from the moment of entering on."""
        async with AsyncExitStack() as stack:
            try:
                changes = await stack.enter_async_context(self._feed.subscribe_conversation(conversation))
            except Unavailable as error:
                raise NotAccepting(error.retry_after_s, error.detail) from error
            yield _events(changes)

    async def typing(self, conversation: ConversationId) -> None:
        """The contact is writing."""
        newest = await _read(lambda: self._messages.newest(conversation))
        if newest is not None:
            await self._presence.contact_types(self._channel.project, conversation, newest.contact)


async def _read(operation: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """What a read gives. Raises `NotAccepting` while the database is away, as connectors expect it."""
    try:
        return await retrying(operation)
    except StoreUnavailable as error:
        raise NotAccepting from error


async def _events(changes: Subscription) -> AsyncIterator[HistoryEvent]:
    async for change in changes:
        if not isinstance(change, Change):
            yield Behind()
            return
        event = _event(change)
        if event is not None:
            yield event


def _event(change: Change) -> HistoryEvent | None:
    match change.kind:
        case ChangeKind.MESSAGE:
            return MessageShown(Message.model_validate(change.data))
        case ChangeKind.PRESENCE:
            return OperatorTyping(str(change.data.get("name") or "") or None) if change.data.get("typing") else None
        case ChangeKind.READ_MARK:
            position = change.data.get("position")
            return OperatorRead(position) if isinstance(position, int) else None
        case _:
            return None
