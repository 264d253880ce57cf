"""From the raw bytes of a mail to events. Pure: the same bytes always give the same events."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from connectors.email.automatic import Automatic, Kind, automatic
from connectors.email.config import LeadMails
from connectors.email.forwarded import Forwarded, forwarded, original_subject
from connectors.email.html_text import text_of_html
from connectors.email.html_view import can_be_shown
from connectors.email.leads import as_lead, lead_of, rule_for
from connectors.email.mime import Mail, Mailbox, MailFile, read_mail
from connectors.email.quotes import Split, answer_of, split
from connectors.email.threads import Tokens
from connectors.errors import PayloadInvalid
from connectors.reasons import sentence
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.contact import Field as ContactField
from hub.model.content import Details, MailDetails
from hub.model.events import (
    ContactStopped,
    InboundEvent,
    MessageReceived,
    ReceiptReceived,
    Sender,
    ThreadClaim,
    Threading,
)
from hub.model.ids import AttachmentId, ConversationId
from hub.model.message import DeliveryStatus, Message

ADDRESS_KIND = "email"
REFERENCES_KEPT = 20
QUOTED_CHARACTERS = 100_000
LISTED_ADDRESSES = 50
WITHOUT_TEXT = {
    "smime": "[This mail is encrypted (S/MIME). Open the attached original.]",
    "pgp": "[This mail is encrypted (PGP). Open the attached original.]",
}

_LANGUAGE = re.compile(r"\s*([A-Za-z]{2})(?:-[A-Za-z0-9]{1,8})*\s*(?:,|$)")
_RESULT = re.compile(r"\bdmarc\s*=\s*(\w+)", re.IGNORECASE)
_SIGNED = re.compile(r"\b(dkim|spf)\s*=\s*(\w+)", re.IGNORECASE)


def external_id(raw: bytes) -> str:
    """What a mail is known by: its bytes. Its UID changes with the generation of the folder, its Message-ID is the
    sender's choice; the bytes that the server keeps, with the trace of their delivery, stay the same.
    """
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def hash_in(known: str) -> str:
    """The SHA-256 of the mail that is known by it."""
    return known.removeprefix("sha256:")


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The events in a mail, as `hub parse` shows them. Raises `PayloadInvalid`."""
    mail = read_mail(raw)
    files = {
        file: AttachmentRef(id=AttachmentId("?"), name=file.name, media_type=file.media_type,
                            size_bytes=len(file.content), status=AttachmentStatus.FAILED,
                            reason="Only the hub stores files.")
        for file in mail.files
    }  # fmt: skip
    return events_of(raw, mail, files)


def events_of(
    raw: bytes,
    mail: Mail,
    files: Mapping[MailFile, AttachmentRef],
    *,
    known: str | None = None,
    tokens: Tokens | None = None,
    ours: str | None = None,
    original: AttachmentRef | None = None,
    trusted_authserv: str | None = None,
    address: str | None = None,
    leads: Sequence[LeadMails] = (),
) -> Sequence[InboundEvent]:
    """What a mail means. `files` are its files as they were stored, `original` its raw bytes, `address` the mailbox's.

    `known`: what it is known by, where that was asked for already: of a large mail it takes a while.
    A bounce about a mail that we have signed is a receipt and, where the address is at fault, an address given up;
    everything else is a message: what reports of others' mails, or of a delay, too. Raises `PayloadInvalid` when nobody
    can be named as its sender.
    """
    known = known or external_id(raw)
    found = automatic(mail, ours=ours)
    about = found.about if found else None
    if found is not None and found.kind is Kind.BOUNCE and about and (tokens is None or tokens.signed(about)):
        return _report(known, found)
    sender = mail.sender or next(iter(mail.reply_to), None)
    if sender is None:
        raise PayloadInvalid("This mail names no sender.", "no_sender")
    text = _text(mail)
    parts = split(text)
    shown = _shown(mail, parts)
    details = _details(mail, text, sender, parts, shown, found, original, trusted_authserv, address)
    message = MessageReceived(
        external_id=known,
        sender=_sender(sender, _language(mail)),
        text=shown,
        details=Details(mail=details),
        # The raw mail too: what no message names is taken for forgotten.
        attachments=(*(files[file] for file in mail.files if file in files), *((original,) if original else ())),
        source_at=mail.sent_at,
        threading=_threading(mail, tokens, about),
        automatic=found is not None,
    )
    rule = rule_for(mail, sender.address, leads)
    lead = lead_of(text, rule) if rule is not None and details.authentic != "fail" else None
    return [message if rule is None or lead is None else as_lead(message, lead, rule)]


def attributed(message: Message) -> MessageReceived | None:
    """What is passed on in a stored message, as if its author had sent it; None when it passes nothing on."""
    mail = message.details.mail if message.details else None
    if mail is None or mail.forwarded is None:
        return None
    whole = "\n\n".join(text for text in (message.text, mail.signature, mail.quoted) if text)
    found = forwarded(mail.subject, whole)
    if found is None:
        return None
    return MessageReceived(
        external_id=f"{message.external_id}:forwarded",
        sender=_sender(found.author, None),
        text=_new_text(found),
        details=Details(
            forwarded_from=mail.sender,
            mail=MailDetails(subject=original_subject(mail.subject), sender=_written(found.author)),
        ),
        source_at=message.source_at,
        threading=Threading(),
    )


def _new_text(found: Forwarded) -> str:
    parts = split(found.text)
    return parts.new.strip() or found.text.strip() or found.before


