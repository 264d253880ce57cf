"""Coalescing: idempotent updates of derived documents, folded per document and written in bulk soon after."""

import asyncio
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from bson.errors import InvalidDocument
from pymongo import InsertOne, UpdateMany, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure

from hub.cancelling import stop_if_cancelled
from hub.store.documents import Document
from hub.store.errors import NotStorable, StoreUnavailable
from hub.store.group_commit import DUPLICATE_KEY, FIRST_BACK_OFF_S, LAST_BACK_OFF_S, PASSING_CODES

log = structlog.get_logger(__name__)

ValueT = TypeVar("ValueT")
Update = tuple[Mapping[str, Any], Mapping[str, Any] | Sequence[Mapping[str, Any]]]
"""A filter, and the update or the pipeline for the one document it finds."""

Operation = UpdateOne | UpdateMany | InsertOne[Document]

BATCH = 500
BATCHES_BEHIND = 2
WRITE_TIMEOUT_S = 30.0
QUIET_S = 0.04  # longer than Turns gather, which come in bursts


@dataclass(slots=True, eq=False)
class _Waiting:
    value: Any
    build: Callable[[Any], Update]
    short: Callable[[Any], Update | Document | None] | None
    many: bool
    done: "asyncio.Future[None]"

    def operation(self, *, upsert: bool) -> "tuple[Operation, bool]":
        """What is written, and whether that is the short form."""
        if self.many:
            return UpdateMany(*self.build(self.value)), False
        short = self.short(self.value) if self.short is not None else None
        if isinstance(short, dict):
            return InsertOne(short), True
        if short is not None:
            return UpdateOne(*short), True
        return UpdateOne(*self.build(self.value), upsert=upsert), False


