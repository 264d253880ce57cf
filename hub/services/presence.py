"""Presence: says which person looks at which conversation or types in it, rarely enough for the store."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence

import structlog

from hub.model.ids import ContactId, ConversationId, OperatorId, ProjectId
from hub.model.message import ActorKind
from hub.model.operator import Viewer
from hub.model.presence import Attendance
from hub.store.errors import StoreUnavailable
from hub.store.presence import Presences

log = structlog.get_logger(__name__)

WRITE_PAUSE_S = 1.0  # a person's presence is written at most once in so long
REPEAT_AFTER_S = 5.0  # and again, when nothing has changed, only after so long
BEAT_EVERY_S = 20.0
STORE_TIMEOUT_S = 5.0  # presence that comes later than this is worth nothing
REMEMBERED_CONTACTS = 10_000


class Presence:
    """The presence of everybody who is connected to this process."""

    def __init__(self, presences: Presences, types: Callable[[ConversationId], None] | None = None) -> None:
        """`types` is told that an operator types in a conversation."""
        self._presences, self._types = presences, types or _nobody
        self._open: Counter[tuple[OperatorId, ConversationId]] = Counter()
        self._typed: OrderedDict[tuple[ConversationId, ContactId], tuple[bool, float]] = OrderedDict()

    def desk(self, viewer: Viewer) -> "Desk":
        """For one inbox that was just opened. Keep its `run()` in a task group, and `leave()` at the end."""
        return Desk(self._presences, self._open, viewer, self._types)

    async def of(self, conversation: ConversationId) -> Sequence[Attendance]:
        """Who is in the conversation right now; nobody while the database is away."""
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                return await self._presences.of(conversation)
        except (StoreUnavailable, TimeoutError):
            log.warning("presence was not read")
            return []

    async def online(self, project: ProjectId) -> Sequence[OperatorId]:
        """The operators who are there and ready to answer. Raises `StoreUnavailable`."""
        return await self._presences.online(project)

    async def contact_types(
        self, project: ProjectId, conversation: ConversationId, contact: ContactId, *, typing: bool = True
    ) -> None:
        """The contact types in the conversation, or has stopped. Saying the same often writes rarely."""
        key = conversation, contact
        said, at = self._typed.get(key, (False, float("-inf")))
        if said == typing and (not typing or time.monotonic() - at < REPEAT_AFTER_S):
            return
        self._typed[key] = (typing, time.monotonic())
        self._typed.move_to_end(key)
        if len(self._typed) > REMEMBERED_CONTACTS:
            self._typed.popitem(last=False)
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await self._presences.note(
                    project, conversation, ActorKind.CONTACT, contact, None, looking=False, typing=typing
                )
        except (StoreUnavailable, TimeoutError):
            log.warning("presence was not written", conversation=conversation)


class Desk:
    """One open inbox: what its person looks at."""

    def __init__(
        self,
        presences: Presences,
        opened: Counter[tuple[OperatorId, ConversationId]],
        viewer: Viewer,
        types: Callable[[ConversationId], None],
    ) -> None:
        self._presences, self._opened, self._viewer, self._types = presences, opened, viewer, types
        self._conversation: ConversationId | None = None
        self._typing = False
        self._written: tuple[ConversationId | None, bool] = (None, False)
        self._written_at = float("-inf")
        self._news = asyncio.Event()

    def look(self, conversation: ConversationId | None, typing: bool) -> None:
        """The person now looks at `conversation`, which they may see, or at none. Written soon."""
        if conversation != self._conversation:
            self._count(self._conversation, -1)
            self._count(conversation, 1)
        self._conversation, self._typing = conversation, typing and conversation is not None
        if conversation is not None and typing:
            self._types(conversation)
        self._news.set()

    async def run(self) -> None:
        """Write what changes, and that the person is there, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._write())

    async def leave(self) -> None:
        """The inbox was closed. The beat runs out by itself."""
        self.look(None, typing=False)
        await self._bring_up_to_date()

    async def _beat(self) -> None:
        while True:
            try:
                async with asyncio.timeout(STORE_TIMEOUT_S):
                    await self._presences.beat(self._viewer.project, self._viewer.operator)
            except (StoreUnavailable, TimeoutError):
                log.warning("presence was not written", operator=self._viewer.operator)
            await asyncio.sleep(BEAT_EVERY_S)

    async def _write(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._bring_up_to_date()
            await asyncio.sleep(WRITE_PAUSE_S)

    async def _bring_up_to_date(self) -> None:
        wanted = (self._conversation, self._typing)
        if wanted == self._written and time.monotonic() - self._written_at < REPEAT_AFTER_S:
            return
        before = self._written[0]
        if before is not None and before != wanted[0] and not self._opened[self._viewer.operator, before]:
            await self._note(before, looking=False, typing=False)
        if wanted[0] is not None:
            await self._note(wanted[0], looking=True, typing=wanted[1])
        self._written, self._written_at = wanted, time.monotonic()

    async def _note(self, conversation: ConversationId, *, looking: bool, typing: bool) -> None:
        viewer = self._viewer
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await self._presences.note(
                    viewer.project,
                    conversation,
                    ActorKind.OPERATOR,
                    viewer.operator,
                    viewer.name,
                    looking=looking,
                    typing=typing,
                )
        except (StoreUnavailable, TimeoutError):
            log.warning("presence was not written", conversation=conversation)

    def _count(self, conversation: ConversationId | None, by: int) -> None:
        if conversation is None:
            return
        key = self._viewer.operator, conversation
        self._opened[key] += by
        if self._opened[key] <= 0:
            del self._opened[key]


def _nobody(_: ConversationId) -> None:
    """Nobody is told."""
