"""JivoChat, played as its documentation says: it calls the bot within 3 s or again, and takes only what is right."""

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.connectors.contract import Answer
from tests.connectors.doubles import HubDouble
from tests.serving import serving

PROVIDER, TOKEN = "sample_provider", "sample-token-0123456789"
PAYLOADS = Path(__file__).with_name("payloads")
ABORT_S = 3.0
"""How long JivoChat waits for a bot; then it sends the same event again, twice at most."""
TRIES = 3


def payload(name: str) -> bytes:
    """A recorded body."""
    return (PAYLOADS / f"{name}.json").read_bytes()


@dataclass
class Jivo:
    """The service. `calls` are those it took; `refusals` answer the next calls instead of taking them."""

    hub_url: str = ""
    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    tries: list[tuple[str, int]] = field(default_factory=list)
    agents_took_over: list[str] = field(default_factory=list)
    chats: list[dict[str, Any]] = field(default_factory=list)
    online: bool = True

    # What our bot says ------------------------------------------------------------------------------------------------

    async def webhook(self, request: web.Request) -> web.Response:
        """`POST /webhooks/{provider}/{token}` of the Bot API."""
        call = json.loads(await request.read())
        if (request.match_info["provider"], request.match_info["token"]) != (PROVIDER, TOKEN):
            return self._refuse(call, 401, "unauthorized_client", "The provider is not known.")
        if self.refusals:
            status, headers = self.refusals.pop(0)
            return self._refuse(call, status, "invalid_request", "Not now.", headers)
        if wrong := _wrong(call):
            return self._refuse(call, 400, "invalid_request", wrong)
        self.calls.append(call)
        return web.Response()

    def _refuse(
        self, call: dict[str, Any], status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> web.Response:
        self.refused.append(call)
        return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)

    # What our contacts say to its agents ------------------------------------------------------------------------------

    async def chat(self, request: web.Request) -> web.Response:
        """`POST /<random>/<channel>` of the Chat API: 2xx taken, 4xx never, with a reason in plain text."""
        call = json.loads(await request.read())
        if self.refusals:
            status, headers = self.refusals.pop(0)
            self.refused.append(call)
            return web.Response(status=status, text="Not now.", headers=headers)
        sender, message = call.get("sender") or {}, call.get("message") or {}
        needs_file = message.get("type") in ("photo", "video", "audio", "document")
        good = (
            request.headers["Content-Type"] == "application/json; charset=utf-8"
            and isinstance(sender.get("id"), str)
            and 0 < len(sender["id"]) <= 255
            and (message.get("file") if needs_file else message.get("text"))
        )
        if not good:
            self.refused.append(call)
            return web.Response(status=400, text="sender.id or the message is wrong")
        self.chats.append(call)
        return web.Response()

    async def status(self, request: web.Request) -> web.Response:
        """`GET .../status`: whether an agent is there."""
        return web.Response(text="1" if self.online else "0")

    async def agent_says(self, text: str, contact: Any, number: Any = 1, **more: Any) -> int:
        """An agent answers somebody."""
        message = {"type": "text", "id": number, "date": 1795449605, "text": text, **more}
        return await self.call({
            "sender": {"id": "agent", "name": "Sample Agent"}, "recipient": {"id": contact}, "message": message,
        })  # fmt: skip

    @property
    def texts(self) -> list[str]:
        """What the bot said, as a client reads it."""
        messages = [call["message"] for call in self.calls if call["event"] == "BOT_MESSAGE"]
        return [message.get("title") or message["text"] for message in messages]

    @property
    def buttons(self) -> dict[str, int]:
        """The newest buttons, by what they show."""
        shown = [call["message"].get("buttons") for call in self.calls if call["event"] == "BOT_MESSAGE"]
        return {button["text"]: button["id"] for button in next(filter(None, reversed(shown)), [])}

    # What JivoChat calls --------------------------------------------------------------------------------------------

    async def call(self, body: dict[str, Any] | bytes) -> int:
        """One event, sent again while there is no 200 within 3 s; the last status, 0 for none."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        status = 0
        for _ in range(TRIES):
            status = await self.once(raw)
            if status == 200:
                return status
        self.agents_took_over.append(raw.decode("utf-8", "replace"))
        return status

    async def once(self, raw: bytes) -> int:
        """One call; the status of the answer, 0 for none."""
        try:
            async with (
                asyncio.timeout(ABORT_S),
                aiohttp.ClientSession() as session,
                session.post(
                    self.hub_url, data=io.BytesIO(raw), headers={"Content-Type": "application/json"}
                ) as answer,
            ):
                self.tries.append((await answer.text(), answer.status))
                return answer.status
        except (TimeoutError, aiohttp.ClientError):
            self.tries.append(("", 0))
            return 0

    async def says(self, text: str, *, button: int | None = None, client: Any = "1233", chat: Any = "2037") -> int:
        """A client writes, or presses a button."""
        message: dict[str, Any] = {"type": "TEXT", "text": text, "timestamp": 1795449600}
        if button is not None:
            message["button_id"] = button
        return await self.event("CLIENT_MESSAGE", client=client, chat=chat, message=message,
                                sender={"id": 1233, "name": "Sample Buyer"})  # fmt: skip

    async def event(self, name: str, *, client: Any = "1233", chat: Any = "2037", **more: Any) -> int:
        """Any event of the Bot API."""
        ids = {"id": str(uuid.uuid4()), "site_id": "123456", "client_id": client, "chat_id": chat}
        return await self.call({"event": name, **ids, **more})


class Service:
    """JivoChat, as the contract plays a service: one try at a time. `says` is the body that says a text."""

    def __init__(self, hub: HubDouble, jivo: Jivo, says: Callable[[str, str], dict[str, Any]]) -> None:
        self._hub, self._jivo, self._says = hub, jivo, says

    async def say(self, message_id: str, text: str) -> Answer:
        """Somebody says something."""
        return await self.say_raw(json.dumps(self._says(message_id, text)).encode())

    async def say_raw(self, raw: bytes) -> Answer:
        """A call with this body."""
        before = len(self._hub.parked)
        status = await self._jivo.once(raw)
        if status == 200:
            answer = self._jivo.tries[-1][0]
            assert not answer or json.loads(answer)["result"] == "ok", "to JivoChat's events anything else is an error"
            return Answer("parked" if len(self._hub.parked) > before else "accepted")
        return Answer("later" if status == 503 else "refused")

    async def say_as_stranger(self) -> Answer:
        """Somebody who does not know the token calls."""
        self._jivo.hub_url = self._jivo.hub_url.replace(TOKEN, "another-token-0123456789")
        return await self.say("message-0001", "Hello")


def _wrong(call: dict[str, Any]) -> str:
    for name in ("id", "client_id", "chat_id"):
        if not isinstance(call.get(name), str):
            return f"{name} must be a string"
    uuid.UUID(call["id"])
    if call.get("event") not in ("BOT_MESSAGE", "INVITE_AGENT"):
        return "event is unknown"
    message = call.get("message")
    if call["event"] == "INVITE_AGENT":
        return "message is not expected" if message else ""
    if not isinstance(message, dict) or message.get("type") not in ("TEXT", "MARKDOWN", "BUTTONS"):
        return "message.type is unknown"
    if not message.get("text"):
        return "message.text is empty"
    if message["type"] == "BUTTONS":
        good = all(isinstance(one.get("id"), int) and one.get("text") for one in message.get("buttons") or [{}])
        return "" if good and message.get("title") else "buttons are wrong"
    return ""


@asynccontextmanager
async def jivochat() -> AsyncIterator[Jivo]:
    """The service on this machine."""
    jivo = Jivo()
    application = web.Application()
    application.add_routes([
        web.post("/webhooks/{provider}/{token}", jivo.webhook), web.post("/random/sample", jivo.chat),
        web.get("/random/sample/status", jivo.status),
    ])  # fmt: skip
    async with serving(application) as jivo.url:
        yield jivo
