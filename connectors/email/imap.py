"""IMAP: the one place that knows aioimaplib, with the guard rails that keep us clear of its defects.

Answers are taken apart by a protocol of our own on top of the library's, for a fifth of its work.

Only literals are trusted, at most `FETCHED_AT_ONCE` messages are asked for at once, every wait is raced against the
loss of the connection and a deadline of our own, and on any doubt the connection is dropped: whoever holds the UID
cursor goes on from it.
"""

import asyncio
import base64
import contextlib
import logging
import re
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aioimaplib

from connectors.email.certificates import tls_trouble
from connectors.email.mime import RAW_BYTES
from connectors.errors import ChannelAuthError, ChannelConfigError, ChannelUnavailable
from connectors.reasons import why

FETCHED_AT_ONCE = 200
SIZES_AT_ONCE = 400  # a line each; their UIDs stay within the 8,192 bytes that servers take at least (RFC 7162, 4)
IDLE_GRACE_S = 5.0
SET_BACK_S = 0.1
SLOWEST_BYTES_S = 8 * 1024
"""A line slower than this is no line; on one that is faster a large mail may take many times as long as an answer."""

ANSWER_BYTES = 16 * 1024**2
"""Of one answer, mails apart: the UIDs of two million mails that wait are as much."""
GREETING_BYTES = 64 * 1024
"""Before the log-in nobody has a mailbox to tell of."""
LINE_COSTS_BYTES = 64
"""What a line takes in memory beside its own bytes, so that a flood of empty ones is as bounded as a long one."""

_HEAD = re.compile(rb"\d+ FETCH \(.*\{\d+\}$", re.DOTALL)
_UID = re.compile(rb"[( ]UID (\d{1,10})\b")
_SIZE = re.compile(rb"UID (\d{1,10})\b.*?RFC822\.SIZE (\d{1,19})\b|RFC822\.SIZE (\d{1,19})\b.*?UID (\d{1,10})\b")
_ARRIVED = re.compile(rb'UID (\d{1,10})\b.*?INTERNALDATE "([^"]+)"|INTERNALDATE "([^"]+)".*?UID (\d{1,10})\b')
_VALIDITY = re.compile(rb"UIDVALIDITY (\d{1,10})\b")
_NEXT = re.compile(rb"UIDNEXT (\d{1,10})\b")
_NUMBER = re.compile(rb"\d{1,10}")  # of 32 bits, as all of IMAP's are (RFC 3501, 4.2)
_END_OF_LINE = b"\r\n"
MOST_DIGITS = 19
"""Of the size of a literal; more are no number of 64 bits."""

# At debug it writes what is in the mails, and the password when there is a quote in it.
logging.getLogger("aioimaplib").setLevel(logging.WARNING)

ResultT = TypeVar("ResultT")


class ConnectionGone(Exception):
    """The connection is finished: make another and go on from the stored cursor."""


class TooMuch(ConnectionGone):
    """The server began to say more than any honest answer is long. The connection was ended before it had."""

    def __init__(self, announced: str) -> None:
        """`announced`: the bytes that it was about to send, or had sent without an end."""
        super().__init__(f"the server began an answer of {announced} bytes")
        self.announced = announced


class Refused(Exception):
    """The server does not do what was asked and says why; the connection goes on."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as it was opened: the generation of its UIDs, and the UID that the next mail will get."""

    validity: int
    next_uid: int
    writable: bool = True


