"""The inbox socket: tells a browser what changes, and hears what its person looks at (`docs/protocol.md`)."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, Protocol, assert_never

import orjson
import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from hub.model.base import Written
from hub.model.feed import Change, ChangeKind, Reload, SignedOut
from hub.model.ids import ID_PATTERN, ConversationId, OperatorId
from hub.model.operator import Viewer
from hub.services.errors import NotSignedIn, Unavailable
from hub.services.feed import Feed
from hub.services.feed_entries import attendance_shown
from hub.services.presence import Desk, Presence
from hub.services.subscription import Subscription
from hub.store.errors import StoreUnavailable
from hub.web.problems import Refused

log = structlog.get_logger(__name__)

PATH = "/ws/inbox"
FRAME_BYTES = 64 * 1024
SOCKETS_PER_OPERATOR = 20
SOCKETS = 10_000  # per process
FRAMES_PER_WINDOW = 100  # a person who clicks through conversations and types sends one or two a second
WINDOW_S = 10.0
HELLO_TIMEOUT_S = 10.0
RELOAD_TIMEOUT_S = 60.0  # the reload waits behind all that a slow browser has not read yet
PING_EVERY_S = 20.0
SILENCE_S = 45.0  # a client that says nothing for so long is gone, whatever the connection says
SEND_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 5.0
RIGHTS_CHECK_S = 30 * 60.0
SIGNED_OUT = 4401
PING = b'{"type":"ping"}'


class SocketAccess(Protocol):
    """Who may open a socket, and still may (`hub.services.accounts.Accounts`)."""

    async def redeem_ticket(self, ticket: str) -> tuple[Viewer, str] | None:
        """The viewer and the session's id, once; None when the ticket is no good."""

    async def viewer_of_session_id(self, session: str) -> Viewer | None:
        """The viewer with today's rights; None when the session has ended."""


class Hello(Written):
    """The first frame: go on after `cursor`, or begin now."""

    type: Literal["hello"]
    cursor: Annotated[str, StringConstraints(max_length=1024)] | None = None


class Looking(Written):
    """What the person looks at, and whether they type."""

    type: Literal["looking"]
    conversation: Annotated[str, StringConstraints(pattern=ID_PATTERN)] | None
    typing: bool = False


class Pong(Written):
    """The answer to a ping."""

    type: Literal["pong"]


Frame = TypeAdapter[Hello | Looking | Pong](Annotated[Hello | Looking | Pong, Field(discriminator="type")])


