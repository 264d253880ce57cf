"""What the hub asks of a channel's service beside the supervised connector: tests of the settings, invitations."""

from collections.abc import Callable, Sequence
from functools import partial

from connectors.abilities import Inspects, Invites, LimitsAnswers, TakesCalls
from connectors.base import Connector
from connectors.errors import ConnectorError, NotAccepting, PayloadInvalid
from connectors.http import Refused
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import Received
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import ChannelId
from hub.model.why import Why
from hub.services.errors import Conflict, Invalid, TooMany, Unavailable
from hub.services.parked import ReceiveOn
from hub.services.reasons import cleaned


class Connections:
    """The `Connections` of `hub.web.context`."""

    def __init__(
        self,
        connect: Callable[[Channel], Connector],
        running: Callable[[ChannelId], Connector | None],
        receive: ReceiveOn,
    ) -> None:
        self._connect, self._running, self._receive = connect, running, receive

    async def inspect(self, channel: Channel) -> Sequence[Why]:
        """What the service says of the account. Raises `Invalid` with the connector's sentence."""
        try:
            connector: object = self._connect(channel)
            if not isinstance(connector, Inspects):
                raise Invalid("nothing_to_test", "A channel of this kind has no service to ask.")
            return [cleaned(fact) for fact in await connector.inspect()]
        except ConnectorError as error:
            raise Invalid("connection_failed", str(error), why=cleaned(error.why).model_dump()) from None

    def answer_window_s(self, channel: ChannelId, addresses: Sequence[Address]) -> float | None:
        """For how long after their last message a contact can be answered; None where there is no such rule."""
        connector: object = self._running(channel)
        return connector.answer_window_s(addresses) if isinstance(connector, LimitsAnswers) else None

    async def take(self, channel: Channel, said: ChannelMessage | ChannelReceipt) -> Received:
        """What another program says on the channel, made durable. Raises the errors of services."""
        if not channel.enabled:
            raise Conflict("channel_off", "This channel is switched off. Switch it on on its page.")
        connector: object = self._running(channel.id)
        if connector is None:
            raise Unavailable(detail="This channel is not running right now. Send it again.")
        if not isinstance(connector, TakesCalls):
            raise Invalid("not_generic", "Only a channel of the kind “generic” takes messages here.")
        try:
            return await connector.take(said, partial(self._receive, channel))
        except PayloadInvalid as error:
            raise Invalid(error.code, error.reason) from None
        except NotAccepting as error:
            raise Unavailable(error.retry_after_s, error.detail) from error
        except Refused as error:
            raise TooMany(error.retry_after_s or 1, error.detail) from None

    def invitation(self, channel: Channel, word: str) -> str | None:
        """Where a contact goes on in this channel; None when it cannot invite, or does not run here."""
        connector: object = self._running(channel.id)
        return connector.invitation(word) if isinstance(connector, Invites) else None
