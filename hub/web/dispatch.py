"""From a request to a handler and back: who asks, then path, query and body as types, then the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from hub.services.errors import NotFound
from hub.web.auth import Authenticator, CookieNames, check_access, check_intent
from hub.web.body import JSON, Limits, invalid, read_model
from hub.web.context import Context, Parts
from hub.web.problems import Refused
from hub.web.route import Access, Route

NO_STORE = {"Cache-Control": "no-store"}


class Dispatcher:
    """Binds the routes of the table to the parts of the hub."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._cookies = CookieNames(parts.settings)
        self._authenticator = Authenticator(parts.accounts, self._cookies, parts.token_requests_per_minute)
        settings = parts.settings
        self._deadline_s = settings.body_timeout_s + 2 * settings.store_timeout_s
        self._limits = Limits(settings.api_body_bytes, settings.body_timeout_s)

    def bind(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler that the router calls."""
        # Files take as long as they take, and have a deadline for each step; the rest answers or says that it cannot.
        deadline_s = None if route.takes or route.gives else self._deadline_s

        async def handle(request: web.Request) -> web.StreamResponse:
            async with asyncio.timeout(deadline_s):
                return await self._handle(route, request)

        handle.route = route  # type: ignore[attr-defined]  # the test of the table finds the rule here
        return handle

    async def _handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        identity = None
        if route.is_api:
            check_intent(request)
            if route.access not in (Access.PUBLIC, Access.OWN):
                identity = await self._authenticator.identify(request)
        check_access(route.access, identity)
        context = Context(self._parts, request, identity)
        result = await route.handler(context, **await self._arguments(route, request))
        response = _answer(route, result)
        for cookie in context.cookies:
            self._cookies.put(response, cookie)
        return response

    async def _arguments(self, route: Route, request: web.Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for name, kind in route.path_types.items():
            try:
                arguments[name] = kind.validate_python(request.match_info[name])
            except ValidationError:  # an id that cannot exist is missing like any other
                raise NotFound from None
        if route.query is not None:
            arguments["query"] = _query(route, request)
        if route.body is not None:
            arguments["body"] = await read_model(request, route.body, self._limits)
        return arguments


def _query(route: Route, request: web.Request) -> Any:
    if len(set(request.query)) != len(request.query):
        raise Refused(422, "query_invalid", "A name stands twice in the query.")
    assert route.query is not None
    try:
        return route.query.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid("query_invalid", "The query does not fit.", error) from None


def _answer(route: Route, result: Any) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    if route.result is None:
        return web.Response(status=204, headers=NO_STORE)
    return web.Response(status=route.status, body=route.result.dump_json(result), content_type=JSON, headers=NO_STORE)
