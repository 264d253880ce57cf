"""A client that costs little: bare HTTP and WebSocket over a connection that stays, so that the hub is the limit."""

import asyncio
import base64
import json
import os
import re
import struct
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from tests.chaos.hub_under_test import PASSWORD

_COOKIE = re.compile(rb"^set-cookie: ([^;]+)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"\ncontent-length: *(\d+)", re.IGNORECASE)


class Line:
    """One keep-alive connection to the hub."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    @classmethod
    async def to(cls, url: str) -> Self:
        """A connection to the host and port of `url`."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        return cls(reader, writer, parts.netloc)

    async def post(self, path: str, body: bytes, token: str | None = None, headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer; each line of `headers` ends with CRLF."""
        status, answer, _ = await self.ask(
            "POST", path, body, headers + (f"Authorization: Bearer {token}\r\n" if token else "")
        )
        return status, answer

    async def get(self, path: str, headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer; each line of `headers` ends with CRLF."""
        status, answer, _ = await self.ask("GET", path, b"", headers)
        return status, answer

    async def ask(self, method: str, path: str, body: bytes, headers: str) -> tuple[int, bytes, str | None]:
        """Status, body, and the cookie that the answer sets."""
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"{headers}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length, cookie = _LENGTH.search(head), _COOKIE.search(head)
        answer = await self._reader.readexactly(int(length[1]) if length else 0)
        return int(head.split(b" ", 2)[1]), answer, cookie[1].decode() if cookie else None

    async def upgrade(self, path: str, headers: str = "") -> None:
        """Make it a WebSocket; each line of `headers` ends with CRLF."""
        key = base64.b64encode(os.urandom(16)).decode()
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{headers}\r\n".encode()
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(head.decode())

    def say(self, frame: Mapping[str, object]) -> None:
        """Send a text frame of at most 64 KiB; the mask is zero, which is allowed."""
        body = json.dumps(frame).encode()
        size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
        self._writer.write(b"\x81" + size + b"\0\0\0\0" + body)

    async def hear(self) -> Any:
        """The next text frame."""
        _, size = await self._reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
        return json.loads(await self._reader.readexactly(size))

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass


async def signed_in(url: str, email: str, password: str = PASSWORD) -> tuple[Line, str]:
    """A connection, and the header of a session: a token may not ask that often."""
    line = await Line.to(url)
    body = json.dumps({"email": email, "password": password}).encode()
    status, answer, cookie = await line.ask("POST", "/api/v1/session", body, "X-Hub: 1\r\n")
    if status != 200 or cookie is None:
        raise RuntimeError(f"nobody could sign in: {status} {answer!r}")
    return line, f"Cookie: {cookie}\r\n"
