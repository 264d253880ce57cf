"""Listening: the hub's web application on its address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from hub.app.stopping import Stopping
from hub.settings import Settings


@asynccontextmanager
async def listening(application: web.Application, settings: Settings, stopping: Stopping) -> AsyncIterator[str]:
    """Serve the application; gives the address it has got."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2, handler_cancellation=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await stopping.step("closing the web", runner.cleanup)
