"""From messages and settings to what a visitor is shown. Pure."""

from collections.abc import Callable, Mapping
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

from connectors.webchat.config import FieldType, FormField, Settings
from hub.model.attachment import AttachmentStatus
from hub.model.base import Moment, rfc3339
from hub.model.message import ActorKind, Ask, Direction, Message

POSITIONS_PER_CONVERSATION = 10_000_000
"""A visitor sees one ascending row of positions over all their conversations; each conversation has this much room."""


class Shown(BaseModel):
    """Base of everything a visitor is told."""

    model_config = ConfigDict(frozen=True)


class VisitorFile(Shown):
    """A file; `url` opens it for a day."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    url: str


class VisitorButton(Shown):
    """A quick reply. Ticks are the client's own until it sends them."""

    label: str
    value: str


class VisitorAsk(Shown):
    """The question a message ends with: how a client may draw it better than as text and buttons.

    With `multiple`, buttons whose value ends in a number are ticked; the one that ends in `:done` sends the numbers of
    all of them, joined by commas, in its place. `alone` are values that clear the others. `keyboard` is an input mode
    of HTML.
    """

    type: str
    keyboard: Literal["tel", "email", "decimal"] | None
    multiple: bool
    max_choices: int | None
    alone: tuple[str, ...]
    optional: bool
    request: str | None
    accept: tuple[str, ...]


class VisitorMessage(Shown):
    """A message as the visitor sees it. `id` is the client's own, null for what others wrote."""

    position: int
    id: str | None
    author: Literal["you", "operator", "bot"]
    name: str | None
    text: str
    attachments: tuple[VisitorFile, ...]
    buttons: tuple[VisitorButton, ...]
    ask: VisitorAsk | None = None
    at: Moment


class AskedField(Shown):
    """A field of the form before the first message."""

    name: str
    label: str
    type: FieldType
    required: bool
    choices: tuple[str, ...]


class Elsewhere(Shown):
    """Where the visitor goes on as the same person. `label` is in their language.

    `qr` is the address, below the hub's own, of a picture that says `url`.
    """

    label: str
    url: str
    qr: str


class Config(Shown):
    """How the widget looks and what it offers."""

    title: str
    subtitle: str
    accent: str
    locale: str
    prechat: tuple[AskedField, ...]
    offline_form: bool
    uploads: bool
    upload_bytes: int
    text_limit: int
    consent: str | None
    elsewhere: Elsewhere | None = None


class Welcome(Shown):
    """The answer to a hello: messages after the client's position."""

    type: Literal["welcome"] = "welcome"
    token: str
    position: int
    messages: tuple[VisitorMessage, ...]
    more: bool
    conversation: bool
    online: bool
    config: Config


class Ack(Shown):
    """The message is stored."""

    type: Literal["ack"] = "ack"
    id: str
    position: int
    at: Moment


NackCode = Literal["too_long", "empty", "attachment_unknown", "form_invalid", "rate", "busy"]


class Nack(Shown):
    """The message is not stored, and why."""

    type: Literal["nack"] = "nack"
    id: str
    code: NackCode
    detail: str
    retry_after_s: float | None = None
    extra: dict[str, JsonValue] = {}


class MessageFrame(VisitorMessage):
    """A message of anybody, the visitor's own from another tab included."""

    type: Literal["message"] = "message"


class TypingFrame(Shown):
    """An operator is writing."""

    type: Literal["typing"] = "typing"
    name: str | None


class ReadFrame(Shown):
    """An operator has seen everything up to this position."""

    type: Literal["read"] = "read"
    position: int


class OnlineFrame(Shown):
    """Business hours began or ended."""

    type: Literal["online"] = "online"
    online: bool


class ReloadFrame(Shown):
    """Something was missed: say hello again with your position."""

    type: Literal["reload"] = "reload"


class PingFrame(Shown):
    """Answer with a pong."""

    type: Literal["ping"] = "ping"


HubFrame = Welcome | Ack | Nack | MessageFrame | TypingFrame | ReadFrame | OnlineFrame | ReloadFrame | PingFrame


class Page(Shown):
    """Messages over HTTP."""

    items: tuple[VisitorMessage, ...]
    more: bool


def acknowledgement(ack: Ack) -> bytes:
    """An `Ack` as JSON: every message is answered with one, and a model's own way takes twice as long."""
    return orjson.dumps({"type": ack.type, "id": ack.id, "position": ack.position, "at": rfc3339(ack.at)})


def visible_position(number: int, position: int) -> int:
    """The position a visitor sees, of a position in their `number`th conversation."""
    return (number - 1) * POSITIONS_PER_CONVERSATION + position


def stored_position(visible: int) -> tuple[int, int]:
    """The conversation's number and the position in it."""
    earlier, position = divmod(visible, POSITIONS_PER_CONVERSATION)
    return earlier + 1, position


def render(message: Message, number: int, url: Callable[[str], str]) -> VisitorMessage:
    """A message of the visitor's `number`th conversation. `url` gives the address of a file."""
    return VisitorMessage(
        position=visible_position(number, message.position),
        id=message.external_id.partition(":")[2] if message.external_id else None,
        author=_author(message),
        name=message.author.name if message.author.kind is ActorKind.OPERATOR else None,
        text=message.text,
        attachments=tuple(
            VisitorFile(
                id=file.id, name=file.name, media_type=file.media_type, size_bytes=file.size_bytes, url=url(file.id)
            )
            for file in message.attachments
            if file.status is AttachmentStatus.STORED
        ),
        buttons=tuple(VisitorButton(label=button.label, value=button.value) for button in message.buttons),
        ask=_ask(message.ask) if message.ask else None,
        at=message.created_at,
    )


KEYBOARDS: Mapping[str, Literal["tel", "email", "decimal"]] = {"phone": "tel", "email": "email", "number": "decimal"}


def _ask(ask: Ask) -> VisitorAsk:
    return VisitorAsk(
        type=ask.type,
        keyboard=KEYBOARDS.get(ask.type),
        multiple=ask.multiple,
        max_choices=ask.max_choices,
        alone=ask.alone,
        optional=ask.optional,
        request=ask.request,
        accept=ask.accept,
    )


def config_of(settings: Settings, *, online: bool, elsewhere: Elsewhere | None = None) -> Config:
    """What the widget is told of the settings."""
    return Config(
        title=settings.title,
        subtitle=settings.subtitle,
        accent=settings.accent,
        locale=settings.locale,
        prechat=tuple(_asked(field) for field in settings.form(online=online)),
        offline_form=settings.offline_form,
        uploads=settings.uploads,
        upload_bytes=settings.upload_bytes,
        text_limit=settings.text_limit,
        consent=settings.consent,
        elsewhere=elsewhere,
    )


def _author(message: Message) -> Literal["you", "operator", "bot"]:
    if message.direction is Direction.IN:
        return "you"
    return "operator" if message.author.kind is ActorKind.OPERATOR else "bot"


def _asked(field: FormField) -> AskedField:
    return AskedField(
        name=field.name, label=field.label, type=field.type, required=field.required, choices=field.choices
    )
