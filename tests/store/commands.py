"""What the driver sent, and a mongod that can be told to fail: for tests that look behind the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from hub.store.connection import Connection, open_database
from hub.store.documents import Document
from hub.store.embedded import Embedded


class Sent(CommandListener):
    """Every command of one name that the driver sent, as its documents or updates."""

    def __init__(self, name: str, batch: str) -> None:
        self.name, self.batch = name, batch
        self.batches: list[list[Document]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keeps the batch."""
        if event.command_name == self.name:
            self.batches.append(list(event.command[self.batch]))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Of no interest."""


@asynccontextmanager
async def watched(mongod: Embedded, sent: Sent) -> AsyncIterator[AsyncMongoClient[Document]]:
    """A client whose commands `sent` keeps."""
    client = AsyncMongoClient[Document](
        mongod.uri, w="majority", journal=True, readConcernLevel="majority", tz_aware=True, event_listeners=[sent]
    )
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def own_mongod(folder: Path, *arguments: str) -> AsyncIterator[tuple[Embedded, Connection]]:
    """A mongod of one test, with its client, that may be killed or told to fail."""
    mongod = Embedded(folder, arguments)
    await mongod.start()
    connection = await open_database(mongod.uri, "test")
    try:
        yield mongod, connection
    finally:
        await connection.close()
        await mongod.stop()
