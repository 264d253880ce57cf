"""Flows between files and the store: a command's own connection, the project it means, and versions by name."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from flows.compile import Source, Sources
from hub.app.database import open_store
from hub.app.flow_files import FilesError, find_flow, library_of
from hub.model.flow import FlowVersion
from hub.model.ids import ProjectId
from hub.services.errors import ServiceError
from hub.services.flow_library import FlowLibrary
from hub.services.flow_sources import language_of
from hub.services.project_names import ProjectNames
from hub.settings import Settings
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.funnel import StageLog
from hub.store.projects import Projects
from hub.store.webhooks import Webhooks

_VERSION = re.compile(r"([a-z][a-z0-9_]*)@(?:(\d{1,6})(?:\.(\d{1,6}))?|newest|draft)")


@dataclass(frozen=True, slots=True)
class OpenLibrary:
    """The flow library of one project, while the connection is open."""

    connection: Connection
    library: FlowLibrary
    project: ProjectId
    name: str


@asynccontextmanager
async def open_library(settings: Settings, project: str | None = None) -> AsyncIterator[OpenLibrary]:
    """The flows of a project by its name or id; of the only one when none is named. Raises `FilesError`."""
    async with open_store(settings, beside=True) as connection:
        database = connection.database
        projects = await Projects(database).all()
        found = [one for one in projects if project in {None, one.name, one.id}]
        if len(found) != 1:
            names = ", ".join(one.name for one in projects) or "none yet (`hub projects add` makes one)"
            raise FilesError(f"Name one project with --project. There are: {names}.")
        clock = DatabaseClock(database)
        await clock.sync()
        known = ProjectNames(Projects(database), Webhooks(database), StageLog(database))
        library = FlowLibrary(FlowDrafts(database), FlowVersions(database), FlowSessions(database), clock, known)
        yield OpenLibrary(connection, library, found[0].id, found[0].name)


async def sources_of(settings: Settings, named: str, project: str | None) -> Sources:
    """The sources of a file, or of `flow@3`, `flow@3.1`, `flow@newest`, `flow@draft`. Raises `FilesError`."""
    match = _VERSION.fullmatch(named)
    if match is None:
        files = find_flow(named)
        return files.sources(library_of(files))
    flow, number, patch = match.groups()
    async with open_library(settings, project) as opened:
        try:
            if named.endswith("@draft"):
                return await _draft(opened, flow)
            if number is None:
                newest = await opened.library.versions(opened.project, flow)
                if not newest:
                    raise FilesError(f"{flow} was never published in {opened.name}.")
                number, patch = str(newest[0].version), str(newest[0].patch)
            version = await opened.library.version(opened.project, flow, int(number), int(patch or 0))
        except ServiceError as error:
            raise FilesError(error.detail) from error
        return sources_of_version(version, named)


def sources_of_version(version: FlowVersion, named: str | None = None) -> Sources:
    """What a published version was compiled from; its files are called by the version, for messages."""
    label = f"{named or f'{version.flow}@{version.label}'}/"
    own, *translations = [Source(label + source.name, source.text) for source in version.sources]
    return Sources(
        flow=own,
        translations={language_of(source.file): source for source in translations},
        bot=Source(label + version.bot.name, version.bot.text) if version.bot else None,
        library={one.flow: Source(label + one.source.name, one.source.text) for one in version.library},
    )


async def _draft(opened: OpenLibrary, flow: str) -> Sources:
    draft = await opened.library.draft(opened.project, flow)
    if draft is None:
        raise FilesError(f"{flow} has no draft in {opened.name}.")
    own, *translations = [Source(f"{flow}@draft/{source.name}", source.text) for source in draft.sources]
    return Sources(own, {language_of(source.file): source for source in translations})
