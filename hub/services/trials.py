"""Trials: what a submission would lead to, told without storing anything."""

from dataclasses import dataclass
from enum import StrEnum

from hub.model.channel import Channel
from hub.model.conversation import Control, Conversation
from hub.model.events import MessageReceived
from hub.services.decisions import starts_anew
from hub.services.flow_library import FlowLibrary
from hub.services.start_rules import rule_for
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations


class Happening(StrEnum):
    """What a submission leads to."""

    NEW_CONTACT = "new_contact"
    KNOWN_CONTACT = "known_contact"
    NEW_CONVERSATION = "new_conversation"
    SAME_CONVERSATION = "same_conversation"
    FLOW = "flow"
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen, the name of the contact whom the address finds, and the flow that would begin."""

    happens: tuple[Happening, ...]
    known_as: str | None
    flow: str | None


class Trials:
    """Looks ahead by the same rules by which the hub then decides."""

    def __init__(
        self, contacts: Contacts, conversations: Conversations, library: FlowLibrary, clock: DatabaseClock
    ) -> None:
        self._contacts, self._conversations, self._library, self._clock = contacts, conversations, library, clock

    async def foresee(self, channel: Channel, message: MessageReceived) -> Foreseen:
        """What would happen if `message` came in on the channel now."""
        found = await self._contacts.at(channel.project, message.sender)
        contact = None if found is None else await self._contacts.get(channel.project, found)
        newest = await self._conversations.newest_of(channel.id, contact.id) if contact else None
        fresh = newest is None or starts_anew(channel, newest, self._clock.now())
        happens = [
            Happening.NEW_CONTACT if contact is None else Happening.KNOWN_CONTACT,
            Happening.NEW_CONVERSATION if fresh else Happening.SAME_CONVERSATION,
        ]
        flow = await self._flow(channel, message, None if fresh else newest)
        if flow is not None:
            happens.append(Happening.FLOW)
        if message.details is not None and message.details.call_back is not None:
            happens.append(Happening.CALL_BACK)
        return Foreseen(tuple(happens), (contact.name or "…") if contact else None, flow)

    async def _flow(self, channel: Channel, message: MessageReceived, place: Conversation | None) -> str | None:
        """The flow that a rule begins, unless somebody holds the conversation or a flow asks there already."""
        if place is not None and (place.control is Control.OPERATOR or (place.flow is not None and place.flow.live)):
            return None
        rule = rule_for(channel, message, await self._library.start_words(channel), first=place is None)
        return rule.flow if rule else None