class Coalescer:
    """Writes updates of one collection behind the back of whoever submits them. Keep `run()` in a task group.

    Every update must be idempotent and only move forward (`$max`, a comparison with a position or seq; never `$inc`
    alone): it may be written twice. What waits here is lost in a crash, and must be derivable again.
    """

    def __init__(
        self,
        collection: AsyncCollection[Document],
        *,
        upsert: bool = False,
        batch: int = BATCH,
        rest_s: float = 0,
        quiet_s: float = QUIET_S,
        more_comes: Callable[[], bool] = lambda: True,
    ) -> None:
        """`upsert` makes the document when the filter finds none; `batch` is the most updates in one write.

        `rest_s` is a pause after each write, unless somebody waits: a few large writes cost less than many. It ends
        when nothing has come for `quiet_s`, and at once where `more_comes` says that nothing more is on its way.
        """
        self._collection = collection
        self._upsert = upsert
        self._batch = batch
        self._rest_s, self._quiet_s, self._more_comes = rest_s, quiet_s, more_comes
        self._submitted = 0
        self._waiting: dict[str, _Waiting] = {}
        self._in_flight: dict[str, _Waiting] = {}
        self._arrived, self._wanted = asyncio.Event(), asyncio.Event()
        self._room = asyncio.Condition()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many documents have updates that are not written yet."""
        return len(self._waiting) + len(self._in_flight)

    async def submit(
        self,
        key: str,
        value: ValueT,
        fold: Callable[[ValueT, ValueT], ValueT],
        build: Callable[[ValueT], Update],
        short: Callable[[ValueT], Update | Document | None] | None = None,
        *,
        many: bool = False,
    ) -> None:
        """Takes `value` for the document `key`; `build` makes its update when it is written.

        `short` may give a cheaper update, whose filter finds the document only where it leads to the same, or the whole
        document, for where there is none. Where the one finds nothing, or the other something, the update of `build` is
        written. `many` updates every document that is found and makes none; nobody uses it beside `short`, since it
        blurs the count of what was found.

        A value that waits for the same key already is folded with this one: `fold(waiting, value)`. Returns at once
        unless two batches wait; then it waits for room.

        Raises:
            StoreUnavailable: the coalescer has ended; nothing was taken.
        """
        if not self._has_room(key):
            async with self._room:
                await self._room.wait_for(lambda: self._closed or self._has_room(key))
        if self._closed:
            raise StoreUnavailable("the hub is stopping: try again in a moment")
        self._submitted += 1
        held = self._waiting.get(key)
        if held is not None:
            held.value, held.build, held.short = fold(held.value, value), build, short
        else:
            self._waiting[key] = _Waiting(value, build, short, many, asyncio.get_running_loop().create_future())
            self._arrived.set()
        if not self._more_comes():
            self._wanted.set()

    async def flush(self) -> None:
        """Returns when everything submitted so far is written. It waits as long as the database is away.

        Raises:
            NotStorable: the database refused one of the updates for good; the rest is written.
            StoreUnavailable: the coalescer ended first.
        """
        self._wanted.set()
        await self._settled([*self._in_flight.values(), *self._waiting.values()])

    def is_written(self, key: str) -> bool:
        """Whether everything submitted so far for `key` is written, or was refused."""
        return key not in self._waiting and key not in self._in_flight

    async def written(self, key: str, *, hurry: bool = True) -> None:
        """Returns when everything submitted so far for `key` is written. Raises as `flush` does.

        `hurry` ends a pause that would delay it.
        """
        outstanding = [each[key] for each in (self._in_flight, self._waiting) if key in each]
        if outstanding:
            if hurry:
                self._wanted.set()
            await self._settled(outstanding)

    async def run(self) -> None:
        """Writes batch after batch until cancelled, for as long as it takes; then `flush` and `submit` raise."""
        try:
            while True:
                await self._arrived.wait()
                await self._take()
                if not self._in_flight:
                    self._arrived.clear()
                    continue
                await self._write()
                self._in_flight = {}
                if self._rest_s:
                    await self._rest()
        finally:
            await self._close()

    async def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        until, before = loop.time() + self._rest_s, -1
        while before != self._submitted and (left_s := until - loop.time()) > 0:
            before = self._submitted
            try:
                async with asyncio.timeout(min(left_s, self._quiet_s)):
                    await self._wanted.wait()
            except TimeoutError:
                continue
            return

    def _has_room(self, key: str) -> bool:
        return key in self._waiting or len(self._waiting) < BATCHES_BEHIND * self._batch

    async def _settled(self, outstanding: Sequence[_Waiting]) -> None:
        for each in outstanding:
            await asyncio.shield(each.done)  # a caller that is cancelled must not cancel the word for the others

    async def _take(self) -> None:
        self._wanted.clear()
        for key in list(self._waiting)[: self._batch]:
            self._in_flight[key] = self._waiting.pop(key)
        async with self._room:
            self._room.notify_all()

    async def _write(self) -> None:
        left = list(self._in_flight.values())
        back_off_s = FIRST_BACK_OFF_S
        while True:
            left, reason = await self._attempt(left)
            if not left:
                return
            if not reason:
                continue
            stop_if_cancelled()
            log.warning("derived updates are retried", collection=self._collection.name, left=len(left), reason=reason)
            await asyncio.sleep(random.uniform(back_off_s / 2, back_off_s))  # noqa: S311  (no secret)
            back_off_s = min(back_off_s * 2, LAST_BACK_OFF_S)

    async def _attempt(self, left: list[_Waiting]) -> tuple[list[_Waiting], str]:
        """Writes `left` once; gives those that have to be written again, and why: without a reason, in full."""
        operations: list[Operation] = []
        short: set[_Waiting] = set()
        for each in left:
            operation, is_short = each.operation(upsert=self._upsert)
            operations.append(operation)
            if is_short:
                short.add(each)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                result = await self._collection.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            for each in short:
                each.short = None
            return self._sorted_out(left, error.details, short)
        except (ConnectionFailure, TimeoutError) as error:
            return left, str(error) or "no answer"
        except OperationFailure as error:
            if error.code in PASSING_CODES:
                return left, str(error)
            return await self._single_out(left, error)
        except (InvalidDocument, OverflowError, UnicodeEncodeError) as error:  # it never left the driver
            return await self._single_out(left, error)
        if result.matched_count + result.upserted_count + result.inserted_count == len(operations):
            short = set()  # each found its document, or made it; else the server does not say which did not
        for each in left:
            if each in short:
                each.short = None
            else:
                _answer(each, None)
        return [each for each in left if each in short], ""

    async def _single_out(self, left: list[_Waiting], error: Exception) -> tuple[list[_Waiting], str]:
        # The command was refused as a whole for the fault of one update (nested too deep, for one): find that one.
        if len(left) == 1:
            self._refuse(left[0], str(error))
            return [], ""
        again: list[_Waiting] = []
        reason = ""
        for each in left:
            failed, why = await self._attempt([each])
            again += failed
            reason = why or reason
        return again, reason

    def _sorted_out(
        self, left: list[_Waiting], details: Mapping[str, Any] | None, short: Collection[_Waiting] = ()
    ) -> tuple[list[_Waiting], str]:
        details = details or {}
        unconfirmed = details.get("writeConcernErrors")
        if unconfirmed:
            return left, str(unconfirmed[0].get("errmsg", "not confirmed by a majority"))
        faults = {fault["index"]: fault for fault in details.get("writeErrors", ())}
        again: list[_Waiting] = []
        reason = ""
        for index, each in enumerate(left):
            fault = faults.get(index)
            if each in short and (fault is None or fault["code"] == DUPLICATE_KEY):
                again.append(each)
            elif fault is None:
                _answer(each, None)
            elif fault["code"] in PASSING_CODES or (self._upsert and _lost_the_race(fault)):
                again.append(each)
                reason = str(fault.get("errmsg", ""))
            else:
                self._refuse(each, str(fault.get("errmsg", "no reason given")))
        return again, reason

    def _refuse(self, waiting: _Waiting, reason: str) -> None:
        # Not raised from run(): one document that cannot be written must not end the hub for all others.
        log.error("derived update was refused", collection=self._collection.name, reason=reason)
        _answer(waiting, NotStorable(f"an update of {self._collection.name} was refused: {reason}"))

    async def _close(self) -> None:
        self._closed = True
        left = [*self._in_flight.values(), *self._waiting.values()]
        self._in_flight, self._waiting = {}, {}
        for each in left:
            _answer(each, StoreUnavailable("the hub stopped before derived updates were written; they are made again"))
        async with self._room:
            self._room.notify_all()


def _lost_the_race(fault: Mapping[str, Any]) -> bool:
    """Whether two upserts of one new document met: the second time it finds the document and updates it."""
    return bool(fault["code"] == DUPLICATE_KEY and dict(fault.get("keyPattern") or {}) == {"_id": 1})


def _answer(waiting: _Waiting, error: Exception | None) -> None:
    if waiting.done.done():
        return
    if error is None:
        waiting.done.set_result(None)
    else:
        waiting.done.set_exception(error)
        waiting.done.exception()  # read: often nobody waits for it, and the log has it already
