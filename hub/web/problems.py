"""Errors as `application/problem+json` (RFC 9457): a stable code and a sentence, never a stack."""

import math
import secrets
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

import structlog
from aiohttp import web
from pydantic import BaseModel, JsonValue

from hub.services.errors import ServiceError, TooMany, Unavailable
from hub.store.errors import NotDurable, StoreBusy, StoreUnavailable
from hub.store.outage import is_outage

log = structlog.get_logger(__name__)

CODE_OF_STATUS = {401: "not_signed_in", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed", 413: "too_big"}
SENTENCE_OF_STATUS = {
    404: "There is nothing at this address.",
    405: "This address does not know this method.",
    413: "The body is too big.",
}


class Problem(BaseModel):
    """What every refused request is answered with. `code` is stable, `detail` is a sentence for a person."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    extra: dict[str, JsonValue] = {}


class Refused(ServiceError):
    """A request that the web layer itself refuses with `status`."""

    def __init__(self, status: int, code: str, detail: str, **extra: JsonValue) -> None:
        super().__init__(code, detail, **extra)
        self.status = status


def problem(
    status: int,
    code: str,
    detail: str,
    extra: Mapping[str, JsonValue] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """The answer with a problem document."""
    document = Problem(
        title=HTTPStatus(status).phrase, status=status, code=code, detail=detail, extra=dict(extra or {})
    )
    return web.Response(
        status=status,
        body=document.model_dump_json().encode(),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


CLIENT_GONE = 499
"""What nginx writes down when a client leaves before its answer; no client ever sees it."""


def answer_to(request: web.Request, error: Exception) -> web.Response:
    """The problem document for an error. What nobody foresaw is a 500 with an id that the log knows.

    Raises the error itself where it is a redirection.
    """
    match error:
        case ServiceError():
            return _refusal(error)
        case web.HTTPException():
            if error.status < 400:
                raise error
            return _of_http(error)
        case StoreUnavailable() | StoreBusy() | NotDurable():
            return _refusal(Unavailable())
        case ConnectionResetError():  # the other side has left; nobody reads this answer, and it is no error of ours
            return web.Response(status=CLIENT_GONE, reason="Client Closed Request")
        case _:
            return _refusal(Unavailable()) if is_outage(error) else _unforeseen(request, error)


def _refusal(error: ServiceError) -> web.Response:
    headers = {}
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.detail, error.extra, headers)


def _of_http(error: web.HTTPException) -> web.Response:
    kept = {name: error.headers[name] for name in ("Allow", "Retry-After", "WWW-Authenticate") if name in error.headers}
    code = CODE_OF_STATUS.get(error.status, HTTPStatus(error.status).phrase.lower().replace(" ", "_").replace("-", "_"))
    detail = SENTENCE_OF_STATUS.get(error.status, f"The request was refused: {HTTPStatus(error.status).phrase}.")
    return problem(error.status, code, detail, headers=kept)


def _unforeseen(request: web.Request, error: Exception) -> web.Response:
    error_id = secrets.token_hex(6)
    resource = request.match_info.route.resource
    # Neither the message of the error nor the query: both can hold what a person wrote.
    log.error(
        "request failed",
        error_id=error_id,
        method=request.method,
        route=resource.canonical if resource else None,
        error=type(error).__qualname__,
        at=[f"{step.filename}:{step.lineno} {step.name}" for step in traceback.extract_tb(error.__traceback__)[-8:]],
    )
    detail = f"Something went wrong in the hub. Tell its administrator the number {error_id}; the log explains it."
    return problem(500, "internal", detail, {"error_id": error_id})
