"""The answer to `getUpdates`, taken apart so that one bad update cannot hide the good ones. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.base import unreadable
from connectors.errors import ChannelUnavailable, PayloadInvalid
from connectors.reasons import why
from connectors.telegram.faults import error_of
from connectors.telegram.parse import events_of, parse
from hub.model.events import InboundEvent

_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,18})\b')


@dataclass(frozen=True, slots=True)
class Update:
    """One update: its id, to move the offset, and what it says; `raw` where that could not be decoded."""

    id: int
    body: Any = None
    raw: bytes | None = None

    def events(self) -> Sequence[InboundEvent]:
        """What it means; parked where that cannot be told."""
        try:
            return events_of(self.body) if self.raw is None else parse(self.raw)
        except PayloadInvalid as error:
            return [unreadable(self.raw if self.raw is not None else _bytes(self.body), error)]


class Undecodable(Exception):
    """The answer as a whole cannot be decoded: ask for one update at a time."""


def updates_of(status: int, body: bytes) -> list[Update]:
    """The updates in an answer. Raises `Undecodable`, and what an answer with `ok: false` is in our words."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = _leniently(body) if body.lstrip().startswith(b"{") else None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise ChannelUnavailable(why("telegram_not_telegram", status=status))
    if not answer["ok"]:
        parameters = answer.get("parameters")
        retry_after = parameters.get("retry_after") if isinstance(parameters, dict) else None
        raise error_of(status, str(answer.get("description", "")), retry_after)
    result = answer.get("result")
    if not isinstance(result, list):
        raise Undecodable
    return [_update(one) for one in result]


def only_update(body: bytes) -> Update:
    """The one update of an answer that cannot be decoded, to be parked as it came. Raises `ChannelUnavailable`."""
    found = _UPDATE_ID.search(body)
    if found is None:
        raise ChannelUnavailable(why("telegram_no_update_id"))
    return Update(int(found[1]), raw=body)


def _update(one: Any) -> Update:
    update_id = one.get("update_id") if isinstance(one, dict) else None
    if type(update_id) is not int:
        raise Undecodable
    return Update(update_id, body=one)


def _leniently(body: bytes) -> Any:
    """The answer as Python reads it: half surrogates and big numbers stay in the one update they are in."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Undecodable from None


def _bytes(body: Any) -> bytes:
    """The raw bytes of one update of many, always the same for the same update."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
