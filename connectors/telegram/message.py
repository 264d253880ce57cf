"""From a raw message to events: who wrote it, where, and what it holds. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.errors import PayloadInvalid
from connectors.telegram.addresses import USERNAME_FIELD, Chat, album_name, message_name
from connectors.telegram.entities import read_marked, to_html
from connectors.telegram.files import KINDS, files_of
from connectors.text import clean_name, clean_text, cut
from hub.model.contact import Field
from hub.model.content import Details, Location, Quote
from hub.model.events import (
    AddressMoved,
    ConversationStarted,
    InboundEvent,
    MessageReceived,
    SaidElsewhere,
    Sender,
)

Json = Mapping[str, Any]

QUOTE_LIMIT = 300
PRIVATE, GROUPS = "private", ("group", "supergroup")

SERVICE = frozenset({
    "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed",
    "migrate_from_chat_id", "pinned_message", "connected_website", "write_access_allowed", "passport_data",
    "proximity_alert_triggered", "boost_added", "chat_background_set", "forum_topic_created", "forum_topic_edited",
    "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden",
    "giveaway_created", "giveaway_completed", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
    "video_chat_participants_invited", "users_shared", "chat_shared", "direct_message_price_changed",
    "paid_message_price_changed", "checklist_tasks_done", "checklist_tasks_added", "chat_owner_left",
    "chat_owner_changed", "suggested_post_approved", "suggested_post_declined", "suggested_post_paid",
    "suggested_post_refunded", "suggested_post_approval_failed", "gift", "unique_gift", "gift_upgrade_sent",
    "refunded_payment",
})  # fmt: skip
"""Messages by which Telegram tells of the chat itself: acknowledged, and nothing to the hub."""

NAMED = frozenset({
    "game", "story", "paid_media", "checklist", "giveaway", "giveaway_winners", "invoice", "successful_payment",
})  # fmt: skip
"""What a contact can send and a bot cannot read further: the operator sees its name in brackets."""

_START = re.compile(r"/start(?:@[A-Za-z0-9_]+)?(?:\s+(\S+))?\s*", re.ASCII)
_DIGITS = re.compile(r"\D")


def read_message(message: Json) -> Sequence[InboundEvent]:
    """The events in a message: itself, a start, a move of its chat; none where it is not for us."""
    chat = chat_of_message(message)
    user = optional(message, "from")
    if chat is None or user is None or _is_echo(message, user):
        return []
    if chat.business is not None and integer(user, "id") != chat.id:
        return _said_by_the_owner(message, chat, user)
    sender = sender_of(chat, user, optional(message, "chat"))
    name = message_name(chat, integer(message, "message_id"))
    if "migrate_to_chat_id" in message:
        return [AddressMoved(external_id=name, sender=sender, to=str(integer(message, "migrate_to_chat_id")))]
    if not SERVICE.isdisjoint(message) and any(message[kind] for kind in SERVICE & message.keys()):
        return []  # python-telegram-bot adds some of them as false
    start = None if chat.is_group or chat.business else _START.fullmatch(text_of(message, "text"))
    if start:
        return [ConversationStarted(external_id=name, sender=sender, payload=start[1])]
    return [_received(message, chat, user, sender, name)]


def _is_echo(message: Json, user: Json) -> bool:
    """Whether the message was sent by a bot, such as by us."""
    return "sender_business_bot" in message or flag(user, "is_bot")


def _said_by_the_owner(message: Json, chat: Chat, owner: Json) -> Sequence[InboundEvent]:
    """What the owner of a business account wrote to the contact by hand."""
    if not SERVICE.isdisjoint(message) and any(message[kind] for kind in SERVICE & message.keys()):
        return []
    described = object_of(message, "chat")
    contact = sender_of(chat, described, described)
    name = message_name(chat, integer(message, "message_id"))
    written = _received(message, chat, owner, contact, name)
    details = written.details.model_copy(update={"phone": None, "written_by": None}) if written.details else None
    return [
        SaidElsewhere(
            external_id=name,
            sender=contact,
            author=person_name(owner),
            text=written.text,
            details=details,
            attachments=written.attachments,
            source_at=written.source_at,
        )
    ]


def _received(message: Json, chat: Chat, user: Json, sender: Sender, name: str) -> MessageReceived:
    files = files_of(message, name)
    text, html = _marked(message)
    location = _location(message)
    phone = _own_phone(message, user)
    if not text:
        text = _in_words(message, location, phone)
    if not text and not files:
        raise PayloadInvalid(f"Nothing in this message is known to the hub: {', '.join(sorted(_content(message)))}.")
    details: dict[str, Any] = {
        "html": html,
        "quote": _quote(message, chat),
        "forwarded_from": _origin(message),
        "location": location,
        "phone": phone,
        "written_by": person_name(user) if chat.is_group else None,
    }
    if phone:
        # The service vouches for it only here: anybody can send anybody's contact.
        verified = Field(name="phone", value=phone, verified=True)
        sender = sender.model_copy(update={"fields": (*sender.fields, verified)})
    group = message.get("media_group_id")
    return MessageReceived(
        external_id=name,
        sender=sender,
        text=text,
        details=Details(**details) if any(details.values()) else None,
        attachments=files,
        source_at=moment(message, "date"),
        album=album_name(chat, clean_name(str(group))) if group else None,
    )


# Who and where -------------------------------------------------------------------------------------------------------


def chat_of_message(message: Json) -> Chat | None:
    """The chat a message is in; None for a channel's."""
    chat = object_of(message, "chat")
    kind = chat.get("type")
    if kind == PRIVATE or kind in GROUPS:
        business = message.get("business_connection_id")
        return Chat(integer(chat, "id"), str(business) if business else None)
    if kind == "channel":
        return None
    raise PayloadInvalid(f"Chats of the kind “{clean_name(str(kind))}” are not known to this hub.")


