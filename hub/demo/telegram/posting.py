"""Where a message of a bot goes, what it answers, and how it gets there."""

from dataclasses import dataclass
from typing import Any

from hub.demo.telegram.calls import Call
from hub.demo.telegram.wire import Wire, bad_request
from hub.demo.telegram.world import Chat


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, a topic in it, and the message that is answered."""

    chat: Chat
    thread: int | None
    reply_to: Wire | None
    quote: str


def prepare(call: Call) -> Place:
    """Check where the call wants to write. Raises `Refused`."""
    chat = call.writable_chat()
    thread = _thread(call, chat)
    reply_to, quote = _reply(call, chat)
    return Place(chat, thread, reply_to, quote)


def deliver(call: Call, place: Place, content: Wire, *, counted: bool = False) -> Wire:
    """Put the message into its chat and show it. `counted` says that flood control has seen it already."""
    markup = call.markup()
    if not counted:
        call.bot.flood.take(place.chat.id)
    fields: Wire = {}
    if place.thread is not None:
        fields |= {"message_thread_id": place.thread, "is_topic_message": True}
    if place.reply_to is not None:
        fields["reply_to_message"] = {
            name: value for name, value in place.reply_to.items() if name != "reply_to_message"
        }
        if place.quote:
            fields["quote"] = {"text": place.quote, "position": 0, "is_manual": True}
    if call.arguments.flag("protect_content"):
        fields["has_protected_content"] = True
    if place.chat.connection:
        fields |= {"business_connection_id": place.chat.connection, "sender_business_bot": call.bot.wire()}
    shown = markup if markup is not None and "inline_keyboard" in markup else None
    if markup is not None and not shown:
        place.chat.keyboard = None if "remove_keyboard" in markup else markup
    message = call.world.post(place.chat, call.author(), fields | content | ({"reply_markup": shown} if shown else {}))
    if place.chat.connection:  # the bot hears what it has said for the account, like everything else said there
        call.bot.updates.add("business_message", message, place.chat.queue())
    call.world.show("message", call.bot, place.chat, message if shown else _with_markup(message, markup))
    return message


def _with_markup(message: Wire, markup: Wire | None) -> Wire:
    """What the person's screen gets: there the keyboard under the input field belongs to the message as well."""
    return message if markup is None else {**message, "reply_markup": markup}


def _thread(call: Call, chat: Chat) -> int | None:
    given = call.arguments.integer("message_thread_id")
    if not given:
        return None
    topic = chat.topics.get(given)
    if topic is None:  # the General topic's 1, too: it is written to without a thread
        raise bad_request("message thread not found")
    if topic.closed:
        raise bad_request("TOPIC_CLOSED")
    return given


def _reply(call: Call, chat: Chat) -> tuple[Wire | None, str]:
    given: Any = call.arguments.json("reply_parameters", "reply parameters") or {}
    if not isinstance(given, dict):
        raise bad_request("can't parse reply parameters: expected an Object")
    number = int(given.get("message_id") or call.arguments.integer("reply_to_message_id"))
    if not number:
        return None, ""
    found = chat.messages.get(number)
    if found is not None:
        quote = str(given.get("quote") or "")
        if quote and quote not in str(found.get("text") or found.get("caption") or ""):
            raise bad_request("QUOTE_TEXT_INVALID")
        return found, quote
    if given.get("allow_sending_without_reply") or call.arguments.flag("allow_sending_without_reply"):
        return None, ""
    raise bad_request("message to be replied not found")
