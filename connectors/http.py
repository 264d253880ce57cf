"""HTTP for connectors: bounded bodies, refusals as problem documents, CORS, and a service's answers as errors."""

import asyncio
import functools
import hmac
import json
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs, web
from pydantic import JsonValue

from connectors.errors import (
    ChannelAuthError,
    ChannelThrottled,
    ChannelUnavailable,
    ConnectorError,
    ContactUnreachable,
    MessageRejected,
    NotAccepting,
    PayloadInvalid,
    SendUncertain,
)
from connectors.reasons import why

JSON = "application/json"
WEBHOOK_BYTES = 1024**2
FORM_BYTES = 256 * 1024
BODY_TIMEOUT_S = 20.0
CHUNK_BYTES = 64 * 1024
PREFLIGHT_KEPT_S = 600
LONGEST_WAIT_S = 3600.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# `charset` is not defined for JSON (RFC 8259, section 11); services send it all the same.
_JSON_TYPE = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)


# Requests to us ------------------------------------------------------------------------------------------------------


class Refused(Exception):
    """A request that is not answered with what it asked for: `status`, a stable `code`, a sentence for a person."""

    def __init__(
        self, status: int, code: str, detail: str, *, retry_after_s: float | None = None, **extra: JsonValue
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.extra = status, code, detail, extra
        self.retry_after_s = retry_after_s


def problem(refused: Refused) -> web.Response:
    """The answer to a refused request, as `application/problem+json` (RFC 9457)."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "code": refused.code,
        "detail": refused.detail,
        "extra": refused.extra,
    }
    headers = {"Cache-Control": "no-store"}
    if refused.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refused.retry_after_s)))
    body = json.dumps(document, ensure_ascii=False).encode()
    return web.Response(status=refused.status, body=body, content_type="application/problem+json", headers=headers)


def answering(handler: Handler) -> Handler:
    """`handler`, with our errors turned into answers: `Refused`, `PayloadInvalid` (400), `NotAccepting` (503)."""

    @functools.wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as error:
            return problem(error)
        except PayloadInvalid as error:
            return problem(Refused(400, error.code, error.reason))
        except NotAccepting as error:
            return problem(Refused(503, "unavailable", error.detail, retry_after_s=error.retry_after_s))

    return answered


async def read_body(request: web.Request, *, limit_bytes: int, timeout_s: float = BODY_TIMEOUT_S) -> bytes:
    """The whole body. Raises `Refused`: 408, 413, 415. Never more than the limit is in memory."""
    if request.content.is_eof():  # it came with its head, as small ones do: there is nothing to wait for
        _check_coding(request)
        body = request.content.read_nowait()
        if len(body) > limit_bytes:
            raise _too_big(limit_bytes)
        return body
    deadline = asyncio.timeout(timeout_s)
    try:
        async with deadline:
            return b"".join([piece async for piece in read_pieces(request, limit_bytes=limit_bytes)])
    except TimeoutError:
        if not deadline.expired():
            raise
        raise Refused(408, "too_slow", "The body took too long to arrive.") from None


async def read_pieces(
    request: web.Request, *, limit_bytes: int, timeout_s: float = BODY_TIMEOUT_S
) -> AsyncIterator[bytes]:
    """The body piece by piece, each within `timeout_s`. Raises `Refused`: 408, 413, 415."""
    _check_announced(request, limit_bytes)
    size = 0
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                piece = await request.content.read(CHUNK_BYTES)
        except TimeoutError:
            raise Refused(408, "too_slow", "The body took too long to arrive.") from None
        if not piece:
            return
        size += len(piece)
        if size > limit_bytes:
            raise _too_big(limit_bytes)
        yield piece


def _check_announced(request: web.Request, limit_bytes: int) -> None:
    _check_coding(request)
    if request.content_length is not None and request.content_length > limit_bytes:
        raise _too_big(limit_bytes)


def _check_coding(request: web.Request) -> None:
    coding = request.headers.get(hdrs.CONTENT_ENCODING)
    if coding is not None and coding.lower() != "identity":
        raise Refused(415, "compressed", "Send the body without compression.")


async def read_json_bytes(request: web.Request, *, limit_bytes: int) -> bytes:
    """The body of a request that says it is JSON, for `parse.py` to read. Raises `Refused`: 408, 413, 415."""
    said = request.headers.get(hdrs.CONTENT_TYPE, "")
    if said != JSON and not _JSON_TYPE.fullmatch(said.strip()):
        raise Refused(415, "wrong_media_type", "Send the body as application/json.")
    return await read_body(request, limit_bytes=limit_bytes)


def bearer_of(request: web.Request) -> str | None:
    """The token in the Authorization header, or None."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def same_secret(given: str | None, expected: str) -> bool:
    """Whether a secret is right, in a time that tells nothing about it. An empty expectation is never met."""
    return bool(expected) and hmac.compare_digest((given or "").encode(), expected.encode())


def _too_big(limit_bytes: int) -> Refused:
    return Refused(413, "too_big", f"The body is bigger than {limit_bytes} bytes.", limit_bytes=limit_bytes)


# Other origins -------------------------------------------------------------------------------------------------------


def origin_allowed(origin: str | None, domains: Sequence[str]) -> bool:
    """Whether a page of `origin` may talk to us. No domains: any page. A program that is no page sends no Origin.

    A domain is a host name as `shop.example`, with its port if that is not the usual one; `*.shop.example` stands for
    every name below it.
    """
    if not domains or origin is None:
        return True
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        return False
    host = parts.netloc.lower()
    return any(
        host == domain or (domain.startswith("*.") and host.endswith(domain[1:]))
        for domain in (domain.lower().strip() for domain in domains)
    )


FOR_ONE_ORIGIN = {"Vary": "Origin"}
"""On whatever differs by who asks, refusals of a foreign origin included (Fetch, "CORS protocol and HTTP caches")."""


def cors_headers(origin: str | None) -> dict[str, str]:
    """The headers that let a page of an allowed `origin` read the answer. Nothing of ours depends on cookies.

    A cache between must not give a page the answer that a program got, who names no origin: they say so to it, too.
    """
    if origin is None:
        return dict(FOR_ONE_ORIGIN)
    return {"Access-Control-Allow-Origin": origin, **FOR_ONE_ORIGIN, "Access-Control-Expose-Headers": "Retry-After"}


def refused_origin(refused: Refused) -> web.Response:
    """The answer to a page of another site: not to be kept for pages of an allowed one."""
    response = problem(refused)
    response.headers.update(FOR_ONE_ORIGIN)
    return response


def preflight(origin: str | None, methods: str) -> web.Response:
    """The answer to a browser that asks what it may send."""
    return web.Response(
        status=204,
        headers={
            **cors_headers(origin),
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": str(PREFLIGHT_KEPT_S),
        },
    )


# Our requests to a service -------------------------------------------------------------------------------------------


def error_of_status(status: int, reason: str, headers: Mapping[str, str]) -> ConnectorError | None:
    """What an answer's status means where the service does not say more; None for success.

    `reason` is the service's own word, shown to the operator.
    """
    match status:
        case _ if 200 <= status < 300:
            return None
        case 401:
            return ChannelAuthError(why("service_log_in", reason))
        case 403 | 410:
            return ContactUnreachable(why("service_gone_contact", reason))
        case 408 | 504:
            return SendUncertain(why("service_late", reason))
        case 429:
            return ChannelThrottled(retry_after_s(headers))
        case _ if status >= 500:
            return ChannelUnavailable(why("service_broken", reason, status=status))
        case _:
            return MessageRejected(f"http_{status}", why("service_refused", reason, status=status))


def retry_after_s(headers: Mapping[str, str], default_s: float = 5.0) -> float:
    """The seconds that a `Retry-After` asks for, at most an hour; a date or nonsense gives the default."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return default_s
    return min(max(seconds, 0.0), LONGEST_WAIT_S) if math.isfinite(seconds) else default_s


@asynccontextmanager
async def calling(service: str) -> AsyncIterator[None]:
    """Turns the faults of an aiohttp call in its body into our errors.

    A connection that never stood is `ChannelUnavailable`: nothing was sent. Everything later is `SendUncertain`.
    """
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise ChannelUnavailable(why("service_unreachable", error, service=service)) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SendUncertain(why("service_no_answer", type(error).__name__, service=service)) from error
