"""Flows: what is published, the drafts behind it, what a check finds, and publishing."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from flows.names import KnownNames, team_word
from hub.model.audit import AuditAction, AuditChange
from hub.model.base import Moment, Stored, Written
from hub.model.flow import BOT_SETTINGS, FlowDraft, FlowSummary, FlowVersion, Source
from hub.model.ids import ChannelId
from hub.services.audit import difference
from hub.services.errors import Conflict, NotFound
from hub.services.findings import Finding, findings
from hub.services.flow_sources import SOURCE_CHARACTERS, SOURCES_AT_MOST
from hub.web.context import Context
from hub.web.page import Page
from hub.web.route import Id

FlowName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A flow's name, which its file gives it. `bot` names the settings that all flows share."""
VersionName = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}(\.[1-9][0-9]{0,8})?$")]
"""A version as people name it: `3`, or `3.1` for its first patch."""
Revision = Annotated[int, Field(ge=1, le=2**53 - 1)]


class SourceWritten(Written):
    """One file: the flow's own, or a translation such as `b2b.en.yml`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    text: Annotated[str, StringConstraints(max_length=SOURCE_CHARACTERS)]


Sources = Annotated[tuple[SourceWritten, ...], Field(min_length=1, max_length=SOURCES_AT_MOST)]


class DraftShown(Stored):
    """What is being written. A save names the `revision` that its author saw."""

    flow: str
    sources: tuple[Source, ...]
    revision: int
    updated_at: Moment
    updated_by: str | None


class NewFlow(Written):
    """A flow that begins."""

    flow: FlowName
    sources: Sources


class DraftWritten(Written):
    """The whole draft as it shall be. `revision` is the one that its author saw."""

    revision: Revision
    sources: Sources


class ToCheck(Written):
    """What somebody is writing, saved or not."""

    flow: FlowName
    sources: Sources


class Checked(Stored):
    """What a check found.

    `langs` are the flow's languages, its own first, empty while it has errors. `texts` is everything that a
    translation has to say, by key, in the order of the flow.
    """

    problems: tuple[Finding, ...]
    langs: tuple[str, ...]
    texts: dict[str, str]


class FiguresQuery(Written):
    """Sessions that began in this period, on this channel; without, all."""

    since: Moment | None = None
    until: Moment | None = None
    channel: Id | None = None


class OutcomeFigure(Stored):
    """How often a flow ended so."""

    outcome: str
    count: int


class QuestionFigure(Stored):
    """One question: how often it was asked, answered or skipped, and where it was the last that was asked."""

    question: str
    asked: int
    answered: int
    skipped: int
    dropped: int


class FiguresShown(Stored):
    """How a flow does. `median_s`: from the first question to the end, of those that finished."""

    started: int
    finished: int
    live: int
    median_s: float | None
    outcomes: tuple[OutcomeFigure, ...]
    questions: tuple[QuestionFigure, ...]


class PublicationShown(Stored):
    """What publishing would do.

    `newest` is the version in force. With `patch_possible` only texts differ from it, and sessions that are under way
    may get them. `live` counts those sessions by version.
    """

    problems: tuple[Finding, ...]
    newest: str | None
    patch_possible: bool
    live: dict[str, int]


class Publish(Written):
    """Publish the draft of this revision: as a new version, or with `patch` as a change of texts alone."""

    revision: Revision
    patch: bool = False


class Revised(Written):
    """The revision that somebody saw."""

    revision: Revision


class Archiving(Revised):
    """Whether a flow is put away."""

    archived: bool


class VersionShown(Stored):
    """A published version. `restores` names the one whose files were published again."""

    version: int
    patch: int
    label: str
    title: str
    restores: str | None
    at: Moment
    by: str | None


class VersionDetail(VersionShown):
    """A published version with its files."""

    sources: tuple[Source, ...]


async def list_flows(context: Context) -> Page[FlowSummary]:
    """The project's flows, by name."""
    return Page(items=await context.parts.flow_library.flows(context.viewer.project), next=None)


