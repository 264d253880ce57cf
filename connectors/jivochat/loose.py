"""JSON as JivoChat writes it: ids as strings or numbers, null or {} for nothing, commas that should not be. Pure."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from connectors.errors import PayloadInvalid
from connectors.text import clean_name, clean_text
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.contact import Field
from hub.model.ids import AttachmentId, derived_id
from hub.model.strict_json import WEBHOOK_DEPTH, BadJson, parse_json

FILES = frozenset({"photo", "sticker", "video", "audio", "voice", "document"})
MEDIA_TYPES = {"photo": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg", "voice": "audio/ogg"}
MILLISECONDS_FROM = 10**11
"""A time above this (the year 5138 in seconds) is in milliseconds, as `offline_message_id` is."""

# A comma before a closing bracket, and none between two members, as in JivoChat's own example of
# client_attribute_updated. Strings are matched first, so that nothing inside of them is touched.
_SURPLUS = re.compile(rb'("(?:[^"\\]|\\.)*+")|,(\s*[}\]])', re.DOTALL)
_MISSING = re.compile(rb'("(?:[^"\\]|\\.)*+"|[}\]\d]|true|false|null)(\s*\n\s*)(?=")', re.DOTALL)

Object = Mapping[str, Any]


def object_of(raw: bytes) -> dict[str, JsonValue]:
    """The object in a body, read as it was meant where its commas are wrong. Raises `PayloadInvalid`."""
    try:
        value = parse_json(raw, depth=WEBHOOK_DEPTH)
    except BadJson as error:
        try:
            value = parse_json(_mended(raw), depth=WEBHOOK_DEPTH)
        except BadJson:
            raise PayloadInvalid(error.detail, error.code) from error
    if not isinstance(value, dict):
        raise PayloadInvalid("This is no JSON object.", "no_object")
    return value


def _mended(raw: bytes) -> bytes:
    without = _SURPLUS.sub(lambda found: found[1] or found[2], raw[:65_536])
    return _MISSING.sub(rb"\1,\2", without)


def inner(value: Object, name: str) -> Object:
    """The object under a name; an empty one for null, for a list, and for nothing."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def items(value: Object, name: str) -> list[Object]:
    """The objects of a list under a name."""
    found = value.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def word(value: Object, name: str) -> str:
    """An id or a short text under a name, whether it came as a string or as a number; empty for anything else."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return clean_name(str(found), 255)


def text(value: Object, name: str) -> str:
    """A text under a name."""
    found = value.get(name)
    return clean_text(found).strip() if isinstance(found, str) else ""


def needed(value: Object, name: str) -> str:
    """As `word`. Raises `PayloadInvalid` where there is none."""
    if not (found := word(value, name)):
        raise PayloadInvalid(f"`{name}` is missing.")
    return found


def moment(value: Object, name: str) -> datetime | None:
    """A time in seconds (or milliseconds) since 1970, as a number or a string; None for nonsense."""
    written = word(value, name)
    if not written.isascii() or not written.isdigit() or len(written) > 14:
        return None
    seconds = int(written)
    return datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS_FROM else seconds, tz=UTC)


def number(value: Object, name: str) -> float | None:
    """A number under a name, also where it came as a string; None for one that is none, or has no end."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        written = float(found)
    except ValueError:
        return None
    return written if math.isfinite(written) else None


def fields_of(pairs: Mapping[str, str]) -> tuple[Field, ...]:
    """Facts about a contact that nobody has proven."""
    return tuple(Field(name=name, value=clean_name(value, 1_000)) for name, value in pairs.items() if value)


def file_of(message: Object, kind: str, named: str) -> tuple[AttachmentRef, ...]:
    """The file of a message, which is still to be fetched, or none. `named` tells it from all others."""
    address = message.get("file")
    if kind not in FILES or not isinstance(address, str) or not address.startswith(("https://", "http://")):
        return ()
    size = number(message, "file_size")
    return (
        AttachmentRef(
            id=AttachmentId(derived_id("jivochat", named)),
            name=word(message, "file_name") or kind,
            media_type=word(message, "mime_type") or MEDIA_TYPES.get(kind, "application/octet-stream"),
            size_bytes=int(size) if size is not None and 0 <= size < 2**53 else 0,
            status=AttachmentStatus.PENDING,
            source=address[:2_000],
        ),
    )
