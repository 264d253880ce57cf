"""What the hub asks of a channel's service beside the supervised connector: tests of the settings, invitations."""

from collections.abc import Callable, Sequence

from connectors.base import Connector, Inspects, Invites
from connectors.errors import ConnectorError
from hub.model.channel import Channel
from hub.model.ids import ChannelId
from hub.services.errors import Invalid


class Connections:
    """The `Connections` of `hub.web.context`."""

    def __init__(
        self, connect: Callable[[Channel], Connector], running: Callable[[ChannelId], Connector | None]
    ) -> None:
        self._connect, self._running = connect, running

    async def inspect(self, channel: Channel) -> Sequence[tuple[str, str]]:
        """What the service says of the account. Raises `Invalid` with the connector's sentence."""
        try:
            connector: object = self._connect(channel)
            if not isinstance(connector, Inspects):
                raise Invalid("nothing_to_test", "A channel of this kind has no service to ask.")
            return await connector.inspect()
        except ConnectorError as error:
            raise Invalid("connection_failed", str(error)) from None

    def invitation(self, channel: Channel, word: str) -> str | None:
        """Where a contact goes on in this channel; None when it cannot invite, or does not run here."""
        connector: object = self._running(channel.id)
        return connector.invitation(word) if isinstance(connector, Invites) else None