async def create_flow(context: Context, body: NewFlow) -> DraftShown:
    """Begin a flow. 409 `flow_exists` when the name is taken."""
    viewer, library = context.viewer, context.parts.flow_library
    try:
        draft = await library.save(
            viewer.project, body.flow, kept_sources(body.sources), revision=0, by=viewer.operator
        )
    except Conflict:
        raise Conflict("flow_exists", f"There is a flow {body.flow} already. Choose another name.") from None
    return _shown(draft)


async def get_flow(context: Context, flow: FlowName) -> DraftShown:
    """A flow's draft."""
    draft = await context.parts.flow_library.draft(context.viewer.project, flow)
    if draft is None:
        raise NotFound("This flow")
    return _shown(draft)


async def save_flow(context: Context, flow: FlowName, body: DraftWritten) -> DraftShown:
    """Save a draft. 409 `draft_moved_on` when somebody else was first: `extra.newer` is what they saved."""
    viewer, library = context.viewer, context.parts.flow_library
    await get_flow(context, flow)
    sources = kept_sources(body.sources)
    return _shown(await library.save(viewer.project, flow, sources, revision=body.revision, by=viewer.operator))


async def archive_flow(context: Context, flow: FlowName, body: Archiving) -> DraftShown:
    """Put a flow away, or take it back. 409 `flow_in_use` while a channel begins it."""
    viewer, library = context.viewer, context.parts.flow_library
    await get_flow(context, flow)
    if body.archived:
        channels = await context.parts.channels.of_project(viewer.project)
        users = [channel.name for channel in channels if any(rule.flow == flow for rule in channel.flows)]
        if users:
            raise Conflict("flow_in_use", f"These channels begin it: {', '.join(users)}. Remove their rules first.")
    draft = await library.archive(viewer.project, flow, archived=body.archived, revision=body.revision)
    await context.note(AuditAction.FLOW_ARCHIVED, name=flow, changes=difference({}, {"archived": body.archived}))
    return _shown(draft)


async def delete_flow(context: Context, flow: FlowName, body: Revised) -> None:
    """Throw away a draft that was never published. 409 `flow_published` for another: archive that."""
    project, library = context.viewer.project, context.parts.flow_library
    await get_flow(context, flow)
    if flow == BOT_SETTINGS or await library.versions(project, flow):
        raise Conflict("flow_published", "This flow has been published. Archive it instead.")
    await library.delete(project, flow, revision=body.revision)
    await context.note(AuditAction.FLOW_DELETED, name=flow)


class NamesShown(Stored):
    """What flows of the project may mention: teams as flows write them, webhooks, and the stages that are in use."""

    teams: tuple[str, ...]
    webhooks: tuple[str, ...]
    stages: tuple[str, ...]


async def get_names(context: Context) -> NamesShown:
    """The names of things outside flows, to choose from."""
    known = await context.parts.flow_library.names(context.viewer.project) or KnownNames()
    return NamesShown(
        teams=tuple(sorted(map(team_word, known.teams))),
        webhooks=tuple(sorted(known.webhooks)),
        stages=tuple(sorted(known.stages)),
    )


async def check_flow(context: Context, body: ToCheck) -> Checked:
    """Check what somebody is writing, against the project's other flows. Nothing is stored."""
    library, project, sources = context.parts.flow_library, context.viewer.project, kept_sources(body.sources)
    compiled = await library.check(project, body.flow, sources)
    return Checked(
        problems=findings(compiled.problems),
        langs=compiled.flow.langs if compiled.flow else (),
        texts=dict(await library.texts(project, body.flow, sources)),
    )


async def get_publication(context: Context, flow: FlowName) -> PublicationShown:
    """What publishing the draft would do."""
    await get_flow(context, flow)
    ahead = await context.parts.flow_library.look_ahead(context.viewer.project, flow)
    return PublicationShown(
        problems=findings(ahead.problems),
        newest=ahead.newest.label if ahead.newest else None,
        patch_possible=ahead.patch_possible,
        live={str(version): count for version, count in ahead.live.items()},
    )


