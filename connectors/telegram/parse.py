"""From a raw update to events. Pure: known kinds are read from plain dicts, without a library's models."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.errors import PayloadInvalid
from connectors.reasons import sentence, why
from connectors.telegram.addresses import Chat, message_name
from connectors.telegram.business import account_of
from connectors.telegram.message import (
    Json,
    chat_of_message,
    flag,
    integer,
    moment,
    object_of,
    objects_of,
    optional,
    read_message,
    sender_of,
    text_of,
)
from connectors.text import clean_name, clean_text
from hub.model.events import (
    ContactReturned,
    ContactStopped,
    EditedElsewhere,
    InboundEvent,
    MessageEdited,
    MessageReceived,
    ReactionsChanged,
    SaidElsewhere,
)

ALLOWED_UPDATES = (
    "message", "edited_message", "callback_query", "my_chat_member", "message_reaction",
    "business_connection", "business_message", "edited_business_message", "deleted_business_messages",
)  # fmt: skip
"""Always said explicitly: left out, Telegram keeps what was set before, and its own default has no reactions."""

IGNORED = frozenset({
    "deleted_business_messages",
    # Not asked for; they come when somebody has set them by hand.
    "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result", "poll", "poll_answer",
    "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost", "message_reaction_count",
})  # fmt: skip
"""Kinds of update that are acknowledged and mean nothing to the hub. Any other unknown kind is parked."""

BLOCKED = sentence(why("telegram_blocked"))
REMOVED = sentence(why("telegram_kicked"))
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_GONE = frozenset({"kicked", "left"})


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The events in one update, as Telegram sends it. Raises `PayloadInvalid`."""
    return events_of(decoded(raw))


def decoded(raw: bytes) -> Any:
    """The update itself. Raises `PayloadInvalid`."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise PayloadInvalid(f"Not JSON: {error}", "bad_json") from error


def events_of(update: Any) -> Sequence[InboundEvent]:
    """The events in one decoded update; none for what means nothing to us. Raises `PayloadInvalid`."""
    if not isinstance(update, dict):
        raise PayloadInvalid("An update is an object.")
    update_id = integer(update, "update_id")
    kinds = [kind for kind in update if kind != "update_id"]
    if len(kinds) != 1:
        raise PayloadInvalid("An update has exactly one kind besides its id.")
    [kind] = kinds
    if kind in IGNORED:
        return []
    try:
        return _read(kind, object_of(update, kind), f"update:{update_id}")
    except (ValueError, OverflowError, RecursionError) as error:
        raise PayloadInvalid(f"The update cannot be read: {error}") from error


def _read(kind: str, body: Json, name: str) -> Sequence[InboundEvent]:
    match kind:
        case "message" | "business_message":
            return read_message(body)
        case "edited_message" | "edited_business_message":
            return _edited(body, name)
        case "callback_query":
            return _pressed(body)
        case "message_reaction":
            return _reacted(body, name)
        case "my_chat_member":
            return _member(body, name)
        case "business_connection":
            account_of(body, 0, _NEVER)  # kept by `Accounts`; here it is only parked if it cannot be read
            return []
        case _:
            raise PayloadInvalid(f"Updates of the kind “{clean_name(kind)}” are not known to this hub.")


def _edited(body: Json, name: str) -> Sequence[InboundEvent]:
    events = read_message(body)
    at = moment(body, "edit_date") or moment(body, "date")
    return [edit for event in events if (edit := _edit_of(event, name, at))]


def _edit_of(event: InboundEvent, name: str, at: datetime | None) -> InboundEvent | None:
    match event:
        case MessageReceived():
            return MessageEdited(
                external_id=name,
                sender=event.sender,
                target=event.album or event.external_id,
                text=event.text,
                html=event.details.html if event.details else None,
                at=at,
                whole=event,
            )
        case SaidElsewhere():
            return EditedElsewhere(external_id=name, sender=event.sender, said=event, at=at)
        case _:
            return None


def _pressed(query: Json) -> Sequence[InboundEvent]:
    """A button under a message: what it says is the text, what it stands for the value."""
    data = text_of(query, "data")
    if not data:  # a game's button
        return []
    message = optional(query, "message")
    user = object_of(query, "from")
    chat = chat_of_message(message) if message else Chat(integer(user, "id"))
    if chat is None:
        return []
    return [
        MessageReceived(
            external_id=f"callback:{text_of(query, 'id')}",
            sender=sender_of(chat, user, optional(message or {}, "chat")),
            text=_label(message or {}, data),
            button=data,
        )
    ]


def _label(message: Json, data: str) -> str:
    """What stands on the pressed button; its value where the message does not say (an old one is not shown to bots)."""
    rows = (optional(message, "reply_markup") or {}).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else []:
            if isinstance(button, dict) and button.get("callback_data") == data:
                return clean_text(text_of(button, "text"))
    return clean_text(data)


def _reacted(body: Json, name: str) -> Sequence[InboundEvent]:
    user, chat = optional(body, "user"), chat_of_message(body)
    if user is None or chat is None:  # somebody anonymous, or a channel
        return []
    return [
        ReactionsChanged(
            external_id=name,
            sender=sender_of(chat, user, optional(body, "chat")),
            target=message_name(chat, integer(body, "message_id")),
            reactions=tuple(_emoji(one) for one in objects_of(body, "new_reaction")),
        )
    ]


def _emoji(reaction: Json) -> str:
    match reaction.get("type"):
        case "emoji":
            return clean_name(text_of(reaction, "emoji"), 16)
        case "paid":
            return "⭐"
        case _:
            return "❔"  # a custom emoji: only its id is said


def _member(body: Json, name: str) -> Sequence[InboundEvent]:
    """The bot's own place in a chat. In a private one it changes only by blocking and unblocking."""
    chat = chat_of_message(body)
    if chat is None:
        return []
    sender = sender_of(chat, object_of(body, "from"), optional(body, "chat"))
    now = object_of(body, "new_chat_member")
    status = text_of(now, "status")
    restricted_out = status == "restricted" and not flag(now, "is_member")
    if status in _GONE or restricted_out:
        return [ContactStopped(external_id=name, sender=sender, reason=REMOVED if chat.is_group else BLOCKED)]
    return [ContactReturned(external_id=name, sender=sender)]
