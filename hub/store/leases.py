"""Leases: who alone may do a thing for a while, with a fencing number that rises with each owner."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import structlog
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.store.connection import Database, retrying
from hub.store.errors import LeaseLost, StoreUnavailable

log = structlog.get_logger(__name__)

GIVE_BACK_S = 5.0
ASK_AGAIN_S = 1.0
"""So long at the most after a lease was given back whoever waits for it has it (delivery contract, I17)."""
LAST_TRY_S = 1.0
"""After a pause of this process the database may still say that nobody else has the lease."""
COLLECTION = "leases"
# An expired lease is kept for a day (its index); the fencing number rises all the same once it is gone (`acquire`).

_ANY_CLOCK = timedelta(hours=2)
"""However wrong this machine's clock is, as far as anybody lives with that: it only bounds what is looked at."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on `name`. `fence` is larger than that of every owner before.

    `claimed_at_s` is the monotonic time just before the claim was asked for, so that the age errs on the safe side.
    """

    name: str
    owner: str
    fence: int
    ttl_s: float
    expires_at: datetime
    claimed_at_s: float
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)

    def age_s(self) -> float:
        """Seconds since the claim was asked for."""
        return self.monotonic() - self.claimed_at_s

    def fresh(self) -> bool:
        """Whether it is safe to act: less than half of the lease is over. Ask right before the act; renew if not."""
        return self.age_s() < self.ttl_s / 2


class Leases:
    """The leases of the deployment. Every comparison is with the database's time, never with this machine's."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def acquire(self, name: str, owner: str, ttl_s: float) -> Lease | None:
        """The lease on `name` for `ttl_s` seconds, or None while somebody else holds it.

        One findAndModify. Whoever holds it already gets it again, longer, with the same fencing number; an owner whose
        lease had expired gets a new number.

        Raises:
            StoreUnavailable: unknown whether it was got; act as if it was not.
        """
        claimed_at_s = time.monotonic()
        mine = {"$eq": ["$owner", _text(owner)]}
        over = {"$lte": [{"$ifNull": ["$expires_at", _LONG_AGO]}, "$$NOW"]}
        free = {"$or": [mine, over]}
        # The number is at least the time in milliseconds: it rises even if the old document was removed meanwhile.
        next_fence = {"$max": [{"$add": [{"$ifNull": ["$fence", 0]}, 1]}, {"$toLong": "$$NOW"}]}
        # Every expression sees the document as it was. What another holds stays as it is, and nothing is written then.
        update = {
            "fence": {"$cond": [over, next_fence, "$fence"]},
            "owner": {"$cond": [free, _text(owner), "$owner"]},
            "expires_at": {"$cond": [free, _in(ttl_s), "$expires_at"]},
        }
        try:
            document = await retrying(
                lambda: self._collection.find_one_and_update(
                    {"_id": name}, [{"$set": update}], upsert=True, return_document=ReturnDocument.AFTER
                )
            )
        except DuplicateKeyError:  # two who were first at the same moment: the other one was faster
            return None
        if document is None or document["owner"] != owner:
            return None
        return Lease(name, owner, int(document["fence"]), ttl_s, document["expires_at"], claimed_at_s)

    async def renew(self, lease: Lease) -> Lease | None:
        """The same lease, anew for its `ttl_s`, or None when somebody else has had it since: stop acting at once.

        Raises:
            StoreUnavailable: unknown whether it was renewed; the old lease ages on.
        """
        claimed_at_s = time.monotonic()
        document = await retrying(
            lambda: self._collection.find_one_and_update(
                _held(lease), [{"$set": {"expires_at": _in(lease.ttl_s)}}], return_document=ReturnDocument.AFTER
            )
        )
        if document is None:
            return None
        return Lease(lease.name, lease.owner, lease.fence, lease.ttl_s, document["expires_at"], claimed_at_s)

    @asynccontextmanager
    async def held(self, name: str, owner: str, ttl_s: float, within_s: float = GIVE_BACK_S) -> AsyncIterator[None]:
        """Wait for the lease on `name`, hold it while the block runs, and give it back within `within_s`.

        The block is cancelled when the lease is lost. Raises what it raises, and:
            LeaseLost: somebody else has the lease.
            StoreUnavailable: it could not be renewed in its time.
        """
        lease = await self._awaited(name, owner, ttl_s, within_s)
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keep(lease))
                yield
                keeping.cancel()
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        finally:
            await self.give_back(lease, within_s)

    async def _awaited(self, name: str, owner: str, ttl_s: float, within_s: float) -> Lease:
        try:
            while (lease := await self.acquire(name, owner, ttl_s)) is None:
                await asyncio.sleep(min(ttl_s / 3, ASK_AGAIN_S))  # whoever holds it may end
        except asyncio.CancelledError:
            # Else a hub that stops as soon as it runs leaves the next one waiting for a whole lease.
            await self.give_up(name, owner, within_s)
            raise
        return lease

    async def _keep(self, lease: Lease) -> NoReturn:
        """Renew until somebody else has it, or its time is over and a last try has failed."""
        while True:
            await asyncio.sleep(max(0.0, min(lease.ttl_s / 3, lease.ttl_s - lease.age_s())))
            try:
                async with asyncio.timeout(max(LAST_TRY_S, lease.ttl_s - lease.age_s())):
                    renewed = await self.renew(lease)
            except (StoreUnavailable, TimeoutError) as error:
                if lease.age_s() >= lease.ttl_s:
                    raise StoreUnavailable(f"the lease {lease.name} could not be renewed in its time") from error
                continue
            if renewed is None:
                raise LeaseLost(f"another process has the lease {lease.name}")
            lease = renewed

    async def release(self, lease: Lease) -> None:
        """Gives `lease` back, so that the next owner need not wait; nothing happens if it has a new owner already.

        Raises:
            StoreUnavailable: it may stay until it expires.
        """
        await self._free(_held(lease))

    async def give_back(self, lease: Lease, within_s: float = GIVE_BACK_S) -> None:
        """As `release`, where work ends: a failure is logged alone, for the lease runs out by itself."""
        await self._given_back(lease.name, _held(lease), within_s)

    async def give_up(self, name: str, owner: str, within_s: float = GIVE_BACK_S) -> None:
        """As `give_back`, for an owner that was cancelled in `acquire`: it may have got the lease and not know it."""
        await self._given_back(name, {"_id": name, "owner": owner}, within_s)

    async def give_up_all(self, owners: Sequence[str]) -> int:
        """Free every lease of owners that have certainly ended; how many there were. Raises `StoreUnavailable`."""
        held = {"owner": {"$in": [*owners]}, "expires_at": {"$gt": datetime.now(UTC) - _ANY_CLOCK}}
        freed = await retrying(
            lambda: self._collection.update_many(held, [{"$set": {"owner": None, "expires_at": "$$NOW"}}])
        )
        return freed.modified_count

    async def _given_back(self, name: str, held: dict[str, Any], within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._free(held)
        except Exception:  # raised, it would hide why the work ended, such as that its task was cancelled
            log.warning("lease was not given back", lease=name, exc_info=True)

    async def _free(self, held: dict[str, Any]) -> None:
        await retrying(lambda: self._collection.update_one(held, [{"$set": {"owner": None, "expires_at": "$$NOW"}}]))

    async def holds(self, lease: Lease) -> bool:
        """Whether nobody has taken the lease since and it has not expired, as the database sees it."""
        found = await retrying(
            lambda: self._collection.find_one(
                {**_held(lease), "$expr": {"$gt": ["$expires_at", "$$NOW"]}}, projection={"_id": 1}
            )
        )
        return found is not None


def _held(lease: Lease) -> dict[str, Any]:
    return {"_id": lease.name, "owner": lease.owner, "fence": lease.fence}


def _text(value: str) -> dict[str, Any]:
    return {"$literal": value}  # a name that begins with $ is a name


def _in(seconds: float) -> dict[str, Any]:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": round(seconds * 1000)}}
