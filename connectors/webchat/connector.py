"""The web chat connector: its HTTP routes, and the sockets that are open."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import ClassVar, NoReturn
from urllib.parse import quote

from aiohttp import WSCloseCode, hdrs, web
from multidict import CIMultiDict
from pydantic import BaseModel

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.errors import MessageRejected
from connectors.http import (
    FORM_BYTES,
    JSON,
    Handler,
    Refused,
    answering,
    bearer_of,
    cors_headers,
    origin_allowed,
    preflight,
    read_json_bytes,
    read_pieces,
)
from connectors.limits import Buckets, address_key
from connectors.qr import qr_svg
from connectors.text import clean_name
from connectors.webchat.chat import Chat, Guest, Nacked, TooManyVisitors
from connectors.webchat.config import Settings
from connectors.webchat.continuing import SCRIPT, language, page, read_continued, same_site, started
from connectors.webchat.identity import IdentityError, identity_key
from connectors.webchat.parse import Session, parse, read_send, read_session
from connectors.webchat.render import Nack, OnlineFrame, Page, acknowledgement
from connectors.webchat.schema import frames_schema
from connectors.webchat.socket import FRAME_BYTES, SILENCE_S, Refusal, VisitorSocket
from hub.model.attachment import AttachmentRef
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Receive
from hub.model.ids import AttachmentId

HEARTBEAT_S = 20.0
ANSWER_WITHIN_S = 5.0
CLOSE_WITHIN_S = 2.0  # a dead socket does not answer the closing either
RASTER_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
POSITION_LIMIT = 2**53
METHODS = "GET, POST"
CODES_PER_MINUTE = 60
"""QR codes for one network address: each costs milliseconds."""
JSON_HEADERS = CIMultiDict({hdrs.CONTENT_TYPE: JSON, hdrs.CACHE_CONTROL: "no-store"})
STATUS_OF_NACK = {"rate": 429}


class WebChat:
    """One web chat channel. Storing a message is sending it: visitors are shown what the store holds."""

    kind: ClassVar[str] = "webchat"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=20_000,
        attachment_bytes=25 * 1024**2,
        buttons=20,
        typing=True,
        receipts=True,
        idempotent_send=True,
        stored_is_sent=True,
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._services = services
        self._settings = read_settings(Settings, channel)
        self._chat = Chat(channel, self._settings, services)
        limits = self._settings.limits
        self._frames = Buckets(limits.frames_per_10_s, 10)
        self._uploads = Buckets(limits.uploads_per_hour, 3600)
        self._codes = Buckets(CODES_PER_MINUTE, 60)
        self._sockets: set[VisitorSocket] = set()
        self._from_address: Counter[str] = Counter()
        self._of_visitor: dict[str, tuple[VisitorSocket, ...]] = {}
        self._online = True

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def signing_key(cls, channel: Channel, secret: bytes) -> str:
        """What the page signs its users with now."""
        return identity_key(secret, read_settings(Settings, channel).identity_generation)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The events in a raw frame."""
        return parse(raw)

    async def open(self) -> None:
        """Nothing to check: there is no service behind it."""
        self._online = self._chat.online

    async def close(self) -> None:
        """Ask every visitor to come back: to this process after a change, or to another one."""
        async with asyncio.TaskGroup() as group:
            for socket in list(self._sockets):
                group.create_task(socket.end(WSCloseCode.SERVICE_RESTART, "come back"))

    async def listen(self, receive: Receive) -> NoReturn:
        """Nothing to poll; the heartbeat of all sockets."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            online = self._chat.online
            async with asyncio.TaskGroup() as group:
                for socket in list(self._sockets):
                    if socket.silent_s > SILENCE_S:
                        group.create_task(socket.end(WSCloseCode.GOING_AWAY, "silent"))
                        continue
                    socket.ping()
                    if online is not self._online and socket.guest is not None:
                        socket.push(OnlineFrame(online=online))
            self._online = online

    async def send(self, message: OutgoingMessage) -> Sent:
        """Never called: see `stored_is_sent`."""
        raise MessageRejected("not_sent", "Web chat shows messages from the store; nothing is sent.")

    # The socket ------------------------------------------------------------------------------------------------------

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The table of `docs/protocol.md` section 5."""
        base = f"/chat/v1/{quote(self.channel.key, safe='')}"

        def socket(request: web.Request) -> Awaitable[web.StreamResponse]:
            return self._socket(request, receive)

        def message(request: web.Request) -> Awaitable[web.StreamResponse]:
            return self._post_message(request, receive)

        paths: dict[str, dict[str, Handler]] = {
            f"{base}/session": {"POST": self._post_session},
            f"{base}/messages": {"POST": message, "GET": self._get_messages},
            f"{base}/attachments": {"POST": self._post_attachment},
            f"{base}/attachments/{{attachment:[0-9a-f]{{32}}}}": {"GET": self._get_attachment},
        }

        async def continued(request: web.Request) -> web.StreamResponse:
            return await self._post_continued(request, receive)

        paths[f"{base}/qr/{{word:[A-Za-z0-9_-]{{1,64}}}}"] = {"GET": self._get_qr}
        table = [web.get("/ws/chat", answering(socket)), web.get("/chat/v1/schema.json", _get_schema)]
        table += [
            web.get(f"{base}/continue", self._get_continue), web.get(f"{base}/continue.js", _get_continue_script),
            web.post(f"{base}/continue", answering(continued)),
        ]  # fmt: skip
        for path, handlers in paths.items():
            table.append(web.options(path, self._preflight))
            table += [web.route(method, path, self._shared(handler)) for method, handler in handlers.items()]
        return table

    # By a link of ours -----------------------------------------------------------------------------------------------

    def invitation(self, word: str) -> str:
        """The hub's own page with the widget in it."""
        return f"{self._services.base_url}/chat/v1/{quote(self.channel.key, safe='')}/continue?word={word}"

    async def _get_continue(self, request: web.Request) -> web.StreamResponse:
        base = f"/chat/v1/{quote(self.channel.key, safe='')}"
        word = clean_name(request.query.get("word", ""))
        return page(base, self.channel.key, word, language(request), self._services.base_url)

    async def _post_continued(self, request: web.Request, receive: Receive) -> web.StreamResponse:
        if not same_site(request.headers.get("Origin"), self._services.base_url):
            raise Refused(403, "origin_not_allowed", "Only the hub's own page goes on by a link.")
        asked = read_continued(await read_json_bytes(request, limit_bytes=FORM_BYTES))
        session = Session(token=asked.token, language=asked.language)
        guest = await self._greeted(request, session)
        await receive([started(guest.visitor, asked)])
        answer = {"token": self._chat.identity.token(guest.visitor)}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def _socket(self, request: web.Request, receive: Receive) -> web.StreamResponse:
        if request.query.get("channel") != self.channel.key:
            raise Refused(404, "not_found", "There is no such channel.")
        self._check_origin(request.headers.get(hdrs.ORIGIN))
        address = address_key(self._services.client_address(request))
        response = web.WebSocketResponse(timeout=CLOSE_WITHIN_S, max_msg_size=FRAME_BYTES, compress=False)
        await response.prepare(request)
        limits = self._settings.limits
        if len(self._sockets) >= limits.sockets or self._from_address[address] >= limits.sockets_per_address:
            await response.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many sockets")
            return response
        visitor = VisitorSocket(
            response, self._chat, self._services, receive,
            address=address, admit=self._admit, frame_taken=self._frames.take,
        )  # fmt: skip
        self._sockets.add(visitor)
        self._from_address[address] += 1
        try:
            await visitor.serve()
        finally:
            self._sockets.discard(visitor)
            self._leave(visitor)
            self._from_address[address] -= 1
            if not self._from_address[address]:
                del self._from_address[address]
        return response

    def _admit(self, socket: VisitorSocket, visitor: str) -> None:
        """Count the socket as this visitor's. One that has gone silent gives way to a new one."""
        self._leave(socket)
        theirs = self._of_visitor.get(visitor, ())
        answering_ones = [one for one in theirs if one.silent_s < HEARTBEAT_S + ANSWER_WITHIN_S]
        if len(answering_ones) >= self._settings.limits.sockets_per_visitor:
            raise Refusal(WSCloseCode.TRY_AGAIN_LATER, "too many sockets")
        self._of_visitor[visitor] = (*theirs, socket)
        socket.visitor = visitor

    def _leave(self, socket: VisitorSocket) -> None:
        if socket.visitor is not None:
            theirs = tuple(one for one in self._of_visitor[socket.visitor] if one is not socket)
            if theirs:
                self._of_visitor[socket.visitor] = theirs
            else:
                del self._of_visitor[socket.visitor]
            socket.visitor = None

    # The same over HTTP ----------------------------------------------------------------------------------------------

    async def _greeted(self, request: web.Request, session: Session) -> Guest:
        try:
            return await self._chat.greet(session, address_key(self._services.client_address(request)))
        except TooManyVisitors as error:
            detail = "Too many new visitors came from your network. Please wait a moment."
            raise Refused(429, "rate", detail, retry_after_s=error.retry_after_s) from error
        except IdentityError as error:
            raise Refused(401, error.code, error.reason) from error

    async def _post_session(self, request: web.Request) -> web.StreamResponse:
        session = read_session(await read_json_bytes(request, limit_bytes=FORM_BYTES))
        guest = await self._greeted(request, session)
        return _json(await self._chat.welcome(guest, session.position))

    async def _post_message(self, request: web.Request, receive: Receive) -> web.StreamResponse:
        guest = self._guest(request)
        send = read_send(await read_json_bytes(request, limit_bytes=FORM_BYTES))
        if self._chat.asks_newcomers:
            await self._chat.refresh(guest)
        try:
            ack = await self._chat.send(guest, send, receive)
            return web.Response(body=acknowledgement(ack), headers=JSON_HEADERS)
        except Nacked as error:
            raise _refused(error.nack) from error

    async def _get_messages(self, request: web.Request) -> web.StreamResponse:
        guest = self._guest(request)
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and int(after[:17]) < POSITION_LIMIT and len(after) < 17):
            raise Refused(400, "bad_position", "`after` is the position of the newest message you have.")
        await self._chat.refresh(guest)
        items, more = await self._chat.after(guest, int(after))
        return _json(Page(items=tuple(items), more=more))

    async def _post_attachment(self, request: web.Request) -> web.StreamResponse:
        guest = self._guest(request)
        if not self._settings.uploads:
            raise Refused(403, "uploads_off", "This chat takes no files.")
        wait_s = self._uploads.take(guest.visitor.id)
        if wait_s:
            raise Refused(429, "rate", "Too many files. Please wait a moment.", retry_after_s=wait_s)
        pieces = read_pieces(request, limit_bytes=self._settings.upload_bytes)
        name = clean_name(request.query.get("name", "")) or "file"
        return _json(await self._services.attachments.store(name, guest.visitor.uploader, pieces), status=201)

    async def _get_attachment(self, request: web.Request) -> web.StreamResponse:
        attachment = request.match_info["attachment"]
        if not self._chat.identity.opens(request.query.get("t", ""), attachment, self._services.clock.now()):
            raise Refused(403, "link_expired", "This link does not work any more. Open the chat again.")
        opened = await self._services.attachments.open(AttachmentId(attachment))
        if opened is None:
            raise Refused(404, "not_found", "This file does not exist.")
        response = web.StreamResponse(headers={**cors_headers(request.headers.get("Origin")), **_download(opened.file)})
        response.content_length = opened.file.size_bytes
        await response.prepare(request)
        async for piece in opened.pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    async def _get_qr(self, request: web.Request) -> web.StreamResponse:
        """The QR code of an invitation. Whoever has the word has the invitation itself."""
        invitations = self._services.invitations
        address = invitations.address(request.match_info["word"]) if invitations and self._settings.elsewhere else None
        if address is None:
            raise Refused(404, "not_found", "Visitors of this chat are not invited anywhere right now.")
        wait_s = self._codes.take(address_key(self._services.client_address(request)))
        if wait_s:
            raise Refused(429, "rate", "Too many codes. Please wait a moment.", retry_after_s=wait_s)
        headers = {
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "private, max-age=3600",
        }
        picture = await asyncio.to_thread(qr_svg, address)
        return web.Response(text=picture, content_type="image/svg+xml", headers=headers)

    def _guest(self, request: web.Request) -> Guest:
        try:
            return self._chat.guest_of(bearer_of(request))
        except IdentityError as error:
            raise Refused(401, error.code, error.reason) from error

    # Other origins ---------------------------------------------------------------------------------------------------

    def _check_origin(self, origin: str | None) -> None:
        if not origin_allowed(origin, self._settings.allowed_domains) and not same_site(
            origin, self._services.base_url
        ):  # fmt: skip
            raise Refused(403, "origin_not_allowed", _not_allowed(origin or ""))

    def _shared(self, handler: Handler) -> Handler:
        """`handler` for pages of the allowed domains. Any page may read that it is not one of them."""

        async def checked(request: web.Request) -> web.StreamResponse:
            self._check_origin(request.headers.get(hdrs.ORIGIN))
            return await handler(request)

        answered = answering(checked)

        async def shared(request: web.Request) -> web.StreamResponse:
            origin = request.headers.get(hdrs.ORIGIN)
            response = await answered(request)
            if not response.prepared:
                response.headers.update(cors_headers(origin))
            return response

        return shared

    async def _preflight(self, request: web.Request) -> web.StreamResponse:
        # For every page: one that is not allowed learns so from its request, which a failed preflight would hide.
        return preflight(request.headers.get(hdrs.ORIGIN), METHODS)


