"""What the hub lends to a connector, in memory: as strict as the real thing, and it remembers what it was told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from connectors.base import Connector, OpenedFile, OutgoingMessage, Services
from connectors.errors import NotAccepting, PayloadInvalid
from connectors.lent import Behind, Calls, Egress, HistoryEvent, Invitations, MessageShown, Relay, Thread
from hub.model.attachment import AttachmentRef, NewFile
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import InboundEvent, MessageReceived, Received, Unreadable
from hub.model.ids import (
    AddressId,
    AttachmentId,
    ChannelId,
    ContactId,
    ConversationId,
    MessageId,
    ProjectId,
    derived_id,
    new_id,
)
from hub.model.message import Actor, ActorKind, Button, Direction, Message

PROJECT = ProjectId(derived_id("project", "tests"))
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


def channel_of(kind: str, **settings: Any) -> Channel:
    """A channel with these settings."""
    return Channel(
        id=ChannelId(new_id()),
        project=PROJECT,
        kind=kind,
        name="Test",
        key=new_id(),
        settings=settings,
        created_at=NOON,
    )


class HubDouble:
    """Receives, remembers and shows. `accepting` False refuses for `busy_s`, `gate` cleared makes `receive` wait."""

    def __init__(self) -> None:
        self.time = NOON
        self.accepting = True
        self.busy_s: float = 7
        self.gate = asyncio.Event()
        self.gate.set()
        self.offered: list[InboundEvent] = []
        self.events: list[InboundEvent] = []
        self.parked: dict[str, Unreadable] = {}
        self.messages: dict[ConversationId, list[Message]] = {}
        self.by_external_id: dict[str, Message] = {}
        self.threads_of: dict[tuple[str, str], list[Thread]] = {}
        self.start_anew = False
        self.subscribers: dict[ConversationId, set[asyncio.Queue[HistoryEvent]]] = {}
        self.typed: list[ConversationId] = []
        self.invitations: Invitations | None = None
        self.files: dict[AttachmentId, tuple[AttachmentRef, str, bytes]] = {}

    def now(self) -> datetime:
        """The clock."""
        return self.time

    def services(
        self, *, calls: Calls | None = None, egress: Egress | None = None, relay: Relay | None = None
    ) -> Services:
        """What a connector gets."""
        return Services(
            relay=relay,
            invitations=self.invitations,
            calls=calls,
            egress=egress,
            secret=b"s" * 32,
            attachments=FilesDouble(self),
            history=HistoryDouble(self),
            marks=MarksDouble(),
            clock=self,
            base_url="http://hub.example.test",
            client_address=lambda request: request.headers.get("X-Test-Address", "192.0.2.1"),
        )

    async def receive(self, events: Sequence[InboundEvent]) -> Sequence[Received]:
        """Store each once. Nothing is stored before the gate is open."""
        self.offered += events
        await self.gate.wait()
        if not self.accepting:
            raise NotAccepting(self.busy_s)
        return [self._store(event) for event in events]

    def _store(self, event: InboundEvent) -> Received:
        if isinstance(event, Unreadable):
            self.parked.setdefault(event.external_id, event)
            return Received(external_id=event.external_id, parked=True)
        if not isinstance(event, MessageReceived):
            self.events.append(event)
            return Received(external_id=event.external_id)
        known = self.by_external_id.get(event.external_id)
        if known is None:
            self.events.append(event)
            known = self._append(event)
            return self._received(event, known, repeated=False)
        return self._received(event, known, repeated=True)

    def _received(self, event: MessageReceived, message: Message, *, repeated: bool) -> Received:
        return Received(
            external_id=event.external_id, conversation=message.conversation, message=message.id,
            position=message.position, at=message.created_at, repeated=repeated,
        )  # fmt: skip

    def _append(self, event: MessageReceived) -> Message:
        threads = self.threads_of.setdefault((event.sender.kind, event.sender.value), [])
        if not threads or self.start_anew:
            self.start_anew = False
            threads.append(Thread(ConversationId(new_id()), len(threads) + 1))
        message = self._message(
            threads[-1].id, Direction.IN, Actor(kind=ActorKind.CONTACT), event.text, external_id=event.external_id,
            attachments=event.attachments,
        )  # fmt: skip
        self.by_external_id[event.external_id] = message
        self._show(message)
        return message

    def _message(
        self,
        conversation: ConversationId,
        direction: Direction,
        author: Actor,
        text: str,
        *,
        external_id: str | None = None,
        attachments: tuple[AttachmentRef, ...] = (),
        buttons: tuple[Button, ...] = (),
    ) -> Message:
        row = self.messages.setdefault(conversation, [])
        message = Message(
            id=MessageId(new_id()), project=PROJECT, conversation=conversation, channel=ChannelId("c"),
            contact=ContactId("p"), position=len(row) + 1, direction=direction, author=author, text=text,
            external_id=external_id, attachments=attachments, buttons=buttons, created_at=self.time,
        )  # fmt: skip
        row.append(message)
        return message

    def reply(
        self, conversation: ConversationId, text: str, *, note: bool = False, buttons: Iterable[Button] = ()
    ) -> Message:
        """An operator writes."""
        author = Actor(kind=ActorKind.OPERATOR, id="o", name="Demo Operator")
        direction = Direction.NOTE if note else Direction.OUT
        message = self._message(conversation, direction, author, text, buttons=tuple(buttons))
        self._show(message)
        return message

    def says(self, conversation: ConversationId, text: str) -> Message:
        """The contact writes, on another channel."""
        message = self._message(conversation, Direction.IN, Actor(kind=ActorKind.CONTACT), text)
        self._show(message)
        return message

    async def during(self, work: Coroutine[Any, Any, None], condition: Callable[[], Any]) -> None:
        """Run `work` until something is so, then cancel it."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(work)
            await until(condition)
            running.cancel()

    def tell(self, conversation: ConversationId, event: HistoryEvent) -> None:
        """Something happened in a conversation."""
        for queue in self.subscribers.get(conversation, ()):
            queue.put_nowait(event)

    def _show(self, message: Message) -> None:
        if message.direction is not Direction.NOTE:
            self.tell(message.conversation, MessageShown(message))

    @property
    def texts(self) -> list[str]:
        """The texts that were received, each once, in their order."""
        return [event.text for event in self.events if isinstance(event, MessageReceived)]

    @property
    def only_thread(self) -> ConversationId:
        """The conversation, when there is one."""
        [conversation] = self.messages
        return conversation


