"""From what another program says to events. Pure."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError

from connectors.errors import PayloadInvalid
from connectors.text import clean_name, clean_text
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.base import Written
from hub.model.contact import Field as ContactField
from hub.model.events import InboundEvent, MessageReceived, ReceiptReceived, Sender
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import AttachmentId, derived_id
from hub.model.message import DeliveryStatus
from hub.model.strict_json import BadJson, parse_json

ADDRESS_KIND = "generic"
CLAIMED = ("phone", "email")

WrittenT = TypeVar("WrittenT", bound=Written)


def read(raw: bytes, kind: type[WrittenT]) -> WrittenT:
    """A body as a `kind`. Raises `PayloadInvalid` that names each wrong field."""
    try:
        parse_json(raw)
        return kind.model_validate_json(raw, strict=True)
    except BadJson as error:
        raise PayloadInvalid(error.detail, error.code) from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)[:5]
        )
        raise PayloadInvalid(f"The body does not fit. {wrong}", "body_invalid") from error


def contact_value(key: str, contact: str) -> str:
    """The value of a contact's address on the channel `key`: two systems may both call somebody 1."""
    return f"{key}:{contact}"


def contact_of(key: str, value: str | None) -> str | None:
    """What the system calls the contact at an address; None for an address of another channel."""
    channel, _, contact = (value or "").partition(":")
    return contact if channel == key and contact else None


def message_event(message: ChannelMessage, key: str, stored: Sequence[AttachmentRef] = ()) -> MessageReceived:
    """A message on the channel with this public `key`. `stored` are the files that came with their content."""
    said = message.contact
    claimed = {**said.fields, **{name: value for name in CLAIMED if (value := getattr(said, name))}}
    return MessageReceived(
        external_id=message.id,
        sender=Sender(
            kind=ADDRESS_KIND,
            value=contact_value(key, said.id),
            name=clean_name(said.name or "") or None,
            language=said.language,
            fields=tuple(ContactField(name=name, value=clean_name(value, 1_000)) for name, value in claimed.items()),
        ),
        text=clean_text(message.text),
        attachments=(*stored, *_to_fetch(message, key)),
        button=message.button,
        source_at=message.at,
    )


def receipt_event(receipt: ChannelReceipt) -> ReceiptReceived:
    """What became of a message that was sent."""
    return ReceiptReceived(
        external_id=f"{receipt.message}:{receipt.status.value}",
        target=receipt.message,
        status=DeliveryStatus(receipt.status.value),
        reason=clean_text(receipt.reason or "") or None,
    )


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The message in a raw body, as on a channel without a key; files that came with their content are left out.

    Raises `PayloadInvalid`.
    """
    return [message_event(read(raw, ChannelMessage), "")]


def _to_fetch(message: ChannelMessage, key: str) -> list[AttachmentRef]:
    return [
        AttachmentRef(
            id=AttachmentId(derived_id("generic", key, message.id, number)),
            name=clean_name(file.name) or "file",
            media_type="application/octet-stream",
            size_bytes=0,
            status=AttachmentStatus.PENDING,
            source=file.url,
        )
        for number, file in enumerate(message.attachments)
        if file.url is not None
    ]
