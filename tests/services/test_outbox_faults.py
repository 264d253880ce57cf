"""Sending, with a fault between any two of its steps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent, Services
from connectors.errors import ChannelThrottled, ConnectorError, ContactUnreachable, MessageRejected, SendUncertain
from connectors.reasons import as_said
from connectors.registry import KINDS
from hub.app.hub import Hub, open_hub
from hub.model.channel import Channel
from hub.model.conversation import Control
from hub.model.events import InboundEvent, MessageReceived, Receive, Sender
from hub.model.ids import ChannelId, ConversationId
from hub.model.message import Delivery, DeliveryStatus, Message
from hub.model.turn import Say, TurnKind
from hub.services.attempts import Attempts
from hub.services.commands import Reply
from hub.services.decisions import BOT, Decision
from hub.settings import Settings
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.indexes import create_indexes
from tests.services.desk import PROJECT, Desk, channel, eventually, open_desk, viewer
from tests.services.faults import Faulty, sets

ANNA = viewer("a")


async def test_stop_waits_for_a_claim_that_is_under_way(connection: Connection) -> None:
    """A message whose claim is being stored when the hub stops is sent and marked so, not left as if in flight."""
    async with asyncio.TaskGroup() as group:
        async with open_desk(connection) as desk:
            claims = Faulty(
                desk.pipeline.outgoing._collection, "find_one_and_update", sets("delivery.status", "sending")
            )
            desk.pipeline.outgoing._collection = claims  # type: ignore[assignment]
            claims.hold(arrives=True)
            conversation = await opened(desk)
            await says_once(desk, conversation, "hello")
            await claims.met.wait()
            group.create_task(once_it_stops(desk, claims))
        assert await statuses(connection) == ["sent"]
        assert len(desk.service.seen) == 1


UNSTORABLE = "550 \udcd1\udce5\udced\udcf2 \x00"
"""As a library hands on bytes that are no UTF-8."""


@pytest.mark.parametrize(
    "error",
    [MessageRejected("smtp_550", UNSTORABLE), ContactUnreachable(UNSTORABLE), ChannelThrottled(0.1, UNSTORABLE), None],
    ids=["rejected", "unreachable", "later", "sent, but"],
)
async def test_what_no_store_can_keep_of_an_answer_sends_nothing_twice(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, error: ConnectorError | None
) -> None:
    """The message is marked with the rest of what the service says; else it would be sent again and again."""
    async with open_desk(connection, send_lease_s=0.5) as desk:
        sent = Sent(("s1",), () if error else (as_said(UNSTORABLE),))
        calls = 0

        async def send(_message: OutgoingMessage) -> Sent:
            nonlocal calls
            calls += 1
            if error is not None and calls == 1:
                raise error
            return sent

        monkeypatch.setattr(desk.service, "send", send)
        conversation = await opened(desk)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k")
        await eventually(lambda: final(connection))
        failed = isinstance(error, MessageRejected | ContactUnreachable)
        assert await statuses(connection) == ["failed" if failed else "sent"]
        assert calls == (2 if isinstance(error, ChannelThrottled) else 1)
        row = await connection.database["messages"].find_one({"text": "hello"})
        assert row is not None
        assert row["delivery"]["reason"] == (None if isinstance(error, ChannelThrottled) else "550  ")
        assert not row["delivery"]["may_repeat"]


async def test_stop_gives_every_lease_back(connection: Connection) -> None:
    """The next hub can send at once, also where the stop came while a lease was given back."""
    async with asyncio.TaskGroup() as group:
        async with open_desk(connection) as desk:
            releases = Faulty(desk.pipeline.leases._collection, "update_one")
            desk.pipeline.leases._collection = releases  # type: ignore[assignment]
            releases.hold()
            conversation = await opened(desk)
            await says_once(desk, conversation, "hello")
            await releases.met.wait()
            group.create_task(once_it_stops(desk, releases))
        assert [lease["owner"] async for lease in connection.database["leases"].find({})] == [None]


async def test_hub_stops_although_the_database_takes_no_lease_back(connection: Connection) -> None:
    """A send that outlives the stop is cut, and losing the database at that moment holds nothing up."""
    async with asyncio.timeout(20), open_desk(connection, shutdown_s=0.1) as desk:
        releases = Faulty(desk.pipeline.leases._collection, "update_one")
        desk.pipeline.leases._collection = releases  # type: ignore[assignment]
        releases.lose(1000)
        desk.service.hold.clear()
        conversation = await opened(desk)
        await says_once(desk, conversation, "hello")
        await eventually(lambda: seen(desk, 1))
    assert await statuses(connection) == ["sending"]


@pytest.mark.parametrize("arrives", [False, True])
async def test_what_the_service_took_is_marked_when_the_database_is_back(connection: Connection, arrives: bool) -> None:
    """An outage between the send and its mark makes no second copy while the hub lives."""
    async with open_desk(connection) as desk:
        moves = desk.pipeline.outgoing._moves
        marks = Faulty(moves._collection, "bulk_write")
        moves._collection = marks  # type: ignore[assignment]
        marks.lose(3, arrives=arrives)
        conversation = await opened(desk)
        await reply(desk, conversation, "one")
        await reply(desk, conversation, "two")
        await eventually(lambda: final(connection))
        assert [message.text for message in desk.service.seen] == ["one", "two"]
        assert not any(m.delivery.may_repeat for m in await desk.thread(conversation) if m.delivery)


async def test_message_for_once_is_sent_although_its_address_was_not_read_at_first(connection: Connection) -> None:
    """What failed before anything went out is not uncertain."""
    async with open_desk(connection) as desk:
        conversation = await opened(desk)
        addresses = Faulty(desk.pipeline.contacts._addresses, "find")
        desk.pipeline.contacts._addresses = addresses  # type: ignore[assignment]
        addresses.lose(2)
        await says_once(desk, conversation, "your code")
        await eventually(lambda: final(connection))
        assert await statuses(connection) == ["sent"]
        assert len(desk.service.seen) == 1


async def test_uncertain_message_for_once_fails_and_is_never_repeated(connection: Connection) -> None:
    """A one-time code is not sent twice: the operator reads that it may have arrived."""
    async with open_desk(connection) as desk:
        conversation = await opened(desk)
        desk.service.errors.append(SendUncertain("No answer."))
        await says_once(desk, conversation, "your code")
        await eventually(lambda: final(connection))
        [delivery] = [message.delivery for message in await desk.thread(conversation) if message.delivery]
        assert (delivery.status, delivery.code) == (DeliveryStatus.FAILED, "uncertain")
        assert len(desk.service.seen) == 1


async def test_failure_nobody_foresaw_is_uncertain_and_says_so(connection: Connection) -> None:
    """A bug of a connector backs off like everything else, and the operator reads what it was."""
    async with open_desk(connection) as desk:
        conversation = await opened(desk)
        desk.service.errors.extend([RuntimeError("bug")] * 50)
        await reply(desk, conversation, "hello")
        await eventually(lambda: explained(desk, conversation))
        delivery = (await desk.thread(conversation))[-1].delivery
        assert delivery is not None
        assert "RuntimeError" in str(delivery.reason)
        assert delivery.may_repeat
        desk.service.errors.clear()
        await eventually(lambda: final(connection))
        assert await statuses(connection) == ["sent"]


async def test_contact_who_cannot_be_reached_fails_the_message_although_the_note_was_lost(
    connection: Connection,
) -> None:
    """The service's word counts even when the database loses the note about the address."""
    async with open_desk(connection) as desk:
        conversation = await opened(desk)
        notes = Faulty(desk.pipeline.contacts._addresses, "update_one")
        desk.pipeline.contacts._addresses = notes  # type: ignore[assignment]
        notes.lose(1)
        desk.service.errors.append(ContactUnreachable("blocked"))
        await reply(desk, conversation, "hello")
        await eventually(lambda: final(connection))
        assert await statuses(connection) == ["failed"]
        assert len(desk.service.seen) == 1


