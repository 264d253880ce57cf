"""The database of this hub: the one named by the settings, or the embedded one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hub.app.background import background
from hub.app.stopping import Stopping
from hub.settings import Settings
from hub.store import schema
from hub.store.connection import Connection, open_database
from hub.store.embedded import STOP_TIMEOUT_S, Embedded
from hub.store.errors import FolderInUse
from hub.store.indexes import create_indexes

STOP_MARGIN_S = 2.0  # after its time-out it is killed, and that takes a moment too


@asynccontextmanager
async def open_store(
    settings: Settings, *, beside: bool = False, stopping: Stopping | None = None
) -> AsyncIterator[Connection]:
    """The database, of the version that this hub knows, with its indexes."""
    async with open_server(settings, beside=beside, stopping=stopping) as connection:
        await schema.check(connection.database)
        await create_indexes(connection.database)
        yield connection


@asynccontextmanager
async def open_server(
    settings: Settings, *, beside: bool = False, stopping: Stopping | None = None
) -> AsyncIterator[Connection]:
    """The database as it is, whatever it holds. `beside` shares the embedded one with a hub that runs already."""
    stopping = stopping or Stopping(settings.shutdown_s)
    async with AsyncExitStack() as stack:
        uri = settings.given_mongodb_uri
        if uri is None:
            embedded = Embedded(settings.data_dir.resolve() / "mongodb")
            try:
                await embedded.start()
            except FolderInUse:
                if not beside:
                    raise
            else:
                stack.push_async_callback(_stop, embedded, stopping)
                await stack.enter_async_context(background(embedded.run, stopping=stopping))
            uri = embedded.uri
        connection = await open_database(uri, settings.database)
        stack.push_async_callback(stopping.step, "closing the connections to the database", connection.close)
        yield connection


async def _stop(embedded: Embedded, stopping: Stopping) -> None:
    """End the embedded database, in a time of its own: it writes down what it still holds in memory."""
    await stopping.step("stopping the database", embedded.stop, within_s=STOP_TIMEOUT_S + STOP_MARGIN_S)
    if (trouble := embedded.trouble()) is not None:
        stopping.miss(trouble)
