"""The database of this hub: the one named by the settings, or the embedded one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hub.app.background import background
from hub.settings import Settings
from hub.store import schema
from hub.store.connection import Connection, open_database
from hub.store.embedded import Embedded
from hub.store.errors import FolderInUse
from hub.store.indexes import create_indexes


@asynccontextmanager
async def open_store(settings: Settings, *, beside: bool = False) -> AsyncIterator[Connection]:
    """The database, of the version that this hub knows, with its indexes."""
    async with open_server(settings, beside=beside) as connection:
        await schema.check(connection.database)
        await create_indexes(connection.database)
        yield connection


@asynccontextmanager
async def open_server(settings: Settings, *, beside: bool = False) -> AsyncIterator[Connection]:
    """The database as it is, whatever it holds. `beside` shares the embedded one with a hub that runs already."""
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
                stack.push_async_callback(embedded.stop)
                await stack.enter_async_context(background(embedded.run))
            uri = embedded.uri
        connection = await open_database(uri, settings.database)
        stack.push_async_callback(connection.close)
        yield connection
