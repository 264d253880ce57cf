"""A client that goes away before its answer is nobody's error."""

import asyncio
import logging

import pytest
from aiohttp import web

from tests.serving import surrounded


async def test_a_client_that_leaves_while_a_socket_opens_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A reset connection between request and upgrade leaves no traceback in the log."""
    arrived, done = asyncio.Event(), asyncio.Event()

    async def upgrade(request: web.Request) -> web.StreamResponse:
        arrived.set()
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.01)
        socket = web.WebSocketResponse()
        try:
            await socket.prepare(request)
        finally:
            done.set()
        return socket

    application = surrounded()
    application.router.add_get("/ws", upgrade)
    runner = web.AppRunner(application, handler_cancellation=False)  # as the hub runs
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with asyncio.timeout(10):
        _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        await arrived.wait()
        writer.transport.abort()
        await done.wait()
    await runner.cleanup()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
