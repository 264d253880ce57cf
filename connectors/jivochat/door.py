"""Where JivoChat calls us: an address with the channel's token in it, and JSON that is read, or parked as it came."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from connectors.base import unreadable
from connectors.errors import PayloadInvalid
from connectors.http import WEBHOOK_BYTES, Handler, Refused, answering, read_body, same_secret
from hub.model.events import Receive

CallT = TypeVar("CallT")


def door(
    token: str,
    read: Callable[[bytes], CallT],
    receive: Receive,
    take: Callable[[CallT], Awaitable[web.StreamResponse]],
    *,
    parked: Callable[[], web.Response] = web.Response,
    stranger: str = "bad_secret",
) -> Handler:
    """The handler of an address that ends in `{token}`.

    What `read` cannot read (`PayloadInvalid`) is parked and answered with `parked()`; the rest is `take`n, which may
    raise `NotAccepting`. A wrong token is refused with 401 and the code `stranger`.
    """

    async def called(request: web.Request) -> web.StreamResponse:
        if not same_secret(request.match_info["token"], token):
            raise Refused(401, stranger, "The token in the address is not that of the channel.")
        raw = await read_body(request, limit_bytes=WEBHOOK_BYTES)
        try:
            call = read(raw)
        except PayloadInvalid as error:
            await receive([unreadable(raw, error)])
            return parked()
        return await take(call)

    return answering(called)
