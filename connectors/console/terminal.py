"""The other end of a console channel, run by `hub console`: no line is lost or doubled, whatever the network does."""

import asyncio
import json
import random
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

import aiohttp
from pydantic import JsonValue

from connectors.console.parse import TEXT_LIMIT
from connectors.text import clean_text, split_text

PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
REMEMBERED = 10_000  # ids of messages already shown


class TerminalRefused(Exception):
    """The hub is there and does not take this terminal: the message says what to change."""


class Terminal:
    """One person at a terminal. `show` gets the author and the text of each message, once."""

    def __init__(self, url: str, key: str, token: str, name: str, show: Callable[[str, str], None]) -> None:
        self._hub, self._key = url.rstrip("/"), key
        self._url = f"{url.rstrip('/')}/hooks/console/{quote(key)}?name={quote(name)}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._name, self._show = name, show
        self._unsent: OrderedDict[str, str] = OrderedDict()
        self._shown: OrderedDict[str, None] = OrderedDict()
        self._news = asyncio.Event()
        self._tried = asyncio.Event()
        self._ended = False

    async def talk(self, lines: AsyncIterator[str]) -> None:
        """Say every line, show every message, until `lines` ends and all of them are acknowledged.

        Raises:
            TerminalRefused: there is no such channel, or it takes another key.
        """
        try:
            await self._talk(lines)
        except ExceptionGroup as group:
            refused, others = group.split(TerminalRefused)
            if refused is None or others is not None:
                raise
            raise refused.exceptions[0] from None

    async def _talk(self, lines: AsyncIterator[str]) -> None:
        async with asyncio.TaskGroup() as group:
            connected = group.create_task(self._stay_connected())
            await self._tried.wait()  # a line that is being typed holds the end of the process
            async for line in lines:
                for part in split_text(clean_text(line), TEXT_LIMIT):
                    self._unsent[uuid.uuid4().hex] = part
                    self._news.set()
            self._ended = True
            self._news.set()
            await connected

    async def _stay_connected(self) -> None:
        failures = 0
        async with aiohttp.ClientSession(headers=self._headers) as session:
            while not self._done():
                try:
                    async with session.ws_connect(self._url, heartbeat=20) as socket:
                        failures = 0
                        self._tried.set()
                        await self._connected(socket)
                except aiohttp.WSServerHandshakeError as error:
                    if (refused := self._refused(error.status)) is not None:
                        raise refused from error
                    failures += 1
                except aiohttp.InvalidURL as error:
                    raise TerminalRefused(f"{self._hub} is no address: write one like http://127.0.0.1:8080") from error
                except aiohttp.ClientError:
                    failures += 1
                self._tried.set()
                if failures == 1:
                    self._show("hub", f"{self._hub} does not answer. What you write waits until it does; Ctrl-C ends.")
                if not self._done():
                    await asyncio.sleep(random.uniform(0.5, 1) * PAUSES_S[min(failures, len(PAUSES_S) - 1)])  # noqa: S311

    def _refused(self, status: int) -> TerminalRefused | None:
        match status:
            case 404:
                return TerminalRefused(f"{self._hub} has no console channel with the key {self._key}, or it is off")
            case 401:
                return TerminalRefused(
                    f"{self._hub} has another secret: run this with its HUB_SECRET_KEY or HUB_DATA_DIR"
                )
        return None

    async def _connected(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.TaskGroup() as group:
            saying = group.create_task(self._say(socket))
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    await self._hear(socket, json.loads(frame.data))
                if self._done():
                    break
            saying.cancel()

    async def _say(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            await self._say_unsent(socket)
        except (aiohttp.ClientError, ConnectionError):
            return  # the connection is gone; the next one begins with what is not acknowledged

    async def _say_unsent(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        said: set[str] = set()
        while True:
            self._news.clear()
            for line_id, text in list(self._unsent.items()):
                if line_id not in said:
                    said.add(line_id)
                    await socket.send_json({"type": "say", "id": line_id, "name": self._name, "text": text})
            if self._done():
                await socket.close()
                return
            await self._news.wait()

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, frame: dict[str, JsonValue]) -> None:
        match frame.get("type"):
            case "ack":
                self._unsent.pop(str(frame["id"]), None)
                self._news.set()
            case "message":
                await self._shown_once(str(frame["id"]), str(frame["author"]), str(frame["text"]))
                await socket.send_json({"type": "shown", "id": frame["id"]})
            case "refused":  # nothing was stored: come back later and say it again
                await asyncio.sleep(float(str(frame["retry_after_s"])))
                await socket.close()
            case "parked":
                self._show("hub", str(frame["detail"]))

    async def _shown_once(self, message: str, author: str, text: str) -> None:
        if message in self._shown:
            return
        self._shown[message] = None
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        self._show(author, text)

    def _done(self) -> bool:
        return self._ended and not self._unsent
