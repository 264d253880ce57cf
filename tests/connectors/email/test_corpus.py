"""Each mail of the corpus means what its record says, within the time that one mail has."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from connectors.email.html_text import text_of_html
from connectors.email.html_view import html_view
from connectors.email.mime import MailFile, read_mail
from connectors.email.parse import events_of
from connectors.email.quotes import split
from connectors.email.reading import PARSE_S
from connectors.errors import PayloadInvalid
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.events import ContactStopped, InboundEvent, MessageReceived, ReceiptReceived
from hub.model.ids import AttachmentId
from tests.connectors.email.corpus import CASES
from tests.connectors.email.corpus.case import CHANNEL_KEY, TOKENS, Case

ORIGINAL = AttachmentRef(
    id=AttachmentId("original"), name="message.eml", media_type="message/rfc822", size_bytes=1,
    status=AttachmentStatus.STORED,
)  # fmt: skip


def test_the_corpus_is_large_and_no_name_stands_for_two_mails() -> None:
    assert len(CASES) >= 120
    assert len({one.name for one in CASES}) == len(CASES)


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_a_mail_of_the_corpus_means_what_its_record_says(one: Case) -> None:
    """And says it in time: what takes longer would be parked."""
    raw = one.make()
    began = time.process_time()
    found = record_of(raw)
    assert time.process_time() - began < PARSE_S
    assert {name: found[name]() for name in one.record} == dict(one.record) | _contained(one.record, found)


def _contained(record: Any, found: Any) -> dict[str, Any]:
    """Where a record names a piece: the whole, if the piece is in it (or, for `_lacks`, if no piece is)."""
    agreed = {}
    for name, wanted in record.items():
        whole = found[name]()
        has = name.endswith("_has") and wanted in whole
        lacks = name.endswith("_lacks") and all(piece not in whole for piece in wanted)
        if has or lacks:
            agreed[name] = whole
    return agreed


def record_of(raw: bytes) -> dict[str, Callable[[], Any]]:
    """What a mail came to, field by field; each is asked for by the records that are about it."""
    try:
        mail = read_mail(raw)
        files: dict[MailFile, AttachmentRef] = {
            file: ORIGINAL.model_copy(update={"id": AttachmentId(file.name), "name": file.name}) for file in mail.files
        }
        events = events_of(raw, mail, files, tokens=TOKENS, ours=CHANNEL_KEY, original=ORIGINAL,
                           trusted_authserv="mx.example.org")  # fmt: skip
    except PayloadInvalid as error:
        code = error.code
        return {"is": lambda: "parked", "code": lambda: code}
    kinds = {MessageReceived: "message", ReceiptReceived: "receipt", ContactStopped: "stopped"}
    found: dict[str, Callable[[], Any]] = {"is": lambda: ", ".join(kinds[type(e)] for e in events) or "nothing"}
    return found | _of_report(events) | (_of_message(raw, events[0]) if _is_message(events) else {})


def _is_message(events: Sequence[InboundEvent]) -> bool:
    return bool(events) and isinstance(events[0], MessageReceived)


def _of_report(events: Sequence[InboundEvent]) -> dict[str, Callable[[], Any]]:
    receipt = next((one for one in events if isinstance(one, ReceiptReceived)), None)
    stopped = next((one for one in events if isinstance(one, ContactStopped)), None)
    return {
        "about": lambda: receipt and receipt.target,
        "reason_has": lambda: (receipt and receipt.reason) or "",
        "stopped": lambda: stopped and stopped.sender.value,
    }


def _of_message(raw: bytes, event: InboundEvent) -> dict[str, Callable[[], Any]]:
    assert isinstance(event, MessageReceived)
    assert event.details is not None
    details = event.details.mail
    assert details is not None
    assert event.threading is not None
    threading = event.threading
    mail = read_mail(raw)
    parts = split(mail.text if mail.text is not None else text_of_html(mail.html or ""))
    shown = html_view(raw, remote_images=False)
    files = tuple(file.name for file in event.attachments if file.id != ORIGINAL.id)
    return {
        "sender": lambda: event.sender.value,
        "sender_name": lambda: event.sender.name,
        "verified": lambda: event.sender.verified,
        "text": lambda: event.text,
        "text_has": lambda: event.text,
        "answer": lambda: event.text if details.answer is None else details.answer,
        "interleaved": lambda: parts.interleaved,
        "quoted_has": lambda: details.quoted,
        "signature_has": lambda: details.signature,
        "subject": lambda: details.subject,
        "subject_has": lambda: details.subject,
        "message_id": lambda: details.message_id,
        "references": lambda: details.references,
        "references_count": lambda: len(details.references),
        "reply_to": lambda: details.reply_to,
        "cc_count": lambda: len(details.cc),
        "sent_at": lambda: event.source_at,
        "files": lambda: files,
        "files_count": lambda: len(files),
        "html": lambda: details.html,
        "html_lacks": lambda: shown.html.lower() if shown else "",
        "blocked": lambda: shown and shown.blocked,
        "automatic": lambda: details.automatic,
        "authentic": lambda: details.authentic,
        "claims": lambda: tuple((claim.conversation, claim.proven) for claim in threading.claims),
    }
