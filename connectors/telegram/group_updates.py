"""What happens in the operators' group, read from raw updates. Pure."""

import re
from typing import Any

import orjson

from connectors.telegram.addresses import Chat
from connectors.telegram.files import files_of
from connectors.telegram.message import Json, integer, object_of, optional, person_name, text_in_words, text_of
from hub.model.group import GroupChanged, GroupClosed, GroupEvent, GroupLinked, GroupPressed, GroupSaid, Member

_LINK = re.compile(r"/(?:start(?:@\w+)?\s+op-|link(?:@\w+)?\s+(?:op-)?)([A-Za-z0-9]{6,32})\s*", re.ASCII)
_MESSAGES = ("message", "edited_message")


def concerns_group(update: Any, group: int) -> bool:
    """Whether an update belongs to the operators' group, or says a code by which a person becomes an operator."""
    if not isinstance(update, dict):
        return False
    for kind in (*_MESSAGES, "my_chat_member", "message_reaction"):
        body = update.get(kind)
        if isinstance(body, dict):
            return _chat_id(body) == group or (kind == "message" and _code(body) is not None)
    query = update.get("callback_query")
    message = query.get("message") if isinstance(query, dict) else None
    return isinstance(message, dict) and _chat_id(message) == group


def group_event(raw: bytes, group: int) -> GroupEvent | None:
    """What a raw update means; None for what means nothing, such as talk beside the topics. Raises `PayloadInvalid`."""
    update = orjson.loads(raw)
    if "my_chat_member" in update:
        return GroupChanged()
    if "callback_query" in update:
        return _pressed(object_of(update, "callback_query"))
    kind = next((kind for kind in _MESSAGES if kind in update), None)
    return _said(object_of(update, kind), group, edited=kind == "edited_message") if kind else None


def _said(message: Json, group: int, *, edited: bool) -> GroupEvent | None:
    user = optional(message, "from")
    if user is None or user.get("is_bot") is True:
        return None
    member, chat = _member(user), integer(object_of(message, "chat"), "id")
    code = None if edited else _code(message)
    if code is not None:
        return GroupLinked(chat=str(chat), member=member, code=code)
    thread = message.get("message_thread_id")
    if chat != group or type(thread) is not int or message.get("is_topic_message") is not True:
        return None
    for field, closed in (("forum_topic_closed", True), ("forum_topic_reopened", False)):
        if field in message:
            return GroupClosed(thread=str(thread), member=member, closed=closed)
    number = integer(message, "message_id")
    files = files_of(message, f"{group}:{number}")
    text = text_of(message, "text") or text_of(message, "caption") or ("" if files else text_in_words(message))
    if not text.strip() and not files:
        return None
    return GroupSaid(
        name=str(number), thread=str(thread), member=member, text=text.strip(), attachments=files, edited=edited
    )


def _pressed(query: Json) -> GroupEvent | None:
    message = optional(query, "message") or {}
    thread = message.get("message_thread_id")
    return GroupPressed(
        query=text_of(query, "id"),
        thread=str(thread) if type(thread) is int else None,
        member=_member(object_of(query, "from")),
        value=text_of(query, "data"),
    )


def _member(user: Json) -> Member:
    return Member(id=str(integer(user, "id")), name=person_name(user))


def _chat_id(body: Json) -> int | None:
    chat = body.get("chat")
    number = chat.get("id") if isinstance(chat, dict) else None
    return number if type(number) is int else None


def _code(message: Json) -> str | None:
    text = message.get("text")
    found = _LINK.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found else None


def update_name(update: Json) -> tuple[str, int]:
    """What names an update for good, and its number. By content: numbers begin anew after a quiet week."""
    number = integer(update, "update_id")
    for kind in _MESSAGES:
        body = update.get(kind)
        if isinstance(body, dict):
            place = Chat(_chat_id(body) or 0)
            edited = body.get("edit_date") if kind == "edited_message" else ""
            return f"{kind}:{place.value}:{body.get('message_id')}:{edited}", number
    query = update.get("callback_query")
    return (f"callback:{query.get('id')}" if isinstance(query, dict) else f"update:{number}"), number
