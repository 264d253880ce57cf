"""Operators' groups: in one process each, what happens there is worked on and what changes is shown."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn, assert_never

import structlog

from connectors.abilities import HasNotices
from connectors.base import Connector
from connectors.errors import (
    ChannelThrottled,
    ConnectorError,
    ContactUnreachable,
    MessageRejected,
    NotAccepting,
    PayloadInvalid,
)
from connectors.groups import HostsGroup
from hub.cancelling import stop_if_cancelled
from hub.model.channel import Channel
from hub.model.conversation import Conversation
from hub.model.feed import Change, ChangeKind, Reload, SignedOut
from hub.model.group import GroupChanged
from hub.model.ids import ChannelId, ConversationId, OperatorId
from hub.model.operator import Role, Scope, Viewer
from hub.model.views import View
from hub.model.why import Why
from hub.services.attachments import Attachments
from hub.services.changing import Changing
from hub.services.errors import Unavailable
from hub.services.feed import Feed
from hub.services.group_answers import GroupAnswers
from hub.services.operator_links import OperatorLinks
from hub.services.reasons import told
from hub.services.topic_words import words_of
from hub.services.topics import Topics
from hub.services.turns import Turns
from hub.store.channel_marks import ChannelMarks
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations
from hub.store.errors import LeaseLost, NotStorable, StoreUnavailable
from hub.store.groups import Groups
from hub.store.leases import Leases
from hub.store.messages import Messages
from hub.store.operators import Operators
from hub.store.outage import is_outage
from hub.store.projects import Projects

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How soon a channel that has got a group is worked on, and what another process has received."""
LEASE_S = 15.0
CATCH_UP_S = 60.0
"""How often it is looked for conversations that nobody told of."""
CAUGHT_UP_PAGES, PAGE = 20, 50
"""So many of the open conversations with the newest activity are looked at then."""
COMES_ALONG = timedelta(hours=1)
"""What was said so long before a group was set still becomes a topic; a whole past would take hours at 20 a minute."""
FOUND_EVERY_S = 5.0
"""A step for those that were found and not told of comes so often: what happens now has the rest of the budget."""
LONGEST_PAUSE_S = 5.0
TROUBLE_AGAIN_S, WELL_FOR_S = 20.0, 600.0
"""How often it is asked whether the hub may work in the group."""
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 30.0


@dataclass(frozen=True)
class GroupParts:
    """The parts of the hub that work in a group."""

    channels: Channels
    marks: ChannelMarks
    groups: Groups
    links: OperatorLinks
    operators: Operators
    projects: Projects
    conversations: Conversations
    messages: Messages
    turns: Turns
    changing: Changing
    attachments: Attachments
    feed: Feed
    leases: Leases
    clock: DatabaseClock
    owner: str
    origin: str


class GroupInbox:
    """The `GroupInbox` of `connectors.lent` for one channel. `told` is called when something was kept."""

    def __init__(self, channel: ChannelId, groups: Groups, told: Callable[[ChannelId], None]) -> None:
        self._channel, self._groups, self._told = channel, groups, told

    async def keep(self, name: str, number: int, raw: bytes) -> None:
        """Keep an update durably, once. Raises `NotAccepting`."""
        try:
            await self._groups.keep_update(self._channel, name, number, raw)
        except (StoreUnavailable, NotStorable) as error:
            raise NotAccepting from error
        except Exception as error:
            if is_outage(error):
                raise NotAccepting from error
            raise
        self._told(self._channel)


