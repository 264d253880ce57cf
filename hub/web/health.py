"""Whether the hub lives, whether it can work, and its numbers for Prometheus."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from hub.settings import Settings
from hub.web.body import JSON
from hub.web.problems import problem

Check = Callable[[], Awaitable[str | None]]
"""Asks one thing that work depends on; None when it is well, else what is wrong and what to do."""

CHECK_TIMEOUT_S = 3


class Health:
    """Answers the machines that watch the hub."""

    def __init__(self, settings: Settings, checks: Mapping[str, Check], registry: CollectorRegistry) -> None:
        self._token, self._checks, self._registry = settings.metrics_token, checks, registry

    async def alive(self, request: web.Request) -> web.StreamResponse:
        """200 as long as the process answers. It says nothing else, because anybody may ask."""
        return web.Response(body=b'{"ok":true}', content_type=JSON, headers={"Cache-Control": "no-store"})

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """200 when the hub can work, else 503 with what is in its way."""
        answers = {name: await _answer(check) for name, check in self._checks.items()}
        wrong = {name: answer for name, answer in answers.items() if answer is not None}
        if wrong:
            return problem(503, "not_ready", " ".join(wrong.values()), {"checks": dict(wrong)}, {"Retry-After": "5"})
        return web.Response(body=b'{"ready":true}', content_type=JSON, headers={"Cache-Control": "no-store"})

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """The numbers, for the bearer of the token in the settings; without one the page does not exist."""
        if self._token is None:
            raise web.HTTPNotFound
        given = request.headers.get("Authorization", "")
        expected = f"Bearer {self._token.get_secret_value()}"
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            return problem(401, "bad_token", "Send the token of the metrics.", headers={"WWW-Authenticate": "Bearer"})
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def _answer(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except TimeoutError:
        return "The database does not answer."
