"""Inviting: a contact of one channel goes on in another as the same person."""

from collections.abc import Callable, Sequence

from connectors.abilities import Invites
from connectors.base import Connector
from hub.model.channel import Channel
from hub.model.events import Sender
from hub.services.links import Links
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts


class Inviting:
    """The `Invitations` of `connectors.lent` for one channel."""

    def __init__(
        self,
        channel: Channel,
        contacts: Contacts,
        links: Links,
        clock: DatabaseClock,
        running: Callable[[], Sequence[Connector]],
    ) -> None:
        self._channel, self._contacts, self._links = channel, contacts, links
        self._clock, self._running = clock, running

    def address(self, word: str) -> str | None:
        """The address by the first running channel of the project that invites; None where there is none."""
        for connector in self._running():
            host: object = connector
            other = connector.channel
            if other.project == self._channel.project and other.id != self._channel.id and isinstance(host, Invites):
                return host.invitation(word)
        return None

    async def word(self, kind: str, value: str) -> str | None:
        """The word for the contact at an address; None when nobody is known there."""
        contact = await self._contacts.at(self._channel.project, Sender(kind=kind, value=value))
        return self._links.word(self._channel.project, contact, self._clock.now()) if contact else None
