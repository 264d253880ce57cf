"""What a bot that is another program reports: updates, what it has said, whom it hands over. Pure but for `obey`."""

from collections.abc import Sequence

import orjson

from connectors.base import unreadable
from connectors.errors import PayloadInvalid
from connectors.lent import Bridge
from connectors.telegram.addresses import Chat, message_name
from connectors.telegram.message import (
    Json,
    chat_of_message,
    integer,
    object_of,
    optional,
    person_name,
    text_in_words,
    text_of,
)
from connectors.telegram.parse import events_of
from connectors.text import clean_text, cut
from hub.model.events import InboundEvent, Unreadable

REASON_LIMIT = 500
KEY_LIMIT = 64


def read_report(raw: bytes) -> Json:
    """The report in a request. Raises `PayloadInvalid`."""
    try:
        report = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise PayloadInvalid(f"Not JSON: {error}", "bad_json") from error
    if not isinstance(report, dict) or len(report) != 1 or not report.keys() <= {"update", "said", "escalate"}:
        raise PayloadInvalid("Report one of `update`, `said` and `escalate`.")
    return report


def events_in(update: Json) -> Sequence[InboundEvent]:
    """The events of a reported update; parked where they cannot be read."""
    try:
        return events_of(update)
    except PayloadInvalid as error:
        return [unreadable(orjson.dumps(update), error)]


def chat_in(events: Sequence[InboundEvent]) -> tuple[str, str] | None:
    """Kind and value of the address that the events are from."""
    for event in events:
        if not isinstance(event, Unreadable) and event.sender is not None:
            return event.sender.kind, event.sender.value
    return None


async def obey(report: Json, bridge: Bridge) -> tuple[str, str]:
    """Carry out what is no update; the address it is about. Raises `PayloadInvalid`, `NotAccepting`."""
    said = optional(report, "said")
    if said is not None:
        chat = chat_of_message(said)
        if chat is None:
            raise PayloadInvalid("Messages in channels are not recorded.")
        name = message_name(chat, integer(said, "message_id"))
        author = person_name(optional(said, "from") or {})
        await bridge.said(chat.kind, chat.value, name, text_in_words(said) or "[…]", author)
        return chat.kind, chat.value
    asked = object_of(report, "escalate")
    chat = Chat(integer(asked, "chat_id"))
    key = text_of(asked, "key")[:KEY_LIMIT]
    if not key:
        raise PayloadInvalid("`escalate` needs a `key`, so that the same again is the same.")
    await bridge.escalate(chat.kind, chat.value, cut(clean_text(text_of(asked, "reason")), REASON_LIMIT), key)
    return chat.kind, chat.value
