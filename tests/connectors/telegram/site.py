"""A whole hub with a Telegram channel: through the simulator, the pipeline, a real database and back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.app.hub import Hub, open_hub
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.world import Bot
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ConversationId, OperatorId, ProjectId, new_id
from hub.model.message import Message
from hub.model.operator import Role, Scope, Viewer
from hub.services.commands import Command, Reply
from hub.settings import Settings
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.indexes import create_indexes
from tests.connectors.doubles import NOON
from tests.connectors.telegram.rig import TOKEN

PROJECT = ProjectId(new_id())
OPERATOR = Viewer(
    operator=OperatorId(new_id()), name="Demo Operator", project=PROJECT, role=Role.ADMIN, scope=Scope.ALL
)


@dataclass
class Site:
    """A running hub, and a person with a phone."""

    hub: Hub
    channel: Channel
    simulator: TelegramSimulator
    bot: Bot
    person: Person

    async def conversations(self) -> list[ConversationId]:
        """The listed conversations of the channel, in their order."""
        rows = self.hub.connection.database["conversations"].find({"channel": self.channel.id}).sort("_id", 1)
        return [ConversationId(row["_id"]) async for row in rows]

    async def thread(self, conversation: ConversationId | None = None) -> list[Message]:
        """The messages of a conversation, by default of the only one."""
        async with asyncio.timeout(60):
            while not (found := await self.conversations()):
                await asyncio.sleep(0.02)
        return list(await self.hub.pipeline.messages.window(conversation or found[0], limit=1_000))

    async def until(self, fits: Callable[[Sequence[Message]], Any], within_s: float = 60) -> Sequence[Message]:
        """The thread, as soon as it fits."""
        async with asyncio.timeout(within_s):
            while not fits(thread := await self.thread()):
                await asyncio.sleep(0.03)
        return thread

    async def act(self, command: Command) -> None:
        """The operator does something in the only conversation."""
        await self.thread()
        [conversation] = await self.conversations()
        await self.hub.pipeline.turns.act(OPERATOR, conversation, command, new_id())


def reply(text: str, **more: Any) -> Reply:
    """An answer of the operator."""
    return Reply(text=text, seen_position=0, confirm=True, **more)


@asynccontextmanager
async def site(
    connection: Connection,
    folder: Path,
    *,
    simulator: TelegramSimulator | None = None,
    bot: Bot | None = None,
    **settings: Any,
) -> AsyncIterator[Site]:
    """A hub that polls a simulator."""
    await create_indexes(connection.database)
    simulator = simulator or TelegramSimulator(seed=1)
    bot = bot or simulator.add_bot(TOKEN)
    person = simulator.person(bot, 777, "Sample", last_name="Customer", username="sample", phone="79161234567")
    async with simulator.serving() as api_url:
        given = {"token": TOKEN, "api_url": api_url, **settings}
        channel = Channel(
            id=ChannelId(new_id()), project=PROJECT, kind="telegram", name="Test", key=new_id(), settings=given,
            created_at=NOON,
        )  # fmt: skip
        await Channels(connection.database).add(channel)
        async with _running(connection, folder) as hub:
            yield Site(hub, channel, simulator, bot, person)


@asynccontextmanager
async def again(
    connection: Connection, folder: Path, simulator: TelegramSimulator, before: Site
) -> AsyncIterator[Site]:
    """Another hub on the database and the Telegram of one that has ended."""
    port = int(str(before.channel.settings["api_url"]).rpartition(":")[2])
    async with simulator.serving(port=port), _running(connection, folder) as hub:
        yield Site(hub, before.channel, simulator, before.bot, before.person)


@asynccontextmanager
async def _running(connection: Connection, folder: Path) -> AsyncIterator[Hub]:
    options = Settings(port=0, data_dir=folder, free_space_bytes=0, free_space_share=0, sweep_s=0.2)
    async with open_hub(options, connection=connection) as hub:
        await hub.supervisor.opened()
        yield hub
