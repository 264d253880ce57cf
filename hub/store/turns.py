"""Turns: inserting one is the commit."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.database import AsyncDatabase

from flows.session import Session
from hub.model.conversation import ConversationState
from hub.model.ids import ConversationId, TurnId
from hub.model.turn import MESSAGE_KINDS, Turn
from hub.store.documents import Document, from_document, lean_document
from hub.store.errors import PredecessorRefused
from hub.store.group_commit import Duplicate, GroupCommit, Waiting
from hub.store.indexes import CAUSE, NOT_OF_A_MESSAGE

REMEMBERED_TURNS = 20_000  # conversations; about 40 MB at the most
REMEMBERED_SESSIONS = 4_000  # of them with a flow's session; about 40 MB more
UNDECIDED_AT_ONCE = 200  # messages whose Turns are looked for with one query
_CAUSE_KEYS = dict(CAUSE)


class CauseDecided(Exception):
    """This cause has its Turn already: read it and take it as the answer."""


class SeqTaken(Exception):
    """Somebody decided first: read the newest Turn and decide again."""


@dataclass(slots=True, eq=False)
class OnItsWay:
    """A Turn that is being committed."""

    turn: Turn
    waiting: Waiting

    @property
    def is_answered(self) -> bool:
        """Whether it is known what became of it."""
        return self.waiting.answer.done()

    def tell_when_answered(self, waiting: "asyncio.Future[None]") -> None:
        """End this wait once that is known, unless it has ended before."""
        self.waiting.answer.add_done_callback(lambda _: None if waiting.done() else waiting.set_result(None))

    def left(self) -> None:
        """Nobody waits for it any more: if it is not being written yet, it is taken back."""
        self.waiting.answer.cancel()


class Turns:
    """The Turns of all conversations, and the newest one of each in memory."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]], writer: GroupCommit) -> None:
        self._collection, self._messages = database["turns"], database["messages"]
        self._writer = writer
        self._newest: OrderedDict[str, Turn] = OrderedDict()
        self._states = _States()
        self._holding: OrderedDict[str, None] = OrderedDict()
        self._own: OrderedDict[TurnId, None] = OrderedDict()

    async def commit(self, turn: Turn, *, patient: bool = False) -> None:
        """Insert `turn` durably. The memory of the newest Turn is right afterwards, whatever happened.

        A `patient` one may wait some milliseconds for others to be written with.

        Raises `CauseDecided`, `SeqTaken`; `StoreUnavailable`, `StoreBusy`, `NotDurable`: unknown, ask by the cause.
        """
        await self.committed(self.put(turn, patient=patient))

    def put(self, turn: Turn, *, patient: bool = False, after: "OnItsWay | None" = None) -> "OnItsWay":
        """Send `turn` on its way; `committed` says what became of it. It must not be left without that, or `left`.

        `after` is the Turn before it, on its way as well: both may be written at once, and this one only with that.
        """
        try:
            follows = after.waiting if after else None
            document = _document_of(turn, self._states.document(turn))
            return OnItsWay(turn, self._writer.put(document, turn.conversation, patient=patient, follows=follows))
        except BaseException:
            self._newest.pop(turn.conversation, None)
            raise

    async def committed(self, on_its_way: "OnItsWay") -> None:
        """Return when a Turn is committed. Raises as `commit` does; then none that was put behind it is committed."""
        turn = on_its_way.turn
        try:
            outcome = await on_its_way.waiting.answer
        except PredecessorRefused:
            self._newest.pop(turn.conversation, None)
            raise SeqTaken(turn.conversation) from None
        except BaseException:
            self._newest.pop(turn.conversation, None)
            raise
        if not isinstance(outcome, Duplicate):
            self._remember(turn)
            self._own[turn.id] = None
            if len(self._own) > REMEMBERED_TURNS:
                self._own.popitem(last=False)
            return
        self._newest.pop(turn.conversation, None)
        if dict(outcome.key_pattern) in (_CAUSE_KEYS, {"_id": 1}):
            raise CauseDecided(turn.cause)
        raise SeqTaken(turn.conversation)

    def committed_here(self, turn: Turn) -> bool:
        """Whether this process has committed the Turn lately, as far as it remembers."""
        return turn.id in self._own

    def hurry(self) -> None:
        """Somebody waits by now for a Turn that is being committed."""
        self._writer.hurry()

    async def newest(self, conversation: ConversationId, *, fresh: bool = False) -> Turn | None:
        """The newest Turn, None before the first. From memory unless `fresh`: the commit finds a stale one out."""
        known = None if fresh else self._newest.get(conversation)
        if known is not None:
            return known
        document = await self._collection.find_one({"conversation": conversation}, sort=[("seq", -1)])
        if document is None:
            return None
        turn = from_document(Turn, document)
        self._remember(turn)
        return turn

    def remembered(self, conversation: ConversationId) -> Turn | None:
        """The newest Turn as far as this process remembers; None also where it has never looked."""
        return self._newest.get(conversation)

    def _remember(self, turn: Turn) -> None:
        self._newest[turn.conversation] = turn
        self._newest.move_to_end(turn.conversation)
        if len(self._newest) > REMEMBERED_TURNS:
            self._newest.popitem(last=False)
        self._holding.pop(turn.conversation, None)
        if turn.session is not None:
            self._holding[turn.conversation] = None
            if len(self._holding) > REMEMBERED_SESSIONS:
                self._newest.pop(self._holding.popitem(last=False)[0], None)

    async def session_at(self, conversation: ConversationId, seq: int) -> Session | None:
        """The flow session that the Turn `seq` of the conversation holds, or None."""
        found = await self.at(conversation, seq)
        return found.session if found else None

    async def at(self, conversation: ConversationId, seq: int) -> Turn | None:
        """The Turn `seq` of the conversation, or None."""
        known = self._newest.get(conversation)
        if known is not None and known.seq == seq:
            return known
        document = await self._collection.find_one({"conversation": conversation, "seq": seq})
        return from_document(Turn, document) if document else None

    async def of_session(self, conversation: ConversationId, session: str, limit: int = 1_000) -> Sequence[Turn]:
        """The Turns that moved a flow's session, in the order of their seq."""
        moved = {"conversation": conversation, "$or": [{"session.id": session}, {"left.id": session}]}
        cursor = self._collection.find(moved).sort("seq", 1).limit(limit)
        return [from_document(Turn, document) async for document in cursor]

    async def by_cause(self, cause: str) -> Turn | None:
        """The Turn that this cause led to, or None."""
        document = await self._collection.find_one(of_cause(cause))
        return from_document(Turn, document) if document else None

    async def unapplied(self, conversation: ConversationId, up_to_seq: int) -> Sequence[Turn]:
        """Committed Turns whose effects may be missing, in the order of their seq.

        Of the messages that still say they are undecided the oldest have Turns; the rest, perhaps a flood, has none.
        """
        query = {"applied": False, "conversation": conversation, "seq": {"$lte": up_to_seq}}
        found = [from_document(Turn, document) async for document in self._collection.find(query)]
        last, more = 0, True
        while more:
            undecided = {"undecided": True, "conversation": conversation, "position": {"$gt": last}}
            rows = self._messages.find(undecided, {"position": 1}).sort("position", 1).limit(UNDECIDED_AT_ONCE)
            positions = {row["_id"]: row["position"] async for row in rows}
            decided = {"_id": {"$in": [*positions]}, "seq": {"$lte": up_to_seq}}
            turns = [from_document(Turn, row) async for row in self._collection.find(decided)] if positions else []
            found += turns
            more = bool(turns) and len(positions) == UNDECIDED_AT_ONCE
            last = max(positions.values(), default=last)
        return sorted(found, key=lambda turn: turn.seq)

    async def conversations_unapplied(
        self, before: datetime | None = None, limit: int = 1000
    ) -> Sequence[ConversationId]:
        """Conversations that hold unapplied Turns, of a time before; those of messages are found by the messages."""
        match: dict[str, Any] = {"applied": False}
        if before is not None:
            match["decided_at"] = {"$lt": before}
        rows = await self._collection.aggregate(
            [{"$match": match}, {"$group": {"_id": "$conversation"}}, {"$limit": limit}]
        )
        return [row["_id"] async for row in rows]

    async def activities(
        self, conversation: ConversationId, first_position: int, last_position: int, limit: int = 200
    ) -> Sequence[Turn]:
        """Turns that are no message, shown after positions first..last, in the order of their seq."""
        shown_between = {"$gte": first_position, "$lte": last_position}
        query = {"activity": True, "conversation": conversation, "position": shown_between}
        cursor = self._collection.find(query).sort([("position", 1), ("seq", 1)])
        return [from_document(Turn, document) async for document in cursor.limit(limit)]


