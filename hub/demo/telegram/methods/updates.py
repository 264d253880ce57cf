"""Receiving updates: polling, webhooks, and files."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from hub.demo.telegram.calls import Call, Handler
from hub.demo.telegram.polling import set_allowed
from hub.demo.telegram.update_queue import DEFAULT_KINDS
from hub.demo.telegram.wire import Described, Wire, bad_request, too_many_requests, without_empty
from hub.demo.telegram.world import Webhook

SECRET_LIMIT = 256


async def get_updates(call: Call) -> list[Wire]:
    """https://core.telegram.org/bots/api#getupdates."""
    return await call.poller.get_updates(call.arguments)


def set_webhook(call: Call) -> Described:
    """https://core.telegram.org/bots/api#setwebhook. An http address is taken too, as by a server of one's own."""
    url = call.arguments.text("url").strip()
    if not url:
        return delete_webhook(call)
    now = call.world.clock.now()
    if now - call.bot.webhook_set_at < 1.0:
        raise too_many_requests(1)
    webhook = Webhook(url, _secret(call), call.arguments.integer("max_connections", 40, 1, 100))
    _check_address(url)
    set_allowed(call.bot, call.arguments)
    call.bot.webhook_set_at = now
    if call.arguments.flag("drop_pending_updates"):
        call.bot.updates.keep_last(0)
    known = call.bot.webhook
    same = known is not None and (known.url, known.secret, known.max_connections) == (
        webhook.url, webhook.secret, webhook.max_connections,
    )  # fmt: skip
    if same:
        return Described(True, "Webhook is already set")
    call.poller.end("terminated by setWebhook request")
    call.bot.webhook = webhook
    call.webhooks.restart()
    return Described(True, "Webhook was set")


def delete_webhook(call: Call) -> Described:
    """https://core.telegram.org/bots/api#deletewebhook."""
    if call.arguments.flag("drop_pending_updates"):
        call.bot.updates.keep_last(0)
    if call.bot.webhook is None:
        return Described(True, "Webhook is already deleted")
    call.bot.webhook = None
    call.webhooks.restart()
    return Described(True, "Webhook was deleted")


def get_webhook_info(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getwebhookinfo."""
    webhook = call.bot.webhook or Webhook("")
    info: Wire = {
        "url": webhook.url, "has_custom_certificate": False,
        "pending_update_count": len(call.bot.updates.waiting()),
    }  # fmt: skip
    if webhook.url:
        info |= {"max_connections": webhook.max_connections, "ip_address": "127.0.0.1"}
        if call.bot.updates.allowed != DEFAULT_KINDS:
            info |= {"allowed_updates": sorted(call.bot.updates.allowed)}
    return info | without_empty(
        {"last_error_date": webhook.last_error_date, "last_error_message": webhook.last_error_message}
    )


def get_file(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#getfile."""
    return call.world.files.open(call.arguments.text("file_id"))


def _secret(call: Call) -> str:
    secret = call.arguments.text("secret_token")
    if len(secret) > SECRET_LIMIT:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")
    return secret


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_request("invalid webhook URL specified") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise bad_request("invalid webhook URL specified")


METHODS: Mapping[str, Handler] = {
    "getupdates": get_updates, "setwebhook": set_webhook, "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info, "getfile": get_file,
}  # fmt: skip
