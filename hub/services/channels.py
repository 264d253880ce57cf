"""Channels: opens each enabled one, keeps it running, shows how it is doing, and follows what an admin changes."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn, Protocol

import structlog
from aiohttp import web

from connectors.abilities import Departs, HasNotices
from connectors.base import Connector
from connectors.errors import ChannelAuthError, ChannelConfigError, ChannelThrottled, ChannelUnavailable, NotAccepting
from connectors.reasons import sentence, why
from hub.cancelling import stop_if_cancelled
from hub.model.channel import Channel, ChannelState
from hub.model.events import InboundEvent, Receive, Received
from hub.model.ids import ChannelId
from hub.model.why import Why
from hub.services.errors import Unavailable
from hub.services.parked import ReceiveOn
from hub.services.reasons import cleaned, told
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.errors import LeaseLost
from hub.store.leases import Leases

log = structlog.get_logger(__name__)

Publish = Callable[[Mapping[str, Sequence[web.RouteDef]]], None]
"""Takes the routes of all running channels, by the channel's key: the whole set, each time it changes."""


@dataclass(frozen=True)
class Pace:
    """How fast supervision works, in seconds."""

    look_s: float = 2.0
    """How soon a change by an admin is in force."""
    open_s: float = 30.0
    close_s: float = 5.0
    finish_s: float = 900.0
    """How long a connector is kept open for what it is sending: longer than any attempt may take."""
    first_pause_s: float = 1.0
    last_pause_s: float = 60.0
    steady_s: float = 60.0
    """A channel that ran for so long was well: its next back-off starts anew."""
    touch_s: float = 10.0
    """How exact the times of the last traffic are."""
    lease_s: float = 30.0


class Sends(Protocol):
    """What is being sent through connectors."""

    def use(self, connector: object) -> bool:
        """Whether something is being sent through the connector."""

    async def end_with(self, connector: object) -> None:
        """Return when nothing is being sent through the connector any more."""