def _not_allowed(origin: str) -> str:
    """What whoever put the widget into the page should do."""
    domain = origin.partition("://")[2]
    asked = f"Add {domain} to" if domain else "Serve the page over http or https, and name its domain in"
    return f"Pages of {origin[:200]} may not use this chat. {asked[:220]} the channel's allowed domains."


async def _get_continue_script(request: web.Request) -> web.StreamResponse:
    headers = {"Cache-Control": "max-age=3600"}
    return web.Response(text=SCRIPT, content_type="text/javascript", charset="utf-8", headers=headers)


async def _get_schema(request: web.Request) -> web.StreamResponse:
    return web.json_response(frames_schema(), headers={"Access-Control-Allow-Origin": "*"})


def _json(answer: BaseModel, status: int = 200) -> web.Response:
    return web.Response(status=status, body=answer.model_dump_json().encode(), headers=JSON_HEADERS)


def _refused(nack: Nack) -> Refused:
    if nack.code == "busy":
        return Refused(503, "unavailable", nack.detail, retry_after_s=nack.retry_after_s or 2)
    return Refused(
        STATUS_OF_NACK.get(nack.code, 400), nack.code, nack.detail, retry_after_s=nack.retry_after_s, **nack.extra
    )


def _download(file: AttachmentRef) -> dict[str, str]:
    """Headers that show a raster image and make a download of everything else; nothing in it can run."""
    kind = "inline" if file.media_type in RASTER_IMAGES else "attachment"
    return {
        "Content-Type": file.media_type,
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(file.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=3600",
        "Referrer-Policy": "no-referrer",
    }