async def test_message_expires_while_its_channel_is_down(connection: Connection) -> None:
    """Nobody waits for ever on a channel that was switched off: the message fails with a reason."""
    async with open_desk(connection, send_expires_s=0.3) as desk:
        conversation = await opened(desk)
        desk.service.up = False
        await reply(desk, conversation, "hello")
        await eventually(lambda: final(connection))
        delivery = (await desk.thread(conversation))[-1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.code) == (DeliveryStatus.FAILED, "expired")
        assert delivery.reason
        # The operator presses "retry" when the channel is back.
        desk.service.up = True
        again = Delivery(expires_at=desk.pipeline.clock.now() + timedelta(minutes=1))
        change = again.model_dump(include={"status", "attempts", "due_at", "expires_at", "code", "reason"})
        [message] = [message for message in await desk.thread(conversation) if message.delivery]
        assert await desk.pipeline.outgoing.move(message.id, DeliveryStatus.FAILED, change)
        await eventually(lambda: final(connection))
        assert await statuses(connection) == ["sent"]


async def test_many_conversations_that_wait_for_a_service_do_not_hide_one_that_can_be_sent(
    connection: Connection,
) -> None:
    """The sweep looks for what is due, not for everything that waits."""
    async with open_desk(connection, decide=False) as desk:
        for number in range(4):
            received = await desk.says("hi", who=f"v{number}", channel=desk.phone)
            conversation = ConversationId(str(received.conversation))
            await desk.pipeline.turns._settle(conversation)
            await reply(desk, conversation, f"r{number}")
        now = desk.pipeline.clock.now()
        rows = await desk.pipeline.outgoing.conversations_waiting([desk.phone.id], now)
        assert len(rows) == 4
        for blocked in rows[:3]:
            head = await desk.pipeline.outgoing.next_to_send(desk.phone.id, blocked)
            assert head is not None
            later = {"due_at": now + timedelta(minutes=5)}
            await desk.pipeline.outgoing.move(head.id, DeliveryStatus.QUEUED, later)
        assert await desk.pipeline.outgoing.conversations_waiting([desk.phone.id], now, limit=2) == rows[3:]