class _Fetch(aioimaplib.FetchCommand):  # type: ignore[misc]
    """A FETCH that counts the parentheses of its answer as they come, and sets its clock back now and then.

    The library's own counts those of everything that has come, again with each line, and makes a new timer for it.
    """

    _open = 0
    _set_back_at_s = float("-inf")

    def _reset_timer(self) -> None:
        now_s = self._loop.time()
        if now_s - self._set_back_at_s >= SET_BACK_S:
            self._set_back_at_s = now_s
            super()._reset_timer()

    def append_to_resp(self, line: bytes | bytearray, result: str = "Pending") -> None:
        if isinstance(line, bytes):  # a literal is no bytes
            if self.FETCH_MESSAGE_DATA_RE.match(line):
                self._open = 0
            self._open += line.count(b"(") - line.count(b")")
        super().append_to_resp(line, result)

    def wait_data(self) -> bool:
        return self._open != 0


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """Reads what the server says as the library's own does, and does no more for it than needed.

    That one writes all that comes into a line for its log, also where nobody keeps it, and goes from line to line by
    recursion, each time with a copy of the rest: that is four fifths of what it costs to fetch fifty mails of 5 kB, and
    more than some 500 lines in one piece end in a RecursionError and a command that waits for ever.
    """

    incomplete_line: bytes | bytearray
    current_command: Any
    left_bytes = ANSWER_BYTES
    """How much more the server may say in answer to what it was asked."""
    limit_bytes = ANSWER_BYTES
    too_much = ""
    """The bytes that were more: it announced them, or sent them without an end."""

    def data_received(self, d: bytes) -> None:
        self._count(len(d))
        if self.too_much:
            return
        data = self._with_incomplete(d)
        if data is None:
            return
        rest, command, at = memoryview(data), self.current_command, 0
        self.incomplete_line, self.current_command = b"", None
        while at < len(data) and not self.too_much:
            if command is not None and command.wait_literal_data():
                at = len(data) - len(command.append_literal_data(rest[at:]))
                if command.wait_literal_data():
                    self.current_command = command
                    return
            end = data.find(_END_OF_LINE, at)
            if end < 0:
                self.incomplete_line, self.current_command = data[at:], command
                return
            command, at = self._line(data[at:end], command), end + len(_END_OF_LINE)
            self._count(LINE_COSTS_BYTES)
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()
        if command is not None and command.wait_data():
            self.current_command = command

    def _with_incomplete(self, d: bytes) -> bytes | None:
        """What has come, behind the line that it goes on with; None while that has no end."""
        begun = len(self.incomplete_line)
        if not begun:
            return d
        if not isinstance(self.incomplete_line, bytearray):
            self.incomplete_line = bytearray(self.incomplete_line)
        self.incomplete_line += d
        return bytes(self.incomplete_line) if self.incomplete_line.find(_END_OF_LINE, begun - 1) >= 0 else None

    def allow(self, limit_bytes: int) -> None:
        """What is asked next may be answered with so much."""
        self.limit_bytes = self.left_bytes = limit_bytes

    def _count(self, size_bytes: int) -> None:
        self.left_bytes -= size_bytes
        if self.left_bytes < 0 and not self.too_much:
            self._end(f"{self.limit_bytes - self.left_bytes}")

    def _end(self, announced: str) -> None:
        self.too_much = announced
        self.incomplete_line, self.current_command = b"", None
        self.transport.abort()

    def _line(self, line: bytes, command: aioimaplib.Command | None) -> aioimaplib.Command | None:
        """The command to which what follows the line belongs."""
        command = self._handle_line(line, command)
        if literal := aioimaplib.literal_data_re.match(line):
            digits = literal["size"]
            if len(digits) > MOST_DIGITS or int(digits) > self.left_bytes:
                self._end(digits[:MOST_DIGITS].decode())
                return None
            command = command or aioimaplib.Command("NIL", "unused")
            command.begin_literal_data(int(digits))
            return command
        return command if command is not None and command.wait_data() else None

    async def fetch(
        self, message_set: str, message_parts: str, by_uid: bool = False, timeout: float | None = None
    ) -> aioimaplib.Response:
        prefix = "UID" if by_uid else ""
        command = _Fetch(self.new_tag(), message_set, message_parts, prefix=prefix, loop=self.loop, timeout=timeout)
        return await self.execute(command)


class _Client(aioimaplib.IMAP4):  # type: ignore[misc]
    """The library's client with our protocol."""

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        loop = loop or asyncio.get_running_loop()
        self.protocol = _Protocol(loop, conn_lost_cb)
        connecting = loop.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        self._client_task = loop.create_task(connecting)


