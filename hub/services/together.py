"""Together: messages of threads that came in one go, stored in their order with a few commands for all of them.

A mailbox that was full for a while gives thousands; each alone would take a dozen commands, and those of one sender
would wait for each other. What cannot go with the others is left to whoever stores one message at a time.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from hub.model.channel import Channel
from hub.model.events import MessageReceived, Received
from hub.model.ids import ContactId
from hub.model.message import Message
from hub.services.arriving import Learning, message_of, received, waits_for_files
from hub.services.belonging import Belonging
from hub.services.numbers import Numbers
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.messages import Messages


class Together:
    """Stores rows of messages."""

    def __init__(
        self,
        messages: Messages,
        contacts: Contacts,
        belonging: Belonging,
        learning: Learning,
        numbers: Numbers,
        clock: DatabaseClock,
        *,
        hand: Callable[[Message], None],
        wake: Callable[[Message], None],
    ) -> None:
        """`hand` is given what was stored just now, `wake` that which still waits for its files."""
        self._messages, self._contacts, self._clock = messages, contacts, clock
        self._belonging, self._learning, self._numbers = belonging, learning, numbers
        self._hand, self._wake = hand, wake

    async def store(self, channel: Channel, events: Sequence[MessageReceived]) -> Sequence[Received]:
        """Store messages that are not known yet, in their order; the answers for those that are stored, from the first.

        The first without an answer could not go with the others: it is to be stored alone, and none after it is stored.
        """
        now = self._clock.now()
        senders = await self._contacts.of_senders(channel.project, [event.sender for event in events], now)
        made = self._contacts.made_among(senders)
        await self._learn(channel, senders, events)
        places = await self._belonging.places(channel, list(zip(senders, events, strict=True)), made)
        # A millisecond apart, or lists by time would show them in any order.
        times = [now - timedelta(milliseconds=before) for before in reversed(range(len(events)))]
        wanted = [
            message_of(channel, sender, event, place, at)
            for sender, event, place, at in zip(senders, events, places, times, strict=True)
        ]
        begins = {place.conversation for place in places if place.number is not None}
        stored = await self._messages.append_row(wanted, begins)
        for place, message in zip(places, stored, strict=False):
            self._belonging.begun(channel.id, place)
            (self._wake if waits_for_files(message) else self._hand)(message)
        kept = zip(events, places, stored, strict=False)
        return [await received(event, place, message, self._numbers, repeated=False) for event, place, message in kept]

    async def _learn(self, channel: Channel, senders: Sequence[ContactId], events: Sequence[MessageReceived]) -> None:
        """From the events of each sender in their order."""
        by_contact: dict[ContactId, list[MessageReceived]] = {}
        for sender, event in zip(senders, events, strict=True):
            by_contact.setdefault(sender, []).append(event)

        async def of(contact: ContactId, said: Sequence[MessageReceived]) -> None:
            for event in said:
                await self._learning.from_sender(channel.project, contact, event.sender)

        async with asyncio.TaskGroup() as group:
            for contact, said in by_contact.items():
                if not all(self._learning.knows(contact, event.sender) for event in said):
                    group.create_task(of(contact, said))