class Slow:
    """A service that takes its time, behind a connector that is of no use once it was closed."""

    kind: ClassVar[str] = "slow"
    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=100, attachment_bytes=0)
    secret_settings: ClassVar[frozenset[str]] = frozenset()
    made: ClassVar[list["Slow"]] = []

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self.seen: list[Message] = []
        self.closed = False
        self.answer = asyncio.Event()
        self.made.append(self)

    async def open(self) -> None:
        """Nothing to check."""

    async def close(self) -> None:
        """Sends under way fail."""
        self.closed = True
        self.answer.set()

    def routes(self, receive: Receive) -> list[web.RouteDef]:
        """None."""
        return []

    async def listen(self, receive: Receive) -> None:
        """Nothing to poll."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """Take the message, and answer when asked to."""
        self.seen.append(message.message)
        await self.answer.wait()
        if self.closed:
            raise SendUncertain("The connection was closed.")
        return Sent(external_ids=("s1",))

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Everything goes."""

    @classmethod
    def parse(cls, raw: bytes) -> list[InboundEvent]:
        """Nothing is parked."""
        return []


async def test_send_in_flight_at_the_stop_finishes_before_its_connector_is_closed(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM makes no second copy: intake ends, sends end, and only then the connectors."""
    monkeypatch.setitem(KINDS, "slow", f"{__name__}:Slow")
    await create_indexes(connection.database)
    phone = channel("slow", "slow")
    await Channels(connection.database).add(phone)
    settings: Any = Settings(port=0, data_dir=tmp_path, free_space_bytes=0, free_space_share=0, sweep_s=0.2)
    async with asyncio.TaskGroup() as group:
        async with open_hub(settings, connection=connection) as hub:
            event = MessageReceived(external_id="1", sender=Sender(kind="test", value="v", name="v"), text="hi")
            [received] = await hub.supervisor.receive(phone, [event])
            conversation = ConversationId(str(received.conversation))
            await eventually(lambda: exists(hub.pipeline, conversation))
            await hub.pipeline.turns.act(ANNA, conversation, Reply(text="one", seen_position=1), "k1")
            await hub.pipeline.turns.act(ANNA, conversation, Reply(text="two", seen_position=2), "k2")
            [connector] = Slow.made
            await eventually(lambda: has_seen(connector))

            async def answer() -> None:
                await eventually(lambda: stopping(hub.pipeline))
                connector.answer.set()

            group.create_task(answer())
    assert await statuses(connection) == ["sent", "queued"]
    assert [message.text for message in connector.seen] == ["one"]
    assert connector.closed


@asynccontextmanager
async def slow_hub(connection: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """A hub with one channel, the slow one."""
    monkeypatch.setitem(KINDS, "slow", f"{__name__}:Slow")
    monkeypatch.setattr(Slow, "made", [])
    await create_indexes(connection.database)
    await Channels(connection.database).add(channel("slow", "slow"))
    settings: Any = Settings(port=0, data_dir=folder, free_space_bytes=0, free_space_share=0, sweep_s=0.2)
    async with open_hub(settings, connection=connection) as hub:
        yield hub


async def written_to(hub: Hub) -> ConversationId:
    """Somebody wrote; the conversation is listed."""
    event = MessageReceived(external_id="1", sender=Sender(kind="test", value="v", name="v"), text="hi")
    [received] = await hub.supervisor.receive(channel("slow", "slow"), [event])
    conversation = ConversationId(str(received.conversation))
    await eventually(lambda: exists(hub.pipeline, conversation))
    return conversation


async def changed(hub: Hub, connection: Connection) -> Slow:
    """An admin changes the channel's settings; the connector that runs from then on."""
    assert await Channels(connection.database).change(PROJECT, ChannelId("slow"), 0, {"name": "new"})
    hub.supervisor.look()

    async def runs() -> bool:
        return len(Slow.made) == 2 and hub.supervisor.connector(ChannelId("slow")) is Slow.made[1]

    await eventually(runs)
    return Slow.made[1]


async def test_send_in_flight_finishes_when_the_settings_of_its_channel_change(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not repeated; what comes after it goes by the new settings; then the old connector is closed."""
    async with slow_hub(connection, tmp_path, monkeypatch) as hub:
        conversation = await written_to(hub)
        await hub.pipeline.turns.act(ANNA, conversation, Reply(text="one", seen_position=1), "k1")
        [old] = Slow.made
        await eventually(lambda: has_seen(old))
        await hub.pipeline.turns.act(ANNA, conversation, Reply(text="two", seen_position=2), "k2")
        new = await changed(hub, connection)
        assert not old.closed
        new.answer.set()
        old.answer.set()
        await eventually(lambda: final(connection))
        assert [[message.text for message in each.seen] for each in (old, new)] == [["one"], ["two"]]
        thread = await hub.pipeline.messages.window(conversation)
        assert [message.delivery.may_repeat for message in thread if message.delivery] == [False, False]

        async def closed() -> bool:
            return old.closed

        await eventually(closed)
        assert not new.closed


async def test_what_was_claimed_before_the_settings_changed_goes_out_by_the_new_ones(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the claim and the send the old connector was closed: nothing is handed to it, so nothing is uncertain."""
    async with slow_hub(connection, tmp_path, monkeypatch) as hub:
        conversation = await written_to(hub)
        claims = Faulty(hub.pipeline.outgoing._collection, "find_one_and_update", sets("delivery.status", "sending"))
        hub.pipeline.outgoing._collection = claims  # type: ignore[assignment]
        [old] = Slow.made
        monkeypatch.setattr(hub.pipeline.outbox, "_ahead", not_now)
        claims.hold(arrives=True)
        await hub.pipeline.turns.act(ANNA, conversation, Reply(text="one", seen_position=1), "k1")
        await claims.met.wait()
        new = await changed(hub, connection)
        new.answer.set()
        claims.held.set()
        await eventually(lambda: final(connection))
        assert await statuses(connection) == ["sent"]
        assert (old.seen, [message.text for message in new.seen]) == ([], ["one"])
        thread = await hub.pipeline.messages.window(conversation)
        assert [message.delivery.may_repeat for message in thread if message.delivery] == [False]


async def not_now(_message: Message) -> None:
    """The message is queued, and claimed in the store."""


async def has_seen(connector: Slow) -> bool:
    """Whether something is in flight."""
    return bool(connector.seen)


async def stopping(pipeline: Any) -> bool:
    """Whether no further send begins."""
    return bool(pipeline.outbox._stopping)


async def once_it_stops(desk: Desk, faulty: Faulty) -> None:
    """Let the held call go when the hub has begun to stop."""
    await eventually(lambda: stopping(desk.pipeline))
    faulty.held.set()


async def opened(desk: Desk) -> ConversationId:
    """A conversation on the phone with one decided message."""
    received = await desk.says("hi", channel=desk.phone)
    conversation = ConversationId(str(received.conversation))
    await eventually(lambda: exists(desk.pipeline, conversation))
    return conversation


async def exists(pipeline: Any, conversation: ConversationId) -> bool:
    """Whether the conversation stands in a list."""
    return await pipeline.conversations.any(conversation) is not None


async def reply(desk: Desk, conversation: ConversationId, text: str) -> None:
    """An operator answers."""
    await desk.pipeline.turns.act(ANNA, conversation, Reply(text=text, seen_position=0, confirm=True), text)


async def says_once(desk: Desk, conversation: ConversationId, text: str) -> None:
    """What a flow does with a one-time code."""
    place = await desk.pipeline.conversations.any(conversation)
    assert place is not None
    assert place.control is Control.QUEUE
    say = Say(author=BOT, text=text, once=True)
    await desk.pipeline.turns.step(place, f"test:{text}", lambda state: Decision(TurnKind.TIMER, state, (say,)))


async def seen(desk: Desk, count: int) -> bool:
    """Whether so much reached the service."""
    return len(desk.service.seen) >= count


async def explained(desk: Desk, conversation: ConversationId) -> bool:
    """Whether the newest message says why it waits."""
    delivery = (await desk.thread(conversation))[-1].delivery
    return delivery is not None and delivery.reason is not None


async def statuses(connection: Connection) -> list[str]:
    """How the outgoing messages stand, in their order."""
    rows = connection.database["messages"].find({"direction": "out"}).sort("position", 1)
    return [row["delivery"]["status"] async for row in rows]


async def final(connection: Connection) -> bool:
    """Whether there are outgoing messages, and each is sent or failed."""
    found = await statuses(connection)
    return bool(found) and not {"queued", "sending"} & set(found)


async def test_a_connector_that_sends_copies_is_in_use_for_whoever_would_close_it() -> None:
    """Copies are tried by workers of their own, beside those that send."""
    connector = object()
    attempts = Attempts(30, nullcontext)
    with attempts.of(nullcontext).using(connector):
        assert attempts.use(connector)
    assert not attempts.use(connector)