def sender_of(chat: Chat, user: Json, described: Json | None) -> Sender:
    """The contact: the person of a private chat, else the group as a whole."""
    if chat.is_group:
        return Sender(kind=chat.kind, value=chat.value, name=clean_name(text_of(described or {}, "title")) or None)
    username = clean_name(text_of(user, "username"), 64)
    return Sender(
        kind=chat.kind,
        value=chat.value,
        name=person_name(user) or username or None,
        language=clean_name(text_of(user, "language_code"), 16) or None,
        fields=(Field(name=USERNAME_FIELD, value=username, verified=True),) if username else (),
    )


def person_name(user: Json) -> str | None:
    """First and last name."""
    return clean_name(f"{text_of(user, 'first_name')} {text_of(user, 'last_name')}") or None


def text_in_words(message: Json) -> str:
    """The text of any message, or what it holds in words: a file by its kind."""
    text, _ = _marked(message)
    if text:
        return text
    file = next((kind for kind in ("photo", *KINDS) if kind in message), None)
    return _in_words(message, _location(message), None) or (f"[{file}]" if file else "")


# What ----------------------------------------------------------------------------------------------------------------


def _marked(message: Json) -> tuple[str, str | None]:
    """The text or caption, plain and, where it has marks, as safe HTML."""
    for text_key, entities_key in (("text", "entities"), ("caption", "caption_entities")):
        text = text_of(message, text_key)
        if text:
            entities = objects_of(message, entities_key)
            return clean_text(text), to_html(read_marked(text, entities)) if entities else None
    return "", None


def _in_words(message: Json, location: Location | None, phone: str | None) -> str:
    """The text of a message that has none: what an operator reads, and what a flow takes as an answer."""
    if phone:
        return phone
    if location:
        if location.title:
            return "\n".join(part for part in (location.title, location.address) if part)
        return f"{location.latitude:.6f}, {location.longitude:.6f}"
    for kind in ("contact", "poll", "dice", "sticker", "web_app_data"):
        body = optional(message, kind)
        if body is not None:
            return _IN_WORDS[kind](body)
    named = next((kind for kind in message if kind in NAMED), None)
    return f"[{named}]" if named else ""


def _contact(body: Json) -> str:
    return "\n".join(part for part in (person_name(body), _phone(body)) if part) or "[contact]"


def _poll(body: Json) -> str:
    options = objects_of(body, "options")
    return "\n".join(clean_text(text_of(one, "text" if one is not body else "question")) for one in (body, *options))


def _dice(body: Json) -> str:
    return f"{clean_name(text_of(body, 'emoji'), 16)} {integer(body, 'value')}"


