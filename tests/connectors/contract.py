"""What every connector has to do, whatever its service: a test class that each connector's tests inherit."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Capabilities, Connector
from connectors.errors import ChannelConfigError, ConnectorError, PayloadInvalid
from connectors.registry import connector_class
from hub.model.events import MessageReceived
from tests.connectors.doubles import HubDouble, channel_of, outgoing, served, until

NOT_UTF8 = b"\xff\xfe"
ODD_JSON = [
    b'{"text": "\\ud800"}',
    b'{"a": 1, "a": 2}',
    b'{"n": 99999999999999999999}',
    b'{"n": NaN}',
    b'{"n": 1e999}',
    b"[" * 5_000,
    b'{"\\u0000": 1}',
    NOT_UTF8,
    b"",
    b"null",
    b'"text"',
    b"[]",
    b'{"type": {"$ne": null}}',
]


@dataclass(frozen=True)
class Answer:
    """What the service was told about a message."""

    outcome: Literal["accepted", "parked", "later", "refused"]
    position: int | None = None


class Service(Protocol):
    """The other side of the connector, played by its tests."""

    async def say(self, message_id: str, text: str) -> Answer:
        """Offer a message of one and the same sender."""

    async def say_raw(self, raw: bytes) -> Answer:
        """Offer something that is no message."""

    async def say_as_stranger(self) -> Answer:
        """Offer a good message without the right to do so."""


@dataclass
class Running:
    """A connector at work."""

    hub: HubDouble
    connector: Connector
    service: Service


class ConnectorContract:
    """Inherit, set `kind` and `unreadable`, and implement `service` and `raw`."""

    kind: ClassVar[str]
    unreadable: ClassVar[Literal["parked", "refused"]]
    """What happens to what cannot be read: a service's is parked, a browser's is refused."""
    bad_settings: ClassVar[dict[str, Any]] = {"no_such_setting": 1}
    transport_checks_utf8: ClassVar[bool] = False
    """Text frames of a socket are UTF-8 or the socket ends."""
    body_limit: ClassVar[int] = 1024**2

    def service(self, connector: Connector, url: str) -> AbstractAsyncContextManager[Service]:
        """The service, connected to the connector's routes at `url`."""
        raise NotImplementedError

    def raw(self, message_id: str, text: str) -> bytes:
        """The raw payload of a message, as it would be parked."""
        raise NotImplementedError

    def named(self, message_id: str) -> str:
        """What the external id of a message shows of the id that its service gave it."""
        return message_id

    @asynccontextmanager
    async def running(self, *, hub: HubDouble | None = None, **settings: Any) -> AsyncIterator[Running]:
        """A connector at work over a real server."""
        hub = hub or HubDouble()
        connector = connector_class(self.kind)(channel_of(self.kind, **settings), hub.services())
        async with served(connector, hub) as url, self.service(connector, url) as service:
            yield Running(hub, connector, service)

    async def test_a_message_arrives(self) -> None:
        """It is received once, with its text, and its sender is told that it is accepted."""
        async with self.running() as at:
            answer = await at.service.say("message-0001", "Hello")
            assert answer.outcome == "accepted"
            assert at.hub.texts == ["Hello"]

    async def test_nothing_is_acknowledged_before_it_is_durable(self) -> None:
        """While `receive` has not returned, the sender has no answer."""
        async with self.running() as at, asyncio.TaskGroup() as group:
            at.hub.gate.clear()
            saying = group.create_task(at.service.say("message-0001", "Hello"))
            await until(lambda: at.hub.offered)
            await asyncio.sleep(0.05)  # time for a wrong answer to arrive
            assert not saying.done()
            at.hub.gate.set()
            assert (await saying).outcome == "accepted"

    async def test_a_repeat_is_the_same_message(self) -> None:
        """The second time changes nothing and is answered as the first."""
        async with self.running() as at:
            first = await at.service.say("message-0001", "Hello")
            again = await at.service.say("message-0001", "Hello")
            assert again == first
            assert at.hub.texts == ["Hello"]
            assert len(at.hub.offered) == 2

    async def test_messages_keep_their_order(self) -> None:
        """Messages of one sender are received as they were sent."""
        async with self.running() as at:
            for number in range(12):
                await at.service.say(f"message-{number:04}", str(number))
            assert at.hub.texts == [str(number) for number in range(12)]

    async def test_a_hub_that_does_not_accept_says_so(self) -> None:
        """Nothing is acknowledged; the same message gets through later."""
        async with self.running() as at:
            at.hub.accepting = False
            assert (await at.service.say("message-0001", "Hello")).outcome == "later"
            assert at.hub.texts == []
            at.hub.accepting = True
            assert (await at.service.say("message-0001", "Hello")).outcome == "accepted"
            assert at.hub.texts == ["Hello"]

    async def test_a_stranger_is_refused(self) -> None:
        """Without the right secret nothing is even offered."""
        async with self.running() as at:
            assert (await at.service.say_as_stranger()).outcome == "refused"
            assert at.hub.offered == []

    @pytest.mark.parametrize("raw", ODD_JSON)
    async def test_what_cannot_be_read_does_not_stand_in_the_way(self, raw: bytes) -> None:
        """It is parked raw, or refused; the next message arrives."""
        expected = "refused" if self.transport_checks_utf8 and raw == NOT_UTF8 else self.unreadable
        async with self.running() as at:
            assert (await at.service.say_raw(raw)).outcome == expected
            if expected == "parked":
                assert [event.raw for event in at.hub.parked.values()] == [raw]
            assert (await at.service.say("message-0001", "Hello")).outcome == "accepted"
            assert at.hub.texts == ["Hello"]

    async def test_a_body_over_the_limit_is_refused(self) -> None:
        """It is not read to its end, not parked, and nothing is offered."""
        async with self.running() as at:
            assert (await at.service.say_raw(b" " * (self.body_limit + 1))).outcome == "refused"
            assert at.hub.offered == []

    def test_reading_a_payload_is_pure(self) -> None:
        """The same bytes give the same events, with the id the service gave."""
        parse = connector_class(self.kind).parse
        raw = self.raw("message-0001", "Hello")
        [event] = parse(raw)
        assert parse(raw) == [event]
        assert isinstance(event, MessageReceived)
        assert event.text == "Hello"
        assert self.named("message-0001") in event.external_id

    def test_a_payload_is_read_or_called_invalid(self) -> None:
        """Whatever the bytes are, nothing but `PayloadInvalid` is raised."""
        parse = connector_class(self.kind).parse

        @given(
            st.one_of(st.binary(max_size=60), st.sampled_from(ODD_JSON), st.from_regex(rb"\{.{0,60}\}", fullmatch=True))
        )
        def read(raw: bytes) -> None:
            with contextlib.suppress(PayloadInvalid):
                parse(raw)

        read()

    def test_a_broken_payload_is_read_or_called_invalid(self) -> None:
        """The same for payloads that are nearly right."""
        parse = connector_class(self.kind).parse
        good = self.raw("message-0001", "Hello")

        @given(st.dictionaries(st.integers(0, len(good) - 1), st.integers(0, 255), min_size=1, max_size=3))
        def read(changes: dict[int, int]) -> None:
            raw = bytearray(good)
            for place, byte in changes.items():
                raw[place] = byte
            with contextlib.suppress(PayloadInvalid):
                parse(bytes(raw))

        read()

    def test_wrong_settings_are_named(self) -> None:
        """The error names the channel and the setting."""
        channel = channel_of(self.kind, **self.bad_settings)
        with pytest.raises(ChannelConfigError) as caught:
            connector_class(self.kind)(channel, HubDouble().services())
        assert channel.name in str(caught.value)
        assert next(iter(self.bad_settings)) in str(caught.value)

    def test_it_says_what_it_can_do(self) -> None:
        """The capabilities are there without a channel, and the kind is the registry's."""
        found = connector_class(self.kind)
        assert found.kind == self.kind
        assert isinstance(found.capabilities, Capabilities)
        assert found.capabilities.text_limit > 0

    async def test_a_message_to_nobody_fails_in_our_words(self) -> None:
        """Sending to an address that is not there raises one of `connectors.errors`."""
        async with self.running() as at:
            await at.service.say("message-0001", "Hello")
            message = outgoing(at.hub.only_thread, "nowhere", "nobody")
            with pytest.raises(ConnectorError):
                await at.connector.send(message)

    async def test_listening_ends_when_it_is_cancelled(self) -> None:
        """Cancelling `listen` is not swallowed and takes no time."""
        async with self.running() as at:
            async with asyncio.timeout(2), asyncio.TaskGroup() as group:
                listening = group.create_task(at.connector.listen(at.hub.receive))
                await asyncio.sleep(0.02)
                listening.cancel()
            assert listening.done()
            assert listening.cancelled() or listening.exception() is None
