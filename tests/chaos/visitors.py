"""Visitors: they write through web chat, send again what was not acknowledged, and note what they are shown."""

import asyncio
import random
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp

from tests.chaos.hub_under_test import KEY
from tests.chaos.logs import Accepted, Fault, Logs, Shown

TIMEOUT = aiohttp.ClientTimeout(total=8, sock_connect=2)
PAUSE_S = (0.0, 0.1)
RETRY_S = (0.05, 0.4)
LOST = (aiohttp.ClientError, TimeoutError, OSError)
DOUBLED = 0.1
"""Share of messages that are posted twice at the same time."""


class Reader:
    """Notes what is shown, and knows where to go on. Only what the hub has shown moves the position."""

    def __init__(self, name: str, visitor: str, logs: Logs, began: float) -> None:
        self.name, self._visitor, self._logs, self._began = name, visitor, logs, began
        self.position = 0
        logs.readers[name] = visitor

    def show(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Messages arrived."""
        for message in messages:
            at_s = time.monotonic() - self._began
            self._logs.shown.append(Shown(self.name, self._visitor, message["position"], message["text"], at_s))
            self.position = max(self.position, message["position"])


class Visitor(ABC):
    """One visitor with messages 1, 2, 3 ..., each sent until it is acknowledged, and in their order."""

    def __init__(self, name: str, url: str, logs: Logs, rng: random.Random, began: float) -> None:
        self.name, self._url, self._logs, self._rng, self._began = name, url, logs, rng, began
        self.token: str | None = None
        self._written = 0
        self._pending: dict[str, tuple[str, float]] = {}
        self.reader = Reader(f"{name} widget", name, logs, began)

    @property
    def waiting(self) -> int:
        """How many messages are not acknowledged yet."""
        return len(self._pending)

    @abstractmethod
    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`, then until everything is acknowledged; read until cancelled."""

    def _write(self) -> str:
        """The id of a new message."""
        self._written += 1
        text, key = f"{self.name} {self._written}", str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        self._logs.offered.add(text)
        self._pending[key] = (text, time.monotonic())
        return key

    def _frame(self, key: str) -> dict[str, Any]:
        return {"type": "send", "id": key, "text": self._pending[key][0]}

    def _acknowledged(self, text: str, ack: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self._logs.accepted.append(
            Accepted(self.name, int(text.rpartition(" ")[2]), ack["position"], now - self._began)
        )
        known = self._pending.pop(ack["id"], None)
        if known is not None:
            self._logs.ack_ms.append((now - known[1]) * 1000)

    async def _pause(self, between: tuple[float, float]) -> None:
        await asyncio.sleep(self._rng.uniform(*between))

    def _surprise(self, what: str) -> None:
        self._logs.surprises.append(Fault(f"{self.name}: {what}", time.monotonic() - self._began))


class HttpVisitor(Visitor):
    """Posts one message at a time, some of them twice at once, and asks for what is new."""

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`, then until everything is acknowledged; read until cancelled."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, asyncio.TaskGroup() as group:
            while self.token is None:
                welcome = await self._asked(session, "POST", "session", {"position": 0})
                if welcome is not None:
                    self.token = welcome["token"]
            group.create_task(self._read(session))
            while not stop.is_set():
                key = self._write()
                while key in self._pending:
                    async with asyncio.TaskGroup() as copies:
                        for _ in range(1 + (self._rng.random() < DOUBLED)):
                            copies.create_task(self._post(session, key, self._pending[key][0]))
                await self._pause(PAUSE_S)

    async def _post(self, session: aiohttp.ClientSession, key: str, text: str) -> None:
        ack = await self._asked(session, "POST", "messages", {"type": "send", "id": key, "text": text})
        if ack is not None:
            self._acknowledged(text, ack)

    async def _read(self, session: aiohttp.ClientSession) -> None:
        while True:
            found = await self._asked(session, "GET", f"messages?after={self.reader.position}")
            if found is not None:
                self.reader.show(found["items"])
            if found is None or not found["more"]:
                await self._pause(RETRY_S)

    async def _asked(
        self, session: aiohttp.ClientSession, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        """The answer, or None when it is to be asked again."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            async with session.request(
                method, f"{self._url}/chat/v1/{KEY}/{path}", json=body, headers=headers
            ) as answer:
                if answer.status == 200:
                    return await answer.json()
                if answer.status not in (429, 503):
                    self._surprise(f"{method} {path} was answered with {answer.status}: {await answer.text()}")
        except LOST:
            pass
        await self._pause(RETRY_S)
        return None


class SocketVisitor(Visitor):
    """Writes through a socket, as the widget does: after a lost connection, hello and everything once more."""

    def __init__(self, name: str, url: str, logs: Logs, rng: random.Random, began: float, *, at_once: int = 1) -> None:
        """`at_once`: messages that may be under way."""
        super().__init__(name, url, logs, rng, began)
        self._at_once = at_once
        self._moved = asyncio.Event()
        logs.acknowledging.add(self.reader.name)

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`, then until everything is acknowledged; read until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                socket = await connected(session, self._url)
                if socket is not None:
                    await self._connection(socket, stop)
                await self._pause(RETRY_S)

    async def _connection(self, socket: aiohttp.ClientWebSocketResponse, stop: asyncio.Event) -> None:
        try:
            token = await greeted(socket, self.token, self.reader)
            if token is None:  # as a widget does, it comes back as the same visitor
                return
            self.token = token
            async with asyncio.TaskGroup() as group:
                writing = group.create_task(self._send_all(socket, stop))
                await self._listen(socket)
                writing.cancel()
        except* LOST:
            pass
        finally:
            await socket.close()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Until the connection is lost, or everything under way has to be sent anew."""
        texts: dict[str, str] = {}
        async for frame in frames(socket):
            texts.update({key: text for key, (text, _) in self._pending.items()})
            match frame["type"]:
                case "ack":
                    self._acknowledged(texts[frame["id"]], frame)
                    self._moved.set()
                case "message":
                    self.reader.show([frame])
                case "nack" if frame["code"] in ("busy", "rate"):
                    return
                case "nack":
                    self._surprise(f"a message was refused: {frame}")
                    return
                case "reload":
                    self._logs.reloads += 1
                    return

    async def _send_all(self, socket: aiohttp.ClientWebSocketResponse, stop: asyncio.Event) -> None:
        for key in list(self._pending):
            await socket.send_json(self._frame(key))
        while True:
            self._moved.clear()
            if len(self._pending) < self._at_once and not stop.is_set():
                await socket.send_json(self._frame(self._write()))
                await self._pause(PAUSE_S)
            else:
                await self._moved.wait()


class Tab(Reader):
    """A second tab of a visitor: reads, and is closed and opened again at random."""

    def __init__(self, name: str, of: Visitor, url: str, logs: Logs, rng: random.Random, began: float) -> None:
        super().__init__(name, of.name, logs, began)
        self._of, self._url, self._rng = of, url, rng

    async def run(self) -> None:
        """Read until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                await asyncio.sleep(self._rng.uniform(*RETRY_S))
                socket = await connected(session, self._url) if self._of.token else None
                if socket is None:
                    continue
                try:
                    async with asyncio.timeout(self._rng.uniform(0.5, 8)):
                        if await greeted(socket, self._of.token, self):
                            await self._listen(socket)
                except LOST:
                    pass
                finally:
                    await socket.close()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in frames(socket):
            if frame["type"] == "message":
                self.show([frame])
            elif frame["type"] == "reload":
                self._logs.reloads += 1
                return


async def connected(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse | None:
    """A socket, or None when there is none to be had right now."""
    try:
        async with asyncio.timeout(3):
            return await session.ws_connect(f"{url}/ws/chat?channel={KEY}", timeout=aiohttp.ClientWSTimeout(ws_close=1))
    except LOST:
        return None


async def greeted(socket: aiohttp.ClientWebSocketResponse, token: str | None, reader: Reader) -> str | None:
    """Say hello and show what was missed; the token from now on, or None when the connection was lost meanwhile."""
    more = True
    async with asyncio.timeout(8):
        while more:
            await socket.send_json({"type": "hello", "token": token, "position": reader.position, "language": "en"})
            async for frame in frames(socket):
                if frame["type"] == "welcome":
                    reader.show(frame["messages"])
                    token, more = str(frame["token"]), frame["more"]
                    break
            else:
                return None
    return token


async def frames(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[Any]:
    """Each frame of the hub until the connection ends; pings are answered."""
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            return
        frame = message.json()
        if frame["type"] == "ping":
            await socket.send_json({"type": "pong"})
        else:
            yield frame
