"""What lies around every request."""

import time

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from hub.web.problems import answer_to
from hub.web.static_files import StaticFiles
from hub.web.traffic import Traffic

UNKNOWN = "other"


def around(files: StaticFiles, traffic: Traffic) -> Middleware:
    """The middleware that answers errors, shows the inbox's page at its addresses, and counts.

    One for all three: every layer of its own would cost every request.
    """

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        resource = request.match_info.route.resource
        if resource is None and files.wants_page(request):
            handler = files.inbox
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001  (the one place that answers whatever went wrong)
            response = answer_to(request, error)
        method = request.method if request.method in hdrs.METH_ALL else UNKNOWN
        route = resource.canonical if resource is not None else UNKNOWN
        traffic.count(method, route, response.status, time.perf_counter() - started)
        return response

    return answered
