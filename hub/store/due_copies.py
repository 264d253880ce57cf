"""Copies that are due again: of sent messages whose further recipients' servers asked to come later."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument

from hub.model.ids import ChannelId, ConversationId, MessageId
from hub.model.message import CopiesDue, DeliveryStatus, Message
from hub.store.connection import Database
from hub.store.documents import from_document, plain
from hub.store.outgoing import GONE_OUT

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any copy: the index holds only messages whose copies are due after it, and is used where a query says so."""
DUE_AT = "delivery.copies.due_at"
BESIDE: Mapping[str, Any] = {
    "$nor": [
        {"delivery.status": DeliveryStatus.SENDING.value},
        {"delivery.status": DeliveryStatus.QUEUED.value, "delivery.copies.trying": {"$ne": True}},
    ]
}
"""Not with a message that is itself sent once more: they get it with that, which waits only for those being tried."""


class DueCopies:
    """The messages of all conversations, as those see them who try copies again."""

    def __init__(self, database: Database) -> None:
        self._collection = database["messages"]

    async def conversations(
        self, channels: Sequence[ChannelId], now: datetime, limit: int = 1000
    ) -> Sequence[ConversationId]:
        """Conversations of these channels that hold a message with copies due by `now`."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"channel": {"$in": list(channels)}, DUE_AT: {"$gt": EVER, "$lte": now}}},
            {"$group": {"_id": "$conversation"}},
            {"$limit": limit},
        ]
        return [row["_id"] async for row in await self._collection.aggregate(pipeline)]

    async def next(self, channel: ChannelId, conversation: ConversationId, now: datetime) -> Message | None:
        """The message of the conversation whose copies have been due for longest, or None."""
        document = await self._collection.find_one(
            {"channel": channel, "conversation": conversation, DUE_AT: {"$gt": EVER, "$lte": now}, **BESIDE},
            sort=[(DUE_AT, 1)],
        )
        return from_document(Message, document) if document else None

    async def claim(self, message: MessageId, due: CopiesDue, until: datetime, fence: int) -> Message | None:
        """Note that they are being tried, and when that counts as given up; None when a newer owner has them,
        or the message itself is sent once more.

        Those that somebody was trying before may have arrived: then the message is marked so. One atomic update.
        """
        begun = {"delivery.may_repeat": True} if due.trying else {}
        document = await self._collection.find_one_and_update(
            {**_ours(message, due, fence), **BESIDE},
            {
                "$set": {DUE_AT: until, "delivery.copies.trying": True, "delivery.fence": fence, **begun},
                "$inc": {"delivery.copies.tries": 1, "revision": 1},
            },
            return_document=ReturnDocument.AFTER,
        )
        return from_document(Message, document) if document else None

    async def settle(
        self,
        message: MessageId,
        due: CopiesDue,
        then: CopiesDue | None,
        reasons: Mapping[str, Any],
        fence: int,
        **more: Any,
    ) -> None:
        """Write what became of those in `due`: `then` are left. `reasons` are read beside a message that is sent."""
        change = {"copies": then.model_dump() if then else None, **more}
        states = [state.value for state in GONE_OUT]
        for query, told in (
            ({"delivery.status": {"$in": states}}, {**change, **reasons}),
            ({"delivery.status": {"$nin": states}}, change),  # it failed since, and says why
        ):
            await self._collection.update_one(
                {**_ours(message, due, fence), **query},
                {"$set": {f"delivery.{name}": plain(value) for name, value in told.items()}, "$inc": {"revision": 1}},
            )


def _ours(message: MessageId, due: CopiesDue, fence: int) -> dict[str, Any]:
    """The message while its copies are as they were seen, and no newer owner has claimed it."""
    older = [{"delivery.fence": None}, {"delivery.fence": {"$lte": fence}}]
    return {"_id": message, DUE_AT: due.due_at, "$or": older}
