"""The flow library: drafts that nobody overwrites unseen, versions that never change."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub.model.flow import FlowVersion, Source
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


async def published(library: FlowLibrary, sources: list[Source], *, patch: bool = False) -> FlowVersion:
    """What publishing `sources` as the draft gives."""
    known = await library.draft(PROJECT, "lead")
    draft = await library.save(PROJECT, "lead", sources, revision=known.revision if known else 0, by=ANNA)
    return await library.publish(PROJECT, "lead", revision=draft.revision, by=ANNA, patch=patch)


async def test_published_version_never_changes(library: FlowLibrary) -> None:
    """Each publication is a new number; what was published before is there as it was; the same again is nothing new."""
    first = await published(library, lead())
    assert (first.label, first.title) == ("1", "lead")
    assert (await published(library, lead())).label == "1"
    second = await published(library, lead("Who are you?"))
    assert second.label == "2"
    old = await library.version(PROJECT, "lead", 1)
    assert old.sources == tuple(lead())
    assert [version.label for version in await library.versions(PROJECT, "lead")] == ["2", "1"]
    newest = await library.newest(PROJECT, "lead")
    assert newest is not None
    assert newest.label == "2"


async def test_flow_with_errors_is_not_published(library: FlowLibrary) -> None:
    """Publishing refuses with every problem, each at its place, and nothing is stored."""
    wrong = [Source(name="lead.yml", text="flow: lead\nask:\n- name: txt\n  text: Who?\noutcomes:\n- done: else\n")]
    await library.save(PROJECT, "lead", wrong, revision=0, by=ANNA)
    with pytest.raises(Invalid) as refused:
        await library.publish(PROJECT, "lead", revision=1, by=ANNA)
    problems = refused.value.extra["problems"]
    assert isinstance(problems, list)
    assert [(problem["file"], problem["line"]) for problem in problems if isinstance(problem, dict)] == [
        ("lead.yml", 3)
    ]
    assert await library.versions(PROJECT, "lead") == []


async def test_change_of_texts_reaches_live_sessions_as_a_patch(library: FlowLibrary) -> None:
    """Texts alone may be published as a patch, which sessions of that version get; logic may not."""
    await published(library, lead())
    assert (await published(library, lead("Who are you?"), patch=True)).label == "1.1"
    pinned = await library.pinned(PROJECT, "lead", 1)
    assert (pinned.label, pinned.questions["name"].text[pinned.lang]) == ("1.1", "Who are you?")
    other = [Source(name="lead.yml", text=lead()[0].text.replace("name: text", "name: number"))]
    with pytest.raises(Invalid, match="new version"):
        await published(library, other, patch=True)


async def test_older_version_is_rolled_back_to_as_a_new_one(library: FlowLibrary) -> None:
    """Rolling back publishes the old sources again; the draft stays what somebody writes."""
    await published(library, lead())
    await published(library, lead("Who are you?"))
    back = await library.roll_back(PROJECT, "lead", version=1, patch=0, by=BORIS)
    assert (back.label, back.restores) == ("3", "1")
    newest = await library.newest(PROJECT, "lead")
    assert newest is not None
    assert newest.questions["name"].text[newest.lang] == "What is your name?"
    draft = await library.draft(PROJECT, "lead")
    assert draft is not None
    assert draft.sources == tuple(lead("Who are you?"))


async def test_version_is_pinned_to_the_shared_settings(library: FlowLibrary) -> None:
    """The settings of the bot are part of a version: another version is what their change makes."""
    bot = Source(name="bot.yml", text="commands:\n  stop: {words: [halt], do: opt_out}\n")
    await library.save(PROJECT, "bot", [bot], revision=0, by=ANNA)
    await published(library, lead())
    await library.save(
        PROJECT, "bot", [Source(name="bot.yml", text=bot.text.replace("halt", "whoa"))], revision=1, by=ANNA
    )
    assert [flow.state for flow in await library.flows(PROJECT)] == ["changed"]
    words = {command.name: command.words for command in (await library.pinned(PROJECT, "lead", 1)).commands}
    assert words["stop"] == ("halt",)
    assert (await published(library, lead())).label == "2"


async def test_draft_that_is_published_twice_at_once_is_one_version(library: FlowLibrary) -> None:
    """Two admins who press the button at the same moment get the same version."""
    await library.save(PROJECT, "lead", lead(), revision=0, by=ANNA)
    numbers = await asyncio.gather(
        *(library.publish(PROJECT, "lead", revision=1, by=who) for who in (ANNA, BORIS, ANNA, BORIS))
    )
    assert {version.label for version in numbers} == {"1"}
