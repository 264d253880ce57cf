"""Applications on a free port: programs of others on this machine, and parts of the hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from hub.settings import Settings
from hub.web.around import around
from hub.web.static_files import StaticFiles
from hub.web.traffic import Traffic


def surrounded() -> web.Application:
    """An application without routes, with what lies around every request of the hub."""
    return web.Application(middlewares=[around(StaticFiles(Settings()), Traffic())])


@asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """Serve it while the body runs; gives its address, without a slash at the end."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
