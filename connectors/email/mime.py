"""From the raw bytes of a mail to its headers, texts and files. Pure, bounded, and never surprised.

The standard library's `policy.default` parses headers by the grammar and raises on hostile ones (IndexError and others,
python/cpython issues 83939 and 105802), so headers are read with the older policy and decoded here; what cannot be
decoded stays as it is.
"""

import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy, utils
from email.errors import InvalidBase64LengthDefect, MessageError
from email.header import decode_header
from email.message import Message as MimePart
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from typing import Any

from connectors.email.domains import as_written
from connectors.email.large import Large, without_large
from connectors.errors import PayloadInvalid
from connectors.text import clean_name, clean_text
from hub.model.attachment import Encoded

RAW_BYTES = 50 * 1024**2
DECODED_BYTES = 50 * 1024**2
PARTS = 500
DEPTH = 20
HEADER_BYTES = 256 * 1024
ADDRESSES = 100
TEXT_CHARACTERS = 1_000_000
NAME_CHARACTERS = 200
IDS = 50  # message ids of References that are looked at, the newest last

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_ADDRESS = re.compile(r"^[^\s@<>(),;:\\\"\[\]\x00-\x1f]{1,64}@[^\s@<>(),;:\\\"\[\]\x00-\x1f]{1,255}$")
_ATOM = r"[A-Za-z0-9_=?/+-]+"
_DOTTED = rf"{_ATOM}(?:\.{_ATOM})*"
_NAMED = rf"(?P<words>{_ATOM}(?: {_ATOM})*) |\"(?P<quoted>[^\"\\\x00-\x1f\x7f-\U0010ffff]+)\" "
_ONE_ADDRESS = re.compile(rf"(?:{_NAMED})?<(?P<address>{_DOTTED}@{_DOTTED})>|(?P<bare>{_DOTTED}@{_DOTTED})")
# Not strict: a name with a comma that nobody quoted would otherwise cost the address. Older Pythons know no other way.
_LENIENT: dict[str, Any] = {"strict": False} if getattr(utils, "supports_strict_parsing", False) else {}
_REPORTS = frozenset(
    {"message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "message/rfc822",
     "message/global"}
)  # fmt: skip
_ENCRYPTED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_COMPOSED = frozenset({"multipart", "message"})
_FOLD = re.compile(r"(?:\r\n|\r|\n)(?=[ \t])")
_BEGIN_OF_HEADER = re.compile(r"[!-9;-~]+:")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_GUESSES = ("utf-8", "windows-1251")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address with the name that stands beside it; `address` is in lower case where it may be."""

    address: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MailFile:
    """A part that is a file. `content_id` is what an HTML text shows it by (`cid:`), without brackets.

    `encoded`: where in the mail its bytes stand, as far as that is known.
    """

    name: str
    media_type: str
    content: bytes = field(hash=False)  # a mail is asked for its files by themselves, and a megabyte takes a while
    content_id: str | None = None
    inline: bool = False
    encoded: tuple[Encoded, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was read. `text` and `html` are None where there is no such part; `headers` are decoded, in order.

    `wrapped` says that its text is encrypted or signed in a way the hub does not open: `smime` or `pgp`.
    """

    message_id: str | None
    subject: str
    sender: Mailbox | None
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    sent_at: datetime | None = None
    references: tuple[str, ...] = ()
    text: str | None = None
    html: str | None = None
    files: tuple[MailFile, ...] = ()
    wrapped: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    report: tuple[tuple[str, bytes], ...] = ()
    """Parts of a report such as a bounce, by media type: `message/delivery-status` and the original's headers."""
    _first: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", dict(reversed(self.headers)))

    def header(self, name: str) -> str | None:
        """The first header of this name, or None."""
        return self._first.get(name.lower())

    def all(self, name: str) -> Sequence[str]:
        """Every header of this name, in their order."""
        wanted = name.lower()
        return [value for known, value in self.headers if known == wanted] if wanted in self._first else ()


@dataclass(slots=True)
class _Found:
    """What a walk through the parts collects, and what was cut out of them before."""

    large: Large
    text: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[MailFile] = field(default_factory=list)
    report: list[tuple[str, bytes]] = field(default_factory=list)
    wrapped: str | None = None
    parts: int = 0
    decoded_bytes: int = 0


