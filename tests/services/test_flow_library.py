"""The flow library: drafts that nobody overwrites unseen, versions that never change."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub.model.flow import Source
from hub.model.ids import OperatorId, ProjectId
from hub.services.errors import Conflict, Invalid
from hub.services.flow_library import FlowLibrary
from hub.store.clock import DatabaseClock
from hub.store.connection import Database
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.indexes import create_indexes

PROJECT, ANNA, BORIS = ProjectId("project"), OperatorId("a"), OperatorId("b")


def lead(question: str = "What is your name?") -> list[Source]:
    """A flow of one question."""
    text = f"flow: lead\nask:\n- name: text\n  text: {question}\noutcomes:\n- done: else\n  say: Thank you!\n"
    return [Source(name="lead.yml", text=text)]


@pytest_asyncio.fixture
async def library(database: Database) -> AsyncIterator[FlowLibrary]:
    """A library in a fresh database."""
    await create_indexes(database)
    clock = DatabaseClock(database)
    await clock.sync()
    yield FlowLibrary(FlowDrafts(database), FlowVersions(database), FlowSessions(database), clock)


async def test_second_admin_does_not_overwrite_the_first(library: FlowLibrary) -> None:
    """A save against an older revision is refused, and carries what the other one wrote."""
    first = await library.save(PROJECT, "lead", lead(), revision=0, by=ANNA)
    assert first.revision == 1
    second = await library.save(PROJECT, "lead", lead("Who are you?"), revision=1, by=BORIS)
    with pytest.raises(Conflict) as refused:
        await library.save(PROJECT, "lead", lead("And you are?"), revision=1, by=ANNA)
    newer = refused.value.extra["newer"]
    assert isinstance(newer, dict)
    assert (newer["revision"], newer["updated_by"]) == (2, "b")
    assert await library.draft(PROJECT, "lead") == second
    with pytest.raises(Conflict):
        await library.save(PROJECT, "lead", lead(), revision=0, by=ANNA)


async def test_save_of_the_same_text_changes_nothing(library: FlowLibrary) -> None:
    """Saving what is there already makes no revision."""
    first = await library.save(PROJECT, "lead", lead(), revision=0, by=ANNA)
    assert await library.save(PROJECT, "lead", lead(), revision=1, by=BORIS) == first


async def test_files_do_not_overwrite_newer_edits(library: FlowLibrary) -> None:
    """Files are taken over as long as nobody edited the draft since; afterwards only on purpose."""
    await library.import_files(PROJECT, "lead", lead(), by=None)
    assert await library.import_files(PROJECT, "lead", lead(), by=None) is None
    changed = await library.import_files(PROJECT, "lead", lead("Name?"), by=None)
    assert changed is not None
    assert changed.revision == 2
    await library.save(PROJECT, "lead", lead("Edited?"), revision=2, by=ANNA)
    with pytest.raises(Conflict, match="--force"):
        await library.import_files(PROJECT, "lead", lead("From a file?"), by=None)
    forced = await library.import_files(PROJECT, "lead", lead("From a file?"), by=None, force=True)
    assert forced is not None
    assert forced.sources[0].text == lead("From a file?")[0].text
    assert await library.import_files(PROJECT, "lead", lead("Again"), by=None) is not None


async def test_draft_that_equals_its_files_counts_as_unedited(library: FlowLibrary) -> None:
    """Edits that were exported into the files are no edits against them."""
    await library.save(PROJECT, "lead", lead(), revision=0, by=ANNA)
    assert await library.import_files(PROJECT, "lead", lead(), by=None) is None
    assert await library.import_files(PROJECT, "lead", lead("Other"), by=None) is not None


@pytest.mark.parametrize(
    ("flow", "sources"),
    [("Lead", lead()), ("lead", []), ("lead", [*lead(), *lead()]), ("lead", [Source(name="../x.yml", text="")])],
    ids=["capital", "no file", "one name twice", "path"],
)
async def test_what_cannot_be_a_draft_is_refused(library: FlowLibrary, flow: str, sources: list[Source]) -> None:
    """Names of flows and files are checked before anything is stored."""
    with pytest.raises(Invalid):
        await library.save(PROJECT, flow, sources, revision=0, by=ANNA)


async def test_projects_do_not_see_one_another(library: FlowLibrary) -> None:
    """The same name in two projects is two flows."""
    await library.save(PROJECT, "lead", lead(), revision=0, by=ANNA)
    assert await library.draft(ProjectId("other"), "lead") is None
    assert [flow.flow for flow in await library.flows(PROJECT)] == ["lead"]
    assert await library.flows(ProjectId("other")) == []