class CallsDouble:
    """Webhooks that note who was called. `error` is what the next call raises."""

    def __init__(self) -> None:
        self.made: list[tuple[str, MessageId, str]] = []
        self.error: Exception | None = None

    async def call(self, webhook: str, message: Message, body: str) -> None:
        self.made.append((webhook, message.id, body))
        if self.error is not None:
            raise self.error


class EgressDouble:
    """Addresses that hold their own name."""

    async def download(self, url: str) -> AsyncIterator[bytes]:
        yield url.encode()


class MarksDouble:
    """What the channel remembers, kept while the test runs."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.tallies: dict[str, Counter[int]] = {}

    async def get(self, name: str) -> str | None:
        return self.values.get(name)

    async def tally(self, name: str, slot: int, oldest: int, more: int) -> Mapping[int, int]:
        known = self.tallies.setdefault(name, Counter())
        known[slot] += more
        return {one: count for one, count in known.items() if one >= oldest}

    async def set(self, name: str, value: str) -> None:
        self.values[name] = value

    async def remove(self, name: str) -> None:
        self.values.pop(name, None)

    async def beginning(self, prefix: str) -> Mapping[str, str]:
        return {name: value for name, value in sorted(self.values.items()) if name.startswith(prefix)}


class HistoryDouble:
    """`History` over what the double received."""

    def __init__(self, hub: HubDouble) -> None:
        self._hub = hub

    async def threads(self, kind: str, value: str) -> Sequence[Thread]:
        return list(self._hub.threads_of.get((kind, value), ()))

    async def after(self, conversation: ConversationId, position: int, limit: int) -> Sequence[Message]:
        row = self._hub.messages.get(conversation, ())
        public = [one for one in row if one.direction is not Direction.NOTE and one.position > position]
        return public[:limit]

    @asynccontextmanager
    async def subscribe(self, conversation: ConversationId) -> AsyncIterator[AsyncIterator[HistoryEvent]]:
        queue: asyncio.Queue[HistoryEvent] = asyncio.Queue()
        self._hub.subscribers.setdefault(conversation, set()).add(queue)
        try:
            yield _drain(queue)
        finally:
            self._hub.subscribers[conversation].discard(queue)

    async def typing(self, conversation: ConversationId) -> None:
        self._hub.typed.append(conversation)


async def _drain(queue: asyncio.Queue[HistoryEvent]) -> AsyncIterator[HistoryEvent]:
    while True:
        event = await queue.get()
        yield event
        if isinstance(event, Behind):
            return


class FilesDouble:
    """`Attachments` in memory."""

    def __init__(self, hub: HubDouble) -> None:
        self._hub = hub

    async def store(self, name: str, uploader: str, pieces: AsyncIterator[bytes]) -> AttachmentRef:
        raw = b"".join([piece async for piece in pieces])
        if not raw:
            raise PayloadInvalid("The file is empty.", "empty_file")
        file = AttachmentRef(id=AttachmentId(new_id()), name=name, media_type="text/plain", size_bytes=len(raw))
        self._hub.files[file.id] = file, uploader, raw
        return file

    async def store_all(self, uploader: str, files: Sequence[NewFile]) -> Sequence[AttachmentRef | None]:
        return [await self.store(one.name, uploader, _pieces(one.content)) if one.content else None for one in files]

    async def uploaded(self, attachment: AttachmentId, uploader: str) -> AttachmentRef | None:
        found = self._hub.files.get(attachment)
        return found[0] if found and found[1] == uploader else None

    async def open(self, attachment: AttachmentId) -> OpenedFile | None:
        found = self._hub.files.get(attachment)
        return OpenedFile(found[0], _pieces(found[2])) if found else None


async def _pieces(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


def outgoing(conversation: ConversationId, kind: str, value: str, text: str = "Hello") -> OutgoingMessage:
    """A message to be sent to an address."""
    contact = ContactId("p")
    message = Message(
        id=MessageId(new_id()), project=PROJECT, conversation=conversation, channel=ChannelId("c"), contact=contact,
        position=1, direction=Direction.OUT, author=Actor(kind=ActorKind.OPERATOR, name="Demo Operator"), text=text,
        created_at=NOON,
    )  # fmt: skip
    address = Address(id=AddressId("a"), project=PROJECT, contact=contact, kind=kind, value=value, created_at=NOON)
    return OutgoingMessage(message, (address,))


@asynccontextmanager
async def served(connector: Connector, hub: HubDouble) -> AsyncIterator[str]:
    """The connector's routes on a real server; gives its address."""
    application = web.Application()
    application.add_routes(connector.routes(hub.receive))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await connector.open()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await connector.close()
        await runner.cleanup()


async def until(condition: Any, within_s: float = 5.0) -> None:
    """Return when `condition()` is true; fail after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


def later(moment: datetime, **by: float) -> datetime:
    """`moment` and a while."""
    return moment + timedelta(**by)
