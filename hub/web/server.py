"""Builds the web application: the URL table, the pages, what connectors add, and what lies around every request."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry

from hub.web.api.docs import DESCRIPTION, encoded
from hub.web.around import around
from hub.web.context import Parts
from hub.web.dispatch import Dispatcher
from hub.web.health import Check, Health
from hub.web.openapi import describe
from hub.web.routes import ROUTES
from hub.web.security_headers import SecurityHeaders
from hub.web.static_files import STATIC, StaticFiles
from hub.web.traffic import Traffic


def build_web(
    parts: Parts,
    *,
    checks: Mapping[str, Check],
    registry: CollectorRegistry | None = None,
    more: Sequence[web.AbstractRouteDef] = (),
    static: Path = STATIC,
) -> web.Application:
    """The application, not yet started.

    `checks` are what `/readyz` asks. `registry` collects the numbers of `/metrics`. `more` are the sockets, and the
    routes of connectors, which authenticate each request themselves. `static` is where the front end was built.
    """
    registry, traffic = registry or CollectorRegistry(), Traffic()
    registry.register(traffic)
    health = Health(parts.settings, checks, registry)
    files = StaticFiles(parts.settings, static)
    application = web.Application(middlewares=[around(files, traffic)], client_max_size=parts.settings.api_body_bytes)
    application[DESCRIPTION] = encoded(describe(ROUTES))
    application.on_response_prepare.append(SecurityHeaders(secure=parts.settings.origin.startswith("https:")).add)
    dispatcher = Dispatcher(parts)
    for route in ROUTES:
        application.router.add_route(route.method, route.path, dispatcher.bind(route))
    application.router.add_get("/", files.inbox)
    application.router.add_get("/widget.js", files.widget)
    application.router.add_get("/static/{path:.+}", files.file)
    application.router.add_get("/healthz", health.alive)
    application.router.add_get("/readyz", health.ready)
    application.router.add_get("/metrics", health.metrics)
    application.add_routes(more)
    return application
