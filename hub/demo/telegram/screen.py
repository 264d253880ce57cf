"""What a person's screen shows of a chat, as JSON for the demo phone."""

from typing import Any

from hub.demo.telegram.wire import Wire, without_empty
from hub.demo.telegram.world import Bot, Chat


def chat_view(bot: Bot, chat: Chat) -> Wire:
    """The private chat of a person and a bot, with all that the phone needs to draw it."""
    assert chat.account is not None
    person = chat.account
    return {
        "id": person.id,
        "name": " ".join(part for part in (person.first_name, person.last_name) if part),
        "language": person.language_code,
        "phone": person.phone,
        "blocked": bot.id in person.blocked,
        "started": bot.id in person.started,
        "keyboard": chat.keyboard,
        "commands": commands(bot),
        "messages": [message_view(bot, chat, message) for message in chat.messages.values()],
    }


def message_view(bot: Bot, chat: Chat, message: Wire) -> Wire:
    """A message and what the screen shows beside it. `seen`: the bot has taken it over."""
    number = message["message_id"]
    reactions = [
        {"emoji": one["emoji"], "own": author != bot.id}
        for (reacted, author), given in chat.reactions.items()
        if reacted == number
        for one in given
        if "emoji" in one
    ]
    own = not message.get("from", {}).get("is_bot", False)
    return {**message, "own": own, "seen": own and number in chat.seen} | without_empty({"reactions": reactions})


def bot_view(bot: Bot) -> Wire:
    """The bot as the top of the chat shows it."""
    return {"id": bot.id, "name": bot.first_name, "username": bot.username}


def commands(bot: Bot) -> list[Any]:
    """The commands that the bot has set for everybody."""
    return next((given for scope, given in bot.commands.items() if scope.startswith("default:")), [])
