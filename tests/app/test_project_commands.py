"""`hub projects`, and what the other commands say where there is none or something is in the way."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import cli
from hub.model.ids import ProjectId
from hub.store.connection import Connection
from hub.store.embedded import Embedded
from tests.app.processes import running_hub
from tests.app.test_flow_store import Hub, hub, project

__all__ = ["hub", "project"]
PHRASE = "a long enough phrase"


@pytest.fixture
def empty(embedded: Embedded, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The `hub` command with a database that has nothing yet."""
    monkeypatch.setenv("HUB_MONGODB_URI", embedded.uri)
    monkeypatch.setenv("HUB_DATABASE", connection.database.name)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, list(arguments))

    return run


async def test_a_hub_is_set_up_from_nothing(empty: Hub, connection: Connection) -> None:
    """A project, then its first person; each step says the next one."""
    person = ("users", "add", "person@example.test", "--name", "Sample", "--role", "admin", "--password", PHRASE)
    too_early = await empty(*person)
    assert too_early.exit_code == 1
    assert "hub projects add NAME" in too_early.output
    assert "hub projects add NAME" in (await empty("projects", "list")).output
    made = await empty("projects", "add", "Sample Ltd", "--locale", "ru", "--time-zone", "Europe/Moscow")
    assert made.exit_code == 0, made.output
    assert "hub users add EMAIL --role admin" in made.output
    assert (await empty("projects", "list")).output == "Sample Ltd (ru, Europe/Moscow)\n"
    added = await empty(*person)
    assert added.exit_code == 0, added.output
    [stored] = await connection.database["projects"].find().to_list()
    [operator] = await connection.database["operators"].find().to_list()
    assert [place["project"] for place in operator["memberships"]] == [stored["_id"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("projects", "add", "shop"), "There is a project shop already"),
        (("projects", "add", " "), "at least 1 character"),
        (("projects", "add", "New", "--time-zone", "Moscow"), "there is no time zone 'Moscow'"),
        (("projects", "add", "New", "--time-zone", "../etc"), "there is no time zone"),
        (("users", "add", "a@example.test", "--name", "A", "--role", "boss", "--password", PHRASE), "choose one of"),
        (("users", "add", "a@example.test", "--name", "A", "--project", "X", "--password", PHRASE), "there are: Shop"),
        (("users", "add", "a@example.test", "--name", "A", "--password", "1"), "assword"),
        (("users", "add", "nobody", "--name", "A", "--password", PHRASE), "e-mail address"),
        (("users", "password", "nobody@example.test", "--password", PHRASE), "There is no account"),
        (("db", "backup", "/proc/nowhere"), "No such file"),
        (("db", "restore", "/nonexistent"), "is no backup"),
        (("db", "restore", "/etc"), "is no backup"),
    ],
)
async def test_what_is_refused_ends_with_a_sentence(
    hub: Hub, project: ProjectId, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 1, and no traceback: that is an exception other than the end of the program."""
    refused = await hub(*arguments)
    assert refused.exit_code == 1, refused.output
    assert isinstance(refused.exception, SystemExit)
    assert said in refused.output


async def test_a_hub_without_a_project_says_how_one_is_made(short_folder: Path) -> None:
    """Whoever starts one for the first time sees a sign-in page, and nobody whom it would let in."""
    said = short_folder / "log"
    with said.open("wb") as log:
        settings = {"DATA_DIR": str(short_folder / "data"), "LOG_LEVEL": "WARNING"}
        async with running_hub(settings, log=log) as (hub, _):
            async with asyncio.timeout(60):
                while b"hub projects add NAME" not in said.read_bytes():
                    await asyncio.sleep(0.05)
            hub.terminate()
            assert await hub.wait() == 0


async def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.delenv("HUB_MONGODB_URI", raising=False)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "taken"))
    refused = await asyncio.to_thread(CliRunner().invoke, cli, ["doctor"])
    assert refused.exit_code == 1
    assert f"The data folder {tmp_path / 'taken'} cannot be used: Not a directory" in refused.output
    assert "HUB_DATA_DIR" in refused.output