async def publish_flow(context: Context, flow: FlowName, body: Publish) -> VersionShown:
    """Publish the draft. 422 `flow_problems` while it has errors, 409 `draft_moved_on` when it has changed."""
    viewer, library = context.viewer, context.parts.flow_library
    await get_flow(context, flow)
    found = await library.publish(viewer.project, flow, revision=body.revision, by=viewer.operator, patch=body.patch)
    await context.note(AuditAction.FLOW_PUBLISHED, name=f"{flow} {found.label}")
    return _version(found)


async def list_versions(context: Context, flow: FlowName) -> Page[VersionShown]:
    """What was published, the newest first."""
    await _known(context, flow)
    found = await context.parts.flow_library.versions(context.viewer.project, flow)
    return Page(items=tuple(_version(version) for version in found), next=None)


async def get_version(context: Context, flow: FlowName, version: VersionName) -> VersionDetail:
    """One version with its files."""
    await _known(context, flow)
    number, patch = _numbers(version)
    found = await context.parts.flow_library.version(context.viewer.project, flow, number, patch)
    return VersionDetail(**_version(found).model_dump(), sources=found.sources)


async def roll_back(context: Context, flow: FlowName, version: VersionName) -> VersionShown:
    """Publish the files of an older version again, as a new version. The draft stays as it is."""
    viewer, (number, patch) = context.viewer, _numbers(version)
    library = context.parts.flow_library
    await _known(context, flow)
    found = await library.roll_back(viewer.project, flow, version=number, patch=patch, by=viewer.operator)
    again = AuditChange(name="version", before=version, after=found.label)
    await context.note(AuditAction.FLOW_PUBLISHED, name=f"{flow} {found.label}", changes=[again])
    return _version(found)


async def get_statistics(context: Context, flow: FlowName, query: FiguresQuery) -> FiguresShown:
    """How a flow does: sessions, questions in the order of the newest version, outcomes by number."""
    parts, project = context.parts, context.viewer.project
    await _known(context, flow)
    channel = ChannelId(query.channel) if query.channel else None
    found = await parts.flow_figures.of(project, flow, since=query.since, until=query.until, channel=channel)
    newest = await parts.flow_library.newest(project, flow)
    order = list(newest.questions) if newest else []
    # Questions that an older version asked come last.
    order += sorted({*found.answered, *found.open} - set(order))
    questions = []
    for name in order:
        answered, waiting = found.answered.get(name, 0), found.open.get(name, 0)
        questions.append(
            QuestionFigure(
                question=name,
                asked=answered + waiting,
                answered=answered,
                skipped=found.skipped.get(name, 0),
                dropped=found.left.get(name, 0),
            )
        )
    outcomes = sorted(found.outcomes.items(), key=lambda one: -one[1])
    return FiguresShown(
        started=found.started,
        finished=found.finished,
        live=found.live,
        median_s=found.median_s,
        outcomes=tuple(OutcomeFigure(outcome=name, count=count) for name, count in outcomes),
        questions=tuple(questions),
    )


async def _known(context: Context, flow: str) -> None:
    library, project = context.parts.flow_library, context.viewer.project
    if await library.draft(project, flow) is None and not await library.versions(project, flow):
        raise NotFound("This flow")


def kept_sources(written: Sequence[SourceWritten]) -> tuple[Source, ...]:
    """Files as the library keeps them."""
    return tuple(Source(name=one.name, text=one.text) for one in written)


def _numbers(label: str) -> tuple[int, int]:
    version, _, patch = label.partition(".")
    return int(version), int(patch or 0)


def _shown(draft: FlowDraft) -> DraftShown:
    return DraftShown.model_validate(draft.model_dump())


def _version(found: FlowVersion) -> VersionShown:
    return VersionShown.model_validate({**found.model_dump(), "label": found.label})
