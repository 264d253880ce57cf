"""The body reader of every route: media type, size while reading, deadline, then strict JSON, then the model."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from pydantic import JsonValue, TypeAdapter, ValidationError

from hub.model.strict_json import API_DEPTH, BadJson, parse_json
from hub.web.problems import Refused

ValueT = TypeVar("ValueT")

JSON = "application/json"
BYTES = "application/octet-stream"
UPLOAD_CHUNK_BYTES = 64 * 1024
# `charset` is not defined for JSON (RFC 8259, section 11); clients send it all the same.
_JSON_TYPE = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a body may be. `timeout_s` is for the whole body, of an upload for each step forward."""

    size_bytes: int
    timeout_s: float
    depth: int = API_DEPTH


async def read_json(request: web.Request, limits: Limits) -> JsonValue:
    """The JSON value in the body. Raises `Refused` (400, 408, 413, 415)."""
    return _parsed(await read_json_bytes(request, limits), limits)


async def read_model(request: web.Request, kind: TypeAdapter[ValueT], limits: Limits) -> ValueT:
    """The body as a `kind`, nothing converted: `"5"` is no number. Raises `Refused` (also 422)."""
    raw = await read_json_bytes(request, limits)
    _parsed(raw, limits)
    try:
        return kind.validate_json(raw, strict=True)
    except ValidationError as error:
        raise invalid("body_invalid", "The body does not fit.", error) from None


async def read_json_bytes(request: web.Request, limits: Limits) -> bytes:
    """The body of a request that says it is JSON, not yet parsed."""
    if not _JSON_TYPE.fullmatch(request.headers.get("Content-Type", "").strip()):
        raise Refused(415, "wrong_media_type", f"Send the body as {JSON}.")
    return await read_bytes(request, limits)


async def read_bytes(request: web.Request, limits: Limits) -> bytes:
    """The whole body. Raises `Refused` (408, 413, 415) before more than the limit is in memory."""
    _check_head(request, limits)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.timeout_s):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > limits.size_bytes:
                    raise _too_big(limits)
                chunks.append(chunk)
    except TimeoutError:
        raise _too_slow() from None
    except web.RequestPayloadError as error:
        raise Refused(400, "body_broken", "The body broke off.") from error
    return b"".join(chunks)


async def stream_upload(request: web.Request, limits: Limits) -> AsyncIterator[bytes]:
    """The body of an upload, piece by piece. Raises as `read_bytes`, in the middle if need be."""
    if request.content_type != BYTES:
        raise Refused(415, "wrong_media_type", f"Send the file itself as {BYTES}.")
    _check_head(request, limits)
    size = 0
    while True:
        try:
            async with asyncio.timeout(limits.timeout_s):
                chunk = await request.content.read(UPLOAD_CHUNK_BYTES)
        except TimeoutError:
            raise _too_slow() from None
        except web.RequestPayloadError as error:
            raise Refused(400, "body_broken", "The body broke off.") from error
        if not chunk:
            return
        size += len(chunk)
        if size > limits.size_bytes:
            raise _too_big(limits)
        yield chunk


def invalid(code: str, detail: str, error: ValidationError) -> Refused:
    """The refusal that says which fields are wrong, without repeating what was sent."""
    wrong: list[JsonValue] = [
        {"at": [str(part) for part in item["loc"]], "reason": item["msg"], "type": item["type"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)[:20]
    ]
    return Refused(422, code, detail, errors=wrong)


def _parsed(raw: bytes, limits: Limits) -> JsonValue:
    try:
        return parse_json(raw, depth=limits.depth)
    except BadJson as error:
        raise Refused(400, error.code, error.detail) from None


def _check_head(request: web.Request, limits: Limits) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(415, "compressed", "Send the body without compression.")
    if request.content_length is not None and request.content_length > limits.size_bytes:
        raise _too_big(limits)


def _too_big(limits: Limits) -> Refused:
    return Refused(413, "too_big", f"The body is bigger than {limits.size_bytes} bytes.", limit_bytes=limits.size_bytes)


def _too_slow() -> Refused:
    return Refused(408, "too_slow", "The body took too long to arrive.")
