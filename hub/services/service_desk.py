"""The people of a channel's own service: what they do with a conversation there is done here, too."""

import structlog

from connectors.errors import NotAccepting
from hub.model.channel import Channel
from hub.model.contact import Contact
from hub.model.events import Sender
from hub.model.ids import ConversationId, OperatorId, derived_id
from hub.model.operator import Role, Scope, Viewer
from hub.services.commands import Command, HandBack, Resolve, Take
from hub.services.errors import ServiceError, Unavailable
from hub.services.turns import Turns
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.errors import StoreUnavailable

log = structlog.get_logger(__name__)


class ServiceDesk:
    """The `Desk` of `connectors.lent` for one channel. Its people act under the channel's name."""

    def __init__(self, channel: Channel, contacts: Contacts, conversations: Conversations, turns: Turns) -> None:
        self._channel, self._contacts, self._conversations, self._turns = channel, contacts, conversations, turns

    async def contact(self, kind: str, value: str) -> Contact | None:
        """Who is behind an address."""
        try:
            found = await self._contacts.at(self._channel.project, Sender(kind=kind, value=value))
            return None if found is None else await self._contacts.get(self._channel.project, found)
        except StoreUnavailable as error:
            raise NotAccepting from error

    async def take(self, kind: str, value: str, key: str) -> None:
        """One of them has it: the bot is silent."""
        await self._act(kind, value, Take(), f"take:{key}")

    async def hand_back(self, kind: str, value: str, key: str) -> None:
        """None of them takes it: the bot goes on with the open question."""
        await self._act(kind, value, HandBack(to="bot"), f"hand_back:{key}")

    async def close(self, kind: str, value: str, key: str) -> None:
        """It is over."""
        await self._act(kind, value, Resolve(), f"close:{key}")

    async def _act(self, kind: str, value: str, command: Command, key: str) -> None:
        try:
            contact = await self._contacts.at(self._channel.project, Sender(kind=kind, value=value))
            place = None if contact is None else await self._conversations.newest_of(self._channel.id, contact)
        except StoreUnavailable as error:
            raise NotAccepting from error
        if place is not None:
            await act(self._turns, self._channel, place.id, command, key)


def viewer_of(channel: Channel) -> Viewer:
    """The people of a channel's service, as one operator under the channel's name."""
    return Viewer(
        operator=OperatorId(derived_id("service desk", channel.id)),
        name=channel.name,
        project=channel.project,
        role=Role.ADMIN,
        scope=Scope.ALL,
    )


async def act(turns: Turns, channel: Channel, conversation: ConversationId, command: Command, key: str) -> None:
    """Do what the service's people did, once per `key`. What makes no sense here is nothing. Raises `NotAccepting`."""
    try:
        await turns.act(viewer_of(channel), conversation, command, derived_id(channel.id, key))
    except Unavailable as error:
        raise NotAccepting(error.retry_after_s, error.detail) from error
    except StoreUnavailable as error:
        raise NotAccepting from error
    except ServiceError as error:  # such as: no questionnaire is open that could go on
        log.info("what the service's people did changes nothing here", channel=channel.id, code=error.code)
