"""Large mails on their way out: put together and handed to the line in parts, so that nobody waits for all of one.

The standard library writes 10 MB in half a second, and the SMTP library looks through them for as long again, both with
steps that no thread can interrupt.
"""

import asyncio
import io
import secrets
from collections.abc import Sequence
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import Policy
from typing import Any

import aiosmtplib

AT_ONCE_BYTES = 64 * 1024
"""Up to here a mail is written at once, and of a larger one so much: others wait for it less than a thread's turn."""


class _InParts(BytesGenerator):
    """Writes a long body in parts, each up to the end of a line."""

    def _write_lines(self, lines: str) -> None:
        at = 0
        while len(lines) - at > AT_ONCE_BYTES and (end := lines.find("\n", at + AT_ONCE_BYTES)) >= 0:
            super()._write_lines(lines[at : end + 1])  # type: ignore[misc]  # not in the stubs
            at = end + 1
        super()._write_lines(lines[at:])  # type: ignore[misc]  # as above


async def as_bytes(mail: EmailMessage, policy: "Policy[EmailMessage]") -> bytes:
    """The mail as it goes over the wire."""
    size = sum(len(part.get_payload()) for part in mail.walk() if not part.is_multipart())
    if size <= AT_ONCE_BYTES:
        return mail.as_bytes(policy=policy)
    return await asyncio.to_thread(_written, mail, policy)


def _written(mail: EmailMessage, policy: "Policy[EmailMessage]") -> bytes:
    for part in mail.walk():
        if part.is_multipart() and part.get_boundary() is None:
            part.set_boundary(f"={secrets.token_hex(16)}=")  # else it looks through the parts for one that is in none
    whole = io.BytesIO()
    _InParts(whole, mangle_from_=False, policy=policy).flatten(mail)
    return whole.getvalue()


async def send_text(client: aiosmtplib.SMTP, raw: bytes, timeout_s: float) -> None:
    """DATA and the mail. Raises the library's errors.

    What of it has other line ends than CRLF is left to the library, which mends them: whoever could end the text with
    them would write commands of their own.
    """
    protocol: Any = client.protocol
    parts = await asyncio.to_thread(_dotted, raw) if len(raw) > AT_ONCE_BYTES else None
    if parts is None or protocol is None or protocol._command_lock is None:
        await client.data(raw, timeout=timeout_s)
        return
    try:
        async with protocol._command_lock:
            protocol._response_pending = True
            protocol.write(b"DATA\r\n")
            begun = await protocol.read_response(timeout=timeout_s)
            if begun.code != aiosmtplib.SMTPStatus.start_input:
                raise aiosmtplib.SMTPDataError(begun.code, begun.message)
            protocol._response_pending = True
            for part in parts:
                protocol.write(part)
                await asyncio.sleep(0)
            protocol.write(b".\r\n")
            taken = await protocol.read_response(timeout=timeout_s)
            if taken.code != aiosmtplib.SMTPStatus.completed:
                raise aiosmtplib.SMTPDataError(taken.code, taken.message)
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
        client.close()
        raise


def _dotted(raw: bytes) -> Sequence[bytes] | None:
    """The mail in parts, with a dot more where a line begins with one (RFC 5321, 4.5.2); None: it has odd line ends."""
    parts, at = list[bytes](), 0
    while at < len(raw):
        end = raw.find(b"\r\n", at + AT_ONCE_BYTES) + 2
        part = raw[at:end] if end >= 2 else raw[at:]
        if not part.endswith(b"\r\n") or not part.count(b"\r\n") == part.count(b"\n") == part.count(b"\r"):
            return None
        at += len(part)
        dotted = part.replace(b"\n.", b"\n..")
        parts.append(b"." + dotted if part.startswith(b".") else dotted)
    return parts
