"""Changing and removing what was sent, copies, forwards and reactions."""

from collections.abc import Mapping
from typing import Any

from hub.demo.telegram.calls import Call, Handler
from hub.demo.telegram.keyboards import inline_only
from hub.demo.telegram.methods.messages import media_content
from hub.demo.telegram.posting import deliver, prepare
from hub.demo.telegram.wire import Wire, bad_request
from hub.demo.telegram.world import ADMINISTRATORS, Chat

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
DELETABLE_S = 48 * 3600
SERVICE = frozenset({"message_id", "date", "chat", "from"})
MEDIA_FIELDS = ("photo", "video", "animation", "audio", "document", "voice", "video_note", "sticker")

_REACTION_WORDS = (
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ "
    "🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 "
    "🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
)
REACTIONS = frozenset(_REACTION_WORDS.split())
"""https://core.telegram.org/bots/api#reactiontypeemoji"""


def edit_message_text(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#editmessagetext."""
    chat, message = _editable(call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _replace(call, chat, message, ("text", "entities"), call.text())


def edit_message_caption(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#editmessagecaption."""
    chat, message = _editable(call)
    if not any(name in message for name in MEDIA_FIELDS):
        raise bad_request("there is no caption in the message to edit")
    return _replace(call, chat, message, ("caption", "caption_entities"), call.caption())


def edit_message_media(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#editmessagemedia."""
    chat, message = _editable(call)
    given = call.arguments.json("media", "InputMedia")
    if not isinstance(given, dict):
        raise bad_request("object expected as input media")
    return _replace(
        call, chat, message, (*MEDIA_FIELDS, "text", "entities", "caption", "caption_entities"),
        media_content(call, given),
    )  # fmt: skip


def edit_message_reply_markup(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#editmessagereplymarkup."""
    chat, message = _editable(call)
    return _replace(call, chat, message, (), {})


def _editable(call: Call) -> tuple[Chat, Wire]:
    chat = call.writable_chat()
    return chat, call.own_message(chat)


def _replace(call: Call, chat: Chat, old: Wire, gone: tuple[str, ...], new: Wire) -> Wire:
    markup = inline_only(call.markup())
    kept = {name: value for name, value in old.items() if name not in (*gone, "reply_markup")}
    changed = kept | new | ({"reply_markup": markup} if markup else {})
    if changed == old:
        raise bad_request(NOT_MODIFIED)
    call.bot.flood.take(chat.id)
    changed["edit_date"] = call.world.now()
    chat.messages[old["message_id"]] = changed
    call.world.show("edited", call.bot, chat, changed)
    return changed


def delete_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemessage."""
    chat = call.writable_chat()
    message = chat.messages.get(call.arguments.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not _may_delete(call, chat, message):
        raise bad_request("message can't be deleted for everyone")
    _delete(call, chat, [message["message_id"]])
    return True


def delete_messages(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemessages: what cannot be found is passed over."""
    chat = call.writable_chat()
    numbers = call.arguments.json("message_ids", "message identifiers")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad_request("there must be from 1 to 100 message identifiers")
    found = [chat.messages[number] for number in numbers if number in chat.messages]
    _delete(call, chat, [one["message_id"] for one in found if _may_delete(call, chat, one)])
    return True


def _may_delete(call: Call, chat: Chat, message: Wire) -> bool:
    if call.world.now() - message["date"] > DELETABLE_S and chat.account is not None:
        return False
    own = message.get("from", {}).get("id") == call.bot.id
    return own or chat.account is not None or chat.members.get(call.bot.id) in ADMINISTRATORS


def _delete(call: Call, chat: Chat, numbers: list[int]) -> None:
    for number in numbers:
        del chat.messages[number]
    call.world.show("deleted", call.bot, chat, {"message_ids": numbers})


def copy_message(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#copymessage."""
    source = _source(call, call.arguments.integer("message_id"), "message to copy not found")
    content = {name: value for name, value in source.items() if name not in SERVICE | _ORIGIN}
    if call.arguments.has("caption"):
        content = {name: value for name, value in content.items() if not name.startswith("caption")} | call.caption()
    sent = deliver(call, prepare(call), content)
    return {"message_id": sent["message_id"]}


def forward_message(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#forwardmessage."""
    source = _source(call, call.arguments.integer("message_id"), "message to forward not found")
    return deliver(call, prepare(call), forwarded(source))


def forward_messages(call: Call) -> list[Wire]:
    """https://core.telegram.org/bots/api#forwardmessages and #copymessages: what cannot be found is passed over."""
    numbers = call.arguments.json("message_ids", "message identifiers")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad_request("there must be from 1 to 100 message identifiers")
    place, source = prepare(call), call.world.chat_of(call.bot, call.arguments.text("from_chat_id"))
    found = [source.messages[number] for number in numbers if number in source.messages]
    if not found:
        raise bad_request("there are no messages to forward")
    return [{"message_id": deliver(call, place, forwarded(one))["message_id"]} for one in found]


_ORIGIN = frozenset({
    "forward_origin", "reply_to_message", "quote", "edit_date", "media_group_id", "reply_markup", "message_thread_id",
    "is_topic_message", "business_connection_id", "sender_business_bot",
})  # fmt: skip


def forwarded(source: Wire) -> Wire:
    """The content of a message with the word about where it came from."""
    content = {name: value for name, value in source.items() if name not in SERVICE | _ORIGIN}
    origin = source.get("forward_origin") or {
        "type": "user", "date": source["date"], "sender_user": source["from"],
    }  # fmt: skip
    return {"forward_origin": origin, **content}


def _source(call: Call, number: int, missing: str) -> Wire:
    chat = call.world.chat_of(call.bot, call.arguments.text("from_chat_id"))
    if number not in chat.messages:
        raise bad_request(missing)
    return chat.messages[number]


def set_message_reaction(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmessagereaction."""
    chat = call.writable_chat()
    number = call.arguments.integer("message_id")
    if number not in chat.messages:
        raise bad_request("message to react not found")
    given: Any = call.arguments.json("reaction", "reaction types") or []
    if not isinstance(given, list) or len(given) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for one in given:
        if one.get("type") != "emoji" or one.get("emoji") not in REACTIONS:
            raise bad_request("REACTION_INVALID")
    chat.reactions[number, call.bot.id] = [{"type": "emoji", "emoji": one["emoji"]} for one in given]
    call.world.show("reaction", call.bot, chat, {"message_id": number, "from": call.bot.id, "reaction": given})
    return True


METHODS: Mapping[str, Handler] = {
    "editmessagetext": edit_message_text, "editmessagecaption": edit_message_caption,
    "editmessagemedia": edit_message_media, "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message, "deletemessages": delete_messages, "copymessage": copy_message,
    "copymessages": forward_messages, "forwardmessage": forward_message, "forwardmessages": forward_messages,
    "setmessagereaction": set_message_reaction,
}  # fmt: skip
