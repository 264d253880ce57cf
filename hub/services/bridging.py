"""Bridging: a bot that is another program's talks to the contact, and hub and bot know of each other."""

import asyncio

import structlog

from connectors.errors import NotAccepting
from hub.model.channel import Channel
from hub.model.conversation import Control, ControlReason, Conversation, ConversationState
from hub.model.events import Sender
from hub.model.message import Actor, ActorKind, Direction
from hub.model.turn import Say, TurnKind
from hub.services.changes_of_control import with_control
from hub.services.decisions import Decision
from hub.services.turns import Turns
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.turns import Turns as TurnStore

log = structlog.get_logger(__name__)

LISTED_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.05
UNASKED = frozenset({
    ControlReason.NEW_CONVERSATION, ControlReason.REOPENED, ControlReason.RESOLVED, ControlReason.HANDED_BACK,
})  # fmt: skip
"""Why a conversation may wait in the queue without anybody having asked for a person: the bot goes on."""


class Bridging:
    """The `Bridge` of `connectors.lent` for one channel."""

    def __init__(
        self,
        channel: Channel,
        contacts: Contacts,
        conversations: Conversations,
        turn_store: TurnStore,
        turns: Turns,
        clock: DatabaseClock,
    ) -> None:
        self._channel, self._contacts, self._conversations = channel, contacts, conversations
        self._turn_store, self._turns, self._clock = turn_store, turns, clock

    async def held(self, kind: str, value: str) -> bool:
        """Whether people have the conversation, so that the bot must be silent."""
        place = await self._place(kind, value)
        if place is None:
            return False
        newest = await self._turn_store.newest(place.id, fresh=True)
        return newest is not None and _held(newest.state)

    async def said(self, kind: str, value: str, external_id: str, text: str, name: str | None) -> None:
        """Record what the bot has said itself, once per `external_id`. Raises `NotAccepting`: say it again."""
        say = Say(author=Actor(kind=ActorKind.BOT, name=name), text=text, sent=(external_id,))

        def decide(state: ConversationState) -> Decision:
            if not _held(state):
                state = with_control(state, Control.BOT, ControlReason.FLOW_STARTED, self._clock.now())
                state = state.model_copy(update={"waiting_since": None})
            return Decision(TurnKind.REPLY, state, (say,))

        place = await self._listed(kind, value)
        await self._turns.step(place, f"said:{self._channel.id}:{external_id}", decide)

    async def escalate(self, kind: str, value: str, reason: str, key: str) -> None:
        """Hand the conversation to people, once per `key`; nothing where they have it. Raises `NotAccepting`."""

        def decide(state: ConversationState) -> Decision | None:
            if _held(state):
                return None
            now = self._clock.now()
            after = with_control(state, Control.QUEUE, ControlReason.FLOW_ESCALATED, now)
            after = after.model_copy(update={"waiting_since": state.waiting_since or now})
            note = Say(direction=Direction.NOTE, author=Actor(kind=ActorKind.BOT), text=reason)
            return Decision(TurnKind.ASSIGN, after, (note,) if reason else ())

        place = await self._listed(kind, value)
        await self._turns.step(place, f"escalated:{self._channel.id}:{key}", decide)

    async def _listed(self, kind: str, value: str) -> Conversation:
        """The conversation, which is listed a moment after its first message."""
        try:
            async with asyncio.timeout(LISTED_WITHIN_S):
                while (place := await self._place(kind, value)) is None:
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            raise NotAccepting(1, "This contact has no conversation yet: report what they wrote first.") from None
        return place

    async def _place(self, kind: str, value: str) -> Conversation | None:
        contact = await self._contacts.at(self._channel.project, Sender(kind=kind, value=value))
        return None if contact is None else await self._conversations.newest_of(self._channel.id, contact)


def _held(state: ConversationState) -> bool:
    if state.control is Control.OPERATOR:
        return True
    return state.control is Control.QUEUE and state.control_reason not in UNASKED
