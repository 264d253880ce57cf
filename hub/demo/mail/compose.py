"""What a sample customer's mail program makes of what was typed: text and HTML, quotes marked as such in both."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

REFERENCES = 20
_NAME = re.compile(r"^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$")


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail that is about to be sent. `answers` is the Message-ID it answers, `references` what stands before it."""

    sender: tuple[str, str]
    to: Sequence[str]
    cc: Sequence[str]
    subject: str
    text: str
    files: Sequence[tuple[str, str, bytes]] = ()
    answers: str | None = None
    references: Sequence[str] = ()
    language: str = "en"


def compose(draft: Draft, message_id: str, now: datetime) -> bytes:
    """The mail as it goes over the wire. Raises `ValueError`: an address or a header cannot be written."""
    mail = EmailMessage(policy=SMTP)
    name, address = draft.sender
    mail["Message-ID"] = message_id
    mail["Date"] = format_datetime(now)
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = [Address(addr_spec=one) for one in draft.to]
    if draft.cc:
        mail["Cc"] = [Address(addr_spec=one) for one in draft.cc]
    mail["Subject"] = " ".join(draft.subject.split())
    mail["User-Agent"] = "Switchboard demo mail"
    mail.set_content(draft.text, cte="quoted-printable")
    mail.add_alternative(html_of(draft.text), subtype="html", cte="quoted-printable")
    for file_name, media_type, content in draft.files:
        kind = media_type if _NAME.match(media_type) else "application/octet-stream"
        maintype, _, subtype = kind.partition("/")
        if maintype in ("text", "message", "multipart"):  # kept as bytes, whatever they are
            maintype, subtype = "application", "octet-stream"
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=file_name)
    mail["Content-Language"] = draft.language  # last: the library moves it into the part that was the mail before
    return _threading(draft) + mail.as_bytes()


def _threading(draft: Draft) -> bytes:
    """Written by hand: the library would break a long Message-ID into encoded words."""
    if not draft.answers:
        return b""
    references = list(dict.fromkeys([*draft.references, draft.answers]))[-REFERENCES:]
    lines = f"In-Reply-To: {draft.answers}\r\nReferences: " + "\r\n ".join(references) + "\r\n"
    return lines.encode("ascii", "ignore")


def html_of(text: str) -> str:
    """The text as HTML: lines behind a `>` become a quotation, as deep as they are."""
    depth, pieces = 0, []
    for line in text.split("\n"):
        marks = re.match(r"(?:>\s?)*", line)
        assert marks is not None
        wanted = marks[0].count(">")
        pieces.append('<blockquote type="cite">' * (wanted - depth) + "</blockquote>" * (depth - wanted))
        depth = wanted
        pieces.append(f"<div>{html.escape(line[marks.end() :]) or '<br>'}</div>")
    pieces.append("</blockquote>" * depth)
    return f"<!doctype html><html><body>{''.join(pieces)}</body></html>\n"
