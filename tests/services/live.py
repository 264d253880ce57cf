"""A feed on a test's database, its readers, and a screen that lives on it as the inbox does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub.app.background import background
from hub.app.pipeline import Pipeline
from hub.model.base import Stored
from hub.model.feed import Change, ChangeKind, Delivered, Reload
from hub.model.ids import ConversationId
from hub.model.operator import Viewer
from hub.model.turn import activity_of
from hub.model.views import View
from hub.services.feed import Feed
from hub.services.subscription import Subscription
from hub.store.changes import REWIND_S, Changes
from hub.store.connection import Connection
from hub.store.places import Places


@asynccontextmanager
async def open_feed(connection: Connection, *, rewind_s: int = REWIND_S, **bounds: Any) -> AsyncIterator[Feed]:
    """A running feed. Several on one database are several processes."""
    changes = Changes(connection.feed_database, rewind_s=rewind_s, await_ms=200)
    feed = Feed(changes, Places(connection.feed_database), **bounds)
    async with background(feed.run):
        yield feed


async def following(changes: Subscription, kind: ChangeKind, count: int, within_s: float = 30) -> list[Change]:
    """The next `count` changes of `kind`; others in between are passed over."""
    found: list[Change] = []
    async with asyncio.timeout(within_s):
        while len(found) < count:
            told = await anext(changes)
            assert isinstance(told, Change), told
            if told.kind is kind:
                found.append(told)
    return found


async def last_word(changes: Subscription, within_s: float = 10) -> Delivered:
    """What the subscription ends with."""
    async with asyncio.timeout(within_s):
        return [told async for told in changes][-1]


class Screen:
    """What a browser holds: every conversation its person sees, with its thread, by one reading and the changes since.

    It knows nothing but what the protocol says: replace when the revision is not lower, read a thread when a
    conversation appears, forget what was removed, read everything again after a reload.
    """

    def __init__(self, pipeline: Pipeline, viewer: Viewer) -> None:
        self.pipeline, self.viewer = pipeline, viewer
        self.conversations: dict[str, Any] = {}
        self.messages: dict[str, dict[int, Any]] = {}
        self.activities: dict[str, dict[int, Any]] = {}
        self.cursor: str | None = None
        self.reloads = 0

    def held(self) -> tuple[Any, ...]:
        """Everything on the screen."""
        return self.conversations, self.messages, self.activities

    async def live(self, feed: Feed) -> None:
        """Say hello, and follow until cancelled."""
        while True:
            fresh = self.cursor is None
            async with feed.subscribe(self.viewer, self.cursor) as changes:
                if fresh:
                    await self.read_everything()
                    self.cursor = changes.cursor  # not before: the line may be cut while the page reads
                async for told in changes:
                    if isinstance(told, Reload):
                        self.cursor = None
                        self.reloads += 1
                    else:
                        assert isinstance(told, Change)
                        await self.apply(told)
                        self.cursor = told.cursor

    async def read_everything(self) -> None:
        """What the page reads when it starts."""
        self.conversations, self.messages, self.activities = {}, {}, {}
        for view in (View.ALL, View.SPAM):
            found, _ = await self.pipeline.conversations.list(self.viewer, view, limit=1000)
            for conversation in found:
                self.conversations[conversation.id] = _shown(conversation)
        for identifier in list(self.conversations):
            await self._read_thread(identifier)

    async def apply(self, change: Change) -> None:
        """One change, as the protocol says."""
        data, conversation = change.data, str(change.conversation)
        match change.kind:
            case ChangeKind.CONVERSATION:
                known = self.conversations.get(conversation)
                if known is None:
                    await self._read_thread(conversation)
                if known is None or data["revision"] >= known["revision"]:
                    self.conversations[conversation] = data
            case ChangeKind.MESSAGE if conversation in self.messages:
                thread, position = self.messages[conversation], int(str(data["position"]))
                if position not in thread or data["revision"] >= thread[position]["revision"]:
                    thread[position] = data
            case ChangeKind.ACTIVITY if conversation in self.activities:
                self.activities[conversation][int(str(data["seq"]))] = data
            case ChangeKind.REMOVED:
                for part in (self.conversations, self.messages, self.activities):
                    part.pop(conversation, None)
            case _:
                pass

    async def _read_thread(self, identifier: str) -> None:
        conversation = ConversationId(identifier)
        messages = await self.pipeline.messages.window(conversation, limit=10_000)
        turns = await self.pipeline.turn_store.activities(conversation, 0, 1_000_000, limit=10_000)
        self.messages[identifier] = {message.position: _shown(message) for message in messages}
        shown = [activity_of(turn) for turn in turns]
        self.activities[identifier] = {found.seq: _shown(found) for found in shown if found is not None}


def _shown(thing: Stored) -> dict[str, Any]:
    return thing.model_dump(mode="json")
