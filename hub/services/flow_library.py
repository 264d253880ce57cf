"""The flow library: a project's flows, from the first draft to a published version and back to an older one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pydantic import JsonValue

from flows.compile import Compiled, Sources, compile_flow, missing_translations, text_only_change
from flows.definition import Flow
from flows.names import KnownNames, unknown_names
from flows.problems import Problem, Severity
from flows.words import key_of
from hub.model.channel import Channel
from hub.model.flow import BOT_SETTINGS, FlowDraft, FlowSummary, FlowVersion, Source, StartOn
from hub.model.ids import OperatorId, ProjectId
from hub.services.errors import Conflict, Invalid, NotFound
from hub.services.findings import findings
from hub.services.flow_sources import (
    check_sources,
    digest,
    draft_of,
    everything,
    is_edited,
    referred,
    sources_of,
    stages_in,
    state_of,
    title_of,
    version_of,
    whole_of,
)
from hub.store.clock import DatabaseClock
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions, VersionTaken

NEWEST_REMEMBERED_S = 2.0
"""How long the newest version of a flow is remembered: a publication is in force everywhere that soon."""
COMPILED_REMEMBERED = 200
ANY_OTHER = "xx"
"""A language that no flow has: all its texts are missing."""


class KnowsNames(Protocol):
    """Where the names of a project are read."""

    async def of(self, project: ProjectId) -> KnownNames:
        """What the project has."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a draft would do. `patch_possible`: only texts differ from the newest version.

    `live` counts the sessions on older versions: they finish there, unless the change is published as a patch.
    """

    problems: Sequence[Problem]
    newest: FlowVersion | None
    patch_possible: bool
    live: Mapping[int, int]


class FlowLibrary:
    """The flows of all projects. Everything that writes says who saw what: nobody overwrites anybody unseen."""

    def __init__(
        self,
        drafts: FlowDrafts,
        versions: FlowVersions,
        sessions: FlowSessions,
        clock: DatabaseClock,
        names: KnowsNames | None = None,
    ) -> None:
        """Without `names` those of teams, webhooks and stages are not checked."""
        self._drafts, self._versions, self._sessions, self._clock = drafts, versions, sessions, clock
        self._names = names
        self._newest: dict[tuple[ProjectId, str, int | None], tuple[float, FlowVersion | None]] = {}
        self._compiled: OrderedDict[str, Flow] = OrderedDict()
        self._checked: OrderedDict[str, Compiled] = OrderedDict()

    # Drafts -------------------------------------------------------------------------------------------------------

    async def flows(self, project: ProjectId) -> Sequence[FlowSummary]:
        """The project's flows, drafted or published, by name."""
        drafts = {draft.flow: draft for draft in await self._drafts.of_project(project)}
        published = {version.flow: version for version in await self._versions.newest_of_project(project)}
        live = await self._sessions.live(project)
        found = []
        for flow in sorted({*drafts, *published} - {BOT_SETTINGS}):
            draft, version = drafts.get(flow), published.get(flow)
            problems = await self._problems(draft, drafts) if draft else ()
            errors = sum(problem.severity is Severity.ERROR for problem in problems)
            found.append(
                FlowSummary(
                    flow=flow,
                    title=(title_of(draft) if draft else None) or (version.title if version else flow),
                    version=version.label if version else None,
                    published_at=version.at if version else None,
                    revision=draft.revision if draft else 0,
                    state=state_of(draft, version, drafts),
                    live={str(number): count for number, count in live.get(flow, {}).items()},
                    errors=errors,
                    warnings=len(problems) - errors,
                    archived=draft.archived if draft else False,
                    updated_at=draft.updated_at if draft else None,
                )
            )
        return found

    async def draft(self, project: ProjectId, flow: str) -> FlowDraft | None:
        """What is being written, or None. `bot` gives the shared settings."""
        return await self._drafts.get(project, flow)

    async def save(
        self,
        project: ProjectId,
        flow: str,
        sources: Sequence[Source],
        *,
        revision: int,
        by: OperatorId | None,
        imported: bool = False,
    ) -> FlowDraft:
        """Keep a draft whose author saw `revision` (0: there was none); the draft after it.

        `imported` says that the sources come from files. Raises `Conflict` with the newer draft, `Invalid`.
        """
        check_sources(flow, sources)
        known = await self._drafts.get(project, flow)
        if (known.revision if known else 0) != revision:
            raise _moved_on(known)
        if known is not None and tuple(known.sources) == tuple(sources) and not imported:
            return known
        draft = draft_of(project, flow, sources, known, self._clock.now(), by=by)
        if imported:
            draft = draft.model_copy(update={"origin": digest(sources)})
        if not await self._drafts.put(draft):
            raise _moved_on(await self._drafts.get(project, flow))
        return draft

    async def archive(self, project: ProjectId, flow: str, *, archived: bool, revision: int) -> FlowDraft:
        """Put a flow away, or take it back; sessions that are under way go on. Raises `Conflict`, `NotFound`."""
        known = await self._drafts.get(project, flow)
        if known is None:
            raise NotFound("This flow")
        if known.revision != revision:
            raise _moved_on(known)
        if known.archived == archived:
            return known
        draft = known.model_copy(update={"archived": archived, "revision": revision + 1})
        if not await self._drafts.put(draft):
            raise _moved_on(await self._drafts.get(project, flow))
        return draft

    async def delete(self, project: ProjectId, flow: str, *, revision: int) -> None:
        """Throw a draft away; what is published stays. Raises `Conflict`, `NotFound`."""
        if not await self._drafts.delete(project, flow, revision):
            known = await self._drafts.get(project, flow)
            if known is None:
                raise NotFound("This draft")
            raise _moved_on(known)

    async def import_files(
        self, project: ProjectId, flow: str, sources: Sequence[Source], *, by: OperatorId | None, force: bool = False
    ) -> FlowDraft | None:
        """Take the files of a flow over; None when they are the draft already.

        Raises `Conflict` (`edited_since_import`) when somebody edited the draft after the last import: `force` drops
        those edits.
        """
        known = await self._drafts.get(project, flow)
        if known is not None and digest(known.sources) == digest(sources):
            if is_edited(known):  # the edits have found their way into the files
                await self._drafts.set_origin(known, digest(sources))
            return None
        if known is not None and is_edited(known) and not force:
            raise Conflict(
                "edited_since_import",
                f"The draft of {flow} was edited after its files were read last (revision {known.revision}). Export "
                "it into your files first, or repeat with --force to drop those edits.",
                revision=known.revision,
            )
        return await self.save(project, flow, sources, revision=known.revision if known else 0, by=by, imported=True)

    # Checking and publishing --------------------------------------------------------------------------------------

    async def check(self, project: ProjectId, flow: str, sources: Sequence[Source]) -> Compiled:
        """Compile what somebody writes, against the other flows and the shared settings as they are drafted.

        For the shared settings themselves, what they make wrong in any flow; there is no flow then. Raises `Invalid`
        for names of files that no draft may have.
        """
        check_sources(flow, sources)
        drafts = dict(await self._drafts_by_flow(project))
        names = await self._known_names(project, flow, drafts)
        if flow != BOT_SETTINGS:
            return _with_names(await asyncio.to_thread(compile_flow, whole_of(flow, sources, drafts)), names)
        known = drafts.get(BOT_SETTINGS)
        drafts[BOT_SETTINGS] = draft_of(project, flow, sources, known, self._clock.now())
        file, found = sources[0].name, list[Problem]()
        for name in drafts.keys() - {BOT_SETTINGS}:
            compiled = await asyncio.to_thread(compile_flow, whole_of(name, drafts[name].sources, drafts))
            compiled = _with_names(compiled, names)
            found += [problem for problem in compiled.problems if problem.file == file and problem not in found]
        return Compiled(None, tuple(found))

    async def names(self, project: ProjectId, flow: str | None = None) -> KnownNames | None:
        """The names that the project has, with the stages of its flows, but for those of `flow`; None: nobody knows."""
        return await self._known_names(project, flow, await self._drafts_by_flow(project))

    async def texts(self, project: ProjectId, flow: str, sources: Sequence[Source]) -> Mapping[str, str]:
        """Everything that a translation of the flow has to say, by key, in the order of the flow."""
        whole = replace(whole_of(flow, sources, await self._drafts_by_flow(project)), translations={})
        return await asyncio.to_thread(missing_translations, whole, ANY_OTHER) if flow != BOT_SETTINGS else {}

    async def look_ahead(self, project: ProjectId, flow: str) -> Publication:
        """What publishing the draft would do. Raises `NotFound`."""
        drafts = await self._drafts_by_flow(project)
        if flow not in drafts:
            raise NotFound("This draft")
        whole = whole_of(flow, drafts[flow].sources, drafts)
        compiled = _with_names(
            await asyncio.to_thread(compile_flow, whole), await self._known_names(project, flow, drafts)
        )
        newest = await self._versions.newest(project, flow)
        live = (await self._sessions.live(project)).get(flow, {})
        patch = newest is not None and compiled.flow is not None and await self._is_patch(newest, whole)
        return Publication(compiled.problems, newest, patch, live)

    async def publish(
        self, project: ProjectId, flow: str, *, revision: int, by: OperatorId | None, patch: bool = False
    ) -> FlowVersion:
        """Publish the draft that its author saw, as the next version, or with `patch` as the next patch of the newest.

        Nothing changed since the newest: that one. Raises `Invalid` (`flow_problems`, `not_a_patch`), `Conflict`,
        `NotFound`.
        """
        drafts = await self._drafts_by_flow(project)
        if flow not in drafts:
            raise NotFound("This draft")
        if drafts[flow].revision != revision:
            raise _moved_on(drafts[flow])
        whole = whole_of(flow, drafts[flow].sources, drafts)
        return await self._publish(project, flow, whole, by, patch=patch)

    async def roll_back(
        self, project: ProjectId, flow: str, *, version: int, patch: int, by: OperatorId | None
    ) -> FlowVersion:
        """Publish the sources of an older version again, as a new version. The draft stays. Raises as `publish`."""
        old = await self.version(project, flow, version, patch)
        return await self._publish(project, flow, sources_of(old), by, restores=old.label)

    async def versions(self, project: ProjectId, flow: str) -> Sequence[FlowVersion]:
        """What was published, the newest first, without sources."""
        return await self._versions.of_flow(project, flow)

    async def version(self, project: ProjectId, flow: str, version: int, patch: int = 0) -> FlowVersion:
        """One version with its sources. Raises `NotFound`."""
        found = await self._versions.get(project, flow, version, patch)
        if found is None:
            raise NotFound(f"Version {version}.{patch} of {flow}" if patch else f"Version {version} of {flow}")
        return found

    # Compiled flows -----------------------------------------------------------------------------------------------

    async def newest(self, project: ProjectId, flow: str) -> Flow | None:
        """The newest published flow, compiled; None when there is none. A publication is seen within 2 s."""
        found = await self._newest_version(project, flow, None)
        return await self._flow_of(found) if found else None

    async def start_words(self, channel: Channel) -> dict[str, frozenset[str]]:
        """The start words that flows of the channel's rules name themselves."""
        found: dict[str, frozenset[str]] = {}
        for rule in channel.flows:
            if rule.on is StartOn.WORDS and not rule.words:
                flow = await self.newest(channel.project, rule.flow)
                found[rule.flow] = frozenset(key_of(word) for word in flow.start.words) if flow else frozenset()
        return found

    async def pinned(self, project: ProjectId, flow: str, version: int) -> Flow:
        """The flow as sessions of `version` run it: its newest patch, compiled. Raises `NotFound`."""
        found = await self._newest_version(project, flow, version)
        if found is None:
            raise NotFound(f"Version {version} of {flow}")
        return await self._flow_of(found)

    async def compiled(self, project: ProjectId, flow: str, version: int, patch: int) -> Flow:
        """One version, compiled. Raises `NotFound`."""
        return await self._flow_of(await self.version(project, flow, version, patch))

    async def _newest_version(self, project: ProjectId, flow: str, version: int | None) -> FlowVersion | None:
        key = project, flow, version
        read_at, known = self._newest.get(key, (float("-inf"), None))
        if time.monotonic() - read_at < NEWEST_REMEMBERED_S:
            return known
        found = await self._versions.newest(project, flow, version)
        self._newest[key] = time.monotonic(), found
        return found

    async def _flow_of(self, version: FlowVersion) -> Flow:
        known = self._compiled.get(version.id)
        if known is not None:
            self._compiled.move_to_end(version.id)
            return known
        whole = await self.version(version.project, version.flow, version.version, version.patch)
        compiled = await asyncio.to_thread(compile_flow, sources_of(whole), version=whole.version, patch=whole.patch)
        if compiled.flow is None:  # a newer engine refuses what an older one has published
            raise Invalid("flow_problems", f"Version {whole.label} of {whole.flow} no longer compiles.",
                          problems=shown(compiled.problems))  # fmt: skip
        self._compiled[version.id] = compiled.flow
        if len(self._compiled) > COMPILED_REMEMBERED:
            self._compiled.popitem(last=False)
        return compiled.flow

    async def _publish(
        self,
        project: ProjectId,
        flow: str,
        whole: Sources,
        by: OperatorId | None,
        *,
        patch: bool = False,
        restores: str | None = None,
    ) -> FlowVersion:
        compiled = await asyncio.to_thread(compile_flow, whole)
        if compiled.flow is None:
            raise Invalid(
                "flow_problems", "The flow has errors: correct them, then publish.", problems=shown(compiled.problems)
            )
        if compiled.flow.name != flow:
            raise Invalid("other_flow", f"The file names the flow {compiled.flow.name}, and this is {flow}.")
        pinned = referred(whole)
        while True:
            newest = await self._versions.newest(project, flow)
            version = version_of(project, flow, pinned, newest if patch else None, newest)
            if newest is not None and newest.sha256 == version.sha256:
                return newest
            if patch and newest is not None and not await self._is_patch(newest, pinned):
                raise Invalid("not_a_patch", "More than texts has changed: publish it as a new version.")
            title = compiled.flow.title[compiled.flow.lang] or flow
            version = version.model_copy(
                update={"title": title, "restores": restores, "at": self._clock.now(), "by": by}
            )
            try:
                await self._versions.add(version)
            except VersionTaken:
                continue
            self._newest.clear()
            return version

    async def _is_patch(self, newest: FlowVersion, whole: Sources) -> bool:
        old = await self.version(newest.project, newest.flow, newest.version, newest.patch)
        return await asyncio.to_thread(text_only_change, sources_of(old), referred(whole))

    async def _problems(self, draft: FlowDraft, drafts: Mapping[str, FlowDraft]) -> Sequence[Problem]:
        """What a check of the draft finds; remembered, since a list asks for all drafts and most have not changed."""
        whole = whole_of(draft.flow, draft.sources, drafts)
        names = ",".join(sorted(whole.library))  # a reference is checked against them
        key = digest([Source(name=names, text=""), *everything(referred(whole))])
        if key not in self._checked:
            self._checked[key] = replace(await asyncio.to_thread(compile_flow, whole), flow=None)
            if len(self._checked) > COMPILED_REMEMBERED:
                self._checked.popitem(last=False)
        self._checked.move_to_end(key)
        return _with_names(self._checked[key], await self._known_names(draft.project, draft.flow, drafts)).problems

    async def _known_names(
        self, project: ProjectId, flow: str | None, drafts: Mapping[str, FlowDraft]
    ) -> KnownNames | None:
        if self._names is None:
            return None
        known = await self._names.of(project)
        return replace(known, stages={*known.stages, *stages_in(drafts, flow)})

    async def _drafts_by_flow(self, project: ProjectId) -> Mapping[str, FlowDraft]:
        return {draft.flow: draft for draft in await self._drafts.of_project(project)}


def shown(problems: Sequence[Problem]) -> list[JsonValue]:
    """Problems as the API shows them."""
    return [finding.model_dump(mode="json") for finding in findings(problems)]


def _with_names(compiled: Compiled, names: KnownNames | None) -> Compiled:
    """With what the project does not have: it is asked anew each time, since that changes without the text."""
    if names is None:
        return compiled
    found = [*compiled.problems, *unknown_names(compiled.mentioned, names)]
    return replace(compiled, problems=tuple(sorted(found, key=lambda one: (one.file, one.line, one.column))))


def _moved_on(newer: FlowDraft | None) -> Conflict:
    if newer is None:
        return Conflict("draft_gone", "This draft was deleted meanwhile.", newer=None)
    return Conflict(
        "draft_moved_on",
        "Somebody else has saved this draft meanwhile. Compare it with yours and save again.",
        newer=newer.model_dump(mode="json"),
    )
