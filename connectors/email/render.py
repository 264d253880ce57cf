"""From a message to the mail that says it. Pure: the same message always gives the same mail, whatever the attempt."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any

from connectors.email.automatic import OURS
from connectors.email.config import Settings
from connectors.email.threads import Tokens
from connectors.lent import Signing
from connectors.text import clean_text, with_numbered_lines
from hub.model.message import ActorKind, Direction, Message
from hub.model.signature import filled

QUOTED_CHARACTERS = 20_000
REFERENCES = 20
SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SHOWN_BYTES = 2 * 1024**2
"""Pictures up to here are shown in the mail; a larger one is a file below it."""
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")
_RE = re.compile(r"^\s*(?:re|ha|отв|на)\s*(?:\[\d+\])?:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a mail is made of. `earlier` are the messages before it, ascending; `files` name, type and bytes; `copies`
    go to addresses beside `to`; `signature` has its variables filled in.
    """

    message: Message
    to: str
    earlier: Sequence[Message] = ()
    files: Sequence[tuple[str, str, bytes]] = ()
    copies: Sequence[str] = ()
    signature: str = ""


class MessageIds(str):
    """A header of Message-IDs, one a line. The library would write one over 78 characters, as ours are, in encoded
    words, which no mail program takes for an id (RFC 2047, section 5).
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, ids: Sequence[str]) -> "MessageIds":
        """`name` is the header's: the library takes what has one for a header that folds itself."""
        made = super().__new__(cls, " ".join(ids))
        made.name = name
        return made

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        """The header as it goes over the wire."""
        return f"{self.name}: {f'{policy.linesep} '.join(self.split(' '))}{policy.linesep}"


def render(outgoing: Outgoing, settings: Settings, tokens: Tokens, mark: str, now: datetime) -> EmailMessage:
    """The mail. `mark` is the channel's public key: a mail that bears it is ours, come back."""
    message = outgoing.message
    text = _text(message, outgoing.signature)
    last = _last_received(outgoing.earlier)
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = tokens.message_id(message.id, message.conversation)
    mail["Date"] = format_datetime(now)
    mail["From"] = _own_address(settings)
    mail["To"] = outgoing.to
    if outgoing.copies:
        mail["Cc"] = ", ".join(outgoing.copies)
    mail["Reply-To"] = tokens.reply_to(settings.sender, message.conversation)
    mail["Subject"] = _subject(outgoing.earlier, settings)
    references = _references(outgoing.earlier)
    if references:
        mail["In-Reply-To"] = MessageIds("In-Reply-To", references[-1:])
        mail["References"] = MessageIds("References", references)
    mail[OURS] = mark
    if message.author.kind is not ActorKind.OPERATOR:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    # A program quotes nothing: whoever forges a sender would have us write their words to somebody else.
    by_person = message.author.kind is ActorKind.OPERATOR
    quoted = _quoted(last) if last is not None and settings.quote_history and by_person else ""
    mail.set_content(f"{text}\n\n{quoted}" if quoted else f"{text}\n", cte="quoted-printable")
    pictures = [file for file in outgoing.files if file[1] in SHOWN_TYPES and len(file[2]) <= SHOWN_BYTES]
    ids = [f"{message.id}.{number}@{settings.sender.partition('@')[2]}" for number in range(len(pictures))]
    shown = [(content_id, name) for content_id, (name, _, _) in zip(ids, pictures, strict=True)]
    mail.add_alternative(_html(text, last if quoted else None, shown), subtype="html", cte="quoted-printable")
    for content_id, (name, media_type, content) in zip(ids, pictures, strict=True):
        marked: Any = mail.get_payload()[1]  # type: ignore[index]  # the HTML, of the two texts
        marked.add_related(
            content, "image", media_type.partition("/")[2], cid=f"<{content_id}>", filename=name, disposition="inline"
        )
    for name, media_type, content in (file for file in outgoing.files if file not in pictures):
        maintype, _, subtype = media_type.partition("/")
        mail.add_attachment(content, maintype=maintype, subtype=subtype or "octet-stream", filename=name)
    return mail


def _own_address(settings: Settings) -> Address:
    local, _, domain = settings.sender.rpartition("@")
    return Address(settings.sender_name, local, domain)  # as `addr_spec` only ASCII would be taken


