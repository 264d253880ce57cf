"""What travels: JSON objects as the Bot API writes them, and the answer envelope."""

import json
from collections.abc import Mapping
from typing import Any

Wire = dict[str, Any]
"""One object of the Bot API, such as a Message, in its published shape."""


class Refused(Exception):
    """A call that Telegram refuses, with the code and the words it has for it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class Described:
    """A result that comes with a sentence, such as `Webhook was set`."""

    def __init__(self, result: Any, description: str) -> None:
        self.result, self.description = result, description


def bad_request(what: str, **parameters: int) -> Refused:
    """The refusal `Bad Request: <what>`."""
    return Refused(400, f"Bad Request: {what}", **parameters)


def forbidden(what: str) -> Refused:
    """The refusal `Forbidden: <what>`."""
    return Refused(403, f"Forbidden: {what}")


def conflict(what: str) -> Refused:
    """The refusal `Conflict: <what>`."""
    return Refused(409, f"Conflict: {what}")


def too_many_requests(retry_after_s: int) -> Refused:
    """The refusal of flood control."""
    return Refused(429, f"Too Many Requests: retry after {retry_after_s}", retry_after=retry_after_s)


def success(result: Any) -> Wire:
    """The envelope of an answer."""
    if isinstance(result, Described):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}


def failure(refused: Refused) -> Wire:
    """The envelope of a refusal."""
    envelope: Wire = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        envelope["parameters"] = dict(refused.parameters)
    return envelope


def to_json(value: Any) -> bytes:
    """ASCII only, as the real server writes it; lone surrogates and other poison pass unharmed."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def without_empty(fields: Mapping[str, Any]) -> Wire:
    """The fields that have a value: the Bot API leaves out what is absent, false or empty."""
    return {name: value for name, value in fields.items() if value not in (None, "", False, [], {})}
