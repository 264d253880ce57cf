"""Supervision: channels run, back off, stop and follow what an admin changes, and everybody can see how they do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent
from connectors.errors import (
    ChannelAuthError,
    ChannelConfigError,
    ChannelThrottled,
    ChannelUnavailable,
    NotAccepting,
    PayloadInvalid,
)
from hub.app.background import background
from hub.model.channel import Channel, ChannelState
from hub.model.events import InboundEvent, MessageReceived, Receive, Received, Sender
from hub.model.ids import ChannelId, ProjectId, new_id
from hub.services.attempts import Attempts
from hub.services.channels import Pace, Supervisor
from hub.services.errors import Unavailable
from hub.store.channels import Channels, KeyTaken
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.indexes import create_indexes
from hub.store.leases import Leases
from tests.services.faults import Faulty

PROJECT = ProjectId("project")
QUICK = Pace(look_s=0.05, open_s=0.3, first_pause_s=0.01, last_pause_s=0.02, touch_s=0.05, lease_s=0.6)
EVENT = MessageReceived(external_id="1", sender=Sender(kind="test", value="v"), text="Hello")


class Recorder:
    """A connector that does what it is told and notes what happens to it."""

    kind: ClassVar[str] = "recorder"
    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=100, attachment_bytes=0)
    secret_settings: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, channel: Channel, plan: "Plan") -> None:
        self.channel, self._plan = channel, plan

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Anything goes."""

    async def open(self) -> None:
        """Fails as planned."""
        self._plan.opened += 1
        if self._plan.on_open:
            fault = self._plan.on_open.pop(0)
            if fault is None:
                await asyncio.Event().wait()
            else:
                raise fault

    async def depart(self) -> None:
        """Noted; fails as planned."""
        self._plan.departed += 1
        if self._plan.on_depart:
            raise self._plan.on_depart.pop(0)

    async def close(self) -> None:
        """Noted."""
        self._plan.closed += 1

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """One page."""
        self._plan.receive = receive

        async def page(request: web.Request) -> web.Response:
            return web.Response()

        return [web.get(f"/hooks/recorder/{self.channel.key}", page)]

    async def listen(self, receive: Receive) -> None:
        """Fails as planned, or reads until cancelled."""
        self._plan.listening += 1
        try:
            if self._plan.on_listen:
                raise self._plan.on_listen.pop(0)
            if not self._plan.push_only:
                await asyncio.Event().wait()
        finally:
            self._plan.listening -= 1

    async def send(self, message: OutgoingMessage) -> Sent:
        """Nothing."""
        return Sent()

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """Nothing."""
        raise PayloadInvalid("nothing")


class OneReader(Recorder):
    """The same for a service that bears one reader only."""

    capabilities = Capabilities(text_limit=100, attachment_bytes=0, one_reader=True)


@dataclass
class Plan:
    """What a recorder does, and what was done to it."""

    on_open: list[Exception | None] = field(default_factory=list)
    on_listen: list[Exception] = field(default_factory=list)
    on_make: list[Exception] = field(default_factory=list)
    on_depart: list[Exception] = field(default_factory=list)
    push_only: bool = False
    opened: int = 0
    departed: int = 0
    closed: int = 0
    listening: int = 0
    receive: Receive | None = None


@dataclass
class Floor:
    """A supervisor at work."""

    supervisor: Supervisor
    store: Channels
    plans: dict[str, Plan]
    published: dict[str, Sequence[web.RouteDef]]

    async def health(self, channel: Channel) -> tuple[ChannelState, str | None]:
        """As an admin sees it."""
        found = await self.store.get(channel.id)
        assert found is not None
        return found.health.state, found.health.error

    async def reaches(self, channel: Channel, state: ChannelState) -> str | None:
        """Wait for a state; the error beside it."""
        async with asyncio.timeout(10):
            while (seen := await self.health(channel))[0] is not state:
                await asyncio.sleep(0.01)
            return seen[1]


def channel(name: str, **more: Any) -> Channel:
    """A channel."""
    return Channel(
        id=ChannelId(new_id()), project=PROJECT, kind="recorder", name=name, key=f"key-{name}",
        created_at=datetime(2026, 1, 1, tzinfo=UTC), **more,
    )  # fmt: skip


