"""A bot on the simulator, and the connector at work on it."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.base import OutgoingMessage
from connectors.registry import connector_class
from connectors.telegram.connector import Telegram
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.world import Bot
from hub.model.ids import ConversationId
from tests.connectors.doubles import HubDouble, channel_of, outgoing, served

THREAD = ConversationId("c")
TOKEN = "42:SAMPLE-TOKEN"


@dataclass
class Rig:
    """Everything around one connector. `url` is where its routes are."""

    simulator: TelegramSimulator
    bot: Bot
    person: Person
    hub: HubDouble
    connector: Telegram
    url: str = ""
    faults: list[BaseException] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """The connector polls; what it raised is in `faults`."""

        async def listen() -> None:
            try:
                await self.connector.listen(self.hub.receive)
            except Exception as error:  # noqa: BLE001  (what a test looks at)
                self.faults.append(error)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(listen())
            try:
                yield
            finally:
                task.cancel()

    def to(self, text: str = "Hello", value: str = "777", kind: str = "telegram", **more: Any) -> OutgoingMessage:
        """A message of an operator to a chat; `more` are fields of it."""
        made = outgoing(THREAD, kind, value, text)
        return OutgoingMessage(made.message.model_copy(update=more), made.addresses)


def picture(side: int) -> bytes:
    """A grey PNG of that many pixels each way."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@asynccontextmanager
async def playing(
    *, simulator: TelegramSimulator | None = None, opened: bool = True, hub: HubDouble | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """A connector whose routes are served, on a simulator with one bot and one person who has started it."""
    simulator = simulator or TelegramSimulator(seed=1, limits=None)
    bot = simulator.world.bots.get(TOKEN) or simulator.add_bot(TOKEN)
    person = simulator.person(
        bot, 777, "Sample", last_name="Customer", username="sample_customer", language_code="ru", phone="79161234567"
    )
    person.account.started.add(bot.id)
    hub = hub or HubDouble()
    async with simulator.serving() as api_url:
        given = {"token": TOKEN, "api_url": api_url, "poll_timeout_s": 1, **settings}
        connector = connector_class("telegram")(channel_of("telegram", **given), hub.services())
        assert isinstance(connector, Telegram)
        rig = Rig(simulator, bot, person, hub, connector)
        if not opened:
            yield rig
            return
        async with served(connector, hub) as rig.url:
            yield rig
