"""Listening: the hub's web application on its address."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from hub.app.stopping import Stopping
from hub.settings import Settings, address


def _is_no_fault_of_a_client(record: logging.LogRecord) -> bool:
    """What is no HTTP is answered 400: anybody can send it, and the line would repeat headers, cookies among them."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


logging.getLogger("aiohttp.server").addFilter(_is_no_fault_of_a_client)


class NotListening(OSError):
    """The address is taken, or is none of this machine: the person changes it."""


@asynccontextmanager
async def listening(application: web.Application, settings: Settings, stopping: Stopping) -> AsyncIterator[str]:
    """Serve the application; gives the address it has got."""
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=2, handler_cancellation=False, auto_decompress=False
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise NotListening(
                f"it cannot listen on {settings.host}, port {settings.port}: {_plainly(error)}. "
                "Stop what listens there, or set HUB_HOST and HUB_PORT to an address of this machine and a free port"
            ) from error
        host, port = runner.addresses[0][:2]
        yield address(host, port)
    finally:
        await stopping.step("closing the web", runner.cleanup)


def _plainly(error: OSError) -> str:
    """The system's word for it; the loop's own repeats the address. Codes of name resolution are no codes of it."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
