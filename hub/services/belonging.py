"""Belonging: which conversation a message goes to, where a contact holds several at once, as in e-mail.

A signature of ours proves that a message belongs to a conversation, whoever sent it. A mere reference, which anybody
can write, counts only when the sender is the contact of that conversation; else the message begins a conversation of
its own that says what it claims.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hub.model.channel import Channel
from hub.model.events import MessageReceived, ThreadClaim, Threading
from hub.model.ids import ChannelId, ContactId, ConversationId
from hub.services.numbers import Numbers, conversation_id
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

    def __init__(self, conversations: Conversations, messages: Messages, numbers: Numbers) -> None:
        self._conversations, self._messages, self._numbers = conversations, messages, numbers
        self._newest: OrderedDict[tuple[ChannelId, ContactId], int] = OrderedDict()

    def begun(self, channel: ChannelId, place: Place) -> None:
        """The message of a place is stored: its contact has that many conversations."""
        if place.number is not None:
            self._numbers.note(place.conversation, place.number)
            self._newest[channel, place.contact] = place.number
            self._newest.move_to_end((channel, place.contact))
            if len(self._newest) > REMEMBERED_CONTACTS:
                self._newest.popitem(last=False)

    def mistaken(self, channel: ChannelId, place: Place) -> None:
        """What is remembered of a contact may be wrong."""
        self._newest.pop((channel, place.contact), None)

    async def place(self, channel: Channel, sender: ContactId, event: MessageReceived) -> Place:
        """The conversation it continues, or the next new one of its sender."""
        [place] = await self.places(channel, [(sender, event)])
        return place

    async def places(
        self,
        channel: Channel,
        arrived: Sequence[tuple[ContactId, MessageReceived]],
        made: Collection[ContactId] = (),
    ) -> Sequence[Place]:
        """The places of messages that are stored together, in their order: one may continue one before it.

        Contacts in `made` were made for these messages: they have no conversations yet.
        """
        mails, contacts = await self._named(channel, [event.threading for _, event in arrived if event.threading])
        numbers: dict[ContactId, int] = {}
        places = []
        for sender, event in arrived:
            conversation, claimed = _continued(sender, event, mails, contacts)
            if conversation is not None:
                place = Place(conversation, contacts[conversation])
            else:
                if sender not in numbers:
                    numbers[sender] = 1 if sender in made else await self._next(channel, sender)
                number = numbers[sender]
                numbers[sender] += 1
                place = Place(conversation_id(channel.id, sender, number), sender, claimed, number)
                contacts[place.conversation] = sender
            mail = event.details.mail if event.details else None
            if mail is not None and mail.message_id is not None:
                mails.setdefault(mail.message_id, place.conversation)
            places.append(place)
        return places

    async def _named(
        self, channel: Channel, threads: Sequence[Threading]
    ) -> tuple[dict[str, ConversationId], dict[ConversationId, ContactId]]:
        """The conversations of the mails that are replied to, and the contacts of those that are named in any way.

        Only conversations of this channel, also those whose list document is still to come.
        """
        replied = {name for threading in threads for name in threading.replies_to}
        mails = dict(await self._messages.known_as_any(channel.id, replied)) if replied else {}
        named = {claim.conversation for threading in threads for claim in threading.claims} | set(mails.values())
        return mails, dict(await self._messages.contacts_of(channel.id, named)) if named else {}

    async def _next(self, channel: Channel, contact: ContactId) -> int:
        if (known := self._newest.get((channel.id, contact))) is not None:
            return known + 1
        newest = await self._conversations.newest_of(channel.id, contact)
        number = newest.number + 1 if newest else 1
        # Those of the last moments are not listed yet. There are no gaps, so the steps may grow.
        free, step = number, 1
        while await self._is_begun(channel.id, contact, free):
            number, free, step = free + 1, free + step, 2 * step
        while number < free:
            middle = (number + free) // 2
            if await self._is_begun(channel.id, contact, middle):
                number = middle + 1
            else:
                free = middle
        return number

    async def _is_begun(self, channel: ChannelId, contact: ContactId, number: int) -> bool:
        return await self._messages.last_position(conversation_id(channel, contact, number)) > 0


def _continued(
    sender: ContactId,
    event: MessageReceived,
    mails: Mapping[str, ConversationId],
    contacts: Mapping[ConversationId, ContactId],
) -> tuple[ConversationId | None, ConversationId | None]:
    """The conversation that a message continues, and the one that it only says it belongs to."""
    threading, claimed = event.threading or Threading(), None
    replies = (ThreadClaim(conversation=mails[name]) for name in threading.replies_to if name in mails)
    for claim in (*threading.claims, *replies):
        contact = contacts.get(claim.conversation)
        if contact is None:
            continue
        if claim.proven or contact == sender:
            return claim.conversation, None
        claimed = claimed or claim.conversation
    return None, claimed