@asynccontextmanager
async def supervised(
    connection: Connection,
    plans: dict[str, Plan],
    *channels: Channel,
    make: Callable[[Channel, Plan], Recorder] = Recorder,
    refuse: Exception | None = None,
    owner: str = "one",
    leases: Leases | None = None,
) -> AsyncIterator[Floor]:
    """A supervisor over these channels."""
    await create_indexes(connection.database)
    store, clock = Channels(connection.database), DatabaseClock(connection.database)
    await clock.sync()
    for one in channels:
        if await store.get(one.id) is None:
            await store.add(one)
    published: dict[str, Sequence[web.RouteDef]] = {}

    def connect(one: Channel) -> Recorder:
        plan = plans.setdefault(one.name, Plan())
        if plan.on_make:
            raise plan.on_make.pop(0)
        return make(one, plan)

    async def receive(_: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
        if refuse is not None:
            raise refuse
        return [Received(external_id=event.external_id) for event in events]

    def publish(routes: Mapping[str, Sequence[web.RouteDef]]) -> None:
        published.clear()
        published.update(routes)

    supervisor = Supervisor(
        store, leases or Leases(connection.database), clock, owner=owner, connect=connect, receive=receive,
        publish=publish, sends=Attempts(5, nullcontext), pace=QUICK,
    )  # fmt: skip
    async with background(supervisor.run):
        yield Floor(supervisor, store, plans, published)


async def test_an_enabled_channel_runs_and_a_disabled_one_does_not(connection: Connection) -> None:
    """Its routes are published, its state is seen, and it is closed at the end."""
    on, off = channel("on"), channel("off", enabled=False)
    plans: dict[str, Plan] = {}
    async with supervised(connection, plans, on, off) as floor:
        await floor.supervisor.opened()
        assert await floor.health(on) == (ChannelState.RUNNING, None)
        assert list(floor.published) == ["key-on"]
        assert floor.supervisor.connector(on.id) is not None
        assert floor.supervisor.connector(off.id) is None
        assert floor.supervisor.sending() == [on.id]
    assert (plans["on"].opened, plans["on"].closed) == (1, 1)
    assert "off" not in plans
    assert floor.published == {}


@pytest.mark.parametrize("where", ["on_make", "on_open", "on_listen"])
@pytest.mark.parametrize("fault", [ChannelConfigError("The name is wrong."), ChannelAuthError("The token is wrong.")])
async def test_what_a_person_must_mend_stops_the_channel(connection: Connection, where: str, fault: Exception) -> None:
    """It waits, with the reason in sight, until somebody changes the channel; then it starts without a restart."""
    one = channel("one")
    plans = {"one": Plan()}
    getattr(plans["one"], where).append(fault)
    async with supervised(connection, plans, one) as floor:
        await floor.supervisor.opened()
        assert await floor.reaches(one, ChannelState.NEEDS_ATTENTION) == str(fault)
        assert floor.published == {}
        opened = plans["one"].opened
        await asyncio.sleep(0.1)  # several times the longest pause
        assert plans["one"].opened == opened
        assert await floor.store.change(PROJECT, one.id, one.revision, {"settings": {"a": 1}}) is not None
        assert await floor.reaches(one, ChannelState.RUNNING) is None


@pytest.mark.parametrize(
    "fault",
    [ChannelUnavailable("The service is away."), ChannelThrottled(0.01), NotAccepting(0.01), RuntimeError("bug")],
)
async def test_what_may_pass_is_tried_again(connection: Connection, fault: Exception) -> None:
    """The channel backs off, says why, and comes back by itself; a bug of a connector hurts no other channel."""
    one, other = channel("one"), channel("other")
    plans = {"one": Plan(on_listen=[fault, fault, fault])}
    async with supervised(connection, plans, one, other) as floor:
        await floor.reaches(other, ChannelState.RUNNING)
        async with asyncio.timeout(10):
            while plans["one"].opened < 4:
                await asyncio.sleep(0.01)
        await floor.reaches(one, ChannelState.RUNNING)
        assert plans["one"].closed == 3
        assert plans["other"].opened == 1


async def test_a_service_that_hangs_at_the_start_is_away(connection: Connection) -> None:
    """Opening has a deadline."""
    one = channel("one")
    plans = {"one": Plan(on_open=[None])}
    async with supervised(connection, plans, one) as floor:
        await floor.reaches(one, ChannelState.RUNNING)
        assert (plans["one"].opened, plans["one"].closed) == (2, 1)


async def test_channels_come_and_go_while_the_hub_runs(connection: Connection) -> None:
    """Added, changed, disabled: in force at the next look."""
    one = channel("one")
    plans: dict[str, Plan] = {}
    async with supervised(connection, plans) as floor:
        await floor.supervisor.opened()
        await floor.store.add(one)
        floor.supervisor.look()
        await floor.reaches(one, ChannelState.RUNNING)
        changed = await floor.store.change(PROJECT, one.id, 0, {"name": "new"})
        assert changed is not None
        async with asyncio.timeout(10):
            while "new" not in plans:
                await asyncio.sleep(0.01)
        assert plans["one"].closed == 1
        await floor.reaches(one, ChannelState.RUNNING)
        await floor.store.change(PROJECT, one.id, changed.revision, {"enabled": False})
        await floor.reaches(one, ChannelState.STOPPED)
        assert floor.published == {}
        assert plans["new"].closed == 1


async def test_a_service_is_told_that_its_channel_ends_and_not_that_the_hub_ends(connection: Connection) -> None:
    """Once, before it closes, when it is switched off; a service that cannot be told holds nobody up."""
    off, failing, on = channel("off"), channel("failing"), channel("on")
    plans = {"failing": Plan(on_depart=[ChannelUnavailable("gone")])}
    async with asyncio.timeout(20), supervised(connection, plans, off, failing, on) as floor:
        await floor.supervisor.opened()
        for one in (failing, off):
            await floor.store.change(PROJECT, one.id, 0, {"enabled": False})
            await floor.reaches(one, ChannelState.STOPPED)
    assert [(plans[name].departed, plans[name].closed) for name in ("failing", "off", "on")] == [(1, 1), (1, 1), (0, 1)]


class Clumsy(Recorder):
    """A connector that fails while it is told to end."""

    fault: ClassVar[Exception]

    async def listen(self, receive: Receive) -> None:
        """Listen until cancelled, and stumble over the end."""
        try:
            await asyncio.Event().wait()
        finally:
            raise self.fault


@pytest.mark.parametrize(
    "fault", [ConnectionError("reset"), ChannelUnavailable("gone"), ChannelAuthError("logged out")]
)
async def test_a_connector_that_fails_while_it_ends_has_ended(connection: Connection, fault: Exception) -> None:
    """A disabled channel stops, and the hub goes on to look at the others and stops in the end."""
    one, other = channel("one"), channel("other")
    Clumsy.fault = fault
    async with asyncio.timeout(20), supervised(connection, {}, one, other, make=Clumsy) as floor:
        await floor.supervisor.opened()
        await floor.store.change(PROJECT, one.id, 0, {"enabled": False})
        await floor.reaches(one, ChannelState.STOPPED)
        assert floor.supervisor.sending() == [other.id]


async def test_health_does_not_reopen_a_channel(connection: Connection) -> None:
    """States and times are written beside the settings and are no change of them."""
    one = channel("one")
    plans = {"one": Plan(push_only=True)}
    async with supervised(connection, plans, one) as floor:
        await floor.supervisor.opened()
        receive = plans["one"].receive
        assert receive is not None
        await receive([EVENT])
        async with asyncio.timeout(10):
            while (found := await floor.store.get(one.id)) and found.health.last_inbound_at is None:
                await asyncio.sleep(0.01)
        assert plans["one"].opened == 1


async def test_a_refusal_of_the_pipeline_reaches_the_connector(connection: Connection) -> None:
    """In its own words, with the time to wait."""
    plans: dict[str, Plan] = {}
    async with supervised(connection, plans, channel("one"), refuse=Unavailable(7, "No room.")) as floor:
        await floor.supervisor.opened()
        receive = plans["one"].receive
        assert receive is not None
        with pytest.raises(NotAccepting) as caught:
            await receive([EVENT])
        assert (caught.value.retry_after_s, caught.value.detail) == (7, "No room.")


async def test_two_processes_have_one_reader(connection: Connection) -> None:
    """The second reads when the first has ended, and not before."""
    one = channel("one")
    first: dict[str, Plan] = {}
    second: dict[str, Plan] = {}
    async with supervised(connection, second, make=OneReader, owner="two") as waiting:
        async with supervised(connection, first, one, make=OneReader, owner="one") as floor:
            await floor.supervisor.opened()
            await waiting.reaches(one, ChannelState.RUNNING)
            async with asyncio.timeout(10):
                while first["one"].listening + second.get("one", Plan()).listening == 0:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(1.0)  # longer than a lease: it is renewed
            assert first["one"].listening + second["one"].listening == 1
            reader = "one" if first["one"].listening else "two"
        if reader == "one":
            async with asyncio.timeout(10):
                while second["one"].listening == 0:
                    await asyncio.sleep(0.01)


async def test_a_hub_that_stops_while_it_asks_to_read_leaves_no_claim_behind(connection: Connection) -> None:
    """The next one reads at once: the first was given the lease and never heard of it."""
    one, leases = channel("one"), Leases(connection.database)
    asking = Faulty(leases._collection, "find_one_and_update")
    leases._collection = asking  # type: ignore[assignment]
    asking.hold(arrives=True)
    async with supervised(connection, {}, one, make=OneReader, leases=leases), asyncio.timeout(30):
        await asking.met.wait()
        held = await connection.database["leases"].find_one({"_id": f"channel:{one.id}"})
        assert held is not None
        assert held["owner"] == "one"
    left = await connection.database["leases"].find_one({"_id": f"channel:{one.id}"})
    assert left is not None
    assert left["owner"] is None


async def test_a_key_names_one_channel(connection: Connection) -> None:
    """Settings come back as they were written, whatever their names; a stale change is refused."""
    await create_indexes(connection.database)
    store = Channels(connection.database)
    odd = {"$set": {"a.b": 1}, "": [None, "я"]}
    one = channel("one", settings=odd)
    await store.add(one)
    found = await store.by_key("key-one")
    assert found == one
    with pytest.raises(KeyTaken):
        await store.add(channel("one"))
    assert await store.change(PROJECT, one.id, 5, {"name": "late"}) is None
    assert await store.change(ProjectId("other"), one.id, 0, {"name": "foreign"}) is None
    assert await store.in_project(ProjectId("other"), one.id) is None
