"""A visitor of a web chat, as tests play them: over sockets and plain HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jsonschema  # type: ignore[import-untyped]

from connectors.base import Connector
from connectors.webchat.schema import frames_schema
from tests.connectors.contract import Answer, ConnectorContract, Running
from tests.connectors.doubles import HubDouble

SECRET = b"s" * 32
SCHEMA = jsonschema.Draft202012Validator(frames_schema())
SHOP = "https://shop.example.test"


class Client:
    """A browser: one HTTP session, and the channel's addresses."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self.session, self.url, self.key = session, url, key
        self.base = f"{url}/chat/v1/{key}"
        self.token: str | None = None

    async def begin(self, **body: Any) -> dict[str, Any]:
        """A session over HTTP."""
        async with self.session.post(f"{self.base}/session", json=body) as answer:
            welcome: dict[str, Any] = await answer.json()
            assert answer.status == 200, welcome
            self.token = welcome["token"]
            return welcome

    async def post(self, path: str, *, token: str | None = None, **kwargs: Any) -> tuple[int, dict[str, Any]]:
        """A request with the visitor's token."""
        shown = self.token if token is None else token
        headers = {"Authorization": f"Bearer {shown}", **kwargs.pop("headers", {})}
        async with self.session.post(f"{self.base}/{path}", headers=headers, **kwargs) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """The same to read."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(f"{self.base}/{path}", headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    @asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator["Socket"]:
        """A socket that has said nothing yet."""
        address = f"{self.url}/ws/chat"
        async with self.session.ws_connect(address, params={"channel": self.key}, headers=headers) as socket:
            yield Socket(socket)


class Socket:
    """Frames, each checked against the schema."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        """Send a frame that fits the schema."""
        SCHEMA.validate(frame)
        await self.socket.send_json(frame)

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame (of a kind)."""
        async with asyncio.timeout(5):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.socket.close_code)
        frame: dict[str, Any] = json.loads(message.data)
        SCHEMA.validate(frame)
        assert kind is None or frame["type"] == kind, frame
        return frame

    async def hello(self, token: str | None = None, **more: Any) -> dict[str, Any]:
        """Say hello; the welcome."""
        await self.say(type="hello", token=token, **more)
        return await self.hear("welcome")

    async def send(self, message_id: str, text: str = "", **more: Any) -> dict[str, Any]:
        """Send a message; the ack or nack."""
        await self.say(type="send", id=message_id, text=text, **more)
        while (frame := await self.hear())["type"] not in ("ack", "nack"):
            pass
        return frame

    async def closed(self) -> int | None:
        """The close code, once the other side has closed."""
        async with asyncio.timeout(5):
            while not (await self.socket.receive()).type.name.startswith("CLOS"):
                pass
        return self.socket.close_code


class WebChatService:
    """A visitor without sockets, for the contract."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def say(self, message_id: str, text: str) -> Answer:
        return await self.say_raw(json.dumps({"id": message_id, "text": text}).encode())

    async def say_raw(self, raw: bytes) -> Answer:
        if self.client.token is None:
            await self.client.begin()
        headers = {"Content-Type": "application/json"}
        status, answer = await self.client.post("messages", data=raw, headers=headers)
        if status == 200:
            return Answer("accepted", answer["position"])
        assert answer["code"], answer
        return Answer("later" if status == 503 else "refused")

    async def say_as_stranger(self) -> Answer:
        body = {"id": "message-0001", "text": "Hello"}
        status, _ = await self.client.post("messages", token="e30.forged", json=body)
        return Answer("refused" if status == 401 else "accepted")


class WebChatContract(ConnectorContract):
    """The contract, as web chat fulfils it."""

    kind = "webchat"
    unreadable = "refused"
    body_limit = 256 * 1024

    @asynccontextmanager
    async def service(self, connector: Connector, url: str) -> AsyncIterator[WebChatService]:
        async with aiohttp.ClientSession() as session:
            yield WebChatService(Client(session, url, connector.channel.key))

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps({"type": "send", "id": message_id, "text": text}).encode()


@asynccontextmanager
async def at_work(*, hub: HubDouble | None = None, **settings: Any) -> AsyncIterator[tuple[HubDouble, Client]]:
    """A channel and a browser."""
    async with WebChatContract().running(hub=hub, **settings) as at:
        yield at.hub, _client(at)


def _client(at: Running) -> Client:
    assert isinstance(at.service, WebChatService)
    return at.service.client
