"""JivoChat's Bot API: what its clients say to our bot. Pure. Source: jivochat.com/docs/bot."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.errors import PayloadInvalid
from connectors.jivochat.loose import Object, fields_of, file_of, inner, moment, needed, number, object_of, text, word
from hub.model.content import Details, Location
from hub.model.events import InboundEvent, MessageReceived, Sender

ADDRESS_KIND = "jivochat"
QUIET = frozenset({"CLIENT_INFO", "INIT_RATE", "CLIENT_RATED"})
"""Events that change nothing here."""


@dataclass(frozen=True, slots=True)
class BotEvent:
    """One call. `client` is the contact's address, `button` what was pressed, by the number that we gave it."""

    name: str
    id: str
    client: str
    chat: str
    message: MessageReceived | None = None
    button: int | None = None


def read(raw: bytes) -> BotEvent:
    """A call. Raises `PayloadInvalid`."""
    call = object_of(raw)
    name = needed(call, "event")
    event = BotEvent(name, needed(call, "id"), address_of(call), needed(call, "chat_id"))
    if name in ("CHAT_CLOSED", "AGENT_JOINED", "AGENT_UNAVAILABLE") or name in QUIET:
        return event
    if name != "CLIENT_MESSAGE":
        raise PayloadInvalid(f"The event {name} is not known.", "unknown_event")
    pressed = word(inner(call, "message"), "button_id")
    button = int(pressed) if re.fullmatch(r"\d{1,15}", pressed, re.ASCII) else None
    return BotEvent(name, event.id, event.client, event.chat, _message(call, event), button)


def address_of(call: Object) -> str:
    """The contact's address: clients are numbered per site."""
    return f"{word(call, 'site_id')}:{needed(call, 'client_id')}"


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The message in a call; none where it only says how the chat goes on. Raises `PayloadInvalid`."""
    found = read(raw)
    return [found.message] if found.message else []


def _message(call: Object, event: BotEvent) -> MessageReceived:
    sender, message = inner(call, "sender"), inner(call, "message")
    kind = word(message, "type").lower()
    latitude, longitude = number(message, "latitude"), number(message, "longitude")
    files = file_of(message, kind, f"{event.client}:{event.id}")
    place = None
    if kind == "location" and latitude is not None and longitude is not None:
        place = Location(latitude=latitude, longitude=longitude)
    said = text(message, "text") or text(message, "content")
    if not said and not files and place is None:
        said = f"[{kind or 'message'}]"
    return MessageReceived(
        external_id=event.id,
        sender=Sender(
            kind=ADDRESS_KIND,
            value=event.client,
            name=word(sender, "name") or None,
            fields=fields_of({
                "page": word(sender, "url"), "email": word(sender, "email"), "phone": word(sender, "phone"),
            }),
        ),
        text=said,
        details=None if place is None else Details(location=place),
        attachments=files,
        source_at=moment(message, "timestamp"),
    )  # fmt: skip
