"""Letters of the hub's own, sent by an e-mail channel of the project, and tried again for a while."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from hub.model.account_link import AccountLink, LetterDue
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ProjectId
from hub.services.account_letters import Letter
from hub.store.account_links import AccountLinks
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.outage import is_outage

log = structlog.get_logger(__name__)

AT_ONCE = 8
LOOK_S = 5.0
"""How often it is looked which letters are due, beside those that this process has just been given."""
CLAIM_S = 60.0
"""How long a letter stays with a process that has died. It is renewed while the letter is on its way."""
ATTEMPT_S = 900.0
"""A connector keeps shorter times of its own; a server may think for ten minutes (RFC 5321, 4.5.3.2.6)."""
PAUSES_S = (10.0, 30.0, 60.0, 120.0, 300.0, 300.0, 300.0, 600.0)
"""Half an hour: greylisting is over by then, and so is the usual link that resets a password."""

Compose = Callable[[AccountLink], Awaitable[tuple[Sequence[ProjectId], Letter] | None]]
"""The letter with a link, and the projects by whose channels it may go; None when it is not to be sent any more."""


class Posted(StrEnum):
    """What became of a letter so far. `trying`: no channel has taken it yet, and the hub goes on."""

    SENT = "sent"
    TRYING = "trying"
    REFUSED = "refused"


@dataclass
class _Try:
    """One try of a letter: to whom, and which channels it may go by."""

    to: str
    letter: Letter
    key: str
    only: ChannelId | None
    never: set[ChannelId] = field(default_factory=set)


class Letters:
    """Writes to people who are no contacts, by the first channel that can. Keep `run()` in a task.

    What is to be written stands with its link in the database, and nothing that is secret: each process looks for what
    is due there, and one of them writes it. A link that was used or taken back has no letter any more.
    """

    def __init__(
        self,
        links: AccountLinks,
        channels: Channels,
        clock: DatabaseClock,
        *,
        running: Callable[[ChannelId], Connector | None],
        connect: Callable[[Channel], Connector],
        timeout_s: float,
        pauses_s: Sequence[float] = PAUSES_S,
        look_s: float = LOOK_S,
        claim_s: float = CLAIM_S,
    ) -> None:
        """`timeout_s` is how long somebody waits who wants to know at once."""
        self._links, self._channels, self._clock = links, channels, clock
        self._running, self._connect, self._timeout_s = running, connect, timeout_s
        self._pauses_s, self._look_s, self._claim_s = pauses_s, look_s, claim_s
        self._woken = asyncio.Event()
        self._awaited: dict[str, asyncio.Future[Posted]] = {}

    def wake(self) -> None:
        """A letter is due now."""
        self._woken.set()

    @asynccontextmanager
    async def first_try(self, link: str) -> AsyncIterator[Callable[[], Awaitable[Posted]]]:
        """Gives what waits for the first try of the letter with a link, which is stored within the body.

        That is `trying` where it takes long, or where another process writes it.
        """
        first: asyncio.Future[Posted] = asyncio.get_running_loop().create_future()
        self._awaited[link] = first

        async def posted() -> Posted:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await first
            except TimeoutError:
                return Posted.TRYING

        try:
            yield posted
        finally:
            del self._awaited[link]

    async def run(self, compose: Compose) -> None:
        """Send letters until cancelled."""
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while True:
                await room.acquire()
                link, letter = await self._next()
                group.create_task(self._one(link, letter, compose)).add_done_callback(lambda _: room.release())

    async def _next(self) -> tuple[AccountLink, LetterDue]:
        """A link whose letter is due and ours to write."""
        while True:
            self._woken.clear()
            try:
                link = await self._links.claim_letter(self._clock.now(), self._claimed_until())
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):
                    raise
                link = None
            if link is not None and link.letter is not None:
                return link, link.letter
            try:
                async with asyncio.timeout(self._look_s):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def _claimed_until(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._claim_s)

    async def _one(self, link: AccountLink, letter: LetterDue, compose: Compose) -> None:
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._renew(link.id, letter))
            outcome, letter = await self._tried(link, letter, compose)
            renewing.cancel()
        again = outcome is Posted.TRYING and letter.tries <= len(self._pauses_s)
        if not again and outcome is not Posted.SENT:
            log.warning("a letter was given up", tries=letter.tries)
        first = self._awaited.get(link.id)
        if first is not None and not first.done():
            first.set_result(outcome)
        await self._settle(link.id, letter, again=again)

    async def _renew(self, link: str, letter: LetterDue) -> None:
        """Keep others from writing the letter, for as long as a try may take."""
        while True:
            await asyncio.sleep(self._claim_s / 3)
            kept = letter.model_copy(update={"due_at": self._claimed_until()})
            try:
                if not await self._links.settle_letter(link, letter.tries, kept):
                    return
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):
                    raise

    async def _settle(self, link: str, letter: LetterDue, *, again: bool) -> None:
        """Note when the letter is due again, or that it is not any more."""
        while True:
            then = None
            if again:
                pause_s = self._pauses_s[letter.tries - 1]
                then = letter.model_copy(update={"due_at": self._clock.now() + timedelta(seconds=pause_s)})
            try:
                await self._links.settle_letter(link, letter.tries, then)
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):
                    raise
                await asyncio.sleep(1)  # else it would go once more when its claim has ended
            else:
                return

    async def _tried(self, link: AccountLink, letter: LetterDue, compose: Compose) -> tuple[Posted, LetterDue]:
        """Try each channel once. What came of it, and what is known of the channels after it."""
        try:
            composed = await compose(link)
            if composed is None:
                return Posted.REFUSED, letter
            projects, text = composed
            one = _Try(link.email, text, letter.key, letter.only, set(letter.never))
            outcome = await self._round(projects, one)
            return outcome, letter.model_copy(update={"only": one.only, "never": tuple(sorted(one.never))})
        except Exception as error:
            stop_if_cancelled()
            if is_outage(error):
                return Posted.TRYING, letter
            log.exception("a letter could not be tried")
            return Posted.REFUSED, letter

    async def _round(self, projects: Sequence[ProjectId], one: _Try) -> Posted:
        outcome = Posted.REFUSED
        for project in projects:
            for channel in await self._channels.of_project(project):
                if not channel.enabled or channel.id in one.never or one.only not in (None, channel.id):
                    continue
                match await self._sent_by(channel, one):
                    case Posted.SENT:
                        return Posted.SENT
                    case Posted.TRYING:
                        outcome = Posted.TRYING
                        if one.only is not None:  # it may have it: another one would make two letters of it
                            return outcome
                    case Posted.REFUSED:
                        one.never.add(channel.id)
        return outcome

    async def _sent_by(self, channel: Channel, one: _Try) -> Posted:
        running = self._running(channel.id)
        own: Connector | None = None
        try:
            async with asyncio.timeout(ATTEMPT_S):
                if running is None:
                    own = self._connect(channel)
                writer: object = running or own
                if not isinstance(writer, WritesLetters):
                    return Posted.REFUSED
                await writer.write(one.to, one.letter.subject, one.letter.text, one.key)
        except (ChannelUnavailable, ChannelThrottled, MessageDeferred, NotAccepting) as error:
            log.info("a letter is not taken yet", channel=channel.id, error=type(error).__name__)
            one.only = None  # though it may have it since before: better two letters than none
            return Posted.TRYING
        except (SendUncertain, TimeoutError) as error:
            log.info("a letter may have been taken", channel=channel.id, error=type(error).__name__)
            one.only = channel.id
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
