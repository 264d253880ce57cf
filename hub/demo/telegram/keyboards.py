"""Keyboards under messages: what a bot may ask for, and how it is refused."""

import json
from typing import Any
from urllib.parse import urlsplit

from hub.demo.telegram.wire import Wire, bad_request, without_empty

BUTTON_DATA_LIMIT_BYTES = 64
BUTTON_LIMIT = 100
BUTTONS_A_ROW = 8
ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip


def read_markup(raw: str) -> Wire | None:
    """The `reply_markup` of a call, checked, or None. Raises `Refused`."""
    if not raw.strip():
        return None
    try:
        given = json.loads(raw)
    except ValueError:
        raise bad_request("can't parse reply keyboard markup JSON object") from None
    if not isinstance(given, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in given:
        return _inline(given["inline_keyboard"])
    if "keyboard" in given:
        return _reply(given)
    if given.get("remove_keyboard"):
        return {"remove_keyboard": True} | without_empty({"selective": given.get("selective")})
    if given.get("force_reply"):
        return {"force_reply": True} | without_empty({"input_field_placeholder": given.get("input_field_placeholder")})
    return None


def inline_only(markup: Wire | None) -> Wire | None:
    """The markup, which an edit allows only when it is inline. Raises `Refused`."""
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup


def _rows(given: Any) -> list[list[Any]]:
    if not isinstance(given, list) or not all(isinstance(row, list) for row in given):
        raise bad_request("can't parse inline keyboard: expected an Array of Arrays")
    rows = [row for row in given if row]
    if sum(len(row) for row in rows) > BUTTON_LIMIT or any(len(row) > BUTTONS_A_ROW for row in rows):
        raise bad_request("reply markup is too long")
    return rows


def _inline(given: Any) -> Wire | None:
    rows = [[_inline_button(button) for button in row] for row in _rows(given)]
    return {"inline_keyboard": rows} if rows else None


def _inline_button(given: Any) -> Wire:
    if not isinstance(given, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = str(given.get("text", ""))
    if not text.strip():
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    action = next((name for name in ACTIONS if name in given), None)
    if action is None:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if action == "callback_data" and not 1 <= len(str(given[action]).encode()) <= BUTTON_DATA_LIMIT_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "url":
        _check_url(str(given[action]))
    return {"text": text, action: given[action]} | without_empty({"style": given.get("style")})


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "tg", "ton") or not parts.netloc:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    if parts.scheme in ("http", "https") and "." not in (parts.hostname or ""):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _reply(given: Wire) -> Wire | None:
    rows = [[_reply_button(button) for button in row] for row in _rows(given["keyboard"])]
    if not rows:
        raise bad_request("reply markup is empty")
    flags = {name: given.get(name) for name in ("is_persistent", "resize_keyboard", "one_time_keyboard", "selective")}
    placeholder = given.get("input_field_placeholder")
    return {"keyboard": rows} | without_empty(flags | {"input_field_placeholder": placeholder})


def _reply_button(given: Any) -> Wire:
    if isinstance(given, str):
        given = {"text": given}
    if not isinstance(given, dict) or not str(given.get("text", "")).strip():
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    asked = {name: given.get(name) for name in ("request_contact", "request_location", "request_poll", "style")}
    return {"text": str(given["text"])} | without_empty(asked)
