"""One mail of the corpus with its record, and how it is put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.email.threads import Tokens

TOKENS = Tokens(b"k" * 32, "example.org")
SENT = TOKENS.message_id("0" * 32, "f" * 32)
"""The Message-ID of a mail of ours."""
CHANNEL_KEY = "sample-channel-key"
"""The mark of our own mail, where a case is about it."""
HEAD = (
    "From: Sample Customer <customer@example.com>", "To: shop@example.org", "Subject: Price",
    "Date: Mon, 23 Nov 2026 10:00:00 +0300", "Message-ID: <one@example.com>", "MIME-Version: 1.0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """`make` gives the bytes: large ones are made when they are needed. `record` is the part of their meaning that the
    case is about, in the words of `record_of` in the test.
    """

    name: str
    make: Callable[[], bytes]
    record: Mapping[str, Any]


def case(name: str, raw: bytes | Callable[[], bytes], **record: Any) -> Case:
    """A case; a message of a person unless the record says otherwise."""
    make = raw if callable(raw) else lambda: raw
    return Case(name, make, {"is": "message", **record})


def raw(*lines: str | bytes, body: str | bytes = "Hello\r\n") -> bytes:
    """A mail line by line, for what no library would write."""
    head = [_bytes(line) for line in lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + _bytes(body)


def without(*names: str) -> tuple[str, ...]:
    """The usual headers but for these."""
    return tuple(line for line in HEAD if line.partition(":")[0] not in names)


def text(body: str | bytes, *lines: str | bytes, charset: str = "utf-8", leave: tuple[str, ...] = ()) -> bytes:
    """A plain mail; `lines` are further headers, `leave` the usual ones to leave out."""
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode(charset)
    return raw(
        *without(*leave), *lines, f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: 8bit",
        body=content,
    )  # fmt: skip


def html(body: str, *lines: str, leave: tuple[str, ...] = ()) -> bytes:
    """A mail that only has HTML."""
    return raw(*without(*leave), *lines, "Content-Type: text/html; charset=utf-8", body=body)


def multipart(
    *parts: tuple[str | tuple[str, ...], str | bytes],
    kind: str = "mixed",
    lines: tuple[str, ...] = (),
    leave: tuple[str, ...] = (),
    boundary: str = "=_part",
) -> bytes:
    """A mail of several parts: each its Content-Type (or all its headers) and its body."""
    body = b""
    for head, content in parts:
        headers = (f"Content-Type: {head}",) if isinstance(head, str) else head
        body += b"--" + boundary.encode() + b"\r\n" + raw(*headers, body=content) + b"\r\n"
    return raw(
        *without(*leave), *lines, f'Content-Type: multipart/{kind}; boundary="{boundary}"',
        body=body + b"--" + boundary.encode() + b"--\r\n",
    )  # fmt: skip


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
