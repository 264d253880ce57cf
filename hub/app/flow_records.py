"""What flows have left in the store, for a terminal: a session replayed, and how many people came how far."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from flows.simulate import described
from hub.app.flow_files import FilesError
from hub.app.flow_store import OpenLibrary, open_library
from hub.model.ids import ChannelId
from hub.services.errors import ServiceError
from hub.services.flow_replay import FlowReplay, Replayed
from hub.settings import Settings
from hub.store.channels import Channels
from hub.store.contacts import Contacts
from hub.store.flow_figures import FlowFigures
from hub.store.flow_sessions import FlowSessions
from hub.store.group_commit import GroupCommit
from hub.store.messages import Messages
from hub.store.projects import Projects
from hub.store.turns import Turns


@dataclass(slots=True)
class Comparison:
    """Whether a replay came to the same sessions; known when its last line is told."""

    differing: list[int] = field(default_factory=list)


async def replay(settings: Settings, session: str, project: str | None, found: Comparison) -> AsyncIterator[str]:
    """A line for each Turn of the session: what happened, what the engine makes of it. Raises `FilesError`."""
    async with open_library(settings, project) as opened:
        try:
            steps = await _replay(opened).of(opened.project, session)
        except ServiceError as error:
            raise FilesError(error.detail) from error
        for step in steps:
            if step.differs:
                found.differing.append(step.turn.seq)
            yield _line(step)
            for effect in step.effects:
                if words := described(effect):
                    yield f"        * {words}"
        count = len(found.differing)
        yield f"{len(steps)} Turns replayed: {f'{count} came out otherwise' if count else 'all as recorded'}."


def _replay(opened: OpenLibrary) -> FlowReplay:
    database = opened.connection.database
    return FlowReplay(
        FlowSessions(database),
        Turns(database, GroupCommit(database["turns"])),
        Messages(database, GroupCommit(database["messages"])),
        opened.library,
        Channels(database),
        Contacts(database),
        Projects(database),
    )


def _line(step: Replayed) -> str:
    session = step.recorded
    where = f"asks {session.open.step}" if session.open else session.outcome or session.state.value
    differs = f"  DIFFERS: {', '.join(step.differs)}" if step.differs else ""
    return f"{step.turn.seq:>5}  {step.turn.decided_at:%Y-%m-%d %H:%M:%S}  {step.happened} → {where}{differs}"


async def stats(
    settings: Settings,
    flow: str,
    project: str | None,
    channel: str | None,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, object]:
    """How many sessions of a flow began, how far they came and how they ended. Raises `FilesError`."""
    async with open_library(settings, project) as opened:
        newest = await opened.library.newest(opened.project, flow)
        if newest is None:
            known = ", ".join(one.flow for one in await opened.library.flows(opened.project)) or "none"
            raise FilesError(f"{flow} is not published in {opened.name}. There are: {known}.")
        place = await _channel(opened, channel) if channel else None
        figures = await FlowFigures(opened.connection.database).of(
            opened.project, flow, since=_utc(since), until=_utc(until), channel=place
        )
        counted = {*figures.answered, *figures.open, *figures.left}
        order = [*newest.questions, *sorted(counted - newest.questions.keys())]
        return {
            "flow": flow,
            "version": newest.label,
            "started": figures.started,
            "finished": figures.finished,
            "live": figures.live,
            "median_s": figures.median_s,
            "outcomes": dict(sorted(figures.outcomes.items(), key=lambda one: -one[1])),
            "questions": [
                {"id": name, "answered": figures.answered.get(name, 0), "open": figures.open.get(name, 0),
                 "left": figures.left.get(name, 0)}
                for name in order
            ],
        }  # fmt: skip


def stats_told(found: Mapping[str, object]) -> str:
    """The figures for a person."""
    started, finished = cast("int", found["started"]), cast("int", found["finished"])
    part = f" ({finished * 100 // started} %)" if started else ""
    median = cast("float | None", found["median_s"])
    time = f", median {timedelta(seconds=round(median))}" if median is not None else ""
    lines = [f"{found['flow']}: {started} started, {finished} finished{part}, {found['live']} live{time}"]
    outcomes = cast("Mapping[str, int]", found["outcomes"])
    lines += [f"  {name}: {count}" for name, count in outcomes.items()]
    questions = cast("Sequence[Mapping[str, object]]", found["questions"])
    width = max((len(str(one["id"])) for one in questions), default=8)
    lines.append(f"  {'question':<{width}}  answered  open  left for good")
    lines += [f"  {one['id']:<{width}}  {one['answered']:>8}  {one['open']:>4}  {one['left']:>13}" for one in questions]
    return "\n".join(lines)


async def _channel(opened: OpenLibrary, key: str) -> ChannelId:
    channels = await Channels(opened.connection.database).of_project(opened.project)
    for channel in channels:
        if key in {channel.key, channel.id}:
            return channel.id
    known = ", ".join(channel.key for channel in channels) or "none"
    raise FilesError(f"{opened.name} has no channel {key}. There are: {known}.")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