def read_mail(raw: bytes) -> Mail:
    """The mail in `raw`. Raises `PayloadInvalid`: it is over a limit, or no mail at all."""
    if len(raw) > RAW_BYTES:
        raise PayloadInvalid(f"This mail has {len(raw)} bytes; at most {RAW_BYTES} are read.", "too_large")
    if len(raw) > HEADER_BYTES and not _END_OF_HEAD.search(raw, 0, HEADER_BYTES + 4):
        raise PayloadInvalid(f"The headers of this mail are longer than {HEADER_BYTES} bytes.", "headers_too_large")
    large = without_large(raw)
    found = _Found(large)
    try:
        message = parsed(large.small)
        _walk(message, found, depth=0)
    except RecursionError:  # the parser goes down into nested parts by recursion
        raise PayloadInvalid(f"The parts of this mail are nested deeper than {DEPTH}.", "too_deep") from None
    except (TypeError, ValueError, LookupError, MessageError) as error:  # RFC 2231 pieces with and without a number
        raise PayloadInvalid(f"The parts of this mail are described in no way that can be read: {error}.") from error
    # Not through the message's own access, which puts a replacement character for each 8-bit byte.
    written = [(name.lower(), str(value)) for name, value in message.raw_items()]
    headers = tuple((name, decoded(value)) for name, value in written)
    mail = Mail(
        message_id=_first_id(headers),
        subject=" ".join(next((value for name, value in headers if name == "subject"), "").split())[:1_000],
        sender=next(iter(_mailboxes(written, "from")), None) or next(iter(_mailboxes(written, "sender")), None),
        reply_to=_mailboxes(written, "reply-to"),
        to=_mailboxes(written, "to"),
        cc=_mailboxes(written, "cc"),
        sent_at=_date(headers),
        references=_references(headers),
        text="\n\n".join(found.text)[:TEXT_CHARACTERS] if found.text else None,
        html="\n".join(found.html)[:TEXT_CHARACTERS] if found.html else None,
        files=tuple(found.files),
        wrapped=found.wrapped,
        headers=headers,
        report=tuple(found.report),
    )
    if not headers:
        raise PayloadInvalid("This has no headers: it is no mail.", "no_headers")
    return mail


def parsed(raw: bytes) -> MimePart:
    """A mail as the library parses it, which looks at each line for the end of a part: one without parts is spared."""
    if end := _END_OF_HEAD.search(raw):
        part = _of_head(raw[: end.start()])
        if part is not None and part.get_content_maintype() not in _COMPOSED:
            part.set_payload(raw[end.end() :].decode("ascii", "surrogateescape"))
            return part
    return message_from_bytes(raw, policy=policy.compat32)


def _of_head(raw: bytes) -> MimePart | None:
    """A mail of headers alone, as the library reads them; None where it would do more than split them."""
    text = raw.decode("ascii", "surrogateescape")
    if text.count("\r") != text.count("\r\n"):
        return None  # else it ends a line
    part: MimePart = MimePart(policy=policy.compat32)
    header: list[str] = []
    for line in text.split("\n"):
        if line.startswith((" ", "\t")) and header:
            header.append(f"{line}\n")
        elif _BEGIN_OF_HEADER.match(line):
            if header:
                part.set_raw(*policy.compat32.header_source_parse(header))
            header = [f"{line}\n"]
        else:
            return None
    part.set_raw(*policy.compat32.header_source_parse(header))
    return part


def decoded(value: str) -> str:
    """A header in plain characters, on one line: RFC 2047 words, and 8-bit bytes that should not be there."""
    plain = value.isascii() and "=?" not in value
    if plain and value.isprintable():
        return value.strip()
    text = value if plain else "".join(_word(part, charset) for part, charset in _words(value))
    return clean_text(" ".join(text.replace("\r", "\n").split("\n"))).strip()


def _words(value: str) -> Sequence[tuple[bytes | str, str | None]]:
    try:
        return decode_header(_FOLD.sub("", value))  # which would drop the spaces at the beginning of lines
    except (MessageError, ValueError, LookupError):  # a broken encoded word: shown as it was written
        return [(value, None)]


