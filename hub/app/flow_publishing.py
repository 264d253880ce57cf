"""Flows from files into the store: what would change there, and the change itself, never over newer edits unseen."""

import difflib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.app.flow_files import FilesError, FlowFiles, find_flows, source
from hub.app.flow_import import draft_sources, import_flows
from hub.app.flow_store import OpenLibrary, open_library
from hub.app.terminal_language import Language, terminal_language, told
from hub.model.flow import BOT_SETTINGS, FlowDraft, Source
from hub.services.errors import Invalid, ServiceError
from hub.services.findings import Finding
from hub.services.flow_sources import is_edited
from hub.settings import Settings


class Standing(StrEnum):
    """How a flow's files stand to its draft in the store."""

    NEW = "new"
    CHANGED = "changed"
    EDITED = "edited"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Planned:
    """A flow's files beside its draft. `published` is the newest version's label; `waiting`: the draft is not it."""

    flow: str
    sources: tuple[Source, ...]
    draft: FlowDraft | None
    standing: Standing
    published: str | None
    waiting: bool

    @property
    def changes(self) -> bool:
        """Whether applying the files would do anything."""
        return self.standing is not Standing.SAME or self.waiting

    def described(self) -> str:
        """One line for a person."""
        now = f"published as {self.published}" if self.published else "never published"
        match self.standing:
            case Standing.NEW:
                return f"{self.flow}: new"
            case Standing.CHANGED:
                return f"{self.flow}: changed, {now}"
            case Standing.EDITED:
                return f"{self.flow}: edited in the inbox since its files were read last; only --force overwrites that"
            case Standing.SAME:
                return (
                    f"{self.flow}: the draft is that of the files, {now}" if self.waiting else f"{self.flow}: the same"
                )

    def difference(self) -> Iterable[str]:
        """The lines that would change in the store."""
        known = {one.name: one.text for one in self.draft.sources} if self.draft else {}
        new = {one.name: one.text for one in self.sources}
        for name in dict.fromkeys((*new, *known)):
            yield from difflib.unified_diff(
                known.get(name, "").splitlines(), new.get(name, "").splitlines(), f"store/{name}", f"files/{name}",
                lineterm="", n=2,
            )  # fmt: skip


async def publish(
    settings: Settings, given: Sequence[str], project: str | None, *, patch: bool, force: bool
) -> AsyncIterator[str]:
    """Read flows' files into the store and publish them: a line about each. Raises `FilesError`."""
    async with open_library(settings, project) as opened:
        found = find_flows(given)
        await _import(opened, found, await _planned(opened, found), force=force)
        for files in found:
            yield await _publish(opened, files.name, patch=patch)


async def apply(settings: Settings, project: str | None, *, plan: bool, force: bool) -> AsyncIterator[str]:
    """Bring the store to what the files say, or with `plan` only show it. Raises `FilesError`."""
    async with open_library(settings, project) as opened:
        found = find_flows([])
        planned = await _planned(opened, found)
        for one in planned:
            yield one.described()
            if plan:
                for line in one.difference():
                    yield f"  {line}"
        listed = {one.flow for one in planned}
        for summary in await opened.library.flows(opened.project):
            if summary.flow not in listed:
                yield f"{summary.flow}: only in the store; it stays as it is"
        if plan:
            count = sum(one.changes for one in planned)
            yield f"{count} of {len(planned)} would change in {opened.name}."
            return
        await _import(opened, found, planned, force=force)
        for files in found:  # all of them: the shared settings are part of every version
            yield await _publish(opened, files.name, patch=False)


async def _planned(opened: OpenLibrary, found: Sequence[FlowFiles]) -> Sequence[Planned]:
    """Each flow beside its draft, the shared settings first: the flows are checked with them."""
    published = {one.flow: one for one in await opened.library.flows(opened.project)}
    bots = dict.fromkeys(one.bot for one in found if one.bot is not None)
    named = [(BOT_SETTINGS, [Source(name=bot.name, text=source(bot).text)]) for bot in bots]
    named += [(one.name, list(draft_sources(one))) for one in found]
    planned = []
    for flow, sources in named:
        draft = await opened.library.draft(opened.project, flow)
        summary = published.get(flow)
        waiting = flow != BOT_SETTINGS and (summary is None or summary.state != "published")
        label = summary.version if summary else None
        planned.append(Planned(flow, tuple(sources), draft, _standing(draft, sources), label, waiting))
    return planned


def _standing(draft: FlowDraft | None, sources: Sequence[Source]) -> Standing:
    if draft is None:
        return Standing.NEW
    if sorted(draft.sources, key=_name) == sorted(sources, key=_name):
        return Standing.SAME
    return Standing.EDITED if is_edited(draft) else Standing.CHANGED


def _name(one: Source) -> str:
    return one.name


async def _import(opened: OpenLibrary, found: Sequence[FlowFiles], planned: Sequence[Planned], *, force: bool) -> None:
    """Take the files over as drafts: all of them, or none when one was edited meanwhile. Raises `FilesError`."""
    edited = [one for one in planned if one.standing is Standing.EDITED]
    if edited and not force:
        raise FilesError("\n".join(one.described() for one in edited))
    try:
        await import_flows(opened.library, opened.project, found, force=force)
    except ServiceError as error:
        raise FilesError(error.detail) from error


async def _publish(opened: OpenLibrary, flow: str, *, patch: bool) -> str:
    draft = await opened.library.draft(opened.project, flow)
    assert draft is not None
    before = await opened.library.versions(opened.project, flow)
    try:
        version = await opened.library.publish(opened.project, flow, revision=draft.revision, by=None, patch=patch)
    except Invalid as error:
        raise FilesError(_problems(flow, error)) from error
    except ServiceError as error:
        raise FilesError(f"{flow}: {error.detail}") from error
    if before and before[0].label == version.label:
        return f"{flow}: version {version.label} holds this already"
    warnings = (await opened.library.look_ahead(opened.project, flow)).problems
    told_of = "".join(f"\n  warning: {line}" for line in told(warnings).splitlines())
    return f"{flow}: published as version {version.label}{told_of}"


def _problems(flow: str, error: Invalid) -> str:
    """The refusal with the problems it names, each on a line."""
    lines = [f"{flow}: {error.detail}"]
    problems = error.extra.get("problems")
    for one in problems if isinstance(problems, list) else ():
        if isinstance(one, dict):
            found = Finding.model_validate(one)
            words = found.ru if terminal_language() is Language.RU else found
            place = f"{found.file}:{found.line}:{found.column}"
            lines.append(f"  {place}: {found.code}: {words.sentence} {words.suggestion or ''}".rstrip())
    return "\n".join(lines)
