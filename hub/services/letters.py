"""Letters of the hub's own, sent by an e-mail channel of the project, and tried again for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from connectors.abilities import WritesLetters
from connectors.base import Connector
from connectors.errors import (
    ChannelThrottled,
    ChannelUnavailable,
    ConnectorError,
    MessageDeferred,
    NotAccepting,
    SendUncertain,
)
from hub.cancelling import stop_if_cancelled
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ProjectId, new_id
from hub.services.account_letters import Letter
from hub.store.channels import Channels
from hub.store.outage import is_outage

log = structlog.get_logger(__name__)

AT_ONCE = 8
WAITING_AT_MOST = 200
ATTEMPT_S = 900.0
"""A connector keeps shorter times of its own; a server may think for ten minutes (RFC 5321, 4.5.3.2.6)."""
PAUSES_S = (10.0, 30.0, 60.0, 120.0, 300.0, 300.0, 300.0, 600.0)
"""Half an hour: greylisting is over by then, and so is the usual link that resets a password."""


class Posted(StrEnum):
    """What became of a letter so far. `trying`: no channel has taken it yet, and the hub goes on."""

    SENT = "sent"
    TRYING = "trying"
    REFUSED = "refused"


@dataclass
class _Waiting:
    """A letter under way. `key` is the same in each try; `only` is the channel that may have it, `never` will not."""

    projects: Sequence[ProjectId]
    to: str
    letter: Letter
    wanted: Callable[[], Awaitable[bool]]
    key: str = field(default_factory=new_id)
    tries: int = 0
    only: ChannelId | None = None
    never: set[ChannelId] = field(default_factory=set)
    first: "asyncio.Future[Posted]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Letters:
    """Writes to people who are no contacts, by the first channel that can. Keep `run()` in a task.

    What waits is in memory alone, for a letter holds a secret: a stop of the hub loses it.
    """

    def __init__(
        self,
        channels: Channels,
        *,
        running: Callable[[ChannelId], Connector | None],
        connect: Callable[[Channel], Connector],
        timeout_s: float,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """`timeout_s` is how long somebody waits who wants to know at once."""
        self._channels, self._running, self._connect, self._timeout_s = channels, running, connect, timeout_s
        self._pauses_s = pauses_s
        self._due: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._waiting = 0

    async def run(self) -> None:
        """Send letters until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._worker())

    async def send(
        self, projects: Sequence[ProjectId], to: str, letter: Letter, wanted: Callable[[], Awaitable[bool]]
    ) -> Posted:
        """What came of the first try of a letter by the channels of these projects, or `trying` where that takes long.

        A channel that runs in another process is used as well: only its reading is that one's alone. `wanted` says
        whether the letter is to be tried once more.
        """
        first = self.post(projects, to, letter, wanted)
        if first is None:
            return Posted.REFUSED
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(first)
        except TimeoutError:
            return Posted.TRYING

    def post(
        self, projects: Sequence[ProjectId], to: str, letter: Letter, wanted: Callable[[], Awaitable[bool]]
    ) -> "asyncio.Future[Posted] | None":
        """As `send`, for whoever need not wait for the first try. None: too many letters wait."""
        if self._waiting >= WAITING_AT_MOST:
            log.warning("a letter was not sent, for too many wait")
            return None
        waiting = _Waiting(projects, to, letter, wanted)
        self._waiting += 1
        self._due.put_nowait(waiting)
        return waiting.first

    async def _worker(self) -> None:
        while True:
            waiting = await self._due.get()
            outcome = await self._one(waiting)
            if outcome is Posted.TRYING and waiting.tries < len(self._pauses_s):
                pause_s = self._pauses_s[waiting.tries]
                asyncio.get_running_loop().call_later(pause_s, self._due.put_nowait, waiting)
            else:
                self._waiting -= 1
                if outcome is not Posted.SENT:
                    log.warning("a letter was given up", tries=waiting.tries + 1)
            waiting.tries += 1
            if not waiting.first.done():
                waiting.first.set_result(outcome)

    async def _one(self, waiting: _Waiting) -> Posted:
        """Try each channel once."""
        try:
            if waiting.tries and not await waiting.wanted():
                return Posted.REFUSED
            return await self._round(waiting)
        except Exception as error:
            stop_if_cancelled()
            if is_outage(error):
                return Posted.TRYING
            log.exception("a letter could not be tried")
            return Posted.REFUSED

    async def _round(self, waiting: _Waiting) -> Posted:
        outcome = Posted.REFUSED
        for project in waiting.projects:
            for channel in await self._channels.of_project(project):
                if not channel.enabled or channel.id in waiting.never or waiting.only not in (None, channel.id):
                    continue
                match await self._sent_by(channel, waiting):
                    case Posted.SENT:
                        return Posted.SENT
                    case Posted.TRYING:
                        outcome = Posted.TRYING
                        if waiting.only is not None:  # it may have it: another one would make two letters of it
                            return outcome
                    case Posted.REFUSED:
                        waiting.never.add(channel.id)
        return outcome

    async def _sent_by(self, channel: Channel, waiting: _Waiting) -> Posted:
        running = self._running(channel.id)
        own: Connector | None = None
        try:
            async with asyncio.timeout(ATTEMPT_S):
                if running is None:
                    own = self._connect(channel)
                writer: object = running or own
                if not isinstance(writer, WritesLetters):
                    return Posted.REFUSED
                await writer.write(waiting.to, waiting.letter.subject, waiting.letter.text, waiting.key)
        except (ChannelUnavailable, ChannelThrottled, MessageDeferred, NotAccepting) as error:
            log.info("a letter is not taken yet", channel=channel.id, error=type(error).__name__)
            waiting.only = None  # though it may have it since before: better two letters than none
            return Posted.TRYING
        except (SendUncertain, TimeoutError) as error:
            log.info("a letter may have been taken", channel=channel.id, error=type(error).__name__)
            waiting.only = channel.id
            return Posted.TRYING
        except ConnectorError as error:
            log.warning("a letter was not sent", channel=channel.id, error=type(error).__name__)
            return Posted.REFUSED
        except Exception:  # a fault of the connector: anybody may ask for a letter, and none of them ends the hub
            log.exception("connector failed to write a letter", channel=channel.id)
            stop_if_cancelled()
            return Posted.REFUSED
        finally:
            if own is not None:
                await self._close(own)
        return Posted.SENT

    async def _close(self, connector: Connector) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await connector.close()
        except (ConnectorError, TimeoutError):
            log.info("a channel was left without a goodbye", channel=connector.channel.id)
