"""Stuck sessions: those of a project that will not come to their end by themselves, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hub.model.conversation import Control, ControlReason, Conversation
from hub.model.flow import Stuck, StuckSession, WaitingSession
from hub.model.message import Message
from hub.model.operator import Viewer
from hub.services.errors import ServiceError
from hub.services.flow_library import FlowLibrary
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations
from hub.store.flow_sessions import FlowSessions
from hub.store.messages import Messages

GRACE = timedelta(hours=24)
"""How much later than its `silence` says a session may still be closed: a hub may have been down for a night."""
SHOWN_AT_MOST = 200
ANY_POSITION = 2**53


class StuckSessions:
    """The watchdog's list, empty while all is well."""

    def __init__(
        self,
        sessions: FlowSessions,
        conversations: Conversations,
        messages: Messages,
        library: FlowLibrary,
        clock: DatabaseClock,
    ) -> None:
        self._sessions, self._conversations, self._messages = sessions, conversations, messages
        self._library, self._clock = library, clock

    async def of(self, viewer: Viewer, flow: str | None = None) -> Sequence[StuckSession]:
        """Sessions of conversations that the viewer may see, of one flow or of all, the longest stuck first."""
        waiting = [one for one in await self._sessions.waiting(viewer.project) if flow in (None, one.flow)]
        places = {
            place.id: place
            for place in await self._conversations.visible(viewer, [one.conversation for one in waiting])
        }
        current = [one for one in waiting if _is_current(one, places.get(one.conversation))]
        failed = await self._failed([one for one in current if one.session.open])
        found: list[StuckSession] = []
        for one in current:
            place = places[one.conversation]
            why = await self._why(one, place, one.id in failed)
            if why is not None:
                found.append(_shown(one, place, why, failed.get(one.id)))
        return found[:SHOWN_AT_MOST]

    async def _failed(self, waiting: Sequence[WaitingSession]) -> Mapping[str, Message]:
        """The message by which a session asked last what is open, where it could not be sent."""
        if not waiting:
            return {}
        by_conversation = {one.conversation: one for one in waiting}
        found: dict[str, Message] = {}
        for message in await self._messages.failed_questions(list(by_conversation)):
            one = by_conversation[message.conversation]
            newest = await self._messages.newest_question(message.conversation, ANY_POSITION)
            question = one.session.open
            if newest and newest.id == message.id and question and newest.ask and newest.ask.question == question.step:
                found[one.id] = message
        return found

    async def _why(self, one: WaitingSession, place: Conversation, failed: bool) -> Stuck | None:
        if place.control is not Control.BOT:
            failure = place.control_reason is ControlReason.BOT_ERROR
            return Stuck.BOT_FAILED if failure else Stuck.BOT_SILENT if place.control is not Control.OPERATOR else None
        if one.session.open is None:
            return Stuck.ASKS_NOTHING
        if failed:
            return Stuck.NOT_DELIVERED
        try:
            flow = await self._library.pinned(one.project, one.flow, one.version)
        except ServiceError:  # a version that no longer compiles: the next answer will find no bot
            return Stuck.BOT_FAILED
        close = flow.silence.close
        late = close is not None and one.session.open.asked_at + close + GRACE < self._now()
        return Stuck.TOO_LONG if late else None

    def _now(self) -> datetime:
        return self._clock.now()


def _is_current(one: WaitingSession, place: Conversation | None) -> bool:
    """Whether the conversation still shows this session: the list is derived, and may lag behind."""
    return place is not None and place.flow is not None and place.flow.session == one.id


def _shown(one: WaitingSession, place: Conversation, why: Stuck, failed: Message | None) -> StuckSession:
    delivery = failed.delivery if failed and why is Stuck.NOT_DELIVERED else None
    return StuckSession(
        session=one.id,
        conversation=one.conversation,
        channel=one.channel,
        contact_name=place.contact_name,
        flow=one.flow,
        version=one.version,
        why=why,
        reason=delivery.reason if delivery else None,
        question=one.session.open.step if one.session.open else None,
        started_at=one.started_at,
        since=one.touched_at,
    )