class Mailbox:
    """One connection to one mailbox. Not to be used by two tasks at once."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, timeout_s: float) -> None:
        self._host, self._port, self._context, self._timeout_s = host, port, context, timeout_s
        self._lost = asyncio.Event()
        self._client: Any = None
        self._capabilities: frozenset[str] = frozenset()

    async def open(self, user: str, password: str, token: str) -> None:
        """Connect and log in. Raises the `Channel...` errors, each with what to do."""
        where = f"{self._host}:{self._port}"
        try:
            # IMAP4_SSL would not take the callback, which is the only sign of a dead connection.
            self._client = _Client(
                self._host, self._port, timeout=self._timeout_s, ssl_context=self._context,
                conn_lost_cb=lambda _: self._lost.set(),
            )  # fmt: skip
            await self._ask(self._client.wait_hello_from_server(), None, GREETING_BYTES)
        except ConnectionGone as error:
            if isinstance(error.__cause__, ssl.SSLError):
                # Not of the settings: one that was renewed counts again, and nobody has touched the channel.
                raise ChannelUnavailable(tls_trouble(where, error.__cause__, "imap_host")) from error
            raise ChannelUnavailable(why("server_unreachable", error, where=where)) from error
        try:
            await self._log_in(user, password, token)
        except ConnectionGone as error:
            raise ChannelUnavailable(why("imap_log_in_silent", error, where=where)) from error

    async def _log_in(self, user: str, password: str, token: str) -> None:
        if token:
            answer = await self._ask(self._client.xoauth2(user, token))
        else:
            answer = await self._ask(self._client.login(_quoted(user), password))
        if answer.result != "OK":
            raise ChannelAuthError(why("imap_log_in", _said(answer), where=self._host, user=user))
        # What is announced before the log-in is not all; what LOGIN leaves is a mixture.
        await self._ask(self._client.protocol.capability())
        self._capabilities = frozenset(str(one).upper() for one in self._client.protocol.capabilities)

    @property
    def idles(self) -> bool:
        """Whether the server tells about new mail by itself."""
        return "IDLE" in self._capabilities

    async def select(self, name: str) -> Folder:
        """Open a folder. Raises `ChannelConfigError` when there is none, `ConnectionGone`."""
        answer = await self._ask(self._client.select(folder_argument(name)))
        if answer.result != "OK":
            raise ChannelConfigError(why("folder_missing", folder=name))
        lines = b"\n".join(bytes(line) for line in answer.lines)
        validity, following = _VALIDITY.search(lines), _NEXT.search(lines)
        if validity is None:
            raise ConnectionGone("the server named no UIDVALIDITY")
        return Folder(int(validity[1]), int(following[1]) if following else 1, b"[READ-ONLY]" not in lines)

    async def uids_after(self, uid: int) -> Sequence[int]:
        """The UIDs above `uid`, ascending. Raises `ConnectionGone`."""
        # `n:*` always names the last message, also when its UID is below n.
        return [found for found in await self._search(f"UID {uid + 1}:*") if found > uid]

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each message, before anything is fetched. Raises `ConnectionGone`."""
        answer = await self._ok(self._client.uid("fetch", _set(uids), "(UID RFC822.SIZE)"))
        found = {}
        for line in answer.lines:
            match = _SIZE.search(bytes(line))
            if match:
                uid, size = (match[1], match[2]) if match[1] else (match[4], match[3])
                found[int(uid)] = int(size)
        return found

    async def arrived(self, uids: Sequence[int]) -> dict[int, datetime]:
        """When each message came into the mailbox, as the server kept it. Raises `ConnectionGone`."""
        found = {}
        for start in range(0, len(uids), SIZES_AT_ONCE):
            some = _set(uids[start : start + SIZES_AT_ONCE])
            for line in (await self._ok(self._client.uid("fetch", some, "(UID INTERNALDATE)"))).lines:
                if match := _ARRIVED.search(bytes(line)):
                    uid, at = (match[1], match[2]) if match[1] else (match[4], match[3])
                    with contextlib.suppress(ValueError):  # unknown is as good as new
                        found[int(uid)] = _aware(parsedate_to_datetime(at.decode("ascii", "replace")))
        return found

    async def bodies(self, uids: Sequence[int], size_bytes: int = 0) -> dict[int, bytes]:
        """The raw messages, at most `FETCHED_AT_ONCE`, by UID; one that was expunged meanwhile is missing.

        `size_bytes` is what is expected in all. Nothing is marked as seen. Raises `Refused`: for one of them alone, as
        it may be; `TooMuch`; and `ConnectionGone`: also when nothing has come for as long as an answer may take, by the
        library's own clock, which each piece that comes sets back.
        """
        command = self._client.uid("fetch", _set(uids), "(UID BODY.PEEK[])")
        answer = await self._ask(command, self._timeout_s + size_bytes / SLOWEST_BYTES_S, RAW_BYTES + ANSWER_BYTES)
        if answer.result != "OK":
            raise Refused(_words(answer.lines[-1:]))  # what comes before it are mails
        lines, found = answer.lines, {}
        for head, literal, tail in zip(lines, lines[1:], lines[2:], strict=False):
            # Changes of flags by other programs are mixed in: only a head with a literal behind it counts.
            if isinstance(literal, bytearray) and _HEAD.match(bytes(head)):
                uid = _UID.search(bytes(head)) or _UID.search(bytes(tail))
                if uid is not None:
                    found[int(uid[1])] = bytes(literal)
        return found

    async def still_there(self, uids: Sequence[int]) -> frozenset[int]:
        """Those that were not expunged. Raises `ConnectionGone`."""
        return frozenset(await self._search(f"UID {_set(uids)}")) & frozenset(uids)

    # What is done with mails that are stored -------------------------------------------------------------------------

    async def ensure(self, name: str) -> None:
        """Make a folder where there is none. Raises `ChannelConfigError` with the server's reason, `ConnectionGone`."""
        folder = folder_argument(name)
        if await self._has(folder):
            return
        made = await self._ask(self._client.create(folder))
        if made.result != "OK" and not await self._has(folder):  # somebody else may have made it meanwhile
            raise ChannelConfigError(why("folder_not_made", _said(made), folder=name))
        await self._ask(self._client.subscribe(folder))  # many mail programs show no other folders

    async def _has(self, folder: str) -> bool:
        answer = await self._ask(self._client.protocol.simple_command("STATUS", folder, "(UIDVALIDITY)"))
        return bool(answer.result == "OK")

    async def mark_read(self, uids: Sequence[int]) -> None:
        """Set the flag Seen; again is nothing, as is a mail that is gone. Raises `Refused`, `ConnectionGone`."""
        await self._do(self._client.uid("store", _set(uids), "+FLAGS.SILENT", r"(\Seen)"))

    async def move(self, uids: Sequence[int], name: str) -> None:
        """Move mails to a folder. Those that are gone already are left out. Raises `Refused`, `ConnectionGone`.

        A server without MOVE (RFC 6851) gets COPY, the flag Deleted and UID EXPUNGE. There one that bears the flag
        already was copied before a crash and is only taken out.
        """
        folder = folder_argument(name)
        if "MOVE" in self._capabilities:
            await self._do(self._client.uid("move", _set(uids), folder))
            return
        copied = await self._search(f"UID {_set(uids)} DELETED")
        if fresh := await self._search(f"UID {_set(uids)} UNDELETED"):
            await self._do(self._client.uid("copy", _set(fresh), folder))
            await self._do(self._client.uid("store", _set(fresh), "+FLAGS.SILENT", r"(\Deleted)"))
        if copied or fresh:
            await self._expunge([*copied, *fresh])

    async def _expunge(self, uids: Sequence[int]) -> None:
        """Take out mails that bear the flag Deleted; what others have marked so stays."""
        if "UIDPLUS" in self._capabilities:
            await self._do(self._client.uid("expunge", _set(uids)))
        elif set(await self._search("DELETED")) <= set(uids):
            await self._do(self._client.expunge())
        # Else they stay with their mark, which mail programs hide: EXPUNGE without UIDs would take others' mails along.

    async def _search(self, what: str) -> Sequence[int]:
        answer = await self._ok(self._client.uid_search(what, charset=None))
        # A server may say it in several lines, and does where one would be long; the last line is its OK.
        words = (word for line in answer.lines[:-1] for word in bytes(line).split())
        return sorted({int(word) for word in words if _NUMBER.fullmatch(word)})

    async def _do(self, command: Coroutine[Any, Any, Any]) -> None:
        answer = await self._ask(command)
        if answer.result != "OK":
            raise Refused(_said(answer))

    # Waiting ---------------------------------------------------------------------------------------------------------

    async def wait(self, renew_s: float) -> None:
        """Return when the server reported anything, or after `renew_s`: search after either.

        Raises `ConnectionGone`.
        """
        idling = await self._ask(self._client.idle_start(timeout=renew_s + 60))
        try:
            await self._pushed(renew_s)
            self._client.idle_done()
            await self._ask(idling)
        finally:
            idling.cancel()
        await self._ok(self._client.noop())

    async def _pushed(self, renew_s: float) -> None:
        try:
            await self._ask(self._client.wait_server_push(timeout=renew_s), renew_s + IDLE_GRACE_S)
        except ConnectionGone as gone:
            if self._lost.is_set() or not isinstance(gone.__cause__, TimeoutError):
                raise

    async def noop(self) -> None:
        """Ask whether the connection is alive. Raises `ConnectionGone`."""
        await self._ok(self._client.noop())

    def drop(self) -> None:
        """End the connection at once."""
        transport = getattr(getattr(self._client, "protocol", None), "transport", None)
        if transport is not None:
            transport.abort()

    async def _ok(self, command: Coroutine[Any, Any, Any], timeout_s: float | None = None) -> Any:
        answer = await self._ask(command, timeout_s)
        if answer.result != "OK":
            raise ConnectionGone(f"the server refused: {answer.result}")
        return answer

    async def _ask(self, command: Any, timeout_s: float | None = None, limit_bytes: int = ANSWER_BYTES) -> Any:
        """The answer of one command, or `ConnectionGone` when the connection is lost or time runs out.

        Raises `TooMuch` where the answer would be longer than `limit_bytes`.
        """
        if self._lost.is_set():
            if asyncio.iscoroutine(command):
                command.close()
            raise self._gone()
        self._client.protocol.allow(limit_bytes)
        asked = asyncio.ensure_future(command)  # noqa: TID251  (raced against the loss, and ended below)
        lost = asyncio.ensure_future(self._lost.wait())  # noqa: TID251  (as above)
        try:
            done, _ = await asyncio.wait(
                {asked, lost}, timeout=timeout_s or self._timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if asked not in done:
                raise self._gone() if lost in done else ConnectionGone("no answer in time")
            if asked.cancelled():  # by the library, which so ends what waits on a connection that is gone
                raise self._gone()
            return asked.result()
        except (aioimaplib.AioImapException, TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise ConnectionGone(str(error) or type(error).__name__) from error
        finally:
            for task in (asked, lost):
                task.cancel()

    def _gone(self) -> ConnectionGone:
        too_much = self._client.protocol.too_much
        return TooMuch(too_much) if too_much else ConnectionGone("the connection was lost")


def folder_argument(name: str) -> str:
    """A folder's name as a quoted string in modified UTF-7 (RFC 3501, 5.1.3). Raises `ChannelConfigError`."""
    if "* " in name or any(ord(character) < 32 for character in name):
        raise ChannelConfigError(why("folder_unsafe", folder=name))

    def encode(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        base = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{base}-"

    return _quoted(re.sub(r"&|[^\x20-\x7e&]+", encode, name))


def _said(answer: Any) -> str:
    """The server's words, for a person."""
    return _words(answer.lines)


def _words(lines: Sequence[Any]) -> str:
    return b" ".join(bytes(line) for line in lines).decode("utf-8", "replace").strip().rstrip(".")[:200]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)  # -0000 says that the zone is not known


def _set(uids: Sequence[int]) -> str:
    return ",".join(str(uid) for uid in uids)