def _word(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        # 8-bit bytes in a header arrive as surrogates of the parser.
        return text_of(part.encode("ascii", "surrogateescape"), charset) if _has_surrogates(part) else part
    return text_of(part, charset)


def _has_surrogates(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def text_of(content: bytes, charset: str | None) -> str:
    """Bytes as text: by the charset they claim, else by the first that fits, never failing."""
    for name in (charset, *_GUESSES):
        if not name:
            continue
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):  # ValueError: a charset that is no text encoding
            continue
    return content.decode("latin-1")


def _walk(part: MimePart, found: _Found, *, depth: int) -> None:
    found.parts += 1
    if found.parts > PARTS:
        raise PayloadInvalid(f"This mail has more than {PARTS} parts.", "too_many_parts")
    if depth > DEPTH:
        raise PayloadInvalid(f"The parts of this mail are nested deeper than {DEPTH}.", "too_deep")
    mark = found.large.mark.decode()
    head = [(name, str(value)) for name, value in part.raw_items()]
    if sum(len(name) + len(value) for name, value in head) > HEADER_BYTES or any(mark in value for _, value in head):
        raise PayloadInvalid(f"The headers of this mail are longer than {HEADER_BYTES} bytes.", "headers_too_large")
    media_type = part.get_content_type()
    if part.is_multipart() and not media_type.startswith("message/"):
        if media_type == "multipart/encrypted":
            found.wrapped = "pgp"
        for inner in _inner(part):
            _walk(inner, found, depth=depth + 1)
        return
    # One that calls itself multipart and has no parts: a boundary that never comes. Its lines are what there is.
    _leaf(part, "text/plain" if media_type.startswith("multipart/") else media_type, found)


def _inner(part: MimePart) -> Iterator[MimePart]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (inner for inner in payload if isinstance(inner, MimePart))


def _leaf(part: MimePart, media_type: str, found: _Found) -> None:
    content, encoded = _content(part, media_type, found.large)
    found.decoded_bytes += len(content)
    if found.decoded_bytes > DECODED_BYTES:
        raise PayloadInvalid(f"The parts of this mail have more than {DECODED_BYTES} bytes.", "too_large")
    disposition = str(part.get("Content-Disposition", "")).partition(";")[0].strip().lower()
    name = _file_name(part)
    if media_type in _REPORTS:
        found.report.append((media_type, content))
    if media_type in _ENCRYPTED:
        found.wrapped = "smime"
    if media_type in ("text/plain", "text/html") and disposition != "attachment" and not name:
        text = clean_text(text_of(content, part.get_content_charset()))
        if text.strip():
            (found.text if media_type == "text/plain" else found.html).append(text)
        return
    if media_type == "message/delivery-status" or not content:
        return
    content_id = str(part.get("Content-ID", "")).strip().strip("<>") or None
    found.files.append(
        MailFile(
            name=name or _usual_name(media_type, len(found.files) + 1),
            media_type=media_type,
            content=content,
            content_id=content_id,
            inline=disposition == "inline" or (content_id is not None and disposition != "attachment"),
            encoded=tuple(encoded),
        )
    )


def _content(part: MimePart, media_type: str, large: Large) -> tuple[bytes, Sequence[Encoded]]:
    """What a part holds, and where in the mail that stands, as far as that is known."""
    if media_type.startswith("message/") and part.is_multipart():
        return large.whole(b"\n".join(_written_out(inner) for inner in _inner(part))), ()
    if large.stretches and not part.is_multipart():
        written = str(part.get_payload()).encode("utf-8", "surrogateescape")
        if large.mark in written:
            encoded = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
            file = large.file(written) if encoded else None
            if file is not None:
                return file
            part.set_payload(large.whole(written).decode("ascii", "surrogateescape"))
    return _decoded(part), ()


def _decoded(part: MimePart) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, binascii.Error, LookupError, AssertionError):  # a transfer encoding that is broken
        content = str(part.get_payload()).encode("utf-8", "surrogateescape")
    if isinstance(content, bytes) and any(isinstance(one, InvalidBase64LengthDefect) for one in part.defects):
        return _as_far_as_it_goes(content)
    return content if isinstance(content, bytes) else b""


def _written_out(part: MimePart) -> bytes:
    """A part as bytes; one that the library parsed and cannot write, such as with 8-bit names of charsets, as text."""
    try:
        return part.as_bytes(policy=policy.compat32)
    except (MessageError, LookupError, ValueError, TypeError):
        lines = [f"{name}: {value}" for name, value in part.raw_items()]
        inner = [_written_out(one).decode("utf-8", "surrogateescape") for one in _inner(part)]
        body = "\n\n".join(inner) if inner else str(part.get_payload())
        return "\n".join([*lines, "", body]).encode("utf-8", "surrogateescape")


