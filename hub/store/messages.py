"""Messages: appended once, at the next position, read, and changed by those who wrote them."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from hub.model.attachment import AttachmentRef
from hub.model.base import Stored, altered
from hub.model.content import Details, Earlier
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId
from hub.model.message import Delivery, DeliveryStatus, Direction, Message
from hub.store.documents import from_document, lean_document, plain
from hub.store.errors import PlaceTaken
from hub.store.group_commit import DEADLINE_S, Duplicate, GroupCommit
from hub.store.in_order import InOrder
from hub.store.indexes import POSITION
from hub.store.ordered_commit import OrderedCommit

REMEMBERED_POSITIONS = 50_000  # conversations; about 10 MB
REMEMBERED_QUESTIONS = 4_000  # conversations; about 15 MB
EDITS_KEPT = 50
FILES_AT_MOST = 50
"""Of one message whose file its writer changes again and again."""
FAILED_QUESTIONS = 2_000
_POSITION_KEYS = dict(POSITION)


@dataclass(frozen=True, slots=True)
class Appended:
    """`repeated` says that the message had been stored before; `message` is then the one that was stored.

    `claimed`: it was stored with a claim of whoever asks now.
    """

    message: Message
    repeated: bool
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """The delivery of a message that is claimed as it is stored, while nothing waits after position `after`.

    None for `after`: its Turn has claimed it before. `by` tells the claims of one process from those of others: two may
    give the same fencing number.
    """

    delivery: Delivery
    after: int | None
    by: int = 0


@dataclass(slots=True)
class _Run:
    """The positions of a conversation that this process has filled one after the other, knowing of each."""

    first: int
    last: int


class Messages:
    """The messages of all conversations. They are the outbox as well: see `outgoing`."""

    def __init__(
        self, database: AsyncDatabase[dict[str, Any]], writer: GroupCommit, *, deadline_s: float = DEADLINE_S
    ) -> None:
        """`deadline_s` bounds the storing of a row, as the writer's own does that of one message."""
        self._collection = database["messages"]
        self._writer, self._rows = writer, OrderedCommit(database["messages"], deadline_s=deadline_s)
        self._in_order = InOrder()
        self._runs: OrderedDict[ConversationId, _Run] = OrderedDict()
        self._asked: OrderedDict[ConversationId, Message] = OrderedDict()
        self.stored = 0
        """How many messages this process has stored so far."""

    async def append(self, message: Message, ahead: Claim | None = None, *, begins: bool = False) -> Appended:
        """Store `message` durably, once, at the next position of its conversation; its own `position` is not looked at.

        With `begins` it is the first of its conversation, or nothing is written: raises `PlaceTaken`. With `ahead` it
        is stored as claimed, provided that this process has appended everything after the position named there. The
        same id, or the same external id in the channel, is the same message: nothing is written and the first copy
        comes back. Raises `StoreUnavailable`, `StoreBusy`, `NotDurable`: it may or may not be stored; append it again.
        """
        conversation = message.conversation
        async with self._in_order(conversation):
            document = lean_document(message)
            claimed = document
            if ahead is not None:
                claimed = {**document, "delivery": plain(ahead.delivery.model_dump()), "claimed_by": ahead.by}
            try:
                while True:
                    position = 1 if begins else await self._next(conversation)
                    follows = ahead is not None and self.follows(conversation, ahead.after)
                    outcome = await self._writer.insert(
                        {**(claimed if follows else document), "position": position}, conversation
                    )
                    if not isinstance(outcome, Duplicate):
                        self._remember(conversation, position)
                        change = {"position": position, **({"delivery": ahead.delivery} if ahead and follows else {})}
                        appended = altered(message, **change)
                        if appended.ask is not None:
                            self._remember_question(appended)
                        return Appended(appended, repeated=False, claimed=follows)
                    if dict(outcome.key_pattern) == _POSITION_KEYS:
                        self._runs.pop(conversation, None)
                        if begins:
                            raise PlaceTaken(conversation)
                        continue
                    first = await self._first_copy(message)
                    ours = ahead is not None and first.get("claimed_by") == ahead.by
                    return Appended(from_document(Message, first), repeated=True, claimed=ours)
            except BaseException:
                self._runs.pop(conversation, None)
                raise

    async def append_row(
        self, messages: Sequence[Message], begins: Collection[ConversationId] = ()
    ) -> Sequence[Message]:
        """Store messages as `append` does, in their order and with one command; those that are stored, from the first.

        None is stored without all before it, also after a crash. The first that is missing could not be stored, or was
        before: append it alone. The first message of a conversation in `begins` is the first of that conversation, or
        is not stored. Raises as `append` does; then a beginning of the row may be stored.
        """
        conversations = sorted({message.conversation for message in messages})
        async with AsyncExitStack() as inside:
            for conversation in conversations:  # in an order that two rows share, or each would wait for the other
                await inside.enter_async_context(self._in_order(conversation))
            try:
                last = {one: 0 if one in begins else await self._next(one) - 1 for one in conversations}
                placed = []
                for message in messages:
                    last[message.conversation] += 1
                    placed.append(altered(message, position=last[message.conversation]))
                count = await self._rows.insert([lean_document(message) for message in placed])
            except BaseException:
                for conversation in conversations:
                    self._runs.pop(conversation, None)
                raise
            for message in placed[:count]:
                self._remember(message.conversation, message.position)
            for message in placed[count:]:
                self._runs.pop(message.conversation, None)
            return placed[:count]

    async def _first_copy(self, message: Message) -> Mapping[str, Any]:
        same: list[dict[str, Any]] = [{"_id": message.id}]
        if message.external_id is not None:
            same.append({"channel": message.channel, "external_id": message.external_id})
        document = await self._collection.find_one({"$or": same})
        if document is None:  # it was erased between the two steps
            raise LookupError(f"message {message.id} was reported as stored and is gone")
        return document

    async def _next(self, conversation: ConversationId) -> int:
        run = self._runs.get(conversation)
        return (await self.last_position(conversation) if run is None else run.last) + 1

    def follows(self, conversation: ConversationId, position: int | None) -> bool:
        """Whether this process has appended everything after `position`; so it is where that does not matter (None)."""
        run = self._runs.get(conversation)
        return position is None or (run is not None and run.first <= position + 1)

    def last_of_run(self, conversation: ConversationId) -> int | None:
        """The position of the newest message that this process has appended; None where `first_of_run` is."""
        run = self._runs.get(conversation)
        return run.last if run else None

    def _remember(self, conversation: ConversationId, position: int) -> None:
        self.stored += 1
        run = self._runs.get(conversation)
        if run is None:
            self._runs[conversation] = _Run(position, position)
            if len(self._runs) > REMEMBERED_POSITIONS:
                self._runs.popitem(last=False)
            return
        run.last = position
        self._runs.move_to_end(conversation)

    def _remember_question(self, message: Message) -> None:
        self._asked[message.conversation] = message
        self._asked.move_to_end(message.conversation)
        if len(self._asked) > REMEMBERED_QUESTIONS:
            self._asked.popitem(last=False)

    def first_of_run(self, conversation: ConversationId) -> int | None:
        """The position from which on this process has appended every message of the conversation; None: not known.

        An append that failed, or was left by its caller, ends the run: its message may stand there unseen.
        """
        run = self._runs.get(conversation)
        return run.first if run else None

    async def last_position(self, conversation: ConversationId) -> int:
        """The newest position, 0 when there is none."""
        newest = await self._collection.find_one(
            {"conversation": conversation}, {"position": 1, "_id": 0}, sort=[("position", -1)]
        )
        return int(newest["position"]) if newest else 0

    async def get(self, message: MessageId) -> Message | None:
        """The message, or None."""
        document = await self._collection.find_one({"_id": message})
        return from_document(Message, document) if document else None

    async def several(self, messages: Sequence[MessageId]) -> Mapping[MessageId, Message]:
        """Those of `messages` that exist, by their ids."""
        rows = await self._collection.find({"_id": {"$in": list(messages)}}).to_list()
        return {MessageId(row["_id"]): from_document(Message, row) for row in rows}

    async def by_external_id(self, channel: ChannelId, external_id: str) -> Message | None:
        """The received message that the service calls `external_id`, or None."""
        document = await self._collection.find_one({"channel": channel, "external_id": external_id})
        return from_document(Message, document) if document else None

    async def known_ids(self, channel: ChannelId, external_ids: Sequence[str]) -> frozenset[str]:
        """Those of `external_ids` under which the channel has a received message."""
        rows = self._collection.find(
            {"channel": channel, "external_id": {"$in": list(external_ids)}}, {"external_id": 1, "_id": 0}
        )
        return frozenset([row["external_id"] async for row in rows])

    async def known_as(self, channel: ChannelId, message_id: str) -> Message | None:
        """The mail with this Message-ID, received or sent, or None. Of several received ones the first."""
        for field in ("delivery.external_ids", "details.mail.message_id"):
            document = await self._collection.find_one({"channel": channel, field: message_id}, sort=[("_id", 1)])
            if document is not None:
                return from_document(Message, document)
        return None

    async def known_as_any(self, channel: ChannelId, message_ids: Collection[str]) -> Mapping[str, ConversationId]:
        """Of these Message-IDs those that are known, with the conversation of the mail that `known_as` gives."""
        found: dict[str, ConversationId] = {}
        for field in ("details.mail.message_id", "delivery.external_ids"):  # what was sent counts before the rest
            query = {"channel": channel, field: {"$in": list(message_ids)}}
            rows = await self._collection.find(query, {"conversation": 1, field: 1}).to_list()
            for row in sorted(rows, key=lambda row: str(row["_id"]), reverse=True):
                found.update(dict.fromkeys(_names_in(row), row["conversation"]))
        return {name: found[name] for name in message_ids if name in found}

    async def contacts_of(
        self, channel: ChannelId, conversations: Collection[ConversationId]
    ) -> Mapping[ConversationId, ContactId]:
        """The contacts of those of `conversations` that are of the channel, also of one that is not listed yet."""
        rows = self._collection.find(
            {"conversation": {"$in": list(conversations)}, "position": 1, "contact_erased": {"$ne": True}},
            {"conversation": 1, "channel": 1, "contact": 1},
        )
        return {row["conversation"]: row["contact"] async for row in rows if row["channel"] == channel}

    async def first(self, conversation: ConversationId) -> Message | None:
        """The first message of a conversation, or None when there is none."""
        document = await self._collection.find_one({"conversation": conversation, "position": 1})
        return from_document(Message, document) if document else None

    async def window(
        self,
        conversation: ConversationId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
        public: bool = False,
    ) -> Sequence[Message]:
        """Up to `limit` messages in ascending order: those after a position, or the newest (before a position).

        `public` leaves notes out.
        """
        query: dict[str, Any] = {"conversation": conversation}
        if after is not None:
            query["position"] = {"$gt": after}
        if before is not None:
            query.setdefault("position", {})["$lt"] = before
        if public:
            query["direction"] = {"$in": [Direction.IN.value, Direction.OUT.value]}
        ascending = after is not None
        cursor = self._collection.find(query).sort("position", 1 if ascending else -1).limit(limit)
        found = [from_document(Message, document) async for document in cursor]
        return found if ascending else found[::-1]

    async def newest(self, conversation: ConversationId) -> Message | None:
        """The message with the highest position, or None."""
        found = await self.window(conversation, limit=1)
        return found[0] if found else None

    async def newest_received(self, conversation: ConversationId) -> Message | None:
        """The newest message of the contact, or None."""
        query = {"conversation": conversation, "direction": Direction.IN.value}
        document = await self._collection.find_one(query, sort=[("position", -1)])
        return from_document(Message, document) if document else None

    async def undecided(self, conversation: ConversationId, *, after: int = 0, limit: int = 100) -> Sequence[Message]:
        """Received messages of a conversation after a position that have no applied Turn, oldest first."""
        query = {"undecided": True, "conversation": conversation, "position": {"$gt": after}}
        cursor = self._collection.find(query).sort("position", 1)
        return [from_document(Message, document) async for document in cursor.limit(limit)]

    async def conversations_undecided(
        self, before: datetime | None = None, limit: int = 1000
    ) -> Sequence[ConversationId]:
        """Conversations that hold undecided messages, stored before a time."""
        match: dict[str, Any] = {"undecided": True}
        if before is not None:
            match["created_at"] = {"$lt": before}
        pipeline: list[Mapping[str, Any]] = [
            {"$match": match},
            {"$group": {"_id": "$conversation"}},
            {"$limit": limit},
        ]
        return [row["_id"] async for row in await self._collection.aggregate(pipeline)]

    async def sent_under(self, channel: ChannelId, external_id: str) -> Message | None:
        """The message that went out under this id of the service, or None."""
        document = await self._collection.find_one({"channel": channel, "delivery.external_ids": external_id})
        return from_document(Message, document) if document else None

    async def newest_question(self, conversation: ConversationId, up_to: int) -> Message | None:
        """The newest message up to a position that asked something, or None.

        As it was appended, where this process has appended everything since; else as the store has it.
        """
        known, run = self._asked.get(conversation), self._runs.get(conversation)
        if known is not None and run is not None and run.first <= known.position <= up_to <= run.last:
            return known
        asked = {"conversation": conversation, "position": {"$lte": up_to}, "ask": {"$ne": None}}
        document = await self._collection.find_one(asked, sort=[("position", -1)])
        return from_document(Message, document) if document else None

    async def failed_questions(self, conversations: Sequence[ConversationId]) -> Sequence[Message]:
        """Messages of these conversations that asked something and could not be sent."""
        query = {"delivery.status": DeliveryStatus.FAILED.value, "conversation": {"$in": [*conversations]}}
        rows = await self._collection.find({**query, "ask": {"$ne": None}}).limit(FAILED_QUESTIONS).to_list()
        return [from_document(Message, row) for row in rows]

    async def edit(
        self, channel: ChannelId, external_id: str, text: str, html: str | None, at: datetime
    ) -> Message | None:
        """Replace the text of a received message, and keep what it said before; None when there is no such message.

        An edit that is older than what the message says, or one that was applied before, changes nothing.
        """
        return await self._edit({"channel": channel, "external_id": external_id}, text, html, at)

    async def edit_ours(
        self, channel: ChannelId, external_id: str, text: str, html: str | None, at: datetime
    ) -> Message | None:
        """As `edit`, for a message of ours that was changed at the service."""
        return await self._edit({"channel": channel, "delivery.external_ids": external_id}, text, html, at)

    async def _edit(self, place: Mapping[str, Any], text: str, html: str | None, at: datetime) -> Message | None:
        while True:
            document = await self._collection.find_one(place)
            if document is None:
                return None
            known = from_document(Message, document)
            since = known.edited_at or known.source_at or known.created_at
            before = Earlier(text=known.text, at=since)
            # Of ours the service's time is not kept, and the hub's may be long after it.
            late = at < since and (known.direction is Direction.IN or known.edited_at is not None)
            if (
                known.erased
                or late
                or known.deleted_at is not None
                or text == known.text
                or Earlier(text=text, at=at) in known.edits
            ):
                return known
            edits = (*known.edits, before)[-EDITS_KEPT:]
            details = (known.details or Details()).model_copy(update={"html": html})
            change = {"text": text, "edited_at": at, "edits": edits, "details": details}
            result = await self._collection.find_one_and_update(
                {**place, "revision": known.revision},
                {"$set": {name: plain(_dumped(value)) for name, value in change.items()}, "$inc": {"revision": 1}},
                return_document=ReturnDocument.AFTER,
            )
            if result is not None:
                return from_document(Message, result)

    async def add_files(self, channel: ChannelId, external_id: str, files: Sequence[AttachmentRef]) -> bool:
        """Add files that a received message has got since, each once; false when there was none to add."""
        added = False
        for file in files:
            place = {"channel": channel, "external_id": external_id, "attachments.id": {"$ne": file.id}}
            place["erased"] = {"$ne": True}
            full = {f"attachments.{FILES_AT_MOST - 1}": {"$exists": False}}
            change = {"$push": {"attachments": plain(file.model_dump())}, "$inc": {"revision": 1}}
            added |= (await self._collection.update_one({**place, **full}, change)).matched_count == 1
        return added

    async def edit_sent(self, message: MessageId, text: str, at: datetime) -> Message | None:
        """Replace the text of a message of ours, and keep what it said before; the message, None when it is gone."""
        return await self._change_sent(message, {"text": text, "edited_at": at, "details.html": None})

    async def delete_sent(self, message: MessageId, at: datetime) -> Message | None:
        """Take a message of ours back: it says nothing any more, and what it said is kept as an edit."""
        nothing: dict[str, Any] = {"text": "", "deleted_at": at, "attachments": [], "buttons": [], "details": None}
        return await self._change_sent(message, nothing)

    async def _change_sent(self, message: MessageId, change: dict[str, Any]) -> Message | None:
        while True:
            known = await self.get(message)
            if known is None or known.deleted_at is not None or known.text == change["text"] != "":
                return known
            before = Earlier(text=known.text, at=known.edited_at or known.created_at)
            edits = _dumped((*known.edits, before)[-EDITS_KEPT:])
            if known.details is None:
                change.pop("details.html", None)
            result = await self._collection.find_one_and_update(
                {"_id": message, "revision": known.revision},
                {"$set": {**change, "edits": plain(edits)}, "$inc": {"revision": 1}},
                return_document=ReturnDocument.AFTER,
            )
            if result is not None:
                return from_document(Message, result)

    async def react(self, channel: ChannelId, external_id: str, reactions: Sequence[str]) -> bool:
        """The contact's reactions to a message of either side are now these; false when there is no such message.

        A part of an album is no message of its own: reactions to it are not kept.
        """
        either = [{"channel": channel, name: external_id} for name in ("external_id", "delivery.external_ids")]
        change = {"$set": {"reactions": list(reactions)}, "$inc": {"revision": 1}}
        return (await self._collection.update_one({"$or": either}, change)).matched_count == 1

    async def add_part(self, channel: ChannelId, album: str, part: Message) -> bool:
        """Add what `part` holds to the message it is a part of, once; false when that was done before.

        Its files go to the others, its text becomes the message's where that has none.
        """
        [name] = part.parts
        attachments = plain([file.model_dump() for file in part.attachments])
        details = None if part.details is None else plain(part.details.model_dump())
        change = {
            "parts": {"$concatArrays": ["$parts", [{"$literal": name}]]},
            "attachments": {"$concatArrays": [{"$ifNull": ["$attachments", []]}, {"$literal": attachments}]},
            "text": {"$cond": [{"$eq": ["$text", ""]}, {"$literal": part.text}, "$text"]},
            "details": {"$cond": [{"$eq": ["$text", ""]}, {"$literal": details}, "$details"]},
            "revision": {"$add": ["$revision", 1]},
        }
        place = {"channel": channel, "external_id": album, "parts": {"$ne": name}}
        return (await self._collection.update_one(place, [{"$set": change}])).matched_count == 1

    async def replies_since(self, conversation: ConversationId, position: int, author: str) -> Sequence[Message]:
        """Public messages after `position` that operator `author` did not write; automatic texts do not count."""
        cursor = self._collection.find(
            {
                "conversation": conversation,
                "position": {"$gt": position},
                "direction": {"$in": [Direction.IN.value, Direction.OUT.value]},
                "author.id": {"$ne": author},
                "automatic": {"$ne": True},
            }
        ).sort("position", 1)
        return [from_document(Message, document) async for document in cursor.limit(20)]


def _names_in(row: Mapping[str, Any]) -> Sequence[str]:
    """The Message-IDs of a mail that was received, or sent."""
    if delivery := row.get("delivery"):
        return [str(name) for name in delivery.get("external_ids", ())]
    return [str(row["details"]["mail"]["message_id"])]


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_dumped(item) for item in value]
    return value.model_dump() if isinstance(value, Stored) else value
