"""What flows have left in the store, for a terminal: a session replayed, and how many people came how far."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from flows.simulate import described
from hub.app.flow_files import FilesError
from hub.app.flow_store import OpenLibrary, open_library
from hub.services.errors import ServiceError
from hub.services.flow_replay import FlowReplay, Replayed
from hub.settings import Settings
from hub.store.channels import Channels
from hub.store.contacts import Contacts
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