_IN_WORDS: Mapping[str, Callable[[Json], str]] = {
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
    "sticker": lambda body: clean_name(text_of(body, "emoji"), 16),
    "web_app_data": lambda body: clean_text(text_of(body, "data")),
}


def _content(message: Json) -> list[str]:
    frame = {"message_id", "date", "chat", "from", "message_thread_id", "business_connection_id", "via_bot"}
    return [clean_name(key) for key in message if key not in frame][:10] or ["nothing at all"]


def _location(message: Json) -> Location | None:
    venue = optional(message, "venue")
    place = optional(venue or message, "location")
    if place is None:
        return None
    return Location(
        latitude=_degrees(place, "latitude", 90),
        longitude=_degrees(place, "longitude", 180),
        title=clean_name(text_of(venue, "title")) or None if venue else None,
        address=clean_name(text_of(venue, "address"), 256) or None if venue else None,
    )


def _degrees(place: Json, key: str, limit: int) -> float:
    value = place.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
        raise PayloadInvalid(f"A place without `{key}`.")
    return float(value)


def _own_phone(message: Json, user: Json) -> str | None:
    contact = optional(message, "contact")
    if contact is None or contact.get("user_id") != integer(user, "id"):
        return None
    return _phone(contact)


def _phone(contact: Json) -> str | None:
    digits = _DIGITS.sub("", text_of(contact, "phone_number"))[:20]
    return f"+{digits}" if digits else None


def _quote(message: Json, chat: Chat) -> Quote | None:
    """What the message replies to: the words that were picked, else the beginning of that message."""
    replied = optional(message, "reply_to_message")
    if replied is None:
        return None
    picked = text_of(optional(message, "quote") or {}, "text")
    text = picked or text_of(replied, "text") or text_of(replied, "caption")
    return Quote(
        external_id=message_name(chat, integer(replied, "message_id")), text=cut(clean_text(text), QUOTE_LIMIT)
    )


def _origin(message: Json) -> str | None:
    """Whom a forwarded message is from."""
    origin = optional(message, "forward_origin")
    if origin is None:
        return None
    match origin.get("type"):
        case "user":
            return person_name(object_of(origin, "sender_user")) or "?"
        case "hidden_user":
            return clean_name(text_of(origin, "sender_user_name")) or "?"
        case "chat":
            return clean_name(text_of(object_of(origin, "sender_chat"), "title")) or "?"
        case "channel":
            return clean_name(text_of(object_of(origin, "chat"), "title")) or "?"
        case _:
            return "?"


# Reading plain dicts -------------------------------------------------------------------------------------------------


def optional(body: Json, key: str) -> Json | None:
    """The object under `key`, or None when there is none. Raises `PayloadInvalid` when it is something else."""
    value = body.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise PayloadInvalid(f"`{key}` is no object.")


def object_of(body: Json, key: str) -> Json:
    """The object under `key`. Raises `PayloadInvalid`."""
    value = optional(body, key)
    if value is None:
        raise PayloadInvalid(f"There is no `{key}`.")
    return value


def objects_of(body: Json, key: str) -> list[Json]:
    """The objects in the list under `key`; none when there is no list. Raises `PayloadInvalid` for anything else."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise PayloadInvalid(f"`{key}` is no list of objects.")
    return value


def integer(body: Json, key: str) -> int:
    """The integer under `key`. Raises `PayloadInvalid`."""
    value = body.get(key)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise PayloadInvalid(f"`{key}` is no integer.")
    return value


def text_of(body: Json, key: str) -> str:
    """The string under `key`, empty when there is none. Raises `PayloadInvalid` when it is something else."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PayloadInvalid(f"`{key}` is no text.")
    return value


def flag(body: Json, key: str) -> bool:
    """Whether `key` is true."""
    return body.get(key) is True


def moment(body: Json, key: str) -> datetime | None:
    """The Unix time under `key`, or None. Raises `PayloadInvalid`."""
    if body.get(key) is None:
        return None
    try:
        return datetime.fromtimestamp(integer(body, key), UTC)
    except (ValueError, OverflowError, OSError):
        raise PayloadInvalid(f"`{key}` is no time.") from None
