"""`hub flows publish`, `hub apply` and versions in `hub flows diff`: files and the store, on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import cli
from hub.model.flow import Source
from hub.model.ids import ProjectId, new_id
from hub.model.project import Project
from hub.services.flow_library import FlowLibrary
from hub.store import schema
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.embedded import Embedded
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.projects import Projects

TEA = "flow: tea\nlang: en\nask:\n- cups: number\n  text: How many cups?\n"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
Hub = Callable[..., Awaitable[Result]]


@pytest.fixture
async def project(connection: Connection) -> ProjectId:
    """The only project of a fresh database."""
    await schema.check(connection.database)
    found = Project(id=ProjectId(new_id()), name="Shop", created_at=NOW)
    await Projects(connection.database).put(found)
    return found.id


@pytest.fixture
def hub(
    embedded: Embedded, connection: Connection, project: ProjectId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Hub:
    """The `hub` command in a folder of its own, with this database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_MONGODB_URI", embedded.uri)
    monkeypatch.setenv("HUB_DATABASE", connection.database.name)
    (tmp_path / "config/flows").mkdir(parents=True)
    (tmp_path / "config/flows/tea.yml").write_text(TEA)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, list(arguments))

    return run


def write(text: str, name: str = "flows/tea.yml") -> None:
    """Change a file of the configuration."""
    Path("config", name).write_text(text, "utf-8")


async def library_of(connection: Connection) -> FlowLibrary:
    database = connection.database
    clock = DatabaseClock(database)
    await clock.sync()
    return FlowLibrary(FlowDrafts(database), FlowVersions(database), FlowSessions(database), clock)


async def test_a_file_is_published_once(hub: Hub) -> None:
    """The same text again is the same version; another text is the next one; a patch is for texts."""
    assert (await hub("flows", "publish", "tea")).output == "tea: published as version 1\n"
    assert (await hub("flows", "publish", "tea")).output == "tea: version 1 holds this already\n"
    write(TEA.replace("How many", "So how many"))
    assert (await hub("flows", "publish", "tea", "--patch")).output == "tea: published as version 1.1\n"
    write(TEA.replace("cups:", "mugs:"))
    refused = await hub("flows", "publish", "tea", "--patch")
    assert refused.exit_code == 1
    assert "More than texts has changed" in refused.stderr
    assert (await hub("flows", "publish", "tea")).output == "tea: published as version 2\n"


async def test_names_are_checked_against_a_project(hub: Hub, connection: Connection, project: ProjectId) -> None:
    """By the check where a project is given, and when a flow is published; a warning refuses nothing."""
    write(TEA + "- do: {escalate: sorters, webhook: crm}\n")
    assert "0 errors, 0 warnings" in (await hub("flows", "check", "tea")).output
    checked = await hub("flows", "check", "tea", "--project", project)
    assert checked.exit_code == 0, checked.output
    assert "unknown_team: The project has no team `sorters`" in checked.output
    assert "1 flow checked: 0 errors, 2 warnings." in checked.output
    published = await hub("flows", "publish", "tea")
    assert published.exit_code == 0
    assert published.output.startswith("tea: published as version 1\n  warning: tea.yml:")
    assert "unknown_webhook" in published.output
    missing = await hub("flows", "check", "tea", "--project", "nowhere")
    assert missing.exit_code == 2
    assert "Name one project" in missing.stderr


async def test_versions_are_compared_by_name(hub: Hub) -> None:
    """A version, the newest, the draft and a file can stand on either side."""
    await hub("flows", "publish", "tea")
    write(TEA.replace("cups:", "mugs:"))
    found = await hub("flows", "diff", "tea@1", "tea")
    assert found.output.startswith("More than texts differ")
    assert "Questions added: mugs." in found.output
    assert "--- tea@1/tea.yml" in found.output
    assert (await hub("flows", "diff", "tea@newest", "tea@draft")).output == "The versions do not differ.\n"
    missing = await hub("flows", "diff", "tea@7", "tea")
    assert missing.exit_code == 2
    assert "Version 7 of tea does not exist." in missing.stderr


async def test_a_flow_with_errors_is_not_published(hub: Hub) -> None:
    """Every problem stands with its place; nothing becomes a version."""
    write(TEA.replace("number", "nmber"))
    refused = await hub("flows", "publish", "tea")
    assert refused.exit_code == 1
    assert "  tea.yml:4:9: unknown_type: There is no type `nmber`. Did you mean `number`?" in refused.stderr
    write(TEA)
    assert (await hub("flows", "publish", "tea")).output == "tea: published as version 1\n"


async def test_apply_shows_first_and_then_does(hub: Hub, connection: Connection, project: ProjectId) -> None:
    """The plan changes nothing; what is only in the store stays."""
    write("retry: {times: 1}\n", "bot.yml")
    planned = await hub("apply", "--plan")
    assert planned.exit_code == 0, planned.output
    assert "bot: new\n" in planned.output
    assert "tea: new\n" in planned.output
    assert "  +- cups: number\n" in planned.output
    assert planned.output.endswith("2 of 2 would change in Shop.\n")
    library = await library_of(connection)
    assert await library.flows(project) == []
    await library.save(project, "other", [Source(name="other.yml", text="flow: other\n")], revision=0, by=None)
    done = await hub("apply")
    assert "tea: published as version 1\n" in done.output
    assert "other: only in the store; it stays as it is\n" in done.output
    assert (await hub("apply", "--plan")).output.endswith("0 of 2 would change in Shop.\n")
    write("retry: {times: 3}\n", "bot.yml")
    assert "tea: published as version 2\n" in (await hub("apply")).output


async def test_newer_edits_are_not_overwritten_unseen(hub: Hub, connection: Connection, project: ProjectId) -> None:
    """An edit in the inbox since the last import stops both commands, and `--force` drops it."""
    await hub("flows", "publish", "tea")
    library = await library_of(connection)
    edited = TEA.replace("How many", "Please: how many")
    await library.save(project, "tea", [Source(name="tea.yml", text=edited)], revision=1, by=None)
    write(TEA.replace("How many", "And how many"))
    for command in (["apply"], ["flows", "publish", "tea"]):
        refused = await hub(*command)
        assert refused.exit_code == 1
        assert "tea: edited in the inbox since its files were read last; only --force overwrites that" in refused.output
        draft = await library.draft(project, "tea")
        assert draft is not None
        assert draft.sources[0].text == edited
    planned = await hub("apply", "--plan")
    assert "  -  text: 'Please: how many" in planned.output or "  -  text: Please: how many" in planned.output
    assert (await hub("apply", "--force")).exit_code == 0
    draft = await library.draft(project, "tea")
    assert draft is not None
    assert "And how many" in draft.sources[0].text


async def test_a_project_must_be_clear(hub: Hub, connection: Connection) -> None:
    """With two projects one is named; a name that is none says which there are."""
    await Projects(connection.database).put(Project(id=ProjectId(new_id()), name="Other", created_at=NOW))
    refused = await hub("flows", "publish", "tea")
    assert refused.exit_code == 1
    assert "Name one project with --project. There are: " in refused.stderr
    assert (await hub("flows", "publish", "tea", "--project", "Shop")).output == "tea: published as version 1\n"
