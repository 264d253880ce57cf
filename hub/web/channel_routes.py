"""The routes that connectors bring: they come and go with their channels, while aiohttp's own table is fixed."""

from collections import Counter
from collections.abc import Mapping, Sequence

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from hub.web.problems import problem

PREFIXES = ("/hooks/", "/chat/", "/ws/chat")
"""Where connectors may answer. Everything else belongs to the hub's own URL table."""

NO_CHANNEL = (
    "No channel answers at this address. Check the channel's key (for the widget, data-channel in its script tag) "
    "and that the channel is switched on."
)
READ_BY_ANY_PAGE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}
"""A page that names a channel wrongly is told so: without this its script would only see that something failed."""


class ChannelRoutes:
    """Hands each request under `PREFIXES` to the connector whose route it is, as of this moment.

    A path that several channels bring (`/ws/chat`) goes to the channel that `?channel=<key>` names.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, web.UrlDispatcher] = {}
        self._plain: dict[tuple[str, str], Handler] = {}
        """What needs no search: paths without a variable part that one channel alone brings, as they are asked for."""
        self._complete = False

    def complete(self) -> None:
        """Every channel has been tried: what is not there now is no channel. Before, it may be one that still opens."""
        self._complete = True

    def publish(self, routes: Mapping[str, Sequence[web.RouteDef]]) -> None:
        """Replace the whole set: the routes of all running channels, by the channel's key."""
        self._by_key = {key: _dispatcher(defs) for key, defs in routes.items()}
        plain = Counter((one.method, one.path) for defs in routes.values() for one in defs if "{" not in one.path)
        self._plain = {
            (one.method, one.path): one.handler
            for defs in routes.values()
            for one in defs
            if plain[one.method, one.path] == 1 and not isinstance(one.handler, type)
        }

    def routes(self) -> list[web.RouteDef]:
        """What is added to the application once."""
        paths = [prefix + "{tail:.*}" if prefix.endswith("/") else prefix for prefix in PREFIXES]
        return [web.route("*", path, self.handle) for path in paths]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Find the connector's handler and call it. 404 where no running channel has the path, 405 for its method."""
        handler = self._plain.get((request.method, request.raw_path))
        if handler is not None:
            request.match_info.clear()
            return await handler(request)
        named = request.query.get("channel")
        in_path = [part for part in request.path.split("/") if part in self._by_key]
        candidates = [named] if named is not None else in_path or list(self._by_key)
        refused: web.HTTPException | None = None  # made when it is needed: a socket would keep it for its whole life
        for key in candidates:
            dispatcher = self._by_key.get(key)
            if dispatcher is None:
                continue
            match = await dispatcher.resolve(request)
            if match.http_exception is None:
                request.match_info.clear()
                request.match_info.update(match)
                return await match.handler(request)
            if match.http_exception.status == web.HTTPMethodNotAllowed.status_code:
                refused = match.http_exception
        if not self._complete:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "1"}, text="The channels are still opening.")
        if refused is not None:
            raise refused
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=204, headers=READ_BY_ANY_PAGE)
        if in_path or named in self._by_key:
            raise web.HTTPNotFound
        return problem(404, "not_found", NO_CHANNEL, headers=READ_BY_ANY_PAGE)


def _dispatcher(routes: Sequence[web.RouteDef]) -> web.UrlDispatcher:
    dispatcher = web.UrlDispatcher()
    for route in routes:
        route.register(dispatcher)
    return dispatcher
