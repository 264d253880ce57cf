"""Numbers: which of a contact's conversations on a channel one is. Ids derive from it, and this is the way back."""

import asyncio
from collections import OrderedDict
from typing import Protocol

from hub.model.conversation import Conversation
from hub.model.ids import ChannelId, ContactId, ConversationId, derived_id

REMEMBERED_NUMBERS = 20_000  # conversations; about 4 MB
FEW = 8
"""Most contacts have no more conversations on a channel: these are found without asking anybody."""
UNLISTED = 20_000
"""How far around the newest listed conversation one that is not listed yet is looked for: 0.1 s of CPU, for one that is
none of the contact's."""
AT_ONCE = 100
"""Steps of that search before others have their turn: half a millisecond."""


class KnowsLists(Protocol):
    """Where the conversations that are listed already are found, with their numbers."""

    async def any(self, conversation: ConversationId) -> Conversation | None:
        """The conversation, or None while it is not listed."""

    async def newest_of(self, channel: ChannelId, contact: ContactId) -> Conversation | None:
        """The contact's newest conversation on the channel, or None."""


def conversation_id(channel: ChannelId, contact: ContactId, number: int) -> ConversationId:
    """The id of the contact's `number`th conversation on the channel."""
    return ConversationId(derived_id("conversation", channel, contact, number))


class Numbers:
    """The inverse of `conversation_id`.

    Whoever begins a conversation says its number; else its list document tells, and of one that has none yet, as after
    a crash, the number is near those that are listed: a contact's conversations have no gaps.
    """

    def __init__(self, lists: KnowsLists) -> None:
        self._lists = lists
        self._known: OrderedDict[ConversationId, int] = OrderedDict()

    def note(self, conversation: ConversationId, number: int) -> None:
        """The conversation has this number."""
        self._known[conversation] = number
        if len(self._known) > REMEMBERED_NUMBERS:
            self._known.popitem(last=False)

    async def of(self, conversation: ConversationId, channel: ChannelId, contact: ContactId) -> int:
        """The number of a conversation of the contact on the channel. Raises `LookupError`: it is none of theirs."""
        if (known := self._known.get(conversation)) is not None:
            return known
        for number in range(1, FEW + 1):
            if conversation_id(channel, contact, number) == conversation:
                self.note(conversation, number)
                return number
        listed = await self._lists.any(conversation)
        number = listed.number if listed else await self._unlisted(conversation, channel, contact)
        self.note(conversation, number)
        return number

    async def _unlisted(self, conversation: ConversationId, channel: ChannelId, contact: ContactId) -> int:
        newest = await self._lists.newest_of(channel, contact)
        middle = newest.number if newest else FEW
        for distance in range(1, UNLISTED + 1):
            for number in (middle + distance, middle - distance):
                if number > FEW and conversation_id(channel, contact, number) == conversation:
                    return number
            if distance % AT_ONCE == 0:
                await asyncio.sleep(0)
        raise LookupError(f"conversation {conversation} is none of contact {contact} on channel {channel}")