def _report(known: str, found: Automatic) -> Sequence[InboundEvent]:
    events: list[InboundEvent] = [
        ReceiptReceived(
            external_id=known,
            target=found.about,
            status=DeliveryStatus.FAILED,
            reason=sentence(found.why),
            why=found.why,
        )
    ]
    if found.hard and found.recipient:
        sender = Sender(kind=ADDRESS_KIND, value=found.recipient)
        # Anybody can write a report: only whom that very mail was sent to is given up for it.
        events.append(
            ContactStopped(external_id=f"{known}:stopped", sender=sender, reason=sentence(found.why), about=found.about)
        )
    return events


def _sender(sender: Mailbox, language: str | None) -> Sender:
    # A From line proves nothing about who wrote: the address is claimed, and such an address never merges contacts.
    return Sender(
        kind=ADDRESS_KIND,
        value=sender.address,
        name=sender.name,
        language=language,
        verified=False,
        fields=(ContactField(name="email", value=sender.address),),
    )


def _language(mail: Mail) -> str | None:
    """What the sender's program says it is written in (RFC 3282), which is the language that program speaks itself."""
    found = _LANGUAGE.match(mail.header("content-language") or "")
    return found[1].lower() if found else None


def _text(mail: Mail) -> str:
    if mail.text is not None:
        return mail.text
    return text_of_html(mail.html) if mail.html is not None else ""


def _shown(mail: Mail, parts: Split) -> str:
    """The new text; where there is none, something that says what there is instead."""
    if parts.new.strip():
        return parts.new.strip()
    if mail.wrapped in WITHOUT_TEXT:
        return WITHOUT_TEXT[mail.wrapped]
    return parts.signature.strip() or mail.subject or parts.quoted.strip()


def _details(
    mail: Mail,
    text: str,
    sender: Mailbox,
    parts: Split,
    shown: str,
    found: Automatic | None,
    original: AttachmentRef | None,
    trusted_authserv: str | None,
    address: str | None,
) -> MailDetails:
    reply_to = next((box.address for box in mail.reply_to if box.address != sender.address), None)
    passed_on = forwarded(mail.subject, text) if found is None else None
    attached = _attached(mail) if found is None and passed_on is None else ""
    if attached:
        passed_on = forwarded(mail.subject, attached)
    quoted = "\n\n".join(text for text in (parts.quoted, attached) if text)
    return MailDetails(
        subject=mail.subject,
        forwarded=_written(passed_on.author) if passed_on and passed_on.author.address != sender.address else None,
        message_id=mail.message_id,
        references=mail.references[-REFERENCES_KEPT:],
        sender=_written(sender),
        reply_to=reply_to,
        to=tuple(_written(box) for box in mail.to[:LISTED_ADDRESSES]),
        cc=tuple(_written(box) for box in mail.cc[:LISTED_ADDRESSES]),
        others=_others(mail, sender, address) if address else (),
        quoted=quoted[:QUOTED_CHARACTERS],
        signature=parts.signature,
        html=mail.html is not None and original is not None and can_be_shown(mail.html),
        original=original.id if original else None,
        automatic=found.kind.value if found else None,
        authentic=_authentic(mail, trusted_authserv),
        answer=None if (answer := answer_of(parts).strip()) == shown else answer,
    )


def _others(mail: Mail, sender: Mailbox, own: str) -> tuple[str, ...]:
    """Who beside its sender and this mailbox, whatever stands behind a plus, got the mail as well."""
    found = dict.fromkeys(box.address for box in (*mail.to, *mail.cc) if without_tag(box.address) != without_tag(own))
    answered = {sender.address, *(box.address for box in mail.reply_to)}
    return tuple(one for one in found if one not in answered)[:LISTED_ADDRESSES]


def without_tag(address: str) -> str:
    """The address without what stands behind a plus in it."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _attached(mail: Mail) -> str:
    """A mail that is passed on as a file, as it would stand in the text; empty where there is none."""
    for media_type, content in mail.report:
        if media_type == "message/rfc822":
            try:
                inner = read_mail(content)
            except PayloadInvalid:
                continue
            if inner.sender is not None:
                head = f"From: {_written(inner.sender)}\nSubject: {inner.subject}"
                return f"---------- Forwarded message ----------\n{head}\n\n{_text(inner)}".strip()
    return ""


def _threading(mail: Mail, tokens: Tokens | None, about: str | None) -> Threading:
    claims = tuple(
        ThreadClaim(conversation=ConversationId(claim.conversation), proven=claim.proven)
        for claim in (tokens.claims(mail, about) if tokens else ())
    )
    return Threading(claims=claims, replies_to=tuple(reversed(mail.references)))


def _authentic(mail: Mail, trusted: str | None) -> str | None:
    """Our own server's verdict; those of others may stand in a forged mail."""
    if trusted is None:
        return None
    for value in mail.all("authentication-results"):
        server, _, results = value.partition(";")
        if server.split()[:1] != [trusted]:
            continue
        dmarc = _RESULT.search(results)
        if dmarc:
            return "pass" if dmarc[1].lower() == "pass" else "fail"
        checks = {method.lower(): result.lower() for method, result in _SIGNED.findall(results)}
        if checks:
            return "pass" if checks.get("dkim") == "pass" else "fail" if "fail" in checks.values() else None
    return None


def _written(box: Mailbox) -> str:
    return f"{box.name} <{box.address}>" if box.name else box.address
