"""Beside the hub: what people of ours say to a contact with the service's own program, recorded as theirs."""

from collections.abc import Callable
from functools import partial

from hub.model.channel import Channel
from hub.model.conversation import Control, ControlReason, Conversation, ConversationState
from hub.model.events import EditedElsewhere, Received, SaidElsewhere
from hub.model.ids import derived_id
from hub.model.message import Actor, ActorKind
from hub.model.turn import Say, TurnKind
from hub.services.changes_of_control import with_control
from hub.services.decisions import Decision
from hub.services.edits import Edits
from hub.services.numbers import conversation_id
from hub.services.turns import Turns
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.messages import Messages


class Beside:
    """Records what was said beside the hub, as sent by a person whose account here nobody knows."""

    def __init__(
        self,
        contacts: Contacts,
        conversations: Conversations,
        messages: Messages,
        turns: Turns,
        edits: Edits,
        clock: DatabaseClock,
        fetch: Callable[[], None],
    ) -> None:
        self._contacts, self._conversations, self._messages, self._turns = contacts, conversations, messages, turns
        self._edits, self._clock, self._fetch = edits, clock, fetch

    async def heard(self, channel: Channel, event: SaidElsewhere | EditedElsewhere) -> Received:
        """Record what was said, or changed. Raises the store's errors: nothing may be acknowledged."""
        return await (self._said(channel, event) if isinstance(event, SaidElsewhere) else self._edited(channel, event))

    async def _edited(self, channel: Channel, event: EditedElsewhere) -> Received:
        said = event.said
        html = said.details.html if said.details else None
        edit = partial(
            self._messages.edit_ours, channel.id, said.external_id, said.text, html, event.at or self._clock.now()
        )
        edited = await edit()
        if edited is None:
            await self._said(channel, said)  # if it was decided already, it is applied now, as it was said first
            edited = await edit()
        if edited is not None:
            await self._edits.changed(edited)
        return Received(external_id=event.external_id)

    async def _said(self, channel: Channel, event: SaidElsewhere) -> Received:
        """Record it once, and what it means: the contact has an answer, and a bot does not speak over a person."""
        now = self._clock.now()
        contact = await self._contacts.of_sender(channel.project, event.sender, now)
        place = await self._conversations.newest_of(channel.id, contact)
        if place is None:  # the first word is ours
            place = Conversation(
                id=conversation_id(channel.id, contact, 1),
                project=channel.project,
                channel=channel.id,
                channel_kind=channel.kind,
                contact=contact,
                contact_name=event.sender.name,
                last_activity_at=now,
                created_at=now,
            )
        else:
            await self._turns.settle(place.id)
        say = Say(
            author=Actor(kind=ActorKind.OPERATOR, name=event.author),
            text=event.text,
            attachments=event.attachments,
            details=event.details,
            sent=(event.external_id,),
        )

        def decide(state: ConversationState) -> Decision:
            answered = {"waiting_since": None, "first_reply_at": state.first_reply_at or now}
            after = state.model_copy(update=answered)
            if state.control is Control.BOT:
                after = with_control(after, Control.QUEUE, ControlReason.OPERATOR_REPLY, now)
            return Decision(TurnKind.REPLY, after, (say,))

        turn = await self._turns.step(place, f"said:{channel.id}:{event.external_id}", decide)
        if event.attachments:
            self._fetch()
        message = derived_id(turn.id, 0) if turn else None
        return Received.model_validate(
            {"external_id": event.external_id, "conversation": place.id, "number": place.number, "message": message}
        )
