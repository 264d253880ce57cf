"""Connectors in a whole hub: through HTTP, the pipeline, a real database, the feed, and back."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from connectors.console.connector import console_token
from connectors.console.terminal import Terminal
from hub.app.channel_secrets import channel_secret
from hub.app.hub import Hub, open_hub
from hub.model.channel import Channel, Reopen, ReopenRule
from hub.model.ids import ChannelId, ConversationId, OperatorId, ProjectId, new_id
from hub.model.message import DeliveryStatus, Message
from hub.model.operator import Role, Scope, Viewer
from hub.services.commands import Command, Reply, Resolve
from hub.settings import Settings
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.indexes import create_indexes
from tests.connectors.doubles import NOON
from tests.connectors.visitor import Client

PROJECT = ProjectId(new_id())
OPERATOR = Viewer(
    operator=OperatorId(new_id()), name="Demo Operator", project=PROJECT, role=Role.ADMIN, scope=Scope.ALL
)


@dataclass
class Site:
    """A hub with one channel, and a browser."""

    hub: Hub
    channel: Channel
    client: Client

    async def thread(self) -> list[Message]:
        """The messages of the only conversation."""
        pipeline = self.hub.pipeline
        async with asyncio.timeout(10):
            while not (waiting := await self._conversations()):
                await asyncio.sleep(0.02)
        return list(await pipeline.messages.window(waiting[0]))

    async def _conversations(self) -> list[ConversationId]:
        rows = self.hub.connection.database["conversations"].find({"channel": self.channel.id}).sort("number", -1)
        return [ConversationId(row["_id"]) async for row in rows]

    async def act(self, command: Command, number: int = 1) -> None:
        """The operator does something in the visitor's `number`th conversation."""
        async with asyncio.timeout(10):
            while len(found := await self._conversations()) < number:
                await asyncio.sleep(0.02)
        await self.hub.pipeline.turns.act(OPERATOR, found[0], command, new_id())


@asynccontextmanager
async def site(
    connection: Connection,
    folder: Path,
    kind: str,
    *,
    sweep_s: float = 0.2,
    knobs: Mapping[str, float] | None = None,
    **more: Any,
) -> AsyncIterator[Site]:
    """A running hub, which looks for forgotten work often, with these `knobs` of its own."""
    await create_indexes(connection.database)
    channel = Channel(
        id=ChannelId(new_id()), project=PROJECT, kind=kind, name="Test", key=new_id(), created_at=NOON, **more
    )
    await Channels(connection.database).add(channel)
    chosen: Any = {"sweep_s": sweep_s, **(knobs or {})}
    settings = Settings(port=0, data_dir=folder, free_space_bytes=0, free_space_share=0, **chosen)
    async with (
        open_hub(settings, connection=connection) as hub,
        aiohttp.ClientSession() as session,
    ):
        await hub.supervisor.opened()
        yield Site(hub, channel, Client(session, hub.address, channel.key))


def reply(text: str) -> Reply:
    """An answer of the operator."""
    return Reply(text=text, seen_position=0, confirm=True)


async def test_a_visitor_and_an_operator_talk(connection: Connection, tmp_path: Path) -> None:
    """Greeting, message, answer, repeat, reconnect and read mark, each seen by the other side."""
    async with site(connection, tmp_path, "webchat", greeting="Welcome!") as at, at.client.socket() as socket:
        token = (await socket.hello(language="ru"))["token"]
        first = await socket.send("message-0001", "Hello")
        assert first["position"] == 1
        greeting = await socket.hear("message")
        assert (greeting["position"], greeting["text"], greeting["author"]) == (2, "Welcome!", "bot")
        assert await socket.send("message-0001", "Hello") == first
        await at.act(reply("How can I help?"))
        answer = await socket.hear("message")
        assert (answer["position"], answer["name"]) == (3, "Demo Operator")
        await socket.say(type="read", position=3)
        async with asyncio.timeout(10):
            while (last := (await at.thread())[-1]).delivery is None or last.delivery.status is not DeliveryStatus.READ:
                await asyncio.sleep(0.02)
        async with at.client.socket() as other:
            welcome = await other.hello(token, position=1)
            assert [one["text"] for one in welcome["messages"]] == ["Welcome!", "How can I help?"]
        assert [one.text for one in await at.thread()] == ["Hello", "Welcome!", "How can I help?"]


async def test_a_new_conversation_goes_on_where_the_old_one_ended(connection: Connection, tmp_path: Path) -> None:
    """The visitor sees one ascending thread, live and after a reconnect."""
    rule = ReopenRule(rule=Reopen.NEW)
    async with site(connection, tmp_path, "webchat", reopen=rule) as at, at.client.socket() as socket:
        token = (await socket.hello())["token"]
        first = await socket.send("message-0001", "Hello")
        await at.act(reply("Done."))
        await socket.hear("message")
        await at.act(Resolve())
        second = await socket.send("message-0002", "One more thing")
        assert second["position"] > first["position"] + 1
        await at.act(reply("Yes?"), number=2)
        assert (await socket.hear("message"))["position"] == second["position"] + 1
        async with at.client.socket() as other:
            welcome = await other.hello(token, position=first["position"])
            assert [one["text"] for one in welcome["messages"]] == ["Done.", "One more thing", "Yes?"]


async def test_a_file_reaches_the_operator(connection: Connection, tmp_path: Path) -> None:
    """With its bytes, and only in the conversation it was sent in."""
    async with site(connection, tmp_path, "webchat") as at, at.client.socket() as socket:
        at.client.token = (await socket.hello())["token"]
        _, file = await at.client.post("attachments?name=plan.txt", data=b"the plan")
        await socket.send("message-0001", attachments=[file["id"]])
        [message] = await at.thread()
        assert [one.name for one in message.attachments] == ["plan.txt"]
        _, page = await at.client.get("messages?after=0")
        path = page["items"][0]["attachments"][0]["url"].partition("/chat/")[2]
        async with at.client.session.get(f"{at.client.url}/chat/{path}") as answer:
            assert await answer.read() == b"the plan"


async def test_a_terminal_gets_what_the_outbox_sends(connection: Connection, tmp_path: Path) -> None:
    """The message is sent once the terminal has shown it."""
    shown: list[str] = []
    async with site(connection, tmp_path, "console") as at:
        token = console_token(channel_secret(at.hub.settings, "console", at.channel.key))
        terminal = Terminal(at.hub.address, at.channel.key, token, "Sample", lambda author, text: shown.append(text))
        answered = asyncio.Event()

        async def lines() -> AsyncIterator[str]:
            yield "Hello"
            await answered.wait()

        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(terminal.talk(lines()))
            await at.act(reply("Good day"))
            while (last := (await at.thread())[-1]).delivery is None or last.delivery.status is not DeliveryStatus.SENT:
                await asyncio.sleep(0.02)
            answered.set()
        assert shown == ["Good day"]
        assert last.delivery.external_ids == (last.id,)
