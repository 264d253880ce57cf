"""Flow sources: the files of a draft and of a version, what they are compiled from, and how they are told apart."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from flows import compile as compiler
from flows.compile import Sources
from hub.model.flow import BOT_SETTINGS, FlowDraft, FlowVersion, LibrarySource, Source
from hub.model.ids import OperatorId, ProjectId
from hub.services.errors import Invalid
from hub.store.flow_drafts import draft_id
from hub.store.flow_versions import version_id

FLOW_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\.[a-z]{2,8})?\.ya?ml")
SOURCE_CHARACTERS = 200_000
SOURCES_AT_MOST = 50
_TITLE = re.compile(r"^title:[ \t]+(?P<quote>['\"]?)(?P<title>[^\n#]+?)(?P=quote)[ \t]*(?:#.*)?$", re.MULTILINE)
_REFERENCE = re.compile(r"\b(?:use|start)['\"]?\s*:\s*['\"]?([a-z][a-z0-9_]*)")
"""A word after `use:` or `start:`. One too many does no harm: it is only kept beside the version."""
_STAGE = re.compile(r"\bstage['\"]?\s*:\s*['\"]?([A-Za-z0-9][A-Za-z0-9_.-]*)")


def digest(sources: Sequence[Source]) -> str:
    """The SHA-256 of sources, whatever their order."""
    found = hashlib.sha256()
    for source in sorted(sources, key=lambda one: one.name):
        for part in (source.name, source.text):
            raw = part.encode()
            found.update(len(raw).to_bytes(8, "big") + raw)
    return found.hexdigest()


def is_edited(draft: FlowDraft) -> bool:
    """Whether somebody has edited the draft since its files were imported, or it never came from files."""
    return draft.origin != digest(draft.sources)


def stages_in(drafts: Mapping[str, FlowDraft], but: str | None) -> set[str]:
    """The stages that drafts name, but for those of one flow."""
    return {stage for name, draft in drafts.items() if name != but for stage in _STAGE.findall(draft.sources[0].text)}


def draft_of(
    project: ProjectId,
    flow: str,
    sources: Sequence[Source],
    known: FlowDraft | None,
    now: datetime,
    by: OperatorId | None = None,
) -> FlowDraft:
    """The draft after a save."""
    return FlowDraft(
        id=draft_id(project, flow),
        project=project,
        flow=flow,
        sources=tuple(sources),
        revision=known.revision + 1 if known else 1,
        origin=known.origin if known else None,
        archived=known.archived if known else False,
        updated_at=now,
        updated_by=by,
    )


def whole_of(flow: str, sources: Sequence[Source], drafts: Mapping[str, FlowDraft]) -> Sources:
    """What `sources` are compiled from: every flow of the project may be referred to."""
    bot = drafts.get(BOT_SETTINGS)
    own, *translations = [compiler.Source(source.name, source.text) for source in sources]
    others = {name: draft.sources[0] for name, draft in drafts.items() if name not in (flow, BOT_SETTINGS)}
    return Sources(
        flow=own,
        translations={language_of(source.file): source for source in translations},
        bot=compiler.Source(bot.sources[0].name, bot.sources[0].text) if bot else None,
        # Its own name too: an empty library would mean that nobody knows the names of other flows.
        library={flow: own} | {name: compiler.Source(source.name, source.text) for name, source in others.items()},
    )


def referred(whole: Sources) -> Sources:
    """`whole` with no other flows than those it refers to, directly or through one: what a version is pinned to."""
    wanted, kept = set(_REFERENCE.findall(whole.flow.text)), dict[str, compiler.Source]()
    while wanted:
        name = wanted.pop()
        if name in whole.library and name not in kept:
            kept[name] = whole.library[name]
            wanted |= set(_REFERENCE.findall(kept[name].text))
    return replace(whole, library=kept)


def version_of(
    project: ProjectId, flow: str, pinned: Sources, patched: FlowVersion | None, newest: FlowVersion | None
) -> FlowVersion:
    """The next version, or with `patched` the next patch of it."""
    number, patch = (patched.version, patched.patch + 1) if patched else (newest.version + 1 if newest else 1, 0)
    own = [pinned.flow, *pinned.translations.values()]
    sources = tuple(Source(name=source.file, text=source.text) for source in own)
    bot = Source(name=pinned.bot.file, text=pinned.bot.text) if pinned.bot else None
    library = tuple(
        LibrarySource(flow=name, source=Source(name=source.file, text=source.text))
        for name, source in sorted(pinned.library.items())
    )
    return FlowVersion(
        id=version_id(project, flow, number, patch), project=project, flow=flow, version=number, patch=patch,
        title=flow, sha256=digest(everything(pinned)), sources=sources, bot=bot, library=library,
        at=datetime.min.replace(tzinfo=UTC),
    )  # fmt: skip


def everything(pinned: Sources) -> list[Source]:
    """All files that a flow is made of."""
    bot = [pinned.bot] if pinned.bot else []
    library = [source for _, source in sorted(pinned.library.items())]
    everything = [pinned.flow, *pinned.translations.values(), *bot, *library]
    return [Source(name=source.file, text=source.text) for source in everything]


def title_of(draft: FlowDraft) -> str | None:
    """What the flow's own file calls it; the file may be broken."""
    found = _TITLE.search(draft.sources[0].text)
    return found["title"].strip() if found else None


def sources_of(version: FlowVersion) -> Sources:
    """What a published version was compiled from."""
    own, *translations = [compiler.Source(source.name, source.text) for source in version.sources]
    return Sources(
        flow=own,
        translations={language_of(source.file): source for source in translations},
        bot=compiler.Source(version.bot.name, version.bot.text) if version.bot else None,
        library={one.flow: compiler.Source(one.source.name, one.source.text) for one in version.library},
    )


def language_of(file: str) -> str:
    """The language of a translation by its file's name: `en` for `b2b.en.yml`."""
    return file.rsplit(".", 2)[-2]


def state_of(
    draft: FlowDraft | None, version: FlowVersion | None, drafts: Mapping[str, FlowDraft]
) -> Literal["draft", "published", "changed"]:
    """How a flow's draft stands to its newest version."""
    if version is None:
        return "draft"
    if draft is None:
        return "published"
    pinned = referred(whole_of(draft.flow, draft.sources, drafts))
    same = version_of(draft.project, draft.flow, pinned, None, None).sha256 == version.sha256
    return "published" if same else "changed"


def check_sources(flow: str, sources: Sequence[Source]) -> None:
    """Refuse what cannot be a draft. Raises `Invalid`."""
    if FLOW_ID.fullmatch(flow) is None:
        raise Invalid("bad_flow_id", "A flow's name begins with a letter a-z and goes on with a-z, 0-9 and _.")
    if not sources or len(sources) > SOURCES_AT_MOST:
        raise Invalid(
            "no_sources", f"A draft holds the flow's file and its translations: 1 to {SOURCES_AT_MOST} files."
        )
    names = [source.name for source in sources]
    if len(set(names)) != len(names) or not all(FILE_NAME.fullmatch(name) for name in names):
        raise Invalid("bad_file_name", "Files are named as b2b.yml and b2b.en.yml, each once.")
    if any(len(source.text) > SOURCE_CHARACTERS for source in sources):
        raise Invalid("too_long", f"A file may have {SOURCE_CHARACTERS:,} characters.")
