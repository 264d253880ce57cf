"""The bot itself: who it is, and what its profile says."""

import re
from collections.abc import Mapping
from typing import Any

from hub.demo.telegram.calls import Call, Handler
from hub.demo.telegram.wire import Wire, bad_request

PROFILE = {"name": 64, "description": 512, "shortdescription": 120}
"""Texts of the profile and their longest length: https://core.telegram.org/bots/api#setmyname."""
COMMAND_LIMIT = 100


def get_me(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getme."""
    return call.bot.wire() | {
        "can_join_groups": True, "can_read_all_group_messages": call.bot.reads_groups,
        "supports_inline_queries": False, "can_connect_to_business": True, "has_main_web_app": False,
        "has_topics_enabled": False, "allows_users_to_create_topics": False, "can_manage_bots": False,
    }  # fmt: skip


def log_out(call: Call) -> bool:
    """https://core.telegram.org/bots/api#logout and #close: nothing to do here."""
    return True


def set_my_commands(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmycommands."""
    given = call.arguments.json("commands", "BotCommand list")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > COMMAND_LIMIT:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_scope(call)] = [_command(one) for one in given]
    for chat in call.bot.chats.values():
        call.world.show("chat", call.bot, chat, {})
    return True


def get_my_commands(call: Call) -> list[Wire]:
    """https://core.telegram.org/bots/api#getmycommands."""
    return call.bot.commands.get(_scope(call), [])


def delete_my_commands(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemycommands."""
    call.bot.commands.pop(_scope(call), None)
    return True


def _command(given: Any) -> Wire:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    command = str(given.get("command", "")).removeprefix("/")
    description = str(given.get("description", ""))
    if not re.fullmatch(r"[a-z0-9_]{1,32}", command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _scope(call: Call) -> str:
    scope = call.arguments.json("scope", "BotCommandScope") or {"type": "default"}
    parts = [str(scope.get(name, "")) for name in ("type", "chat_id", "user_id")]
    return ":".join([*parts, call.arguments.text("language_code")])


def _setter(name: str) -> Handler:
    field = {"shortdescription": "short_description"}.get(name, name)

    def set_text(call: Call) -> bool:
        text = call.arguments.text(field)
        if len(text) > PROFILE[name]:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        call.bot.profile[f"{field}:{call.arguments.text('language_code')}"] = text
        return True

    return set_text


def _getter(name: str) -> Handler:
    field = {"shortdescription": "short_description"}.get(name, name)

    def get_text(call: Call) -> Wire:
        default = call.bot.first_name if field == "name" else ""
        texts = call.bot.profile
        found = texts.get(f"{field}:{call.arguments.text('language_code')}") or texts.get(f"{field}:")
        return {field: found or default}

    return get_text


def get_menu_button(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getchatmenubutton."""
    return {"type": "commands"}


METHODS: Mapping[str, Handler] = {
    "getme": get_me, "logout": log_out, "close": log_out, "setmycommands": set_my_commands,
    "getmycommands": get_my_commands, "deletemycommands": delete_my_commands, "getchatmenubutton": get_menu_button,
    **{f"setmy{name}": _setter(name) for name in PROFILE}, **{f"getmy{name}": _getter(name) for name in PROFILE},
}  # fmt: skip
