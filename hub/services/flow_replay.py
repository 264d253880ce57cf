"""Replaying: the engine steps once more through what happened to a session; each step is compared with its record."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from flows import engine
from flows.definition import Flow
from flows.effects import Effect
from flows.events import At, Begin, Due, Event, Filled, Held, Mode, Resumed, Stopped, TimedOut
from flows.session import By, Session, State
from hub.model.channel import Channel
from hub.model.contact import Contact
from hub.model.ids import MessageId, ProjectId
from hub.model.message import Message
from hub.model.project import Project
from hub.model.turn import EraseAnswers, Turn, TurnKind
from hub.services.before_them import turn_before_them
from hub.services.errors import NotFound
from hub.services.flow_library import FlowLibrary
from hub.services.flow_runner import MODES, REGIONS, said_of
from hub.store.channels import Channels
from hub.store.contacts import Contacts
from hub.store.flow_sessions import FlowSessions
from hub.store.messages import Messages
from hub.store.projects import Projects
from hub.store.turns import Turns

ENDING = frozenset({TurnKind.RESOLVE, TurnKind.SPAM})


@dataclass(frozen=True, slots=True)
class Replayed:
    """One Turn of a session. `happened` says what, in words; `recorded` is the session as it was stored after it.

    `differs` names the fields in which the engine comes to another session now; `effects` are those it causes now.
    """

    turn: Turn
    happened: str
    recorded: Session
    effects: tuple[Effect, ...]
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the session runs, as far as it is known now."""

    channel: Channel | None
    contact: Contact | None
    project: Project | None


class FlowReplay:
    """Reads what a session went through, and steps through it again. Writes nothing."""

    def __init__(
        self,
        sessions: FlowSessions,
        turns: Turns,
        messages: Messages,
        library: FlowLibrary,
        channels: Channels,
        contacts: Contacts,
        projects: Projects,
    ) -> None:
        self._sessions, self._turns, self._messages, self._library = sessions, turns, messages, library
        self._channels, self._contacts, self._projects = channels, contacts, projects

    async def of(self, project: ProjectId, session: str) -> Sequence[Replayed]:
        """The Turns that moved `session`, each replayed from the record before it. Raises `NotFound`."""
        found = await self._sessions.get(project, session)
        if found is None:
            raise NotFound(f"Session {session}")
        place = _Place(
            await self._channels.get(found.channel),
            await self._contacts.get(project, found.contact),
            await self._projects.get(project),
        )
        replayed: list[Replayed] = []
        before: Session | None = None
        for turn in await self._turns.of_session(found.conversation, session):
            recorded = _recorded(turn, session)
            replayed.append(await self._replay(place, turn, before, recorded))
            before = recorded
        return replayed

    async def _replay(self, place: _Place, turn: Turn, before: Session | None, recorded: Session) -> Replayed:
        flow = await self._library.pinned(turn.project, recorded.flow, recorded.version)
        at = _at(place, turn, _moment(turn, before, recorded))
        message = await self._message(turn)
        if before is None:
            prefill = {
                key: answer.value
                for key, answer in recorded.answers.items()
                if answer.by is By.PREFILL and answer.value is not None
            }
            step = engine.begin(flow, recorded.id, recorded.lang, Begin(prefill), at)
            happened = "began"
        elif recorded.version != before.version:
            old = await self._library.pinned(turn.project, before.flow, before.version)
            step = engine.move(old, flow, before, at)
            happened = f"moved to version {recorded.version}"
        else:
            seen = await turn_before_them(self._messages, before, message) if message else None
            event = _event(turn, before, recorded, message, seen)
            step = engine.step(flow, before, event, at)
            happened = _described(event, message)
        return Replayed(turn, happened, recorded, step.effects, _differences(flow, step.session, recorded, turn))

    async def _message(self, turn: Turn) -> Message | None:
        kind, _, id_ = turn.cause.partition(":")
        return await self._messages.get(MessageId(id_)) if kind == "message" else None


def _recorded(turn: Turn, session: str) -> Session:
    """The session as `turn` left it: its own, or the one that ended because another began."""
    found = turn.session if turn.session is not None and turn.session.id == session else turn.left
    assert found is not None
    return found


def _moment(turn: Turn, before: Session | None, recorded: Session) -> datetime:
    """When the engine stepped: the session notes it, and the Turn was written a moment later."""
    if before is None:
        return recorded.started_at
    if recorded.ended_at is not None and recorded.ended_at != before.ended_at:
        return recorded.ended_at
    if recorded.touched_at is not None and recorded.touched_at != before.touched_at:
        return recorded.touched_at
    return turn.decided_at


def _at(place: _Place, turn: Turn, now: datetime) -> At:
    locale = place.project.locale if place.project else "en"
    return At(
        now=now,
        turn=turn.seq,
        mode=MODES.get(place.channel.kind, Mode.CHAT) if place.channel else Mode.CHAT,
        zone=(place.contact and place.contact.time_zone) or (place.project.time_zone if place.project else "UTC"),
        region=REGIONS.get(locale, "RU"),
        channel=turn.channel,
    )


def _event(turn: Turn, before: Session, recorded: Session, message: Message | None, seen: int | None) -> Event:
    """What happened to the session in `turn`, as the engine is told."""
    if turn.left is not None and turn.left.id == recorded.id:
        return Stopped()
    match turn.kind:
        case TurnKind.MESSAGE if message is not None:
            return Resumed() if message.started else said_of(message, seen)
        case TurnKind.TIMER:
            return TimedOut(Due.CLOSE if recorded.state is State.ABANDONED else Due.REMIND, before.turn)
        case TurnKind.HAND_BACK:
            return Resumed()
        case TurnKind.FLOW:
            return Stopped() if recorded.state is State.STOPPED else _page(before, recorded)
        case kind if kind in ENDING:
            return Stopped()
        case _:
            return Held()


def _page(before: Session, recorded: Session) -> Filled:
    """The answers that a page brought."""
    new = {key: answer for key, answer in recorded.answers.items() if before.answers.get(key) != answer}
    refused = {key: answer.refusal.value for key, answer in new.items() if answer.refusal is not None}
    by = next((answer.by for answer in new.values()), By.OPERATOR)
    values = {key: answer.raw for key, answer in new.items() if key not in refused}
    message = recorded.message if recorded.message != before.message else None
    return Filled(values, refused, by, None, message)


def _described(event: Event, message: Message | None) -> str:
    match event:
        case TimedOut(due=due):
            return f"timer {due}"
        case Filled(values=values, refused=refused):
            return f"page with {', '.join([*values, *refused]) or 'nothing'}"
        case Held():
            return "a person took over"
        case Resumed():
            return "came back to the bot"
        case Stopped():
            return "was ended"
    if message is None:
        return "message"
    if message.button is not None:
        return f"press «{message.text}»"
    return f"message «{message.text}»" if message.text else f"message with {len(message.attachments)} files"


def _differences(flow: Flow, now: Session, recorded: Session, turn: Turn) -> tuple[str, ...]:
    """The fields that came out otherwise; of answers, the questions."""
    found = []
    erased = any(isinstance(effect, EraseAnswers) for effect in turn.effects)
    for field in fields(Session):
        mine, stored = getattr(now, field.name), getattr(recorded, field.name)
        if field.name == "answers" and not erased:
            found += [f"answers.{key}" for key in flow.questions if mine.get(key) != stored.get(key)]
        elif field.name != "answers" and mine != stored:
            found.append(field.name)
    return tuple(found)
