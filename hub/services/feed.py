"""The live feed: reads what changes in the database and tells every reader what they may see, without a silent gap."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import assert_never

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.feed import Change, ChangeKind, Reload, ReloadReason, SignedOut
from hub.model.ids import ConversationId
from hub.model.message import Direction
from hub.model.operator import Scope, Viewer
from hub.services.errors import Unavailable
from hub.services.feed_entries import FeedEntries
from hub.services.recent import RING_BYTES, RING_CHANGES, Recent
from hub.services.subscription import Subscription
from hub.services.visibility import Entry, Visibility
from hub.store.changes import OPERATORS, SESSIONS, Changes, HistoryLost, StoreChange, UpTo
from hub.store.errors import StoreUnavailable
from hub.store.places import Places

log = structlog.get_logger(__name__)

ALONE_S = 5.0  # how long it is read on though nobody is there: a page that is loaded anew is back sooner
KEPT_S = 20.0  # so long a rest is caught up with; after a longer one whoever comes back reads everything again
READY_TIMEOUT_S = 10.0  # how long a reader waits for a feed that has just started
AHEAD_TIMEOUT_S = 5.0  # how long a cursor of another process may be ahead of this one
AHEAD_POLL_S = 0.02
STORE_RETRY_S = 0.5
TOLD_AT_ONCE = 50  # changes, about 5 ms
ENDING_FIELDS = frozenset({"active", "memberships"})  # a change of these takes rights away
PUBLIC = frozenset({Direction.IN.value, Direction.OUT.value})


@dataclass(frozen=True, slots=True)
class _Reader:
    viewer: Viewer
    session: str | None


class Feed:
    """One per process. Keep `run()` in a task group.

    The change stream is the only source: what this process writes comes back through it like everything else, so that
    every process tells the same in the same order. What waits is bounded: for each reader by its queue, for absent ones
    by the ring of recent changes.
    """

    def __init__(
        self, changes: Changes, places: Places, *, ring_changes: int = RING_CHANGES, ring_bytes: int = RING_BYTES,
        alone_s: float = ALONE_S, kept_s: float = KEPT_S,
    ) -> None:  # fmt: skip
        self._changes = changes
        self._visibility = Visibility(places)
        self._entries = FeedEntries(places, self._visibility)
        self._ring_bounds = ring_changes, ring_bytes
        self._alone_s, self._kept_s = alone_s, kept_s
        self._recent = Recent("", *self._ring_bounds)
        self._generation = ""
        self._head = ""
        self._ready, self._wanted = asyncio.Event(), asyncio.Event()
        self._read_at = time.monotonic()
        self._told_at_once = 0
        self._readers: dict[Subscription, _Reader] = {}
        self._limited = 0
        self._visitors: dict[ConversationId, set[Subscription]] = {}

    @property
    def head(self) -> str:
        """The cursor of the newest change that was read. Whatever is read from the store after this is not older."""
        return f"{self._generation}/{self._head}"

    @property
    def silent_s(self) -> float:
        """For how long the database has not said anything, not even that nothing changed; normally about a second.

        It is not asked while nobody is there.
        """
        return time.monotonic() - self._read_at

    @property
    def readers(self) -> int:
        """How many subscriptions there are."""
        return len(self._readers) + sum(len(subscriptions) for subscriptions in self._visitors.values())

    async def run(self) -> None:
        """Read and tell while somebody is there, until cancelled.

        Reading costs the database and the hub as much as storing a message does. When nobody has listened for some
        seconds it ends, and goes on at the same place as soon as somebody comes; or, after a longer rest, at the place
        of that moment.
        """
        self._generation = await self._changes.patient_generation()
        after: str | None = None
        while True:
            await self._follow(after)
            alone_since = time.monotonic()
            await self._wanted.wait()
            self._visibility.forget_all()
            if time.monotonic() - alone_since > self._kept_s:
                self._generation = await self._changes.patient_generation()
                self._head = await self._changes.patient_token()
                self._recent = Recent(self._head, *self._ring_bounds)
            after = self._head

    async def _follow(self, after: str | None) -> None:
        """Until nobody has been there for a while."""
        last_seen = time.monotonic()
        async with aclosing(self._changes.follow(after)) as steps:
            async for step in steps:
                self._read_at = time.monotonic()
                if self._readers or self._visitors or not self._ready.is_set():
                    last_seen = self._read_at
                elif self._read_at - last_seen > self._alone_s:
                    # Said before the stream is closed, which takes a while: who comes meanwhile has to wait.
                    self._ready.clear()
                    self._wanted.clear()
                    return
                match step:
                    case StoreChange():
                        await self._read(step)
                        self._head = step.token
                        await self._breathe()
                    case UpTo():
                        if not self._ready.is_set() and step.token != self._head:
                            self._recent = Recent(step.token, *self._ring_bounds)
                        self._head = step.token
                        self._ready.set()
                    case HistoryLost():
                        await self._begin_again()
                    case _:
                        assert_never(step)

    async def _breathe(self) -> None:
        # The driver hands out a whole batch without waiting once: nobody else would run until it is told.
        self._told_at_once += 1
        if self._told_at_once >= TOLD_AT_ONCE:
            self._told_at_once = 0
            await asyncio.sleep(0)

    async def _begin_again(self) -> None:
        self._ready.clear()  # until the stream says where it goes on
        self._visibility.forget_all()
        generation = await self._changes.patient_generation()
        renewed = generation != self._generation
        self._generation = generation
        reason = ReloadReason.GENERATION if renewed else ReloadReason.BEHIND
        log.warning("everybody reloads", reason=reason.value, readers=self.readers)
        for subscription in self._all():
            subscription.end(Reload(reason=reason))

    async def _read(self, raw: StoreChange) -> None:
        if raw.collection == SESSIONS:
            self._sign_out(lambda reader: reader.session == raw.id)
            return
        if raw.collection == OPERATORS:
            if raw.changed is None or raw.changed & ENDING_FIELDS:
                self._sign_out(lambda reader: reader.viewer.operator == raw.id)
            return
        entry = await self._entry(raw)
        if entry is not None:
            self._tell(entry)

    async def _entry(self, raw: StoreChange) -> Entry | None:
        """The entry of a change, however long the store needs: a change is never passed over."""
        while True:
            try:
                entry = await self._entries.of(raw, self._generation)
                if entry is not None and self._limited and entry.conversation and entry.place is None:
                    await self._visibility.learn([entry.conversation])
                return entry
            except StoreUnavailable as error:
                stop_if_cancelled()
                log.warning("feed waits for the store", reason=str(error))
                await asyncio.sleep(STORE_RETRY_S)

    def _tell(self, entry: Entry) -> None:
        if entry.kind is ChangeKind.REMOVED and entry.conversation:
            self._recent.erase(entry.conversation)
        if entry.kind is not ChangeKind.PRESENCE:  # it is repeated anyway, and over before anybody resumes
            self._recent.add(entry)
        for subscription, reader in self._readers.items():
            shown = self._visibility.shown(reader.viewer, entry)
            if shown is not None:
                subscription.offer(shown)
        if entry.conversation in self._visitors and (change := entry.change) and _is_public(change):
            for subscription in self._visitors[entry.conversation]:
                subscription.offer(change)
        entry.told()

    def _sign_out(self, whose: Callable[[_Reader], bool]) -> None:
        for subscription, reader in self._readers.items():
            if whose(reader):
                subscription.end(SignedOut())

    def _all(self) -> list[Subscription]:
        return [*self._readers, *(one for several in self._visitors.values() for one in several)]

    @asynccontextmanager
    async def subscribe(
        self, viewer: Viewer, cursor: str | None = None, *, session: str | None = None
    ) -> AsyncIterator[Subscription]:
        """What changes for `viewer` after `cursor`, or from now on.

        Without a cursor, what the reader reads from the store next is not older than `Subscription.cursor`, so that
        nothing lies between. A cursor that cannot be resumed gives a `Reload` at once. The subscription ends with
        `SignedOut` when `session` ends or the person's rights change. Raises `Unavailable`: the feed does not run yet.
        """
        await self._wait_until_ready()
        limited = viewer.scope is not Scope.ALL
        self._limited += limited
        subscription: Subscription | None = None
        try:
            subscription = await self._resumed(viewer, cursor) if cursor else Subscription(self.head)
            self._readers[subscription] = _Reader(viewer, session)
            yield subscription
        finally:
            self._limited -= limited
            if subscription is not None:
                self._readers.pop(subscription, None)

    @asynccontextmanager
    async def subscribe_conversation(self, conversation: ConversationId) -> AsyncIterator[Subscription]:
        """What the contact may see of a conversation from now on.

        Messages that are no notes (`message`), operators who type (`presence`) and how far an operator has read
        (`read_mark`). Raises `Unavailable`: the feed is not running yet.
        """
        await self._wait_until_ready()
        subscription = Subscription(self.head)
        self._visitors.setdefault(conversation, set()).add(subscription)
        try:
            yield subscription
        finally:
            self._visitors[conversation].discard(subscription)
            if not self._visitors[conversation]:
                del self._visitors[conversation]

    async def sees(self, viewer: Viewer, conversation: ConversationId) -> bool:
        """Whether the conversation exists for `viewer`. Raises `StoreUnavailable`."""
        await self._visibility.learn([conversation])
        place = self._visibility.place(conversation)
        return place is not None and viewer.sees(*place)

    async def _resumed(self, viewer: Viewer, cursor: str) -> Subscription:
        generation, _, token = cursor.partition("/")
        if generation != self._generation:
            return _ended(cursor, ReloadReason.GENERATION)
        if not await self._reaches(token):
            return _ended(cursor, ReloadReason.BEHIND)
        if viewer.scope is not Scope.ALL:
            await self._learn_since(token)
        # From here to the registration nothing is awaited, so no change can slip between the two.
        missed = self._recent.after(token)
        if missed is None or not self._ready.is_set():
            return _ended(cursor, ReloadReason.BEHIND)
        shown = (self._visibility.shown(viewer, entry) for entry in missed)
        return Subscription(cursor, (change for change in shown if change is not None))

    async def _reaches(self, token: str) -> bool:
        """Whether this process has read up to `token`; another one may have been a moment ahead."""
        deadline = time.monotonic() + AHEAD_TIMEOUT_S
        while token > self._head:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(AHEAD_POLL_S)
        return True

    async def _learn_since(self, token: str) -> None:
        missed = self._recent.after(token) or iter(())
        wanted = {entry.conversation for entry in missed if entry.place is None}
        await self._visibility.learn([conversation for conversation in wanted if conversation is not None])

    async def _wait_until_ready(self) -> None:
        self._wanted.set()
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await self._ready.wait()
        except TimeoutError:
            raise Unavailable(2, "The live feed is not ready yet. Please try again in a moment.") from None


def _ended(cursor: str, reason: ReloadReason) -> Subscription:
    subscription = Subscription(cursor)
    subscription.end(Reload(reason=reason))
    return subscription


def _is_public(change: Change) -> bool:
    match change.kind:
        case ChangeKind.MESSAGE:
            return change.data["direction"] in PUBLIC
        case ChangeKind.PRESENCE:
            return "operator" in change.data
        case ChangeKind.READ_MARK:
            return True
        case _:
            return False