def letter(to: str, subject: str, text: str, settings: Settings, mark: str, now: datetime, key: str) -> EmailMessage:
    """A letter of the hub's own to somebody who is no contact. It wants no answer, and none of programs either.

    Its Message-ID is made of the `key`: mail programs see one letter, however often it was tried.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<letter.{key}@{settings.sender.partition('@')[2]}>"
    mail["Date"] = format_datetime(now)
    mail["From"] = _own_address(settings)
    mail["To"] = to
    mail["Subject"] = " ".join(clean_text(subject).split())[:200]
    mail[OURS] = mark
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(f"{clean_text(text)}\n", cte="quoted-printable")
    mail.add_alternative(_html(clean_text(text), None), subtype="html", cte="quoted-printable")
    return mail


def signature_of(message: Message, settings: Settings, signing: Signing, channel: str) -> str:
    """What stands below a mail: the operator's signature, else the channel's, else the project's.

    What no person writes is signed only where the channel says so, and without the contact's name: whoever forges a
    sender chooses it, and would have us write it, with an address of theirs, to somebody else.
    """
    automatic = message.author.kind is not ActorKind.OPERATOR
    if automatic and not settings.sign_automatic:
        return ""
    values = {
        "operator": signing.operator, "project": signing.project, "channel": channel,
        "contact": "" if automatic else signing.contact,
        "address": settings.address,
    }  # fmt: skip
    return filled(signing.of_operator or settings.signature or signing.of_project, values)


def _text(message: Message, signature: str) -> str:
    text = clean_text(with_numbered_lines(message.text, message.buttons) if message.ask is None else message.text)
    return f"{text}\n\n-- \n{clean_text(signature)}" if signature else text


def _subject(earlier: Sequence[Message], settings: Settings) -> str:
    """That of the mail the contact wrote first, answered; header injection ends here."""
    received = (one.details.mail for one in earlier if one.direction is Direction.IN and one.details)
    first = next((mail.subject for mail in received if mail), "")
    plain = " ".join(clean_text(_RE.sub("", first)).split())[:200]
    return f"Re: {plain}" if plain else settings.subject


def _references(earlier: Sequence[Message]) -> Sequence[str]:
    """The Message-IDs of the conversation, the newest last."""
    found: dict[str, None] = {}
    for message in earlier:
        if message.direction is Direction.IN and message.details and message.details.mail:
            ids: Sequence[str] = (message.details.mail.message_id or "",)
        else:
            ids = message.delivery.external_ids if message.delivery else ()
        found.update(dict.fromkeys(one for one in ids if one.startswith("<")))
    return tuple(found)[-REFERENCES:]


def _last_received(earlier: Sequence[Message]) -> Message | None:
    return next((one for one in reversed(earlier) if one.direction is Direction.IN and not one.automatic), None)


def _attribution(message: Message) -> str:
    """In a form that mail programs know, so that they fold what follows."""
    at = (message.source_at or message.created_at).strftime("%d.%m.%Y %H:%M")
    sender = message.details.mail.sender if message.details and message.details.mail else None
    return f"{at}, {sender or message.author.name or 'Customer'}:"


def _quoted(message: Message) -> str:
    lines = message.text[:QUOTED_CHARACTERS].split("\n")
    return "\n".join([_attribution(message), *(f"> {line}".rstrip() for line in lines), ""])


def _html(text: str, quoted: Message | None, pictures: Sequence[tuple[str, str]] = ()) -> str:
    """The text as HTML, with the mail's own `pictures` (content id and name) between it and what it quotes."""
    body = "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in re.split(r"\n{2,}", text.strip()))
    body += "".join(
        f'<p><img src="cid:{content_id}" alt="{html.escape(name)}" style="max-width: 100%"></p>'
        for content_id, name in pictures
    )
    if quoted is not None:
        words = _inline(quoted.text[:QUOTED_CHARACTERS])
        body += f'<p>{html.escape(_attribution(quoted))}</p><blockquote type="cite">{words}</blockquote>'
    return f"<!doctype html><html><body>{body}</body></html>\n"


def _inline(text: str) -> str:
    """Text with its line ends and its web addresses, escaped piece by piece."""
    shown, at = [], 0
    for match in _LINK.finditer(text):
        shown.append(html.escape(text[at : match.start()]))
        address = html.escape(match[0])
        shown.append(f'<a href="{address}">{address}</a>')
        at = match.end()
    shown.append(html.escape(text[at:]))
    return "".join(shown).replace("\n", "<br>\n")