class OperatorGroups:
    """Keeps a `_GroupAtWork` for every running channel that hosts a group."""

    def __init__(
        self,
        parts: GroupParts,
        *,
        running: Callable[[], Sequence[ChannelId]],
        connector: Callable[[ChannelId], Connector | None],
    ) -> None:
        self._parts, self._running, self._connector = parts, running, connector
        self._kept: dict[ChannelId, tuple[HostsGroup, asyncio.Task[None], _GroupAtWork]] = {}

    def told(self, channel: ChannelId) -> None:
        """Something happened in the group of this channel."""
        if channel in self._kept:
            self._kept[channel][2].told()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._look(group)
                await asyncio.sleep(LOOK_S)

    async def _look(self, group: asyncio.TaskGroup) -> None:
        hosts: dict[ChannelId, tuple[HostsGroup, Channel]] = {}
        for channel in self._running():
            connector = self._connector(channel)
            host: object = connector
            if connector is not None and isinstance(host, HostsGroup) and host.group is not None:
                hosts[channel] = host, connector.channel
        for channel, (host, task, _) in list(self._kept.items()):
            if channel not in hosts or hosts[channel][0] is not host or task.done():
                task.cancel()
                await asyncio.wait([task])
                del self._kept[channel]
        for channel, (host, found) in hosts.items():
            if channel not in self._kept:
                work = _GroupAtWork(self._parts, found, host)
                self._kept[channel] = host, group.create_task(work.run(), name=f"group {channel}"), work


