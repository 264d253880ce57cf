"""Fixtures that every part shares: one real mongod for the whole run, a fresh database for each test."""

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio

from hub.store.connection import Connection, Database, open_database
from hub.store.embedded import Embedded

# No test is timed: a busy machine is no fault of what is tested.
hypothesis.settings.register_profile("switchboard", deadline=None)
hypothesis.settings.load_profile("switchboard")


def _folder_in_memory() -> Path:
    """A new folder, in memory if possible, with a path short enough for a socket (pytest's `tmp_path` may not be)."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="hub-", dir=memory if memory.is_dir() else None))


@pytest.fixture(autouse=True)
def english_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak the terminal's language; those of the tests are compared in English."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """An empty folder for a mongod of one test."""
    folder = _folder_in_memory()
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded() -> AsyncIterator[Embedded]:
    """The one mongod of the run, started by the first test that needs it. Do not kill this one."""
    folder = _folder_in_memory()
    # Dropped collections keep their files open until a checkpoint, and for as long as snapshots may look back.
    mongod = Embedded(folder, ("--setParameter", "minSnapshotHistoryWindowInSeconds=20", "--syncdelay", "10"))
    await mongod.start()
    yield mongod
    await mongod.stop()
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongo(embedded: Embedded) -> AsyncIterator[Connection]:
    """The clients of the one mongod."""
    connection = await open_database(embedded.uri, "tests")
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def connection(mongo: Connection) -> AsyncIterator[Connection]:
    """A connection whose database is fresh.

    It is dropped in the end: a hundred open files a database would exceed what mongod may open, and it would abort.
    """
    name = "t_" + uuid.uuid4().hex[:10]
    yield Connection(mongo.client, mongo.feed_client, name)
    await mongo.client.drop_database(name)


@pytest.fixture
def database(connection: Connection) -> Database:
    """A fresh database."""
    return connection.database
