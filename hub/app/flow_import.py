"""From files into the store: drafts that people may edit afterwards, and their publication."""

from collections.abc import Sequence

from hub.app.flow_files import FlowFiles, source
from hub.model.flow import BOT_SETTINGS, FlowVersion, Source
from hub.model.ids import OperatorId, ProjectId
from hub.services.flow_library import FlowLibrary


def draft_sources(files: FlowFiles) -> Sequence[Source]:
    """The files of a flow as a draft keeps them: its own first. Raises `FilesError`."""
    paths = [files.path, *(path for _, path in sorted(files.translations.items()))]
    return [Source(name=path.name, text=source(path).text) for path in paths]


async def import_flows(
    library: FlowLibrary,
    project: ProjectId,
    found: Sequence[FlowFiles],
    *,
    by: OperatorId | None = None,
    force: bool = False,
) -> Sequence[str]:
    """Take files over as drafts, the shared settings first; the names of those that changed.

    Raises `Conflict` for a draft that was edited since, unless `force` drops its edits, and `FilesError`.
    """
    changed = []
    for bot in {files.bot for files in found if files.bot is not None}:
        sources = [Source(name=bot.name, text=source(bot).text)]
        if await library.import_files(project, BOT_SETTINGS, sources, by=by, force=force):
            changed.append(BOT_SETTINGS)
    changed += [
        files.name
        for files in found
        if await library.import_files(project, files.name, draft_sources(files), by=by, force=force)
    ]
    return changed


async def publish_flows(
    library: FlowLibrary, project: ProjectId, flows: Sequence[str], *, by: OperatorId | None = None
) -> Sequence[FlowVersion]:
    """Publish the drafts as they are. Raises `Invalid` with the problems of the first that has any."""
    published = []
    for flow in flows:
        draft = await library.draft(project, flow)
        if draft is not None:
            published.append(await library.publish(project, flow, revision=draft.revision, by=by))
    return published
