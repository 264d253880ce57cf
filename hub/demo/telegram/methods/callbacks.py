"""Answers to pressed buttons."""

from collections.abc import Mapping

from hub.demo.telegram.calls import Call, Handler
from hub.demo.telegram.wire import bad_request
from hub.demo.telegram.world import CALLBACK_LIFETIME_S

ANSWER_LIMIT = 200


def answer_callback_query(call: Call) -> bool:
    """https://core.telegram.org/bots/api#answercallbackquery."""
    text = call.arguments.text("text")
    if len(text) > ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    callback = call.bot.callbacks.get(call.arguments.text("callback_query_id"))
    if callback is None or call.world.clock.now() - callback.pressed_at > CALLBACK_LIFETIME_S or callback.answered:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    callback.answered = True
    toast = {
        "callback_query_id": callback.id, "text": text, "show_alert": call.arguments.flag("show_alert"),
        "url": call.arguments.text("url"), "user_id": callback.account.id,
    }  # fmt: skip
    call.world.show("toast", call.bot, callback.chat, toast)
    return True


METHODS: Mapping[str, Handler] = {"answercallbackquery": answer_callback_query}