class Supervisor:
    """Runs the connectors of all enabled channels in this process.

    What a connector raises decides what happens: settings or credentials that cannot work stop the channel until it is
    changed, everything else is tried again with a growing, spread pause. Its state is written where an admin sees it.
    """

    def __init__(
        self,
        store: Channels,
        leases: Leases,
        clock: DatabaseClock,
        *,
        owner: str,
        connect: Callable[[Channel], Connector],
        receive: ReceiveOn,
        publish: Publish,
        sends: Sends,
        pace: Pace = Pace(),
    ) -> None:
        """`connect` makes the connector of a channel and may raise `ChannelConfigError`."""
        self._sends = sends
        self._group: asyncio.TaskGroup | None = None
        self._store, self._leases, self._clock, self._owner = store, leases, clock, owner
        self._connect, self._receive_on, self._publish, self._pace = connect, receive, publish, pace
        self._kept: dict[ChannelId, tuple[Channel, asyncio.Task[None]]] = {}
        self._running: dict[ChannelId, Connector] = {}
        self._routes: dict[str, Sequence[web.RouteDef]] = {}
        self._states: dict[ChannelId, tuple[ChannelState, Why | None]] = {}
        self._notices: dict[ChannelId, Sequence[Why]] = {}
        self._inbound_at: dict[ChannelId, datetime] = {}
        self._outbound_at: dict[ChannelId, datetime] = {}
        self._look_now = asyncio.Event()
        self._tried = asyncio.Event()
        self._untried: set[ChannelId] | None = None

    def connector(self, channel: ChannelId) -> Connector | None:
        """The connector of a running channel, to send through; None while it does not run in this process."""
        return self._running.get(channel)

    def connectors(self) -> Sequence[Connector]:
        """The connectors of all running channels, in the order of the channels' ids."""
        return [self._running[channel] for channel in sorted(self._running)]

    def sending(self) -> Sequence[ChannelId]:
        """The running channels that messages are sent through. Where storing is sending, nothing is ever sent."""
        return [channel for channel, connector in self._running.items() if not connector.capabilities.stored_is_sent]

    def sent(self, channel: ChannelId) -> None:
        """Note that something went out just now."""
        self._outbound_at[channel] = self._clock.now()

    def look(self) -> None:
        """A channel was changed in this process: do not wait for the next look."""
        self._look_now.set()

    async def opened(self) -> None:
        """Return when every channel that was enabled at the start has been tried once."""
        await self._tried.wait()

    async def run(self) -> None:
        """Supervise until cancelled; then every connector is closed."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                group.create_task(self._touch())
                await self._follow(group)
            finally:
                self._group = None

    async def receive(self, channel: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
        """What connectors are given as `receive`: the pipeline's refusal becomes `NotAccepting`."""
        try:
            received = await self._receive_on(channel, events)
        except Unavailable as error:
            raise NotAccepting(error.retry_after_s, error.detail) from error
        self._inbound_at[channel.id] = self._clock.now()
        return received

    # Following the store ---------------------------------------------------------------------------------------------

    async def _follow(self, group: asyncio.TaskGroup) -> NoReturn:
        while True:
            try:
                enabled = await self._store.enabled()
                if self._untried is None:
                    self._untried = {channel.id for channel in enabled}
                await self._look(group, enabled)
                self._note_tried()
            except Exception:  # the database is away; what runs goes on, and the next look finds the same
                log.warning("channels were not read", exc_info=True)
                stop_if_cancelled()
            try:
                async with asyncio.timeout(self._pace.look_s):
                    await self._look_now.wait()
            except TimeoutError:
                pass
            self._look_now.clear()

    async def _look(self, group: asyncio.TaskGroup, enabled: Sequence[Channel]) -> None:
        wanted = {channel.id: channel for channel in enabled}
        for known, task in list(self._kept.values()):
            now = wanted.get(known.id)
            if now is None:
                await self._depart(known)
            if now is None or now.revision != known.revision:
                await self._stop(known, task)
            if now is None:
                await self._show(known, ChannelState.STOPPED)
        for channel in enabled:
            if channel.id not in self._kept:
                self._states.pop(channel.id, None)
                self._kept[channel.id] = channel, group.create_task(self._keep(channel), name=f"channel {channel.id}")

    async def _depart(self, channel: Channel) -> None:
        connector: object = self._running.get(channel.id)
        if not isinstance(connector, Departs):
            return
        try:
            async with asyncio.timeout(self._pace.close_s):
                await connector.depart()
        except Exception:  # the service goes on calling an address that answers 404
            log.warning("service was not told that the channel ends", channel=channel.id, exc_info=True)
            stop_if_cancelled()

    async def _stop(self, channel: Channel, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait([task])
        del self._kept[channel.id]

    async def _touch(self) -> None:
        while True:
            await asyncio.sleep(self._pace.touch_s)
            inbound, self._inbound_at = self._inbound_at, {}
            outbound, self._outbound_at = self._outbound_at, {}
            try:
                for channel in inbound.keys() | outbound.keys():
                    await self._store.touched(channel, inbound=inbound.get(channel), outbound=outbound.get(channel))
                await self._note()
            except Exception:  # only shown to people; the next message brings a newer time
                log.warning("times of the last traffic were not written", exc_info=True)
                stop_if_cancelled()

    async def _note(self) -> None:
        for channel, connector in list(self._running.items()):
            if isinstance(connector, HasNotices) and self._notices.get(channel) != (notice := list(connector.notice())):
                await self._store.set_notice(channel, *told(notice))
                self._notices[channel] = notice

    def _note_tried(self, channel: ChannelId | None = None) -> None:
        if self._untried is not None:
            self._untried.discard(channel or ChannelId(""))
            if not self._untried:
                self._tried.set()

    async def _show(self, channel: Channel, state: ChannelState, why: Why | None = None) -> None:
        if self._states.get(channel.id) != (state, why):
            self._states[channel.id] = state, why
            error = sentence(why) if why else None
            log.info("channel state", channel=channel.id, kind=channel.kind, state=state.value)
            try:
                await self._store.set_state(channel.id, state, error, self._clock.now(), why)
            except Exception:  # the channel works without it
                self._states.pop(channel.id, None)
                log.warning("channel state was not written", channel=channel.id, exc_info=True)
        if state is not ChannelState.STARTING:
            self._note_tried(channel.id)

    # One channel -----------------------------------------------------------------------------------------------------

    async def _keep(self, channel: Channel) -> NoReturn:
        structlog.contextvars.bind_contextvars(channel=channel.id, kind=channel.kind)
        failures = 0
        while True:
            started = time.monotonic()
            asked_s = 0.0
            try:
                await self._run_once(channel)
            except (ChannelConfigError, ChannelAuthError) as error:
                stop_if_cancelled()
                log.error("channel needs attention", error=type(error).__name__)
                await self._show(channel, ChannelState.NEEDS_ATTENTION, cleaned(error.why))
                await _until_cancelled()  # somebody changes the channel
            except (ChannelThrottled, NotAccepting) as error:
                reason, asked_s = error.why, error.retry_after_s
            except ChannelUnavailable as error:
                reason = error.why
            except Exception as error:
                log.exception("connector failed")
                reason = why("connector_failed", fault=type(error).__name__)
            stop_if_cancelled()
            failures = 1 if time.monotonic() - started > self._pace.steady_s else failures + 1
            await self._show(channel, ChannelState.BACKING_OFF, cleaned(reason))
            await asyncio.sleep(asked_s + self._pause_s(failures))

    def _pause_s(self, failures: int) -> float:
        ceiling = min(self._pace.last_pause_s, self._pace.first_pause_s * 2 ** min(failures - 1, 16))
        return random.uniform(0, ceiling)  # noqa: S311  (spreading load, no secret)

    async def _run_once(self, channel: Channel) -> NoReturn:
        await self._show(channel, ChannelState.STARTING)
        self._notices.pop(channel.id, None)  # the store takes it away with this state
        connector = self._connect(channel)
        receive = partial(self.receive, channel)
        try:
            try:
                async with asyncio.timeout(self._pace.open_s):
                    await connector.open()
            except TimeoutError as error:
                raise ChannelUnavailable(why("service_not_open", seconds=f"{self._pace.open_s:g}")) from error
            self._running[channel.id] = connector
            self._routes[channel.key] = connector.routes(receive)
            self._publish(dict(self._routes))
            await self._show(channel, ChannelState.RUNNING)
            await self._listen(connector, receive)
        finally:
            self._running.pop(channel.id, None)
            if self._routes.pop(channel.key, None) is not None:
                self._publish(dict(self._routes))
            if self._sends.use(connector) and self._group is not None:  # at the stop of the hub sends have ended before
                self._group.create_task(self._leave(connector), name=f"leaving channel {channel.id}")
            else:
                await self._close(connector)

    async def _leave(self, connector: Connector) -> None:
        """Close a connector when what it is sending is done; the next one runs beside it by then."""
        try:
            async with asyncio.timeout(self._pace.finish_s):
                await self._sends.end_with(connector)
        except TimeoutError:
            log.warning("a connector is closed under what it is sending", channel=connector.channel.id)
        finally:
            await self._close(connector)

    async def _close(self, connector: Connector) -> None:
        try:
            async with asyncio.timeout(self._pace.close_s):
                await connector.close()
        except Exception:  # it is given up either way
            log.warning("connector did not close", exc_info=True)

    async def _listen(self, connector: Connector, receive: Receive) -> NoReturn:
        if not connector.capabilities.one_reader:
            await connector.listen(receive)
            await _until_cancelled()  # push only: the routes do the work
        pace, name = self._pace, f"channel:{connector.channel.id}"
        try:
            async with self._leases.held(name, self._owner, pace.lease_s, pace.close_s):
                await connector.listen(receive)
                await _until_cancelled()
        except LeaseLost as error:
            raise ChannelUnavailable(why("read_elsewhere")) from error


async def _until_cancelled() -> NoReturn:
    while True:
        await asyncio.Event().wait()
