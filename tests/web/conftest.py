"""One running hub for all tests of the web. Each makes its own accounts and conversations in it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub.store.connection import Connection
from tests.web.house import House, open_house


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(mongo: Connection, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    connection = Connection(mongo.client, mongo.feed_client, "t_web")
    async with open_house(connection, tmp_path_factory.mktemp("web")) as running:
        yield running
