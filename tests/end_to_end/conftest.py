"""One hub with the demo project, one Chromium and a stage for each test."""

import logging
import shutil
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from hub.app.hub import Hub, open_hub
from hub.settings import Settings
from hub.store.connection import Connection
from hub.store.indexes import create_indexes
from hub.web.static_files import STATIC
from tests.end_to_end.relay import Relay, open_relay
from tests.end_to_end.stage import Stage, open_stage

QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run")
"""Chromium asks nobody for updates while it is tested."""

expect.set_options(timeout=10_000)


def free_port() -> int:
    """A port that nobody listens on: the hub must know its public address before it begins to listen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def front_end() -> None:
    """The built front end."""
    missing = [name for name in ("inbox/index.html", "widget.js") if not (STATIC / name).is_file()]
    if missing:
        pytest.fail(f"The front end is not built ({', '.join(missing)} in {STATIC}). Run `make front`, or `make test`.")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The machine's Chromium, else the one that Playwright has fetched."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served(
    front_end: None, mongo: Connection, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Hub, Relay]]:
    """The hub, and the line in front of it: the line's address is the hub's public one."""
    connection = Connection(mongo.client, mongo.feed_client, "t_end_to_end")
    await create_indexes(connection.database)
    public, port = free_port(), free_port()
    settings = Settings(
        port=port, base_url=f"http://127.0.0.1:{public}", data_dir=tmp_path_factory.mktemp("end_to_end"),
        free_space_bytes=0, free_space_share=0, argon2_memory_kib=64, argon2_passes=1, log_level="WARNING",
        internal_networks=(ip_network("127.0.0.0/8"),),  # where providers are played
    )  # fmt: skip
    async with open_hub(settings, demo=True, connection=connection) as hub, open_relay(public, port) as line:
        await hub.supervisor.opened()
        yield hub, line


@pytest_asyncio.fixture(loop_scope="session")
async def stage(served: tuple[Hub, Relay], browser: Browser, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Stage]:
    """Where visitors and operators meet. What the hub logs as an error fails the test, too."""
    hub, line = served
    async with open_stage(hub, browser, line) as stage:
        yield stage
    assert not [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person keeps files."""
    return tmp_path
