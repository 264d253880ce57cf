"""What a channel may show of its own past."""

import asyncio
from collections.abc import AsyncIterator

from connectors.lent import HistoryEvent, MessageShown
from hub.services.channel_history import ChannelHistory
from hub.services.presence import Presence
from hub.store.connection import Connection
from hub.store.presence import Presences
from tests.services.desk import open_desk
from tests.services.live import open_feed


async def test_a_message_that_is_not_decided_yet_is_there_already(connection: Connection) -> None:
    """A visitor who reconnects at once finds the conversation, and what follows comes live."""
    async with open_desk(connection, decide=False) as desk, open_feed(connection) as feed:
        pipeline = desk.pipeline
        history = ChannelHistory(
            desk.shop, pipeline.contacts, pipeline.conversations, pipeline.messages, feed,
            Presence(Presences(connection.database)),
        )  # fmt: skip
        assert await history.threads("test", "visitor") == []
        received = await desk.says("Hello")
        [thread] = await history.threads("test", "visitor")
        assert (thread.id, thread.number) == (received.conversation, 1)
        assert [one.text for one in await history.after(thread.id, 0, 10)] == ["Hello"]
        async with history.subscribe(thread.id) as events:
            assert (await desk.says("More")).position == 2
            async with asyncio.timeout(10):  # what was read already may come once more
                shown = [event async for event in _until(events, "More")]
            assert {event.message.text for event in shown} <= {"Hello", "More"}


async def _until(events: AsyncIterator[HistoryEvent], text: str) -> AsyncIterator[MessageShown]:
    async for event in events:
        assert isinstance(event, MessageShown)
        yield event
        if event.message.text == text:
            return
