"""The doctor: how each channel is doing by the hub's own notes, and by what its service says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from aiohttp import web

from connectors.abilities import Inspects
from connectors.base import Connector, Services
from connectors.errors import ConnectorError
from connectors.reasons import sentence
from connectors.registry import connector_class
from hub.app.channel_secrets import channel_secret
from hub.app.database import open_store
from hub.model.channel import Channel, ChannelState
from hub.model.why import Why
from hub.services.channel_marks import ChannelMarksOf
from hub.settings import Settings
from hub.store.channel_marks import ChannelMarks
from hub.store.channels import Channels
from hub.store.projects import Projects

SICK = frozenset({ChannelState.NEEDS_ATTENTION, ChannelState.BACKING_OFF})


@dataclass(frozen=True)
class Finding:
    """One channel, as the doctor finds it."""

    channel: Channel
    project: str
    facts: Sequence[Why]
    fault: str | None

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        health = self.channel.health
        return self.fault is None and not (self.channel.enabled and (health.state in SICK or health.notice))

    def lines(self) -> list[str]:
        """What is printed of it."""
        channel, health = self.channel, self.channel.health
        state = health.state.value if channel.enabled else "switched off"
        shown = [f"{'ok ' if self.well else 'BAD'} {channel.name} ({channel.kind}, {self.project}): {state}"]
        if channel.enabled:
            shown += [f"      {said}" for said in (health.error, health.notice) if said]
        for name, at in (("last in", health.last_inbound_at), ("last out", health.last_outbound_at)):
            if at is not None:
                shown.append(f"      {name}: {at:%Y-%m-%d %H:%M} UTC")
        shown += [f"      {sentence(fact)}" for fact in self.facts]
        if self.fault is not None:
            shown.append(f"      its service: {self.fault}")
        return shown


async def examine(settings: Settings) -> list[Finding]:
    """Every channel, with what its service says where it can be asked. Nothing is changed."""
    async with open_store(settings, beside=True) as connection:
        projects = {one.id: one.name for one in await Projects(connection.database).all()}
        channels = Channels(connection.database)
        found = [channel for project in projects for channel in await channels.of_project(project)]
        marks = ChannelMarks(connection.database)
        return [await _examined(settings, channel, projects[channel.project], marks) for channel in found]


async def _examined(settings: Settings, channel: Channel, project: str, marks: ChannelMarks) -> Finding:
    facts: Sequence[Why] = ()
    fault = None
    try:
        connector: object = _connector(settings, channel, marks)
        if isinstance(connector, Inspects) and channel.enabled:
            facts = await connector.inspect()
    except ConnectorError as error:
        fault = str(error)
    return Finding(channel, project, facts, fault)


def _connector(settings: Settings, channel: Channel, marks: ChannelMarks) -> Connector:
    services = Services(
        secret=channel_secret(settings, channel.kind, channel.key),
        attachments=_Nothing(),
        history=_Nothing(),
        marks=ChannelMarksOf(channel.id, marks),
        clock=_Now(),
        base_url=settings.origin,
        client_address=lambda request: request.remote or "",
    )
    return connector_class(channel.kind)(channel, services)


class _Now:
    """The machine's clock: an examination stores nothing."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class _Nothing:
    """Files and past that an examination does not touch."""

    async def store(self, *_: object) -> NoReturn:
        raise web.HTTPNotImplemented

    async def store_all(self, *_: object) -> NoReturn:
        raise web.HTTPNotImplemented

    async def get(self, *_: object) -> None:
        return None

    async def set(self, *_: object) -> None:
        return None

    async def uploaded(self, *_: object) -> None:
        return None

    async def open(self, *_: object) -> None:
        return None

    async def threads(self, *_: object) -> list[NoReturn]:
        return []

    async def after(self, *_: object) -> list[NoReturn]:
        return []

    def subscribe(self, *_: object) -> NoReturn:
        raise web.HTTPNotImplemented

    async def typing(self, *_: object) -> None:
        return None
