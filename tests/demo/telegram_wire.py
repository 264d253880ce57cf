"""A bot without a library, and other small parts of the simulator's tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.serving import serving

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000020000000108060000005ee1b40000000049454e44ae426082")
"""The head of a picture of 2 by 1 pixels: all that the simulator reads."""


class BareBot:
    """A bot without a library: what it says and what it is told."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self.http, self.base = http, f"{url}/bot{token}"

    async def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The whole answer to a call with a JSON body."""
        async with self.http.post(f"{self.base}/{method}", json=arguments) as answer:
            given: dict[str, Any] = await answer.json()
            assert given.get("error_code", 200) == answer.status
            return given

    async def result(self, method: str, **arguments: Any) -> Any:
        """What a call gives that is not refused."""
        answer = await self.ask(method, **arguments)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **arguments: Any) -> str:
        """The words of a refusal."""
        answer = await self.ask(method, **arguments)
        assert not answer["ok"], answer
        return str(answer["description"])


async def until(holds: Callable[[], object]) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def listening(hook: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A bot's web server with one address."""
    application = web.Application()
    application.router.add_post("/hook", hook)
    async with serving(application) as url:
        yield f"{url}/hook"
