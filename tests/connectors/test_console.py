"""The console connector, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from connectors.base import Connector
from connectors.console.connector import console_token
from connectors.console.terminal import Terminal, TerminalRefused
from connectors.errors import ChannelUnavailable, SendUncertain
from hub.model.ids import ConversationId
from tests.connectors.contract import Answer, ConnectorContract
from tests.connectors.doubles import outgoing, until

TOKEN = console_token(b"s" * 32)
NAME = "Sample Customer 3"
THREAD = ConversationId("c")


class ConsoleService:
    """A terminal that says exactly what it is told to."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def say(self, message_id: str, text: str) -> Answer:
        line = {"type": "say", "id": message_id, "name": NAME, "text": text}
        return await self.say_raw(json.dumps(line).encode())

    async def say_raw(self, raw: bytes) -> Answer:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self._session.ws_connect(self._url, params={"name": NAME}, headers=headers) as socket:
            await socket.send_frame(raw, aiohttp.WSMsgType.TEXT)
            answer = await socket.receive()
            if answer.type is not aiohttp.WSMsgType.TEXT:
                return Answer("refused")
            frame = json.loads(answer.data)
            outcome = {"ack": "accepted", "parked": "parked", "refused": "later"}[frame["type"]]
            return Answer(outcome, frame.get("position"))  # type: ignore[arg-type]

    async def say_as_stranger(self) -> Answer:
        headers = {"Authorization": "Bearer wrong"}
        try:
            async with self._session.ws_connect(self._url, params={"name": NAME}, headers=headers):
                return Answer("accepted")
        except aiohttp.WSServerHandshakeError as error:
            return Answer("refused" if error.status == 401 else "parked")


class TestConsole(ConnectorContract):
    """The contract."""

    kind = "console"
    unreadable = "parked"
    transport_checks_utf8 = True
    body_limit = 64 * 1024

    @asynccontextmanager
    async def service(self, connector: Connector, url: str) -> AsyncIterator[ConsoleService]:
        async with aiohttp.ClientSession() as session:
            yield ConsoleService(session, f"{url}/hooks/console/{connector.channel.key}")

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps({"type": "say", "id": message_id, "name": NAME, "text": text}).encode()

    @pytest.mark.parametrize(
        "raw", [b"{", b'{"type": "say"}', '{"type": "say", "id": "1", "name": "\u200b", "text": "x"}'.encode()]
    )
    async def test_an_unreadable_line_is_parked_once(self, raw: bytes) -> None:
        """The same bytes again are the same parked event."""
        async with self.running() as at:
            await at.service.say_raw(raw)
            await at.service.say_raw(raw)
            assert [event.raw for event in at.hub.parked.values()] == [raw]

    async def test_an_absent_contact_gets_the_message_later(self) -> None:
        """Nobody at the terminal is no failure of the message."""
        async with self.running() as at:
            with pytest.raises(ChannelUnavailable):
                await at.connector.send(outgoing(THREAD, "console", NAME))

    async def test_a_silent_terminal_leaves_the_send_uncertain(self) -> None:
        """It may have shown the message, so the hub is told that nobody knows."""
        async with self.running(shown_within_s=0.05) as at, aiohttp.ClientSession() as session:
            assert isinstance(at.service, ConsoleService)
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with session.ws_connect(at.service._url, params={"name": NAME}, headers=headers) as socket:
                with pytest.raises(SendUncertain):
                    await at.connector.send(outgoing(THREAD, "console", NAME))
                assert json.loads((await socket.receive()).data)["text"] == "Hello"


async def _lines(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def test_a_person_talks_and_listens() -> None:
    """The terminal of `hub console` says its lines once and shows a message that was sent twice once."""
    shown: list[tuple[str, str]] = []
    contract = TestConsole()
    async with contract.running() as at:
        assert isinstance(at.service, ConsoleService)
        url = at.service._url.partition("/hooks")[0]
        held = asyncio.Event()

        async def lines() -> AsyncIterator[str]:
            yield "Hello"
            yield "x" * 5_000
            await held.wait()

        terminal = Terminal(
            url, at.connector.channel.key, TOKEN, NAME, lambda author, text: shown.append((author, text))
        )
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            group.create_task(terminal.talk(lines()))
            await until(lambda: len(at.hub.texts) == 3)
            message = outgoing(THREAD, "console", NAME, "Welcome")
            sent = await at.connector.send(message)
            assert sent.external_ids == (message.message.id,)
            await at.connector.send(message)
            held.set()
        assert at.hub.texts == ["Hello", "x" * 4_000, "x" * 1_000]
        assert shown == [("Demo Operator", "Welcome")]


async def test_a_line_survives_a_hub_that_does_not_accept() -> None:
    """The terminal comes back with the same line under the same id."""
    contract = TestConsole()
    async with contract.running() as at:
        assert isinstance(at.service, ConsoleService)
        url = at.service._url.partition("/hooks")[0]
        at.hub.gate.clear()
        terminal = Terminal(url, at.connector.channel.key, TOKEN, NAME, lambda author, text: None)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            group.create_task(terminal.talk(_lines("Hello")))
            await until(lambda: at.hub.offered)
            await at.connector.close()  # the connection dies before the line was acknowledged
            at.hub.gate.set()
        assert at.hub.texts == ["Hello"]
        assert len(at.hub.offered) == 2


async def test_a_terminal_that_is_refused_says_why() -> None:
    """Before it waits for a line, and in a sentence."""
    asked: list[bool] = []
    contract = TestConsole()
    async with contract.running() as at:
        assert isinstance(at.service, ConsoleService)
        url, key = at.service._url.partition("/hooks")[0], at.connector.channel.key
        for address, channel, token, said in (
            (url, "nobody", TOKEN, "no console channel with the key nobody"),
            (url, key, "another", "has another secret"),
            ("nowhere", key, TOKEN, "nowhere is no address"),
        ):
            terminal = Terminal(address, channel, token, NAME, lambda author, text: None)
            async with asyncio.timeout(30):
                with pytest.raises(TerminalRefused, match=said):
                    await terminal.talk(_noting(asked))
        assert asked == []


async def test_a_terminal_says_that_the_hub_does_not_answer(unused_tcp_port: int) -> None:
    """Once; what is written meanwhile waits."""
    shown: list[str] = []
    terminal = Terminal(
        f"http://127.0.0.1:{unused_tcp_port}", "demo", TOKEN, NAME, lambda author, text: shown.append(text)
    )
    talking = asyncio.ensure_future(terminal.talk(_lines("Hello")))
    await until(lambda: len(shown) == 1)
    assert "does not answer" in shown[0]
    talking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talking


async def _noting(asked: list[bool]) -> AsyncIterator[str]:
    asked.append(True)
    yield "Hello"