class _Close(Exception):
    """The connection has to end with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class InboxSockets:
    """All inbox sockets of this process. `base_url` is the hub's public address where one is set."""

    def __init__(self, feed: Feed, presence: Presence, access: SocketAccess, base_url: str | None) -> None:
        self._feed, self._presence, self._access = feed, presence, access
        self._origin = base_url.rstrip("/") if base_url else None
        self._per_operator: Counter[OperatorId] = Counter()
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> Sequence[web.RouteDef]:
        """The route, which authenticates by itself (`Access.OWN`): the ticket in the query is the proof."""
        return [web.get(PATH, self.handle)]

    def __len__(self) -> int:
        return len(self._open)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One socket from its handshake to its end.

        Raises `Refused` for a foreign Origin, `NotSignedIn` for a ticket that is no good, `Unavailable` when full.
        """
        self._check_origin(request)
        if len(self._open) >= SOCKETS:
            raise Unavailable(30, "This hub has no room for another connection. Please try again later.")
        opened = await self._access.redeem_ticket(request.query.get("ticket", ""))
        if opened is None:
            raise NotSignedIn("bad_ticket", "This ticket was used or is too old. Ask for a new one.")
        viewer, session = opened
        # Compression would keep a window of 32 KiB for every socket. Heartbeats are our own frames: scripts see them.
        socket = web.WebSocketResponse(compress=False, max_msg_size=FRAME_BYTES, timeout=CLOSE_TIMEOUT_S)
        await socket.prepare(request)
        self._open.add(socket)
        self._per_operator[viewer.operator] += 1
        try:
            if self._per_operator[viewer.operator] > SOCKETS_PER_OPERATOR:
                await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many open inboxes")
            else:
                await self._serve(socket, viewer, session)
        finally:
            self._open.discard(socket)
            self._per_operator[viewer.operator] -= 1
            if not self._per_operator[viewer.operator]:
                del self._per_operator[viewer.operator]
        return socket

    async def close_all(self) -> None:
        """Say goodbye to everybody: the hub stops, and browsers come back to another process or a moment later."""
        async with asyncio.TaskGroup() as group:
            for socket in list(self._open):
                group.create_task(socket.close(code=WSCloseCode.GOING_AWAY, message=b"the hub restarts"))

    async def _serve(self, socket: web.WebSocketResponse, viewer: Viewer, session: str) -> None:
        desk = self._presence.desk(viewer)
        connection = _Connection(socket, viewer, session, self._feed, self._presence, self._access, desk)
        try:
            await connection.run()
        except* _Close as group:
            await _close(socket, _first(group))
        except* (Unavailable, StoreUnavailable):
            await _close(socket, _Close(WSCloseCode.TRY_AGAIN_LATER, "the hub is not ready"))
        finally:
            # After any other failure no HTTP answer may follow on this connection.
            await socket.close(code=WSCloseCode.INTERNAL_ERROR)
            await desk.leave()

    def _check_origin(self, request: web.Request) -> None:
        """A page of another site must not talk with a person's rights (cross-site WebSocket hijacking)."""
        origin = request.headers.get("Origin")
        own = {self._origin} if self._origin else {f"http://{request.host}", f"https://{request.host}"}
        if origin not in own:
            raise Refused(403, "foreign_origin", "The socket is opened by the hub's own pages only.")


