"""Attempts: how long one may take to send something, and how its claim is kept where that is long."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from connectors.abilities import TakesItsTime
from connectors.base import OutgoingMessage
from hub.store.errors import StoreUnavailable
from hub.store.leases import LAST_TRY_S, Lease
from hub.store.outage import is_outage

log = structlog.get_logger(__name__)

ASIDE_S = 5.0
"""After so long an attempt no longer counts among those that are made at once: others need not wait for it."""

Keep = Callable[[Lease], Awaitable[Lease | None]]
"""Renews what an attempt is made under; None when somebody else has it by now."""


@dataclass
class Held:
    """What an attempt is made under: `lease`, as it was renewed last, by `keep`."""

    lease: Lease
    keep: Keep


class Attempts:
    """Sets the limit of each attempt, and knows which connectors are in use.

    `aside` lets another conversation be worked on while one takes its time.
    """

    def __init__(self, timeout_s: float, aside: Callable[[], AbstractContextManager[None]]) -> None:
        self._timeout_s, self._aside = timeout_s, aside
        self._used = Counter[int]()
        self._let_go = asyncio.Event()

    def of(self, aside: Callable[[], AbstractContextManager[None]]) -> "Attempts":
        """The same, for workers who step aside by themselves: which connectors are in use is known to both."""
        others = Attempts(self._timeout_s, aside)
        others._used, others._let_go = self._used, self._let_go
        return others

    def use(self, connector: object) -> bool:
        """Whether something is being sent through the connector."""
        return self._used[id(connector)] > 0

    async def end_with(self, connector: object) -> None:
        """Return when nothing is being sent through the connector any more. Each attempt has its limit."""
        while self.use(connector):
            self._let_go.clear()
            await self._let_go.wait()

    @contextmanager
    def using(self, connector: object) -> Iterator[None]:
        """The connector is not closed while this lasts, if it runs by now: nothing is awaited before."""
        self._used[id(connector)] += 1
        try:
            yield
        finally:
            self._used[id(connector)] -= 1
            if not self._used[id(connector)]:
                del self._used[id(connector)]
                self._let_go.set()

    @asynccontextmanager
    async def one(self, connector: object, outgoing: OutgoingMessage, held: Held) -> AsyncIterator[None]:
        """One attempt, which is the body: cancelled when its time is over, or when somebody else has what is `held`.

        Raises what the body raises, and `TimeoutError`.
        """
        with self.using(connector):
            async with self._within(connector, outgoing, held):
                yield

    @asynccontextmanager
    async def _within(self, connector: object, outgoing: OutgoingMessage, held: Held) -> AsyncIterator[None]:
        if not isinstance(connector, TakesItsTime):
            async with asyncio.timeout(self._timeout_s):
                yield
            return
        try:
            async with asyncio.timeout(connector.attempt_s(outgoing)) as limit, asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keep(held, limit))
                yield
                keeping.cancel()
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None

    async def _keep(self, held: Held, limit: asyncio.Timeout) -> None:
        """Renew before the time is over, half of which may be gone. An outage ends nothing: nobody else can claim."""
        first_s = min(ASIDE_S, _renew_after_s(held.lease))
        await asyncio.sleep(first_s)
        with self._aside():
            await asyncio.sleep(max(0.0, _renew_after_s(held.lease)))
            while renewed := await self._renewed(held):
                held.lease = renewed
                await asyncio.sleep(_renew_after_s(renewed))
        log.warning("an attempt was ended, for somebody else makes it", lease=held.lease.name)
        # Not by an error: a group that is being left when a task fails leaves us marked as cancelled (until 3.13).
        if not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time())

    @staticmethod
    async def _renewed(held: Held) -> Lease | None:
        while True:
            try:
                async with asyncio.timeout(max(LAST_TRY_S, held.lease.ttl_s - held.lease.age_s())):
                    return await held.keep(held.lease)
            except Exception as error:
                if not is_outage(error) and not isinstance(error, StoreUnavailable):
                    raise
                log.warning("what an attempt is made under is renewed again", lease=held.lease.name, reason=str(error))
                await asyncio.sleep(min(LAST_TRY_S, held.lease.ttl_s / 3))


def _renew_after_s(lease: Lease) -> float:
    """A third of the time before its end: it may be half over when an attempt begins."""
    return max(0.0, lease.ttl_s * 2 / 3 - lease.age_s())