class _GroupAtWork:
    """One group. One task does everything that goes out, so that nothing is shown twice."""

    def __init__(self, parts: GroupParts, channel: Channel, host: HostsGroup) -> None:
        self._parts, self._channel, self._host = parts, channel, host
        self._woken: dict[ConversationId, None] = {}
        self._found: dict[ConversationId, None] = {}
        self._found_after = 0.0
        self._news = asyncio.Event()
        self._look_at = 0.0
        self._notice: Why | None = None

    def told(self) -> None:
        """Something happened in the group."""
        self._news.set()

    def _wake(self, conversation: ConversationId) -> None:
        self._woken[conversation] = None
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled. Whatever happens, it begins again after a while: everything is kept."""
        structlog.contextvars.bind_contextvars(channel=self._channel.id)
        failures = 0
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._alone()
            except Exception as error:  # one group's trouble is not another's
                log.warning("work in a group broke off", error=type(error).__name__, exc_info=not _passes(error))
                stop_if_cancelled()
            failures = 1 if asyncio.get_running_loop().time() - started > LEASE_S else failures + 1
            await asyncio.sleep(min(LAST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 8)))

    async def _alone(self) -> None:
        """Work while this process holds the group's lease."""
        parts, name = self._parts, f"group:{self._channel.id}"
        async with parts.leases.held(name, parts.owner, LEASE_S):
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._follow())
                    group.create_task(self._catch_up_again())
                    await self._work()
            except ExceptionGroup as faults:
                raise faults.exceptions[0] from None

    # What there is to do ---------------------------------------------------------------------------------------------

    async def _follow(self) -> NoReturn:
        """Wake the conversations that change."""
        while True:
            async with self._parts.feed.subscribe(self._everything()) as subscription:
                await self._catch_up()
                async for change in subscription:
                    match change:
                        case Change(kind=ChangeKind.CONVERSATION | ChangeKind.MESSAGE, conversation=str() as changed):
                            self._wake(ConversationId(changed))
                        case Change():
                            pass
                        case Reload() | SignedOut():
                            break
                        case _:
                            assert_never(change)

    def _everything(self) -> Viewer:
        project = self._channel.project
        return Viewer(operator=OperatorId(""), name="", project=project, role=Role.ADMIN, scope=Scope.ALL)

    async def _catch_up_again(self) -> NoReturn:
        while True:
            await asyncio.sleep(CATCH_UP_S)
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Find everything that may have changed while nobody looked: open topics, and open conversations."""
        for conversation in await self._parts.groups.open_topics(self._channel.id):
            self._found[conversation] = None
        cursor: str | None = None
        for _ in range(CAUGHT_UP_PAGES):
            found, cursor = await self._parts.conversations.list(
                self._everything(), View.OPEN, cursor=cursor, limit=PAGE
            )
            for place in found:
                self._found[place.id] = None
            self._news.set()
            if cursor is None:
                return

    # Doing it --------------------------------------------------------------------------------------------------------

    async def _work(self) -> NoReturn:
        project = await self._parts.projects.get(self._channel.project)
        words, parts = words_of(project.locale if project else "en"), self._parts
        topics = Topics(
            self._channel, self._host, parts.groups, parts.conversations, parts.messages,
            _Names(parts, self._channel), parts.clock, words, since=await self._since(), origin=parts.origin,
        )  # fmt: skip
        answers = GroupAnswers(
            self._channel, self._host, topics, parts.groups, parts.links, parts.operators, parts.conversations,
            parts.messages, parts.turns, parts.changing, parts.attachments, words, self._wake,
        )  # fmt: skip
        while True:
            self._news.clear()
            try:
                await self._look_at_rights()
                await self._take_updates(answers)
                if self._notice is None:
                    await self._show_next(topics)
            except ChannelThrottled as error:
                await self._pause(min(error.retry_after_s, LONGEST_PAUSE_S))
            except (MessageRejected, ContactUnreachable) as error:
                log.warning("the group refused", reason=str(error))
                self._look_at = 0.0  # may it still work there?
                await self._pause(LONGEST_PAUSE_S)
            if not self._woken and not (self._found and asyncio.get_running_loop().time() >= self._found_after):
                await self._pause(LOOK_S)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until something happens."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _show_next(self, topics: Topics) -> None:
        """One step: in the conversation that waits longest of those that changed, else in one that was found."""
        now = asyncio.get_running_loop().time()
        waiting = self._woken or (self._found if now >= self._found_after else {})
        if not waiting:
            return
        conversation = next(iter(waiting))
        del waiting[conversation]  # before its step: what changes meanwhile wakes it again
        try:
            more = await topics.bring_up(conversation)
        except BaseException:
            waiting[conversation] = None
            raise
        if more:
            waiting[conversation] = None
            if waiting is self._found:
                self._found_after = now + FOUND_EVERY_S

    async def _take_updates(self, answers: GroupAnswers) -> None:
        """Work on what operators did in the group: what they say to contacts goes before everything else."""
        updates = await self._parts.groups.updates(self._channel.id)
        for update in updates:
            try:
                event = self._host.group_event(update.raw)
                if isinstance(event, GroupChanged):
                    self._look_at = 0.0
                if event is not None:
                    await answers.take(event)
            except PayloadInvalid as error:
                log.warning("an update of a group cannot be read", reason=error.reason)
            except (ConnectorError, Unavailable):
                raise
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("an update of a group could not be worked on", update=update.id)
                stop_if_cancelled()
            await self._parts.groups.done(update.id)
        if updates:
            self._news.set()  # there may be more

    async def _look_at_rights(self) -> None:
        """Whether the hub may work there; what is missing is shown with the channel."""
        now = asyncio.get_running_loop().time()
        if now < self._look_at:
            return
        self._notice = await self._host.group_trouble()
        self._look_at = now + (TROUBLE_AGAIN_S if self._notice is not None else WELL_FOR_S)
        host: object = self._host
        other = host.notice() if isinstance(host, HasNotices) else ()
        await self._parts.channels.set_notice(self._channel.id, *told([self._notice] if self._notice else other))

    async def _since(self) -> datetime:
        """From when on conversations become topics: shortly before this group was first worked in."""
        name = f"group:{self._host.group}"
        since = await self._parts.marks.get(self._channel.id, name)
        if since is None:
            since = (self._parts.clock.now() - COMES_ALONG).isoformat()
            await self._parts.marks.set(self._channel.id, name, since)
        return datetime.fromisoformat(since)


class _Names:
    """The `KnowsNames` of topics."""

    def __init__(self, parts: GroupParts, channel: Channel) -> None:
        self._parts, self._channel = parts, channel

    async def operator(self, operator: OperatorId) -> str | None:
        """The operator's name."""
        found = await self._parts.operators.get(operator)
        return found.name if found else None

    async def channel(self, conversation: Conversation) -> str:
        """The name of the conversation's channel."""
        found = await self._parts.channels.get(conversation.channel)
        return found.name if found else conversation.channel_kind


def _passes(error: Exception) -> bool:
    return isinstance(error, ConnectorError | LeaseLost | Unavailable) or is_outage(error)
