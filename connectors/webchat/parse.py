"""From a visitor's frame to events. Pure: the same bytes always give the same events."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import phonenumbers
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from connectors.errors import PayloadInvalid
from connectors.text import clean_name, clean_text
from connectors.webchat.config import FieldType, FormField
from connectors.webchat.identity import Visitor
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.base import Written, as_given
from hub.model.contact import Field as ContactField
from hub.model.events import InboundEvent, MessageReceived, Sender
from hub.model.ids import ID_PATTERN, AttachmentId
from hub.model.strict_json import API_DEPTH, BadJson, parse_json

FILES_PER_MESSAGE = 10
FORM_FIELDS = 20
VALUE_LIMIT = 1_000
PAGE_LIMIT = 1_000
FRAME_TEXT_LIMIT = 40_000
"""Characters of a text that are read at all; the channel's own limit is lower and answered with a `nack`."""
FIELD_NAME = r"^[a-z][a-z0-9_]{0,63}$"

_EMAIL = re.compile(r"^[^\s@<>(),;:\\\"\[\]]{1,64}@[^\s@<>(),;:\\\"\[\]]{1,190}\.[^\s@.<>(),;:\\\"\[\]]{2,63}$")

FrameT = TypeVar("FrameT")
ClientId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{8,64}$")]
FileId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Position = Annotated[int, Field(ge=0, lt=2**53)]
FieldValue = Annotated[str, StringConstraints(max_length=VALUE_LIMIT)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
FieldName = Annotated[str, StringConstraints(pattern=FIELD_NAME)]
FormValues = Annotated[dict[FieldName, FieldValue], Field(max_length=FORM_FIELDS)]


class Page(Written):
    """The page the visitor is on. Kept only where the channel's settings say so."""

    url: Annotated[str, StringConstraints(max_length=4_000)] = ""
    title: Annotated[str, StringConstraints(max_length=1_000)] = ""
    referrer: Annotated[str, StringConstraints(max_length=4_000)] = ""


class Session(Written):
    """Who the visitor says they are, and the newest message they have."""

    token: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    position: Position = 0
    language: Language | None = None
    page: Page | None = None
    identity: Annotated[str, StringConstraints(max_length=4_096)] | None = None


class Hello(Session):
    """The first frame, and again after a `reload` or when the page has signed for its user."""

    type: Literal["hello"]


class Send(Written):
    """A message. `id` is made by the client; a repeat of it is the same message."""

    type: Literal["send"] = "send"
    id: ClientId
    text: Annotated[str, StringConstraints(max_length=FRAME_TEXT_LIMIT)] = ""
    attachments: Annotated[tuple[FileId, ...], Field(max_length=FILES_PER_MESSAGE)] = ()
    button: Annotated[str, StringConstraints(max_length=256)] | None = None
    form: FormValues | None = None


class Typing(Written):
    """The visitor is writing."""

    type: Literal["typing"]


class Read(Written):
    """The visitor has seen everything up to this position."""

    type: Literal["read"]
    position: Position


class Pong(Written):
    """The answer to a ping."""

    type: Literal["pong"]


Frame = Hello | Send | Typing | Read | Pong
FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])
_SENDER, _MESSAGE = as_given(Sender), as_given(MessageReceived)
"""A frame was validated."""
_SESSION: TypeAdapter[Session] = TypeAdapter(Session)
_SEND: TypeAdapter[Send] = TypeAdapter(Send)