class _Connection:
    """One inbox socket that is open.

    `_tell` is the only one who sends changes; a ping may come between two of them, since aiohttp writes a frame whole.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        viewer: Viewer,
        session: str,
        feed: Feed,
        presence: Presence,
        access: SocketAccess,
        desk: Desk,
    ) -> None:
        self._socket, self._viewer, self._session = socket, viewer, session
        self._feed, self._presence, self._access, self._desk = feed, presence, access, desk
        self._hello: asyncio.Queue[Hello] = asyncio.Queue(maxsize=1)
        self._wants_hello = True
        self._changes: Subscription | None = None
        self._looks_at: ConversationId | None = None
        self._heard_at = time.monotonic()
        self._window: tuple[float, int] = (float("-inf"), 0)

    async def run(self) -> None:
        """Until the browser leaves, or `_Close` in a group."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work()) for work in (self._tell, self._ping, self._check_rights, self._desk.run)]
            await self._listen()
            for task in tasks:
                task.cancel()

    # What the browser says --------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        async for message in self._socket:
            self._heard_at = time.monotonic()
            self._count_frame()
            match message.type:
                case WSMsgType.TEXT:
                    await self._hear(_read(message.data))
                case WSMsgType.ERROR:  # too big or no UTF-8: aiohttp has closed the socket with the right code
                    return
                case _:
                    raise _Close(WSCloseCode.INVALID_TEXT, "frames are JSON text")

    async def _hear(self, frame: Hello | Looking | Pong) -> None:
        match frame:
            case Hello():
                if not self._wants_hello:
                    raise _Close(WSCloseCode.POLICY_VIOLATION, "hello was said already")
                self._wants_hello = False
                self._hello.put_nowait(frame)
            case Looking():
                await self._look(frame)
            case Pong():
                pass
            case _:
                assert_never(frame)

    async def _look(self, looking: Looking) -> None:
        wanted = None if looking.conversation is None else ConversationId(looking.conversation)
        try:
            if wanted is not None and not await self._feed.sees(self._viewer, wanted):
                wanted = None  # it does not exist for this person
        except StoreUnavailable:
            return  # it is said again in 20 s
        self._desk.look(wanted, looking.typing)
        if wanted is not None and wanted != self._looks_at:
            await self._introduce(wanted)
        self._looks_at = wanted

    async def _introduce(self, conversation: ConversationId) -> None:
        """Tell who is in the conversation already: otherwise one would hear of them only when they say so again."""
        for attendance in await self._presence.of(conversation):
            if attendance.person != self._viewer.operator and self._changes is not None:
                self._changes.offer_beside(
                    ChangeKind.PRESENCE, self._viewer.project, conversation, attendance_shown(attendance)
                )

    def _count_frame(self) -> None:
        since, count = self._window
        now = time.monotonic()
        self._window = (now, 1) if now - since > WINDOW_S else (since, count + 1)
        if self._window[1] > FRAMES_PER_WINDOW:
            raise _Close(WSCloseCode.POLICY_VIOLATION, "too many frames")

    # What the browser is told -----------------------------------------------------------------------------------

    async def _tell(self) -> None:
        timeout_s = HELLO_TIMEOUT_S
        while True:
            cursor = await self._next_hello(timeout_s)
            async with self._feed.subscribe(self._viewer, cursor, session=self._session) as changes:
                await self._still_allowed()  # it may have ended between the ticket and the subscription
                self._changes = changes
                await self._tell_changes(changes)
            self._changes = None
            timeout_s = RELOAD_TIMEOUT_S

    async def _tell_changes(self, changes: Subscription) -> None:
        """Until a reload has been said, after which the browser says hello once more."""
        if not changes.ended:
            await self._send(orjson.dumps({"type": "ready", "cursor": changes.cursor}))
        async for told in changes:
            match told:
                case Change():
                    await self._send(told.frame)
                case Reload():
                    self._wants_hello = True
                    await self._send(orjson.dumps({"type": "reload", "reason": told.reason.value}))
                case SignedOut():
                    raise _Close(SIGNED_OUT, "signed out")
                case _:
                    assert_never(told)

    async def _next_hello(self, timeout_s: float) -> str | None:
        try:
            async with asyncio.timeout(timeout_s):
                return (await self._hello.get()).cursor
        except TimeoutError:
            raise _Close(WSCloseCode.POLICY_VIOLATION, "no hello") from None

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            if time.monotonic() - self._heard_at > SILENCE_S:
                raise _Close(WSCloseCode.ABNORMAL_CLOSURE, "nothing heard")
            await self._send(PING)

    async def _check_rights(self) -> None:
        while True:
            await asyncio.sleep(RIGHTS_CHECK_S)
            await self._still_allowed()

    async def _still_allowed(self) -> None:
        now = await self._access.viewer_of_session_id(self._session)
        if now is None or now.model_copy(update={"name": self._viewer.name}) != self._viewer:
            raise _Close(SIGNED_OUT, "signed out")

    async def _send(self, frame: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send_frame(frame, WSMsgType.TEXT)
        except TimeoutError:
            raise _Close(WSCloseCode.ABNORMAL_CLOSURE, "nothing is read") from None
        except ConnectionError:  # the browser has left; `_listen` is about to see it
            raise _Close(WSCloseCode.ABNORMAL_CLOSURE, "left") from None


async def _close(socket: web.WebSocketResponse, why: _Close) -> None:
    if why.code == WSCloseCode.ABNORMAL_CLOSURE:
        # Nobody reads: a closing frame would wait behind everything else.
        transport = socket.get_extra_info("transport")
        if transport is not None:
            transport.abort()
    await socket.close(code=why.code, message=why.reason.encode())


def _first(group: BaseExceptionGroup[_Close]) -> _Close:
    found = group.exceptions[0]
    return found if isinstance(found, _Close) else _first(found)


def _read(text: str) -> Hello | Looking | Pong:
    try:
        return Frame.validate_json(text)
    except ValidationError:
        raise _Close(WSCloseCode.INVALID_TEXT, "this frame is not known") from None
