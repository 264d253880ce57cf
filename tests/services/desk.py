"""A small project in a fresh database, and a service that notes what reaches it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from connectors.base import Capabilities, Connector, OutgoingMessage, Sent
from hub.app.pipeline import Pipeline, Surroundings, open_pipeline
from hub.app.process import Process
from hub.model.channel import Channel
from hub.model.content import Details, Quote
from hub.model.events import MessageReceived, Received, Sender, Unreadable
from hub.model.flow import StartRule
from hub.model.ids import ChannelId, ConversationId, OperatorId, ProjectId
from hub.model.message import Message
from hub.model.operator import Role, Scope, Viewer
from hub.settings import Settings
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.indexes import create_indexes

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = ProjectId("project")


def viewer(name: str, scope: Scope = Scope.ALL, role: Role = Role.OPERATOR) -> Viewer:
    """An operator of the project."""
    return Viewer(operator=OperatorId(name), name=f"Operator {name}", project=PROJECT, role=role, scope=scope)


@dataclass
class Service:
    """A messaging service: every message handed to it, and the errors it is going to answer with."""

    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=4000, attachment_bytes=0, receipts=True)
    kind: ClassVar[str] = "recorder"
    seen: list[Message] = field(default_factory=list)
    errors: deque[Exception] = field(default_factory=deque)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    up: bool = True
    """Whether the channel runs in this hub."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """Note the message, then answer with the next planned error or an id."""
        self.seen.append(message.message)
        await self.hold.wait()
        if self.errors:
            raise self.errors.popleft()
        return Sent(external_ids=(f"s{len(self.seen)}",))


@dataclass
class Desk:
    """A running pipeline with two channels: `shop` stores what it sends, `phone` hands it to `service`."""

    pipeline: Pipeline
    service: Service
    shop: Channel
    phone: Channel
    parked: list[Unreadable] = field(default_factory=list)

    async def park(self, channel: Channel, event: Unreadable) -> None:
        """Keep what cannot be read."""
        self.parked.append(event)

    async def says(
        self,
        text: str,
        *,
        who: str = "visitor",
        key: str | None = None,
        channel: Channel | None = None,
        button: str | None = None,
        seen: int | None = None,
        quotes: str | None = None,
    ) -> Received:
        """The contact `who` writes, or presses a button. `quotes` is the service's id of the message replied to."""
        event = MessageReceived(
            external_id=key or f"{who}:{text}", sender=Sender(kind="test", value=who, name=who), text=text,
            button=button, seen=seen, details=Details(quote=Quote(external_id=quotes)) if quotes else None,
        )  # fmt: skip
        return (await self.pipeline.inbound.receive(channel or self.shop, [event]))[0]

    async def thread(self, conversation: ConversationId) -> list[Message]:
        """Every message of the conversation."""
        return list(await self.pipeline.messages.window(conversation, limit=10_000))


def channel(name: str, kind: str, greeting: str | None = None, rules: tuple[StartRule, ...] = ()) -> Channel:
    """A channel of the project."""
    return Channel(
        id=ChannelId(name), project=PROJECT, kind=kind, name=name, key=name, greeting=greeting, flows=rules,
        created_at=NOW,
    )  # fmt: skip


@asynccontextmanager
async def open_desk(
    connection: Connection,
    *,
    decide: bool = True,
    greeting: str | None = None,
    rules: tuple[StartRule, ...] = (),
    service: Service | None = None,
    clock: DatabaseClock | None = None,
    shop_kind: str = "webchat",
    process: Process | None = None,
    **settings: object,
) -> AsyncIterator[Desk]:
    """A desk on a fresh database. Several desks on one database are several hubs."""
    await create_indexes(connection.database)
    service = service or Service()
    service.hold.set()
    shop, phone = channel("shop", shop_kind, greeting, rules), channel("phone", "recorder", greeting, rules)
    parked: list[Unreadable] = []

    async def load(wanted: ChannelId) -> Channel | None:
        return {shop.id: shop, phone.id: phone}.get(wanted)

    class Parks:
        async def park(self, channel: Channel, event: Unreadable) -> None:
            parked.append(event)

    around = Surroundings(
        load_channel=load,
        stored_is_sent={"webchat": True},
        connector=lambda wanted: _as_connector(service) if service.up and wanted == phone.id else None,
        sending_channels=lambda: [phone.id] if service.up else [],
        sent=lambda _: None,
        parked=Parks(),
    )
    chosen = {"sweep_s": 0.2, "free_space_bytes": 0, "free_space_share": 0, **settings}
    options = Settings(**chosen)  # type: ignore[arg-type]
    async with open_pipeline(connection, options, around, decide=decide, clock=clock, process=process) as pipeline:
        yield Desk(pipeline, service, shop, phone, parked)


def _as_connector(service: Service) -> Connector:
    return service  # type: ignore[return-value]  # the outbox only sends


async def eventually(check: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
    """Wait until `check` holds; fail when it does not in time."""
    async with asyncio.timeout(within_s):
        while not await check():
            await asyncio.sleep(0.02)
