"""Group commit: whatever arrived while one flush was written is the next flush, so that many writers share one sync."""

import asyncio
import random
import sys
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import bson
import structlog
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    OperationFailure,
)

from hub.cancelling import stop_if_cancelled
from hub.store.documents import Document
from hub.store.errors import NotDurable, NotStorable, PredecessorRefused, StoreBusy, StoreUnavailable

log = structlog.get_logger(__name__)

WAITING_LIMIT = 4096
FLUSH_DOCUMENTS = 1000
FLUSH_BYTES = 8 * 1024**2
DOCUMENT_BYTES = 16 * 1024**2 - 16 * 1024  # the server's limit, less the room it keeps for itself
PATIENCE_S = 0.02  # no person sees it, and a busy hub writes a dozen Turns together that come one after the other
DEADLINE_S = 15.0  # a fail-over with default election settings takes about 12 s
LOOKS = 20  # in that time, for documents that have waited for longer
FIRST_BACK_OFF_S = 0.05
LAST_BACK_OFF_S = 1.0

DUPLICATE_KEY = 11000
# The server was leaving its post while it wrote: host unreachable, network time-out, shutting down, stepping down,
# interrupted, not primary (the server's error codes of the retryable kind).
PASSING_CODES = frozenset({6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
# The server refuses the whole command for one document nested too deep (15), too large (10334) or malformed (2, 22).
DOCUMENT_CODES = frozenset({2, 15, 22, 10334})


@dataclass(frozen=True, slots=True)
class Inserted:
    """The document is stored, journaled, by a majority."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A durable document holds the same unique key already; this one was not stored.

    `key_pattern` is the index's keys, such as `{"conversation": 1, "position": 1}`, and `key_value` what clashed.
    A clash on `_id` may be with this very document: an earlier attempt arrived though its answer was lost.
    """

    index_name: str
    key_pattern: Mapping[str, int]
    key_value: Mapping[str, object]


Outcome = Inserted | Duplicate
INSERTED = Inserted()


@dataclass(slots=True, eq=False)
class Waiting:
    """A document on its way. Await its `answer`, or cancel that: what is not being written yet is then taken back."""

    document: RawBSONDocument
    key: str
    deadline: float
    answer: "asyncio.Future[Outcome]"
    follows: "Waiting | None" = None

    @property
    def inserted(self) -> bool:
        """Whether it is known to be stored by this attempt."""
        answer = self.answer
        return answer.done() and not answer.cancelled() and answer.exception() is None and answer.result() is INSERTED


@dataclass(slots=True)
class _Queue:
    """Documents that wait, by key: at most one of each key leaves at a time, and each key keeps its order.

    Only what follows another leaves with it, right behind.
    """

    by_key: "OrderedDict[str, deque[Waiting]]" = field(default_factory=OrderedDict)
    size: int = 0

    def add(self, waiting: Waiting) -> None:
        self.by_key.setdefault(waiting.key, deque()).append(waiting)
        self.size += 1

    def __iter__(self) -> Iterator[Waiting]:
        return chain.from_iterable(self.by_key.values())

    def take(self, documents: int, size_bytes: int) -> list[Waiting]:
        """The next flush. Those whose caller has gone are left out; a key with more goes to the end of the line."""
        taken: list[Waiting] = []
        again: list[tuple[str, deque[Waiting]]] = []
        while self.by_key and len(taken) < documents:
            key, line = self.by_key.popitem(last=False)
            while line and line[0].answer.done():
                line.popleft()
                self.size -= 1
            if line:
                size_bytes -= len(line[0].document.raw)
                if taken and size_bytes < 0:
                    self.by_key[key] = line
                    self.by_key.move_to_end(key, last=False)
                    break
                taken.append(line.popleft())
                self.size -= 1
                while line and line[0].follows is taken[-1] and len(taken) < documents:
                    size_bytes -= len(line[0].document.raw)
                    taken.append(line.popleft())
                    self.size -= 1
            if line:
                again.append((key, line))
        self.by_key.update(again)
        return taken


class GroupCommit:
    """Inserts documents of one collection durably, one flush in flight. Keep `run()` in a task group.

    No timer where anybody waits: an idle writer pays nothing, and under load the flushes grow by themselves.
    """

    def __init__(
        self,
        collection: AsyncCollection[Document],
        *,
        waiting_limit: int = WAITING_LIMIT,
        flush_documents: int = FLUSH_DOCUMENTS,
        flush_bytes: int = FLUSH_BYTES,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._collection = collection
        self._waiting_limit = waiting_limit
        self._flush_documents = flush_documents
        self._flush_bytes = flush_bytes
        self._deadline_s = deadline_s
        self._queue = _Queue()
        self._arrived, self._urgent = asyncio.Event(), asyncio.Event()
        self._in_flight: Sequence[Waiting] = ()
        self._overdue_look: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many documents have been taken and not yet answered."""
        return self._queue.size + len(self._in_flight)

    async def insert(self, document: Document, key: str, *, patient: bool = False) -> Outcome:
        """Stores `document`, which has its `_id`, and says what became of it.

        Documents with the same `key` are written in the order in which they came, never two in one flush. Lost
        connections are retried here. Cancelling takes back what was not yet being written, and
        only the wait for what was. A `patient` one waits some milliseconds for others.

        Raises:
            StoreBusy: too many wait; nothing was taken. Answer 503.
            StoreUnavailable: no answer in time; it may be stored. Acknowledge nothing, repeat with the same `_id`.
            NotDurable: written, but not confirmed by a majority. Acknowledge nothing, repeat with the same `_id`.
            NotStorable: the database can never hold it. Park what it came from.
        """
        return await self.put(document, key, patient=patient).answer

    def put(self, document: Document, key: str, *, patient: bool = False, follows: Waiting | None = None) -> Waiting:
        """As `insert`, but for the waiting: the answer holds what that returns or raises.

        With `follows`, the one of the same key that was put just before, it may be written in the same flush, right
        behind it, and is stored only if that is: else it gets `PredecessorRefused`. Raises `StoreUnavailable`,
        `StoreBusy`, `NotStorable` where nothing was taken.
        """
        if self._closed:
            raise StoreUnavailable("the hub is stopping: try again in a moment")
        if self.waiting >= self._waiting_limit:
            raise StoreBusy(f"{self.waiting} documents wait for {self._collection.name}: try again in a moment")
        loop = asyncio.get_running_loop()
        waiting = Waiting(self._encoded(document), key, loop.time() + self._deadline_s, loop.create_future(), follows)
        self._queue.add(waiting)
        self._arrived.set()
        if not patient:
            self._urgent.set()
        if self._overdue_look is None:
            self._overdue_look = loop.call_later(self._deadline_s / LOOKS, self._look_for_overdue)
        return waiting

    def hurry(self) -> None:
        """Somebody waits by now, also for what was patient."""
        self._urgent.set()

    async def run(self) -> None:
        """Writes flush after flush until cancelled; those who still wait then get StoreUnavailable."""
        try:
            while True:
                await self._arrived.wait()
                if not self._urgent.is_set():
                    await self._gather()
                self._urgent.clear()
                self._in_flight = self._queue.take(self._flush_documents, self._flush_bytes)
                if not self._in_flight:
                    self._arrived.clear()
                    continue
                await self._flush()
                self._in_flight = ()
        finally:
            self._closed = True
            self._abandon()

    async def _gather(self) -> None:
        """Wait for company: a flush costs as much as thirty documents, and what somebody waits for goes first."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._urgent.wait()
        except TimeoutError:
            pass

    def _look_for_overdue(self) -> None:
        """Answer those who have waited for too long. One timer for all: one each would cost more than the encoding."""
        now = asyncio.get_running_loop().time()
        reason = f"the database did not confirm a write to {self._collection.name} within {self._deadline_s:g} s"
        overdue = [each for each in (*self._in_flight, *self._queue) if each.deadline <= now]
        _fail(overdue, StoreUnavailable(reason), None)
        self._overdue_look = None
        if self.waiting and not self._closed:
            self._overdue_look = asyncio.get_running_loop().call_later(self._deadline_s / LOOKS, self._look_for_overdue)

    def _encoded(self, document: Document) -> RawBSONDocument:
        # Encoded here, once: what cannot be encoded fails alone, and not the flush that it would have been part of.
        if "_id" not in document:
            raise ValueError("a document needs its _id before it is inserted: a retry could not recognise it otherwise")
        try:
            raw = bson.encode(document, codec_options=self._collection.codec_options)
        except (InvalidDocument, OverflowError, UnicodeEncodeError, RecursionError) as error:
            raise NotStorable(f"the document cannot be stored in {self._collection.name}: {error}") from error
        if len(raw) > DOCUMENT_BYTES:
            raise NotStorable(
                f"the document for {self._collection.name} has {len(raw)} bytes and may have {DOCUMENT_BYTES}"
            )
        return RawBSONDocument(raw)

    async def _flush(self) -> None:
        """Writes `_in_flight` until the database has answered, or nobody waits for the answer any more."""
        back_off_s = FIRST_BACK_OFF_S
        while live := _live(self._in_flight):
            reason = await self._attempt(live)
            if reason is None:
                return
            stop_if_cancelled()
            log.warning("flush is retried", collection=self._collection.name, documents=len(live), reason=reason)
            await asyncio.sleep(random.uniform(back_off_s / 2, back_off_s))  # noqa: S311  (no secret)
            back_off_s = min(back_off_s * 2, LAST_BACK_OFF_S)

    async def _attempt(self, live: Sequence[Waiting]) -> str | None:
        """Writes `live` once and answers each; else gives the reason why what is unanswered is to be written again.

        Where one follows another the server stops at the first that it refuses; what stood behind is written after.
        """
        in_order = any(waiting.follows is not None and not waiting.follows.answer.done() for waiting in live)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._collection.insert_many([waiting.document for waiting in live], ordered=in_order)
        except BulkWriteError as error:
            if _is_passing(error):
                return str(error)
            reached = _reached(error) if in_order else len(live)
            _answer_each(live[:reached], error, self._collection.name)
            return await self._attempt_apart(live[reached:])
        except (ConnectionFailure, TimeoutError) as error:
            return str(error) or "no answer"
        except OperationFailure as error:
            if error.code in PASSING_CODES:
                return str(error)
            return await self._single_out(live, error)
        else:
            for waiting in live:
                _answer(waiting, INSERTED)
        return None

    async def _attempt_apart(self, left: Sequence[Waiting]) -> str | None:
        """As `_attempt`, and never two of one key at once: many may be refused, as after an answer that was lost."""
        while live := _live(left):
            first = [waiting for waiting in live if waiting.follows is None or waiting.follows.answer.done()]
            reason = await self._attempt(first)
            if reason is not None:
                return reason
        return None

    async def _single_out(self, live: Sequence[Waiting], error: OperationFailure) -> str | None:
        """The whole command was refused. If that may be the fault of one document, each is written alone."""
        if error.code not in DOCUMENT_CODES:
            _fail(live, StoreUnavailable(f"the database refused a write: {error}"), error)
            return None
        if len(live) == 1:
            _fail(live, NotStorable(f"the document cannot be stored in {self._collection.name}: {error}"), error)
            return None
        for waiting in live:
            reason = await self._attempt_apart([waiting])
            if reason is not None:
                return reason
        return None

    def _abandon(self) -> None:
        left = [*self._in_flight, *self._queue]
        self._in_flight, self._queue = (), _Queue()
        if self._overdue_look is not None:
            self._overdue_look.cancel()
        _fail(left, StoreUnavailable("the hub stopped before the database had confirmed the write"), None)


def _live(flight: Sequence[Waiting]) -> list[Waiting]:
    """Those still to be written. What follows one that was not stored, or whose caller has gone, is answered here."""
    live: list[Waiting] = []
    for waiting in flight:
        before = waiting.follows
        if waiting.answer.done():
            continue
        if before is None or before.inserted or (live and live[-1] is before):
            live.append(waiting)
        else:
            _fail([waiting], PredecessorRefused("what it follows was not stored"), None)
    return live


def _reached(error: BulkWriteError) -> int:
    """How many documents the server has looked at before it stopped, the one that it refused included."""
    faults = (error.details or {}).get("writeErrors", ())
    return int(faults[0]["index"]) + 1 if faults else sys.maxsize


def _is_passing(error: BulkWriteError) -> bool:
    """Whether the server was leaving its post, so that the whole flush is to be written again."""
    return any(fault.get("code") in PASSING_CODES for fault in (error.details or {}).get("writeErrors", ()))


def _answer_each(flushed: Sequence[Waiting], error: BulkWriteError, collection: str) -> None:
    details = error.details or {}
    # A duplicate counts as stored only when the first copy is durable, which the same reply has to confirm: with a
    # write concern error beside it nothing in it is an answer (delivery contract, 1.3).
    if unconfirmed := details.get("writeConcernErrors"):
        reason = unconfirmed[0].get("errmsg", "no reason given")
        _fail(flushed, NotDurable(f"a write to {collection} was not confirmed by a majority: {reason}"), error)
        return
    faults = {fault["index"]: fault for fault in details.get("writeErrors", ())}
    for index, waiting in enumerate(flushed):
        fault = faults.get(index)
        if fault is None:
            _answer(waiting, INSERTED)
        elif fault["code"] == DUPLICATE_KEY:
            _answer(waiting, _duplicate(fault))
        else:
            reason = fault.get("errmsg", "no reason given")
            _fail([waiting], NotStorable(f"the document cannot be stored in {collection}: {reason}"), error)


def _duplicate(fault: Mapping[str, object]) -> Duplicate:
    pattern = fault.get("keyPattern")
    value = fault.get("keyValue")
    # The name stands in the text only: E11000 duplicate key error collection: db.messages index: NAME dup key: ...
    name = str(fault.get("errmsg", "")).partition(" index: ")[2].partition(" dup key")[0]
    return Duplicate(
        index_name=name,
        key_pattern=dict(pattern) if isinstance(pattern, Mapping) else {},
        key_value=dict(value) if isinstance(value, Mapping) else {},
    )


def _answer(waiting: Waiting, outcome: Outcome) -> None:
    if not waiting.answer.done():  # its caller may have gone
        waiting.answer.set_result(outcome)


def _fail(flushed: Sequence[Waiting], error: Exception, cause: Exception | None) -> None:
    for waiting in flushed:
        if not waiting.answer.done():
            # One exception object for each: raising adds to an exception's traceback.
            own = type(error)(*error.args)
            own.__cause__ = cause
            waiting.answer.set_exception(own)
            waiting.answer.exception()  # read: a caller cancelled in this very moment would leave a warning behind
