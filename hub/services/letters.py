"""Letters of the hub's own, sent by an e-mail channel of the project."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from connectors.abilities import WritesLetters
from connectors.base import Connector
from connectors.errors import ConnectorError
from hub.cancelling import stop_if_cancelled
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ProjectId
from hub.services.account_letters import Letter
from hub.store.channels import Channels

log = structlog.get_logger(__name__)


class Letters:
    """Writes to people who are no contacts, by the first channel that can."""

    def __init__(
        self,
        channels: Channels,
        *,
        running: Callable[[ChannelId], Connector | None],
        connect: Callable[[Channel], Connector],
        timeout_s: float,
    ) -> None:
        self._channels, self._running, self._connect, self._timeout_s = channels, running, connect, timeout_s

    async def send(self, projects: Sequence[ProjectId], to: str, letter: Letter) -> bool:
        """Whether a channel of one of the projects took the letter; each is tried once.

        A channel that runs in another process is used as well: only its reading is that one's alone.
        """
        for project in projects:
            for channel in await self._channels.of_project(project):
                if channel.enabled and await self._sent_by(channel, to, letter):
                    return True
        return False

    async def _sent_by(self, channel: Channel, to: str, letter: Letter) -> bool:
        running = self._running(channel.id)
        own: Connector | None = None
        try:
            async with asyncio.timeout(self._timeout_s):
                if running is None:
                    own = self._connect(channel)
                writer: object = running or own
                if not isinstance(writer, WritesLetters):
                    return False
                await writer.write(to, letter.subject, letter.text)
        except (ConnectorError, TimeoutError) as error:
            log.warning("a letter was not sent", channel=channel.id, error=type(error).__name__)
            return False
        except Exception:  # a fault of the connector: anybody may ask for a letter, and none of them ends the hub
            log.exception("connector failed to write a letter", channel=channel.id)
            stop_if_cancelled()
            return False
        finally:
            if own is not None:
                await self._close(own)
        return True

    async def _close(self, connector: Connector) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await connector.close()
        except (ConnectorError, TimeoutError):
            log.info("a channel was left without a goodbye", channel=connector.channel.id)
