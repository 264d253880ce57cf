"""Belonging: which conversation a message goes to, where a contact holds several at once, as in e-mail.

A signature of ours proves that a message belongs to a conversation, whoever sent it. A mere reference, which anybody
can write, counts only when the sender is the contact of that conversation; else the message begins a conversation of
its own that says what it claims.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from hub.model.channel import Channel
from hub.model.events import ThreadClaim, Threading
from hub.model.ids import ChannelId, ContactId, ConversationId
from hub.services.effects import conversation_id
from hub.store.conversations import Conversations
from hub.store.messages import Messages


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: the conversation and its contact. `claims` is one that it only says it belongs to.

    `number` is that of a conversation which the message begins, as far as this process knows; else None.
    """

    conversation: ConversationId
    contact: ContactId
    claims: ConversationId | None = None
    number: int | None = None


REMEMBERED_CONTACTS = 20_000


class Belonging:
    """Finds the place of threaded messages.

    How many conversations a contact has is remembered: a full mailbox asks it for each mail. Another process may begin
    one meanwhile; then the message's position there is taken, whoever stores it says `mistaken`, and it is asked anew.
    """

    def __init__(self, conversations: Conversations, messages: Messages) -> None:
        self._conversations, self._messages = conversations, messages
        self._newest: OrderedDict[tuple[ChannelId, ContactId], int] = OrderedDict()

    def begun(self, channel: ChannelId, place: Place) -> None:
        """The message of a place is stored: its contact has that many conversations."""
        if place.number is not None:
            self._newest[channel, place.contact] = place.number
            self._newest.move_to_end((channel, place.contact))
            if len(self._newest) > REMEMBERED_CONTACTS:
                self._newest.popitem(last=False)

    def mistaken(self, channel: ChannelId, place: Place) -> None:
        """What is remembered of a contact may be wrong."""
        self._newest.pop((channel, place.contact), None)

    async def place(self, channel: Channel, sender: ContactId, threading: Threading) -> Place:
        """The conversation it continues, or the next new one of its sender."""
        claimed: ConversationId | None = None
        async for claim in self._claims(channel, threading):
            contact = await self._contact_of(channel, claim.conversation)
            if contact is None:
                continue
            if claim.proven or contact == sender:
                return Place(claim.conversation, contact)
            claimed = claimed or claim.conversation
        number = await self._next(channel, sender)
        return Place(conversation_id(channel.id, sender, number), sender, claimed, number)

    async def _claims(self, channel: Channel, threading: Threading) -> AsyncIterator[ThreadClaim]:
        for claim in threading.claims:
            yield claim
        for external_id in threading.replies_to:
            message = await self._messages.known_as(channel.id, external_id)
            if message is not None:
                yield ThreadClaim(conversation=message.conversation)

    async def _contact_of(self, channel: Channel, conversation: ConversationId) -> ContactId | None:
        """The contact of a conversation of this channel, also of one whose list document is still to come."""
        first = await self._messages.first(conversation)
        return first.contact if first is not None and first.channel == channel.id else None

    async def _next(self, channel: Channel, contact: ContactId) -> int:
        if (known := self._newest.get((channel.id, contact))) is not None:
            return known + 1
        newest = await self._conversations.newest_of(channel.id, contact)
        number = newest.number + 1 if newest else 1
        # Those of the last moments are not listed yet.
        while await self._messages.last_position(conversation_id(channel.id, contact, number)):
            number += 1
        return number
