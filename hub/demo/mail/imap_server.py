"""A small IMAP server for the demo: one folder, read only, with IDLE. What it does not know it refuses.

RFC 3501 and RFC 2177, as far as a program goes that follows a mailbox by its UIDs.
"""

import asyncio
import base64
import binascii
import contextlib
import hmac
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from hub.demo.mail.post_office import Box, Letter, PostOffice

LINE_BYTES = 16 * 1024
SILENT_S = 1_800.0
"""RFC 3501, 5.4: at least half an hour before a silent client is put out."""
CAPABILITIES = "IMAP4rev1 IDLE AUTH=XOAUTH2 SASL-IR"
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^()]*\))|([^\s()"]+)')
_XOAUTH2 = re.compile(r"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01")

Check = Callable[[str, str], bool]


def same_secret(secret: str) -> Check:
    """Lets in whoever knows the secret, as a password or as a token."""
    return lambda _, given: hmac.compare_digest(given.encode(), secret.encode())


@asynccontextmanager
async def imap_server(office: PostOffice, check: Check, *, idles: bool = True) -> AsyncIterator[int]:
    """Listen on the loopback interface while the body runs; gives the port.

    `check` is asked about name and secret. Without `idles` it is a server that has no IDLE.
    """
    capabilities = CAPABILITIES if idles else CAPABILITIES.replace(" IDLE", "")
    sessions: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        sessions[task] = writer
        try:
            await _Session(office, check, capabilities, reader, writer).run()
        except (OSError, ValueError):
            pass  # the client has gone, or names no set of UIDs
        finally:
            del sessions[task]
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=LINE_BYTES)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in sessions.values():
            writer.transport.abort()
        while sessions:
            await asyncio.sleep(0)
        await server.wait_closed()


class _Session:
    """One connection."""

    def __init__(
        self,
        office: PostOffice,
        check: Check,
        capabilities: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._office, self._check, self._capabilities = office, check, capabilities
        self._reader, self._writer = reader, writer
        self._box: Box | None = None
        self._selected: Box | None = None
        self._told = 0  # letters that the client knows of

    async def run(self) -> None:
        """Answer until the client has had enough."""
        await self._say(f"* OK [CAPABILITY {self._capabilities}] the demo's mail is ready")
        while line := await self._line():
            tag, *words = _words(line)
            if not words:
                await self._say(f"{tag} BAD say a command")
                continue
            name, *arguments = words
            if name.upper() == "LOGOUT":
                await self._say("* BYE until then", f"{tag} OK done")
                return
            await self._do(tag, name.upper(), arguments)

    async def _do(self, tag: str, name: str, arguments: Sequence[str]) -> None:
        match name, len(arguments):
            case "CAPABILITY", 0:
                await self._say(f"* CAPABILITY {self._capabilities}", f"{tag} OK done")
            case "NOOP", 0:
                await self._say(*self._news(), f"{tag} OK done")
            case "LOGIN", 2:
                await self._log_in(tag, arguments[0], arguments[1])
            case "AUTHENTICATE", 1 | 2:
                await self._authenticate(tag, arguments)
            case (("SELECT" | "EXAMINE"), 1):
                await self._select(tag, arguments[0])
            case "IDLE", 0 if "IDLE" in self._capabilities:
                await self._idle(tag)
            case "UID", count if count >= 2:
                await self._uid(tag, arguments[0].upper(), arguments[1:])
            case _:
                await self._say(f"{tag} BAD this server knows no {name[:40]} of this form")

    # Who it is -------------------------------------------------------------------------------------------------------

    async def _log_in(self, tag: str, user: str, secret: str) -> None:
        box = self._office.boxes.get(user.lower())
        if box is None or not self._check(user, secret):
            await self._say(f"{tag} NO [AUTHENTICATIONFAILED] name or password are wrong")
            return
        self._box = box
        await self._say(f"{tag} OK [CAPABILITY {self._capabilities}] welcome")

    async def _authenticate(self, tag: str, arguments: Sequence[str]) -> None:
        if arguments[0].upper() != "XOAUTH2":
            await self._say(f"{tag} NO there is XOAUTH2 only")
            return
        given = arguments[1] if len(arguments) == 2 else await self._asked("+ ")
        try:
            match = _XOAUTH2.fullmatch(base64.b64decode(given, validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            match = None
        await self._log_in(tag, *(match.groups() if match else ("", "")))

    # Reading ---------------------------------------------------------------------------------------------------------

    async def _select(self, tag: str, folder: str) -> None:
        if self._box is None or folder.upper() != "INBOX":
            await self._say(f"{tag} NO there is no such folder")
            return
        self._selected, box = self._box, self._box
        self._told = len(box.received)
        await self._say(
            f"* {self._told} EXISTS", "* 0 RECENT", "* FLAGS (\\Seen)", "* OK [PERMANENTFLAGS ()] nothing is kept",
            f"* OK [UIDVALIDITY {box.validity}] generation", f"* OK [UIDNEXT {box.next_uid}] next",
            f"{tag} OK [READ-ONLY] open",
        )  # fmt: skip

    async def _uid(self, tag: str, name: str, arguments: Sequence[str]) -> None:
        if self._selected is None:
            await self._say(f"{tag} BAD select a folder before")
            return
        letters = self._selected.received
        if name == "SEARCH" and len(arguments) == 2 and arguments[0].upper() == "UID":
            found = " ".join(str(letter.uid) for letter in _chosen(letters, arguments[1]))
            await self._say(f"* SEARCH {found}".rstrip(), f"{tag} OK done")
        elif name == "FETCH" and len(arguments) == 2:
            await self._fetch(tag, letters, arguments[0], arguments[1].upper().strip("()").split())
        else:
            await self._say(f"{tag} BAD this server knows no UID {name[:40]} of this form")

    async def _fetch(self, tag: str, letters: Sequence[Letter], wanted: str, items: Sequence[str]) -> None:
        numbers = {letter.uid: number for number, letter in enumerate(letters, 1)}
        for letter in _chosen(letters, wanted):
            head = f"* {numbers[letter.uid]} FETCH (UID {letter.uid}"
            if "RFC822.SIZE" in items:
                head += f" RFC822.SIZE {letter.size_bytes}"
            if "BODY.PEEK[]" in items:
                raw = await asyncio.to_thread(letter.raw)
                self._writer.write(f"{head} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
                await self._writer.drain()
            else:
                await self._say(f"{head})")
        await self._say(f"{tag} OK done")

    # Waiting ---------------------------------------------------------------------------------------------------------

    async def _idle(self, tag: str) -> None:
        if self._selected is None:
            await self._say(f"{tag} BAD select a folder before")
            return
        await self._say("+ idling")
        async with asyncio.TaskGroup() as group:
            pushing = group.create_task(self._push(self._selected))
            try:
                done = await self._line()
            finally:
                pushing.cancel()
        await self._say(f"{tag} OK done" if done.upper() == "DONE" else f"{tag} BAD say DONE")

    async def _push(self, box: Box) -> None:
        while True:
            added = box.added
            if news := self._news():
                await self._say(*news)
            await added.wait()

    def _news(self) -> Sequence[str]:
        if self._selected is None or (count := len(self._selected.received)) == self._told:
            return ()
        self._told = count
        return (f"* {count} EXISTS",)

    # Lines -----------------------------------------------------------------------------------------------------------

    async def _line(self) -> str:
        """The client's next line; empty when it has gone, is silent, or sends none."""
        try:
            async with asyncio.timeout(SILENT_S):
                line = await self._reader.readuntil(b"\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, TimeoutError):
            return ""
        return line[:-2].decode("utf-8", "replace")

    async def _asked(self, prompt: str) -> str:
        await self._say(prompt)
        return await self._line()

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()


def _words(line: str) -> list[str]:
    """The words of a command; quoted strings without their quotes. A literal is refused with the command it is in."""
    return [
        re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2] or match[3]
        for match in _WORD.finditer(line)
    ] or ["*"]


def _chosen(letters: Sequence[Letter], wanted: str) -> Sequence[Letter]:
    """The letters of a set of UIDs such as `4,7:9,12:*`. The last letter counts as `*` (RFC 3501, 6.4.8).

    Raises `ValueError`: it is no such set.
    """
    last = letters[-1].uid if letters else 0
    ranges: list[tuple[int, int]] = []
    for part in wanted.split(","):
        first, _, second = part.partition(":")
        ends = [last if end == "*" else int(end) for end in (first, second or first)]
        ranges.append((min(ends), max(ends)))
    return [letter for letter in letters if any(low <= letter.uid <= high for low, high in ranges)]