def of_cause(cause: str) -> Document:
    """The Turn of a message has its id; the index of causes holds all others."""
    kind, _, message = cause.partition(":")
    return {"_id": message} if kind == "message" else {"cause": cause, **NOT_OF_A_MESSAGE}


class _States:
    """The states of conversations as documents: most Turns leave them as they were, and they are half of a Turn."""

    def __init__(self) -> None:
        self._known: OrderedDict[ConversationId, tuple[ConversationState, RawBSONDocument | None]] = OrderedDict()

    def document(self, turn: Turn) -> Mapping[str, Any]:
        """The state of `turn`, encoded already when it comes for a third time."""
        conversation, state = turn.conversation, turn.state
        known, encoded = self._known.get(conversation, (None, None))
        if known is not state:
            self._known[conversation] = state, None
            if len(self._known) > REMEMBERED_TURNS:
                self._known.popitem(last=False)
            return lean_document(state)
        if encoded is None:
            encoded = RawBSONDocument(bson.encode(lean_document(state)))
            self._known[conversation] = state, encoded
        return encoded


def _document_of(turn: Turn, state: Mapping[str, Any]) -> Document:
    document = lean_document(turn, state=state)
    if turn.kind not in MESSAGE_KINDS:
        document["activity"] = True  # a mark of the store: the index of activities holds no others
    return document
