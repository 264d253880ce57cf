"""The outbox: which messages wait to be sent or shown anew, and how far each has come in its delivery."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument

from hub.model.ids import ChannelId, ConversationId, MessageId
from hub.model.message import ActorKind, Button, Delivery, DeliveryStatus, Message
from hub.store.coalesce import Coalescer, Update
from hub.store.connection import Database
from hub.store.documents import from_document, plain

GONE_OUT = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
WAITING = (DeliveryStatus.QUEUED.value, DeliveryStatus.SENDING.value)


class Outgoing:
    """The messages of all conversations, as those see them who send."""

    def __init__(self, database: Database, moves: Coalescer) -> None:
        """`moves` is a coalescer of the same collection."""
        self._collection = database["messages"]
        self._moves = moves

    async def conversations_waiting(
        self, channels: Sequence[ChannelId], now: datetime, limit: int = 1000
    ) -> Sequence[ConversationId]:
        """Conversations of these channels whose oldest message to be sent need not wait until later than `now`."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"channel": {"$in": list(channels)}, "delivery.status": {"$in": list(WAITING)}}},
            {"$sort": {"channel": 1, "conversation": 1, "position": 1}},
            {"$group": {"_id": "$conversation", "due_at": {"$first": "$delivery.due_at"}}},
            {"$match": {"$or": [{"due_at": None}, {"due_at": {"$lte": now}}]}},
            {"$limit": limit},
        ]
        return [row["_id"] async for row in await self._collection.aggregate(pipeline)]

    async def conversations_expired(self, now: datetime, limit: int = 1000) -> Sequence[ConversationId]:
        """Conversations, on whatever channel, that hold a message to be sent whose time is over."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"delivery.status": {"$in": list(WAITING)}, "delivery.expires_at": {"$lte": now}}},
            {"$group": {"_id": "$conversation"}},
            {"$limit": limit},
        ]
        return [row["_id"] async for row in await self._collection.aggregate(pipeline)]

    async def next_to_send(self, channel: ChannelId, conversation: ConversationId) -> Message | None:
        """The oldest message of the conversation that is neither sent nor failed, or None."""
        document = await self._collection.find_one(
            {"channel": channel, "conversation": conversation, "delivery.status": {"$in": list(WAITING)}},
            sort=[("position", 1)],
        )
        return from_document(Message, document) if document else None

    async def move(
        self,
        message: MessageId,
        expected: DeliveryStatus,
        change: Mapping[str, Any],
        *,
        fence: int | None = None,
        attempted: bool = False,
        by: int | None = None,
    ) -> Message | None:
        """Change the delivery of a message that is still in `expected`; None when it no longer is.

        One atomic update. With `fence`, only while no newer owner has claimed it; with `by` as well, only while it
        stands under the very claim that came with its storing. `attempted` counts one attempt.
        """
        query, update = _move(message, expected, change, fence, attempted=attempted)
        if by is not None:
            query = {**query, "claimed_by": by, "delivery.fence": fence}
        document = await self._collection.find_one_and_update(query, update, return_document=ReturnDocument.AFTER)
        return from_document(Message, document) if document else None

    async def mark_sent(self, message: MessageId, change: Mapping[str, Any], fence: int) -> None:
        """Note what became of a message that was claimed under `fence`, unless a newer owner has claimed it since.

        As `move`, written together with others; whether it was still ours is not said. It waits as long as the database
        is away.
        """
        query, update = _move(message, DeliveryStatus.SENDING, change, fence, attempted=False)
        await self._moves.submit(message, (query, update), _last, lambda one: one)
        await self._moves.written(message)

    async def cancel_bot(self, channel: ChannelId, conversation: ConversationId, before_epoch: int, reason: str) -> int:
        """Fail every queued bot message decided before `before_epoch`; how many there were.

        Against a sender's claim one of the two wins: both ask for `queued`.
        """
        result = await self._collection.update_many(
            {
                "channel": channel,
                "conversation": conversation,
                "delivery.status": DeliveryStatus.QUEUED.value,
                "author.kind": ActorKind.BOT.value,
                "control_epoch": {"$lt": before_epoch},
            },
            {
                "$set": {
                    "delivery.status": DeliveryStatus.FAILED.value,
                    "delivery.code": "cancelled",
                    "delivery.reason": reason,
                    "delivery.why": None,
                },
                "$inc": {"revision": 1},
            },
        )
        return result.modified_count

    async def bot_is_sending(
        self, channel: ChannelId, conversation: ConversationId, before_epoch: int, now: datetime, *, but_by: int
    ) -> bool:
        """Whether a bot message decided before `before_epoch` is on its way under a claim that is not `but_by`'s."""
        found = await self._collection.find_one(
            {
                "channel": channel,
                "conversation": conversation,
                "delivery.status": DeliveryStatus.SENDING.value,
                "author.kind": ActorKind.BOT.value,
                "control_epoch": {"$lt": before_epoch},
                "claimed_by": {"$gt": 0, "$ne": but_by},
                "delivery.due_at": {"$gt": now},
            },
            {"_id": 1},
        )
        return found is not None

    async def confirm(
        self,
        query: Mapping[str, Any],
        status: DeliveryStatus,
        earlier: Sequence[DeliveryStatus],
        change: Mapping[str, Any],
    ) -> int:
        """Move deliveries that match `query` and stand in `earlier` forward to `status`; how many moved.

        None of those that are being sent: that is their sender's to say.
        """
        sending = DeliveryStatus.SENDING.value
        # Named and excluded: the index of unread messages is asked only where its whole filter is.
        states = {"$in": [sending, *(state.value for state in earlier)], "$ne": sending}
        result = await self._collection.update_many(
            {**query, "delivery.status": states},
            {
                "$set": {
                    "delivery.status": status.value,
                    **{f"delivery.{name}": plain(value) for name, value in change.items()},
                },
                "$inc": {"revision": 1},
            },
        )
        return result.modified_count

    async def standing(self, query: Mapping[str, Any]) -> Set[DeliveryStatus]:
        """The states of the deliveries that match `query`."""
        rows = self._collection.find(query, {"delivery.status": 1, "_id": 0})
        return {DeliveryStatus(row["delivery"]["status"]) async for row in rows}

    async def end_claims(self, claimants: Iterable[int], now: datetime) -> int:
        """What these processes, which have certainly ended, claimed by storing it waits no longer; how many there were.

        Of a message that was claimed nobody knows whether it went out; one that was only reserved did not.
        """
        held = {
            "delivery.expires_at": {"$gt": _EVER},  # for the index of what is to be sent
            "claimed_by": {"$in": [*claimants]},
            "delivery.due_at": {"$gt": now},
        }
        claimed = {**held, "delivery.status": DeliveryStatus.SENDING.value}
        reserved = {**held, "delivery.status": DeliveryStatus.QUEUED.value, "delivery.attempts": 0}
        ended = await self._collection.update_many(claimed, {"$set": {"delivery.due_at": now}})
        freed = await self._collection.update_many(reserved, {"$set": {"delivery.due_at": None}})
        return ended.modified_count + freed.modified_count

    async def redraw(self, message: MessageId, buttons: Sequence[Button], seq: int, *, due: bool) -> None:
        """Change the buttons of a message as the Turn `seq` says, unless a later one has.

        `due`: the service is yet to show it.
        """
        await self._collection.update_one(
            {"_id": message, "$or": [{"redrawn": None}, {"redrawn": {"$lt": seq}}]},
            {
                "$set": {
                    "buttons": plain([button.model_dump() for button in buttons]),
                    "redrawn": seq,
                    "redraw_due": due,
                },
                "$inc": {"revision": 1},
            },
        )

    async def next_to_redraw(self, channel: ChannelId, conversation: ConversationId) -> Message | None:
        """A sent message that looks different at the service, or None."""
        document = await self._collection.find_one(
            {
                "channel": channel,
                "conversation": conversation,
                "redraw_due": True,
                "delivery.status": {"$in": [state.value for state in GONE_OUT]},
            }
        )
        return from_document(Message, document) if document else None

    async def redraws_done(self, message: MessageId, seq: int | None) -> None:
        """The service shows the message as the Turn `seq` drew it."""
        await self._collection.update_one({"_id": message, "redrawn": seq}, {"$set": {"redraw_due": False}})

    async def conversations_to_redraw(
        self, channels: Sequence[ChannelId], limit: int = 1000
    ) -> Sequence[ConversationId]:
        """Conversations of these channels that hold a message that looks different at the service."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"channel": {"$in": list(channels)}, "redraw_due": True}},
            {"$group": {"_id": "$conversation"}},
            {"$limit": limit},
        ]
        return [row["_id"] async for row in await self._collection.aggregate(pipeline)]

    async def sent_as(self, channel: ChannelId, external_ids: Sequence[str]) -> frozenset[str]:
        """Those ids of the service under which a message has gone out, and is not being sent once more."""
        query = {
            "channel": channel,
            "delivery.external_ids": {"$in": [*external_ids]},
            "delivery.status": {"$ne": DeliveryStatus.SENDING.value},
        }
        rows = self._collection.find(query, {"delivery.external_ids": 1})
        return frozenset([name async for row in rows for name in row["delivery"]["external_ids"]]) & set(external_ids)


def _move(
    message: MessageId, expected: DeliveryStatus, change: Mapping[str, Any], fence: int | None, *, attempted: bool
) -> Update:
    query: dict[str, Any] = {"_id": message, "delivery.status": expected.value}
    if fence is not None:
        query["$or"] = [{"delivery.fence": None}, {"delivery.fence": {"$lte": fence}}]
    return query, {
        "$set": {f"delivery.{name}": plain(value) for name, value in change.items()},
        "$inc": {"revision": 1, **({"delivery.attempts": 1} if attempted else {})},
    }


def _last(_: Update, later: Update) -> Update:
    return later


def queued(expires_at: datetime | None, *, once: bool = False) -> Delivery:
    """The delivery of a message that is to be sent."""
    return Delivery(status=DeliveryStatus.QUEUED, expires_at=expires_at, once=once)


def sent_by_storing(at: datetime) -> Delivery:
    """The delivery of a message on a channel where storing it is sending it."""
    return Delivery(status=DeliveryStatus.SENT, attempts=1, sent_at=at)