class FormInvalid(Exception):
    """Some fields of a form are missing or wrong: `fields` says for each why."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(fields)))
        self.fields = dict(fields)


def read_frame(raw: bytes) -> Frame:
    """A frame of a socket. Raises `PayloadInvalid`."""
    return _read(raw, FRAMES)


def read_session(raw: bytes) -> Session:
    """The body of a session request. Raises `PayloadInvalid`."""
    return _read(raw, _SESSION)


def read_send(raw: bytes) -> Send:
    """The body of a message request. Raises `PayloadInvalid`."""
    return _read(raw, _SEND)


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The events in a frame of somebody unknown, as `hub parse` shows them. Raises `PayloadInvalid`.

    Web chat itself answers what it cannot read with an error: its client is there to be told, so nothing is parked.
    """
    frame = read_frame(raw)
    if not isinstance(frame, Send):
        return []
    files = [
        AttachmentRef(id=AttachmentId(file), name="?", media_type="?", size_bytes=0, status=AttachmentStatus.FAILED,
                      reason="Only the hub knows what this file is.")
        for file in frame.attachments
    ]  # fmt: skip
    fields = [ContactField(name=name, value=value) for name, value in (frame.form or {}).items()]
    return [event_of(frame, Visitor(id="visitor"), files=files, fields=fields, language=None)]


def event_of(
    send: Send,
    visitor: Visitor,
    *,
    files: Sequence[AttachmentRef],
    fields: Sequence[ContactField],
    language: str | None,
    seen: int | None = None,
) -> MessageReceived:
    """The event of a message. What the visitor typed into a form stays unverified."""
    kind, value = visitor.address
    name, others = visitor.name, tuple(fields)
    if others:
        name = name or next((field.value for field in others if field.name == "name"), None)
        others = tuple(field for field in others if field.name != "name")
    return _MESSAGE(
        external_id=f"{visitor.id}:{send.id}",
        sender=_SENDER(
            kind=kind,
            value=value,
            name=clean_name(name) or None if name else None,
            language=language,
            fields=others,
        ),
        text=clean_text(send.text),
        attachments=tuple(files),
        button=send.button,
        seen=seen,
    )


def fields_of(
    form: Mapping[str, str], asked: Sequence[FormField], *, region: str, required: bool
) -> tuple[ContactField, ...]:
    """The contact fields that a form's values give, each in its usual form. Empty values are left out.

    Values of fields that nobody asked for come from the page's own script and are kept as they are. `region` is the
    country of phone numbers without one. Without `required` there is no form before the visitor either: what the page
    gives wrongly is left out, for its visitor can put nothing right. Raises `FormInvalid`.
    """
    values = {name: clean_text(value).strip() for name, value in form.items()}
    wrong: dict[str, str] = {}
    for field in asked:
        value = values.get(field.name, "")
        if not value:
            if required and field.required:
                wrong[field.name] = "required"
            continue
        usual = _usual(field, value, region)
        if usual is None and required:
            wrong[field.name] = "invalid"
        values[field.name] = usual or ""
    if wrong:
        raise FormInvalid(wrong)
    return tuple(ContactField(name=name, value=value) for name, value in values.items() if value)


def page_fields(page: Page | None) -> tuple[ContactField, ...]:
    """Page and referrer as contact fields: web addresses only, without what stands behind the path."""
    if page is None:
        return ()
    found = {"page": _web_address(page.url), "referrer": _web_address(page.referrer)}
    return tuple(ContactField(name=name, value=value) for name, value in found.items() if value)


def _usual(field: FormField, value: str, region: str) -> str | None:
    match field.type:
        case FieldType.TEXT:
            return value
        case FieldType.EMAIL:
            return value if _EMAIL.fullmatch(value) else None
        case FieldType.PHONE:
            return _phone(value, region)
        case FieldType.CHOICE:
            return value if value in field.choices else None
        case FieldType.CONSENT:
            return "yes" if value.lower() in ("yes", "true", "on", "1") else None


def _phone(value: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _web_address(url: str) -> str:
    """Scheme, host and path: what follows often holds what a visitor searched for or a session of another site."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        return ""
    return clean_text(f"{parts.scheme}://{host}{parts.path}")[:PAGE_LIMIT]


def _read(raw: bytes, adapter: TypeAdapter[FrameT]) -> FrameT:
    try:
        value = parse_json(raw, depth=API_DEPTH)
    except BadJson as error:
        raise PayloadInvalid(error.detail, error.code) from error
    try:
        return adapter.validate_json(raw, strict=True) if isinstance(value, dict) else adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise PayloadInvalid(f"{place}: {first['msg']}", "body_invalid") from error
