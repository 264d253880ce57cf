"""Bodies of requests to connectors."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.http import answering, read_body


@pytest.mark.parametrize("first", [b"", b'{"id": "message-'])
async def test_a_body_that_never_ends_is_told_that_it_is_too_slow(first: bytes) -> None:
    """Its sender is told so, and not that the hub cannot store."""
    release = asyncio.Event()

    async def take(request: web.Request) -> web.StreamResponse:
        await read_body(request, limit_bytes=1000, timeout_s=0.1)
        raise AssertionError

    async def body() -> AsyncIterator[bytes]:
        yield first
        await release.wait()

    application = web.Application()
    application.add_routes([web.post("/", answering(take))])
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        async with session.post(server.make_url("/"), data=body()) as answer:
            assert answer.status == 408
            assert (await answer.json())["code"] == "too_slow"
            release.set()
