"""The console connector: one socket for each terminal, JSON lines both ways."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import ClassVar

from aiohttp import WSMsgType, web
from pydantic import JsonValue

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings, unreadable
from connectors.console.config import Settings
from connectors.console.parse import ADDRESS_KIND, TEXT_LIMIT, Shown, parse, read_line
from connectors.console.render import render
from connectors.errors import ChannelUnavailable, NotAccepting, PayloadInvalid, SendUncertain
from connectors.http import Refused, answering, bearer_of, same_secret
from connectors.text import clean_name
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Receive

LINE_BYTES = 64 * 1024
HEARTBEAT_S = 20.0


def console_token(secret: bytes) -> str:
    """The token a terminal shows, made from the channel's secret: nothing to keep, nothing to type."""
    return hmac.new(secret, b"console", hashlib.sha256).hexdigest()


class Console:
    """One console channel. Its "service" is a terminal that says when it has shown a message."""

    kind: ClassVar[str] = "console"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=TEXT_LIMIT,
        attachment_bytes=0,
        idempotent_send=True,  # a terminal shows an id once
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._settings = read_settings(Settings, channel)
        self._token = console_token(services.secret)
        self._terminals: dict[str, set[web.WebSocketResponse]] = {}
        self._unshown: dict[str, asyncio.Future[None]] = {}

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The events in a raw frame."""
        return parse(raw)

    async def open(self) -> None:
        """Nothing to check: there is no service behind it."""

    async def close(self) -> None:
        """Hang up."""
        for sockets in list(self._terminals.values()):
            for socket in list(sockets):
                await socket.close()

    async def listen(self, receive: Receive) -> None:
        """Terminals come to us."""

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """One socket."""

        async def terminal(request: web.Request) -> web.StreamResponse:
            if not same_secret(bearer_of(request), self._token):
                raise Refused(401, "wrong_token", "This terminal is not allowed to talk to this channel.")
            name = clean_name(request.query.get("name", ""))
            if not name:
                raise Refused(400, "no_name", "Say who you are with ?name=.")
            socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=LINE_BYTES, compress=False)
            await socket.prepare(request)
            await self._talk(socket, name, receive)
            return socket

        return [web.get(f"/hooks/console/{self.channel.key}", answering(terminal))]

    async def send(self, message: OutgoingMessage) -> Sent:
        """Show it on the terminals of the contact, and wait until one says that it is shown."""
        terminals = self._terminals.get(message.address(ADDRESS_KIND) or "")
        if not terminals:
            raise ChannelUnavailable("Nobody sits at this contact's terminal. It is shown when they are back.")
        shown = self._unshown.setdefault(message.message.id, asyncio.get_running_loop().create_future())
        try:
            for socket in list(terminals):
                await _write(socket, render(message.message))
            async with asyncio.timeout(self._settings.shown_within_s):
                await asyncio.shield(shown)
        except (TimeoutError, ConnectionError) as error:
            raise SendUncertain("The terminal did not say that it has shown the message.") from error
        finally:
            self._unshown.pop(message.message.id, None)
        return Sent((message.message.id,))

    async def _talk(self, socket: web.WebSocketResponse, name: str, receive: Receive) -> None:
        self._terminals.setdefault(name, set()).add(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._line(socket, frame.data.encode("utf-8", "surrogatepass"), receive)
        finally:
            self._terminals[name].discard(socket)
            if not self._terminals[name]:
                del self._terminals[name]

    async def _line(self, socket: web.WebSocketResponse, raw: bytes, receive: Receive) -> None:
        try:
            line = read_line(raw)
            if isinstance(line, Shown):
                self._has_shown(line.id)
                return
            events: Sequence[InboundEvent] = parse(raw)
        except PayloadInvalid as error:
            events = [unreadable(raw, error)]
        try:
            received = await receive(events)
        except NotAccepting as error:
            await _write(socket, {"type": "refused", "retry_after_s": error.retry_after_s, "detail": error.detail})
            return
        for event, stored in zip(events, received, strict=True):
            # Only now is it ours: whatever the terminal did not see acknowledged it sends again under the same id.
            line_id = event.external_id.rpartition(":")[2]
            if stored.parked:
                await _write(
                    socket, {"type": "parked", "detail": "This line could not be read. An operator can see it."}
                )
            else:
                await _write(socket, {"type": "ack", "id": line_id, "position": stored.position})

    def _has_shown(self, message: str) -> None:
        waiting = self._unshown.get(message)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)


async def _write(socket: web.WebSocketResponse, frame: dict[str, JsonValue]) -> None:
    await socket.send_str(json.dumps(frame, ensure_ascii=False))