def _as_far_as_it_goes(content: bytes) -> bytes:
    """Base64 that was cut off in the middle of a group."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
    return binascii.a2b_base64(kept[: len(kept) // 4 * 4])


def _file_name(part: MimePart) -> str | None:
    if "content-disposition" not in part and "content-type" not in part:
        return None
    part = _with_readable_names(part)
    try:
        raw = part.get_param("filename", header="Content-Disposition") or part.get_param("name")
        name = decoded(collapse_rfc2231_value(raw)) if raw else ""
    except (ValueError, LookupError, TypeError):  # RFC 2231 pieces that do not fit together
        name = ""
    return clean_name(name.replace("\\", "/").rpartition("/")[2], NAME_CHARACTERS) or None


def _with_readable_names(part: MimePart) -> MimePart:
    """A part of only those headers that may name the file; 8-bit bytes, which should not be there, as characters."""
    shown = MimePart(policy=policy.compat32)
    for name, value in part.raw_items():
        if name.lower() in ("content-disposition", "content-type") and name not in shown:
            raw = str(value)
            shown[name] = text_of(raw.encode("ascii", "surrogateescape"), None) if _has_surrogates(raw) else raw
    return shown


_ENDINGS = {
    "message/rfc822": "eml", "text/calendar": "ics", "application/ms-tnef": "dat", "application/pgp-encrypted": "asc",
    "application/pkcs7-mime": "p7m", "application/pkcs7-signature": "p7s", "application/pgp-signature": "asc",
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "application/pdf": "pdf", "text/html": "html",
    "text/plain": "txt",
}  # fmt: skip


def _usual_name(media_type: str, number: int) -> str:
    return f"{media_type.partition('/')[0]}-{number}.{_ENDINGS.get(media_type, 'bin')}"


_Headers = Sequence[tuple[str, str]]


def _mailboxes(written: _Headers, name: str) -> tuple[Mailbox, ...]:
    """The addresses of a header as it was written: names are decoded one by one, for they may hold commas."""
    values = [value[:20_000] for known, value in written if known == name][:ADDRESSES]
    if not values:
        return ()
    try:
        pairs = _alone(values) or getaddresses(values, **_LENIENT)
    except (ValueError, IndexError, RecursionError):  # RecursionError: comments within comments within comments
        return ()
    found: dict[str, Mailbox] = {}
    for name_written, address in pairs[:ADDRESSES]:
        usual = usual_address(decoded(address))
        if usual and usual not in found:
            found[usual] = Mailbox(usual, clean_name(decoded(name_written)) or None)
    return tuple(found.values())


def _alone(values: Sequence[str]) -> Sequence[tuple[str, str]]:
    """The one address that there is, with its name, where it is written as nearly all are; else none."""
    found = _ONE_ADDRESS.fullmatch(values[0]) if len(values) == 1 else None
    return [(found["words"] or found["quoted"] or "", found["address"] or found["bare"])] if found else ()


def usual_address(address: str) -> str | None:
    """The address as contacts are found by: no blanks, lower case. None when it is no address."""
    plain = as_written(address.strip().strip("<>").rstrip(".").lower())
    return plain if _ADDRESS.match(plain) else None


def _first_id(headers: _Headers) -> str | None:
    return next(
        (match[0] for name, value in headers if name == "message-id" if (match := _MESSAGE_ID.search(value))), None
    )


def _references(headers: _Headers) -> tuple[str, ...]:
    """The ids of the mails before this one, the newest last, each once."""
    found: dict[str, None] = {}
    for wanted in ("references", "in-reply-to"):
        for name, value in headers:
            if name != wanted:
                continue
            for match in _MESSAGE_ID.findall(value):
                found.pop(match, None)
                found[match] = None
    return tuple(found)[-IDS:]


def _date(headers: _Headers) -> datetime | None:
    written = next((value for name, value in headers if name == "date"), "")
    try:
        sent_at = parsedate_to_datetime(written)
        return (sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)).astimezone(UTC)
    except (
        ValueError,
        TypeError,
        OverflowError,
        IndexError,
    ):  # TypeError: no date at all, before Python 3.10's ValueError
        return None
