"""Chats: what they are, who is in them, their topics and pins, and business connections."""

from collections.abc import Mapping

from hub.demo.telegram.calls import Call, Handler
from hub.demo.telegram.members import member_wire
from hub.demo.telegram.wire import Wire, bad_request, without_empty
from hub.demo.telegram.world import PRESENT, Chat, Topic

TOPIC_NAME_LIMIT = 128
TOPIC_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)


def get_chat(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getchat."""
    chat = call.chat()
    full = chat.wire() | {
        "accent_color_id": 0, "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }  # fmt: skip
    if chat.account is None:
        full["permissions"] = {"can_send_messages": True, "can_invite_users": True}
    if chat.pinned and chat.pinned[-1] in chat.messages:
        full["pinned_message"] = chat.messages[chat.pinned[-1]]
    return full


def get_chat_member(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getchatmember."""
    chat = call.chat()
    number = call.arguments.integer("user_id")
    if chat.account is not None and number in (chat.account.id, call.bot.id):
        return member_wire(call.world, number, "member")
    if number not in call.world.accounts and number not in {bot.id for bot in call.world.bots.values()}:
        raise bad_request("invalid user_id specified" if number <= 0 else "PARTICIPANT_ID_INVALID")
    return member_wire(call.world, number, chat.members.get(number, "left"))


def get_chat_member_count(call: Call) -> int:
    """https://core.telegram.org/bots/api#getchatmembercount."""
    chat = call.chat()
    return 2 if chat.account else sum(status in PRESENT for status in chat.members.values())


def get_chat_administrators(call: Call) -> list[Wire]:
    """https://core.telegram.org/bots/api#getchatadministrators."""
    chat = call.chat()
    if chat.account is not None:
        raise bad_request("there are no administrators in the private chat")
    return [
        member_wire(call.world, number, status)
        for number, status in chat.members.items()
        if status in ("creator", "administrator")
    ]


def leave_chat(call: Call) -> bool:
    """https://core.telegram.org/bots/api#leavechat."""
    chat = call.writable_chat()
    if chat.account is not None:
        raise bad_request("chat member status can't be changed in private chats")
    chat.members[call.bot.id] = "left"
    call.world.show("chat", call.bot, chat, {})
    return True


# Topics --------------------------------------------------------------------------------------------------------------


def create_forum_topic(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#createforumtopic."""
    chat = _forum(call)
    name = call.arguments.text("name").strip()
    if not name:
        raise bad_request("TOPIC_TITLE_EMPTY")
    color = call.arguments.integer("icon_color", TOPIC_COLORS[0])
    if color not in TOPIC_COLORS:
        raise bad_request("TOPIC_ICON_COLOR_INVALID")
    emoji = call.arguments.text("icon_custom_emoji_id")
    created = without_empty({"name": name[:TOPIC_NAME_LIMIT], "icon_color": color, "icon_custom_emoji_id": emoji})
    call.bot.flood.take(chat.id)
    message = call.world.post(chat, call.bot.wire(), {"forum_topic_created": created})
    number = message["message_id"]
    chat.messages[number] = {**message, "message_thread_id": number, "is_topic_message": True}
    chat.topics[number] = Topic(number, created["name"], color, emoji)
    call.world.show("message", call.bot, chat, chat.messages[number])
    return {"message_thread_id": number, **created}


def edit_forum_topic(call: Call) -> bool:
    """https://core.telegram.org/bots/api#editforumtopic."""
    chat = _forum(call)
    topic = _topic(call, chat)
    name = call.arguments.text("name", topic.name)[:TOPIC_NAME_LIMIT]
    emoji = call.arguments.text("icon_custom_emoji_id", topic.icon_custom_emoji_id)
    if (name, emoji) == (topic.name, topic.icon_custom_emoji_id):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name, topic.icon_custom_emoji_id = name, emoji
    _say_in(call, chat, topic, {"forum_topic_edited": {"name": name}})
    return True


def close_forum_topic(call: Call) -> bool:
    """https://core.telegram.org/bots/api#closeforumtopic."""
    return _set_closed(call, closed=True)


def reopen_forum_topic(call: Call) -> bool:
    """https://core.telegram.org/bots/api#reopenforumtopic."""
    return _set_closed(call, closed=False)


def _set_closed(call: Call, *, closed: bool) -> bool:
    chat = _forum(call)
    topic = _topic(call, chat)
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _say_in(call, chat, topic, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})
    return True


def delete_forum_topic(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deleteforumtopic."""
    chat = _forum(call)
    topic = _topic(call, chat)
    del chat.topics[topic.id]
    gone = [number for number, one in chat.messages.items() if one.get("message_thread_id") == topic.id]
    for number in gone:
        del chat.messages[number]
    call.world.show("deleted", call.bot, chat, {"message_ids": gone})
    return True


def _say_in(call: Call, chat: Chat, topic: Topic, content: Wire) -> None:
    place = {"message_thread_id": topic.id, "is_topic_message": True}
    call.world.show("message", call.bot, chat, call.world.post(chat, call.bot.wire(), place | content))


def _forum(call: Call) -> Chat:
    chat = call.administered_chat("create a topic" if "name" in call.arguments.values else "manage topics")
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    return chat


def _topic(call: Call, chat: Chat) -> Topic:
    topic = chat.topics.get(call.arguments.integer("message_thread_id"))
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


# Pins and business ---------------------------------------------------------------------------------------------------


def pin_chat_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#pinchatmessage."""
    chat = call.administered_chat("pin a message")
    number = call.arguments.integer("message_id")
    if number not in chat.messages:
        raise bad_request("message to pin not found")
    chat.pinned.append(number)
    return True


def unpin_chat_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#unpinchatmessage."""
    chat = call.administered_chat("unpin a message")
    number = call.arguments.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    return True


def get_business_connection(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getbusinessconnection."""
    return call.connection().wire()


def read_business_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#readbusinessmessage."""
    connection = call.connection()
    chat = connection.chats.get(call.arguments.integer("chat_id"))
    if chat is None or call.arguments.integer("message_id") not in chat.messages:
        raise bad_request("message not found")
    return True


METHODS: Mapping[str, Handler] = {
    "getchat": get_chat, "getchatmember": get_chat_member, "getchatmembercount": get_chat_member_count,
    "getchatadministrators": get_chat_administrators, "leavechat": leave_chat,
    "createforumtopic": create_forum_topic, "editforumtopic": edit_forum_topic, "closeforumtopic": close_forum_topic,
    "reopenforumtopic": reopen_forum_topic, "deleteforumtopic": delete_forum_topic,
    "pinchatmessage": pin_chat_message, "unpinchatmessage": unpin_chat_message,
    "getbusinessconnection": get_business_connection, "readbusinessmessage": read_business_message,
}  # fmt: skip
