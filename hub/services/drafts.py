"""Drafts: what a message leads to, and the Turn that a decision becomes."""

from datetime import datetime
from typing import Protocol

from hub.model.base import as_given
from hub.model.channel import Channel
from hub.model.conversation import Conversation, ConversationState
from hub.model.ids import ChannelId, ConversationId, TurnId, new_id
from hub.model.message import Actor, Message
from hub.model.turn import Effect, Turn, TurnKind
from hub.services.bot import Bot
from hub.services.decisions import Decision
from hub.services.handover import asks_in
from hub.services.task_desk import TaskDesk
from hub.store.messages import Messages

_TURN = as_given(Turn)
"""A place, a message and a decision are valid."""


class KnowsChannels(Protocol):
    """Where a channel's own settings are read."""

    async def channel(self, channel: ChannelId) -> Channel | None:
        """The channel, or None when it was deleted."""

    async def kind(self, channel: ChannelId) -> str:
        """The connector's kind of the channel."""

    def own_people(self, kind: str) -> bool:
        """Whether the service behind this kind of channel has people of its own."""


class Drafts:
    """Makes Turns that are not committed yet, and may be made again."""

    def __init__(self, messages: Messages, channels: KnowsChannels, bot: Bot, desk: TaskDesk) -> None:
        self._messages, self._channels, self._bot, self._desk = messages, channels, bot, desk

    async def on_message(self, message: Message, state: ConversationState, seq: int, now: datetime) -> Decision:
        """What the message leads to in `state`, which is that of `seq`. Raises `LookupError`."""
        channel = await self._channels.channel(message.channel)
        if channel is None:
            raise LookupError(f"channel {message.channel} of message {message.id} is gone")
        decision = await self._bot.on_message(state, message, channel, now, seq + 1)
        return await self._desk.with_wish(decision, message, channel, now, seq + 1)

    async def turn(
        self,
        place: Conversation | Message,
        conversation: ConversationId,
        cause: str,
        actor: Actor,
        now: datetime,
        state: ConversationState,
        seq: int,
        decision: Decision,
        fingerprint: str | None = None,
    ) -> Turn:
        """The Turn of a decision on `state`, which is that of `seq`. That of a message has the message's own id."""
        return _TURN(
            id=TurnId(place.id if isinstance(place, Message) else new_id()),
            project=place.project,
            conversation=conversation,
            channel=place.channel,
            contact=place.contact,
            seq=seq + 1,
            cause=cause,
            kind=decision.kind,
            actor=actor,
            position=place.position if isinstance(place, Message) else await self._messages.last_position(conversation),
            state=decision.state,
            effects=await self._with_handover(place.channel, state, decision),
            session=decision.session,
            left=decision.left,
            task=decision.task,
            fingerprint=fingerprint,
            decided_at=now,
            applied=None if decision.kind is TurnKind.MESSAGE else False,
        )

    async def _with_handover(
        self, channel: ChannelId, before: ConversationState, decision: Decision
    ) -> tuple[Effect, ...]:
        said = asks_in(before, decision.kind, decision.state)
        if said is None or not self._channels.own_people(await self._channels.kind(channel)):
            return decision.effects
        return (*decision.effects, said)
