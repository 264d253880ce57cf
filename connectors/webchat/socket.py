"""One visitor's socket: frames in, frames out, each side bounded."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import assert_never

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from connectors.base import Services
from connectors.errors import NotAccepting, PayloadInvalid
from connectors.lent import Behind, HistoryEvent, MessageShown, OperatorRead, OperatorTyping, Thread
from connectors.webchat.chat import Chat, Guest, Nacked, TooManyVisitors, nacked
from connectors.webchat.identity import IdentityError
from connectors.webchat.parse import Frame, Hello, Pong, Read, Send, Typing, read_frame
from connectors.webchat.render import (
    HubFrame,
    MessageFrame,
    PingFrame,
    ReadFrame,
    ReloadFrame,
    TypingFrame,
    stored_position,
    visible_position,
)
from hub.model.events import ReceiptReceived, Receive, Sender
from hub.model.message import DeliveryStatus, Message

log = structlog.get_logger(__name__)

FRAME_BYTES = 64 * 1024
HELLO_WITHIN_S = 10.0
QUEUE_FRAMES = 1_000  # frames that wait for a slow visitor; more is a reload
WRITE_TIMEOUT_S = 30.0
SILENCE_S = 45.0
TYPING_EVERY_S = 2.0
FOLLOW_AGAIN_S = 2.0
CATCH_UP = 200  # messages read at once after subscribing


class Refusal(Exception):
    """Ends the socket with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class VisitorSocket:
    """Serves one socket until it ends. `admit` counts it as a visitor's, and raises `Refusal` over the limit."""

    __slots__ = (
        "_address", "_admit", "_chat", "_following", "_frame_taken", "_group", "_guest", "_heard_at", "_last", "_own",
        "_put_off", "_read_up_to", "_receive", "_services", "_socket", "_typed_at", "_waiting", "_writer", "visitor",
    )  # fmt: skip

    def __init__(
        self,
        socket: web.WebSocketResponse,
        chat: Chat,
        services: Services,
        receive: Receive,
        *,
        address: str,
        admit: Callable[["VisitorSocket", str], None],
        frame_taken: Callable[[str], float],
    ) -> None:
        self._socket, self._chat, self._services, self._receive = socket, chat, services, receive
        self._address, self._admit, self._frame_taken = address, admit, frame_taken
        self._group: asyncio.TaskGroup | None = None
        # Both only while there is something to say: most sockets are silent most of the time, and there are many.
        self._waiting: deque[HubFrame] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._guest: Guest | None = None
        self.visitor: str | None = None  # whose socket it is counted as
        self._following: tuple[Thread, asyncio.Task[None]] | None = None
        self._last = 0  # newest visible position that was put into the queue
        self._own: set[int] | None = None  # visible positions that this socket was told by an ack
        self._put_off: tuple[str, float] | None = None  # the id that is to be sent again first, and until when
        self._typed_at = self._read_up_to = 0.0
        self._heard_at = time.monotonic()

    @property
    def guest(self) -> Guest | None:
        """The visitor, None before the hello."""
        return self._guest

    @property
    def silent_s(self) -> float:
        """For how long nothing was heard."""
        return time.monotonic() - self._heard_at

    def push(self, frame: HubFrame) -> None:
        """Tell the visitor something. When too much waits already, they are told to read again instead."""
        if self._group is None:  # it is over
            return
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= QUEUE_FRAMES:
            self._waiting.clear()
            frame = ReloadFrame()
            self._unfollow()  # what came now would stand behind the gap
        self._waiting.append(frame)
        if self._writer is None:
            self._writer = self._group.create_task(self._write())

    def ping(self) -> None:
        """Ask for a sign of life."""
        self.push(PingFrame())

    async def end(self, code: int, reason: str) -> None:
        """Close from outside."""
        await self._socket.close(code=code, message=reason.encode())

    async def serve(self) -> None:
        """Talk until either side ends."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                try:
                    await self._read(group)
                except Refusal as refusal:
                    log.info("visitor socket refused", code=refusal.code, reason=refusal.reason)
                    await self.end(refusal.code, refusal.reason)
                finally:
                    self._group = None
                    if self._writer is not None:
                        self._writer.cancel()
                    self._unfollow()
        finally:
            if not self._socket.closed:
                await self.end(WSCloseCode.INTERNAL_ERROR, "")

    async def _write(self) -> None:
        """What waits, until nothing waits any more."""
        try:
            while self._waiting:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await self._socket.send_str(self._waiting.popleft().model_dump_json())
            self._waiting = self._writer = None
        except (TimeoutError, ConnectionError):  # the other side takes nothing more; it will come back
            await self.end(WSCloseCode.TRY_AGAIN_LATER, "too slow")

    # In --------------------------------------------------------------------------------------------------------------

    async def _read(self, group: asyncio.TaskGroup) -> None:
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                first = _frame_in(await self._socket.receive())
        except TimeoutError:
            raise Refusal(WSCloseCode.POLICY_VIOLATION, "no hello") from None
        if first is None:
            return
        if not isinstance(first, Hello):
            raise Refusal(WSCloseCode.POLICY_VIOLATION, "hello first")
        guest = await self._hello(first, group)
        del first  # kept here as long as the socket is open, it would cost more than all that is known of the visitor
        while (frame := _frame_in(await self._socket.receive())) is not None:
            self._heard_at = time.monotonic()
            if self._frame_taken(guest.visitor.id):
                raise Refusal(WSCloseCode.POLICY_VIOLATION, "too many frames")
            match frame:
                case Hello():
                    guest = await self._hello(frame, group)
                case Send():
                    await self._send(guest, frame, group)
                case Typing():
                    await self._typing(guest)
                case Read():
                    await self._seen(guest, frame)
                case Pong():
                    pass
                case _:
                    assert_never(frame)

    async def _hello(self, hello: Hello, group: asyncio.TaskGroup) -> Guest:
        self._unfollow()
        self._put_off = None
        try:
            guest = await self._chat.greet(hello, self._address)
            self._guest = guest
            self._admit(self, guest.visitor.id)
            self._last = hello.position
            self._own = None
            thread = guest.threads[-1] if guest.threads else None
            welcome = await self._chat.welcome(guest, hello.position)
        except IdentityError as error:
            raise Refusal(WSCloseCode.POLICY_VIOLATION, error.code) from error
        except TooManyVisitors as error:
            raise Refusal(WSCloseCode.TRY_AGAIN_LATER, f"retry after {error.retry_after_s:.0f} s") from error
        except NotAccepting as error:
            raise Refusal(WSCloseCode.TRY_AGAIN_LATER, "unavailable") from error
        self._last = welcome.position
        self.push(welcome)
        if thread is not None and not welcome.more:
            self._follow(thread, group)
        return guest

    async def _send(self, guest: Guest, send: Send, group: asyncio.TaskGroup) -> None:
        first = not guest.threads
        try:
            self._check_order(send)
            ack = await self._chat.send(guest, send, self._receive)
        except Nacked as refused:
            wait_s = refused.nack.retry_after_s
            if wait_s and self._put_off is None:
                self._put_off = send.id, time.monotonic() + wait_s
            self.push(refused.nack)
            return
        if self._own is None:
            self._own = set()
        self._own.add(ack.position)
        self.push(ack)
        number, _ = stored_position(ack.position)
        if self._following is None or self._following[0].number < number:
            self._follow(next(thread for thread in guest.threads if thread.number == number), group)
        if first and self._chat.invites:
            self.push(ReloadFrame())  # only now there is somebody who can go on elsewhere

    def _check_order(self, send: Send) -> None:
        """What was sent behind a message that is to come again would stand before it. Raises `Nacked`.

        It passes after the time in which that one may not come yet: its writer may have thought better of it.
        """
        if self._put_off is not None:
            first, until = self._put_off
            if send.id != first and time.monotonic() < until:
                raise nacked(send, "busy", "A message before this one is to be sent again first.", retry_after_s=2)
            self._put_off = None

    async def _typing(self, guest: Guest) -> None:
        if guest.began is None:
            guest.began = guest.seen or 0
        now = time.monotonic()
        if guest.threads and now - self._typed_at > TYPING_EVERY_S:
            self._typed_at = now
            with contextlib.suppress(NotAccepting):  # it is over before it could be told
                await self._services.history.typing(guest.threads[-1].id)

    async def _seen(self, guest: Guest, frame: Read) -> None:
        number, position = stored_position(frame.position)
        if not guest.threads or guest.threads[-1].number != number or frame.position <= self._read_up_to:
            return
        self._read_up_to = frame.position
        guest.seen = frame.position
        kind, value = guest.visitor.address
        receipt = ReceiptReceived(
            external_id=f"{guest.visitor.id}:read:{frame.position}",
            sender=Sender(kind=kind, value=value),
            up_to_position=position,
            conversation=guest.threads[-1].id,
            status=DeliveryStatus.READ,
        )
        try:
            await self._receive([receipt])
        except NotAccepting:  # the client says it again with the next message it shows
            self._read_up_to = 0

    # Out -------------------------------------------------------------------------------------------------------------

    def _follow(self, thread: Thread, group: asyncio.TaskGroup) -> None:
        self._unfollow()
        self._following = thread, group.create_task(self._follow_thread(thread))

    def _unfollow(self) -> None:
        if self._following is not None:
            self._following[1].cancel()
            self._following = None

    async def _follow_thread(self, thread: Thread) -> None:
        try:
            async with self._services.history.subscribe(thread.id) as events:
                await self._catch_up(thread)
                async for event in events:
                    if self._following is None or self._following[0] is not thread:
                        return  # cancelled, but the events that wait come without a pause in which to notice
                    self._happened(event, thread)
                    if isinstance(event, Behind):
                        return
        except NotAccepting:
            await asyncio.sleep(FOLLOW_AGAIN_S)
            self.push(ReloadFrame())

    async def _catch_up(self, thread: Thread) -> None:
        """What was stored between the welcome and the subscription, in whatever number."""
        while True:
            number, position = stored_position(self._last)
            start = position if number == thread.number else 0
            messages = await self._services.history.after(thread.id, start, CATCH_UP)
            for message in messages:
                self._message(message, thread)
            if len(messages) < CATCH_UP:
                return

    def _happened(self, event: HistoryEvent, thread: Thread) -> None:
        match event:
            case MessageShown(message=message):
                self._message(message, thread)
            case OperatorTyping(name=name):
                self.push(TypingFrame(name=name))
            case OperatorRead(position=position):
                self.push(ReadFrame(position=visible_position(thread.number, position)))
            case Behind():
                self.push(ReloadFrame())
            case _:
                assert_never(event)

    def _message(self, message: Message, thread: Thread) -> None:
        shown = self._chat.shown(message, thread.number)
        if shown.position <= self._last:  # a change of what the visitor has already, or seen twice
            return
        self._last = shown.position
        if self._own and shown.position in self._own:
            self._own.discard(shown.position)
            return
        self.push(MessageFrame(**shown.model_dump()))


def _frame_in(message: WSMessage) -> Frame | None:
    """What a visitor says with a message, None when the socket has ended."""
    if message.type is WSMsgType.TEXT:
        try:
            return read_frame(message.data.encode("utf-8", "surrogatepass"))
        except PayloadInvalid as error:
            raise Refusal(WSCloseCode.INVALID_TEXT, error.reason[:100]) from error
    if message.type is WSMsgType.BINARY:
        raise Refusal(WSCloseCode.INVALID_TEXT, "text only")
    return None
