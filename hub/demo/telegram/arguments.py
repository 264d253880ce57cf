"""The arguments of a call, however they were passed: in the address, as a form, as multipart, or as JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from hub.demo.telegram.wire import Refused, bad_request

UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
"""What a bot may upload: https://core.telegram.org/bots/api#sending-files."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart body."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Arguments:
    """Every value is text, as in the server: a JSON value that is no string is its JSON text."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return name in self.values or name in self.files

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def integer(self, name: str, default: int = 0, low: int | None = None, high: int | None = None) -> int:
        """A whole number, brought into its bounds; what is no number counts as 0, as in the server."""
        raw = self.values.get(name)
        number = default if raw is None else _leading_integer(raw)
        if low is not None:
            number = max(low, number)
        return number if high is None else min(high, number)

    def number(self, name: str, default: float = 0.0) -> float:
        try:
            return float(self.values.get(name, default))
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        return self.values.get(name, "").strip().lower() in ("true", "yes", "1")

    def json(self, name: str, what: str) -> Any:
        """A JSON value, or None when it is absent. Raises `Refused` that names `what`."""
        raw = self.values.get(name, "")
        if not raw.strip():
            return None
        try:
            return json.loads(raw)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None


def from_mapping(given: Mapping[str, Any]) -> Arguments:
    """Arguments that came as a JSON object."""
    return Arguments({name: _as_text(value) for name, value in given.items() if value is not None})


async def read_arguments(request: web.Request) -> Arguments:
    """Read them from the address and the body. Raises `Refused`."""
    values = dict(request.query)
    files: dict[str, Upload] = {}
    match request.content_type if request.can_read_body else "":
        case "application/json":
            values.update(from_mapping(await _json_object(request)).values)
        case "application/x-www-form-urlencoded":
            values.update({name: str(value) for name, value in (await request.post()).items()})
        case "multipart/form-data":
            await _read_parts(request, values, files)
        case _:
            pass
    return Arguments(values, files)


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.read())
    except ValueError:
        raise bad_request("can't parse JSON object in the request body") from None
    if not isinstance(given, dict):
        raise bad_request("the request body must be a JSON object")
    return given


async def _read_parts(request: web.Request, values: dict[str, str], files: dict[str, Upload]) -> None:
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise bad_request("nested multipart is not supported")
        content = bytearray()
        while piece := await part.read_chunk():
            size += len(piece)
            if size > UPLOAD_LIMIT_BYTES:
                raise Refused(413, "Request Entity Too Large")
            content += piece
        if part.filename is None:
            values[part.name or ""] = content.decode("utf-8", "replace")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files[part.name or ""] = Upload(part.filename, bytes(content), kind)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _leading_integer(raw: str) -> int:
    found = re.match(r"\s*(-?\d{1,19})", raw)
    return int(found[1]) if found else 0
