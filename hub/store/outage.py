"""Which errors of the driver mean that the database is away for a while, for layers that do not know the driver."""

import asyncio

from pymongo.errors import ConnectionFailure, ExecutionTimeout, WriteConcernError

from hub.store.connection import Database

PING_TIMEOUT_S = 3.0
AWAY = "The database does not answer. The hub goes on by itself when it does."


def is_outage(error: BaseException) -> bool:
    """Whether the same request may well succeed a little later: lost connection, no primary, no majority."""
    return isinstance(error, ConnectionFailure | ExecutionTimeout | WriteConcernError | TimeoutError)


async def outage(database: Database) -> str | None:
    """Ask the primary for a sign of life; None when it gives one, else what is wrong."""
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await database.command("ping")
    except (ConnectionFailure, TimeoutError):
        return AWAY
    return None
