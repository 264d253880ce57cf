"""Operators' groups: their topics and what is shown there, what happened in them, and who their members are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from hub.model.group import OperatorLink, Post, RawUpdate, Topic
from hub.model.ids import ChannelId, ConversationId, MessageId, OperatorId, derived_id
from hub.store.connection import retrying
from hub.store.documents import from_document, to_document

UPDATES_AT_ONCE = 100
OPEN_AT_ONCE = 1_000


class Groups:
    """The topics of all groups. Whoever writes one holds the lease of its group."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._topics, self._posts = database["group_topics"], database["group_posts"]
        self._updates = database["group_updates"]

    # Topics and posts -------------------------------------------------------------------------------------------

    async def topic(self, channel: ChannelId, conversation: ConversationId) -> Topic | None:
        """The topic of a conversation, or None."""
        document = await self._topics.find_one({"_id": topic_id(channel, conversation)})
        return from_document(Topic, document) if document else None

    async def by_thread(self, channel: ChannelId, thread: str) -> Topic | None:
        """The topic that the service calls `thread`, or None."""
        document = await self._topics.find_one({"channel": channel, "thread": thread})
        return from_document(Topic, document) if document else None

    async def open_topics(self, channel: ChannelId) -> Sequence[ConversationId]:
        """The conversations whose topics are open."""
        rows = self._topics.find({"channel": channel, "closed": False}, {"conversation": 1}).limit(OPEN_AT_ONCE)
        return [ConversationId(row["conversation"]) async for row in rows]

    async def keep(self, topic: Topic) -> Topic:
        """Write the topic as it is now; the topic with its new revision."""
        kept = topic.model_copy(update={"revision": topic.revision + 1})
        document = to_document(kept)
        await retrying(lambda: self._topics.replace_one({"_id": kept.id}, document, upsert=True))
        return kept

    async def post(self, post: Post) -> None:
        """Note what was posted. The same again changes nothing."""
        document = to_document(post)
        await retrying(lambda: self._posts.replace_one({"_id": post.id}, document, upsert=True))

    async def posts_of(self, topic: str, messages: Sequence[MessageId]) -> Sequence[Post]:
        """The posts that show any of these messages."""
        query = {"topic": topic, "messages": {"$in": list(messages)}}
        return [from_document(Post, document) async for document in self._posts.find(query)]

    async def by_part(self, topic: str, part: str) -> Post | None:
        """The post that the service knows as `part`, or None."""
        document = await self._posts.find_one({"topic": topic, "parts": part})
        return from_document(Post, document) if document else None

    async def forget_posts(self, topic: str) -> None:
        """The topic was deleted at the service, and all that it showed."""
        await retrying(lambda: self._posts.delete_many({"topic": topic}))

    # What happened ----------------------------------------------------------------------------------------------

    async def keep_update(self, channel: ChannelId, name: str, number: int, raw: bytes) -> None:
        """Keep an update durably until it is worked on; the same one again is nothing. Raises `StoreUnavailable`."""
        document = {"_id": derived_id("group update", channel, name), "channel": channel, "number": number, "raw": raw}
        try:
            await retrying(lambda: self._updates.insert_one(document))
        except DuplicateKeyError:
            pass

    async def updates(self, channel: ChannelId) -> Sequence[RawUpdate]:
        """The updates that are to be worked on, in their order."""
        rows = self._updates.find({"channel": channel}).sort("number", 1).limit(UPDATES_AT_ONCE)
        return [from_document(RawUpdate, row) async for row in rows]

    async def done(self, update: str) -> None:
        """The update was worked on."""
        await retrying(lambda: self._updates.delete_one({"_id": update}))


class OperatorLinks:
    """Which people of a messenger are operators, and the codes by which they become so."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._links, self._codes = database["operator_links"], database["link_codes"]

    async def add_code(self, code_hash: str, operator: OperatorId, lifetime_s: int) -> None:
        """Keep a code for a while."""
        lifetime = {"$add": ["$$NOW", lifetime_s * 1000]}
        fields = {"operator": {"$literal": operator}, "expires_at": lifetime}
        await retrying(lambda: self._codes.update_one({"_id": code_hash}, [{"$set": fields}], upsert=True))

    async def redeem(self, code_hash: str) -> OperatorId | None:
        """Whose code it is, which is used up by this; None when it was used, is too old, or never was. Atomic."""
        document = await self._codes.find_one_and_delete({"_id": code_hash, "$expr": {"$gt": ["$expires_at", "$$NOW"]}})
        return OperatorId(document["operator"]) if document else None

    async def link(self, operator: OperatorId, kind: str, value: str, name: str | None, now: datetime) -> None:
        """This person of the messenger is this operator from now on, whoever they were before."""
        link = OperatorLink(
            id=link_id(kind, value), operator=operator, kind=kind, value=value, name=name, linked_at=now
        )
        document = to_document(link)
        await retrying(lambda: self._links.replace_one({"_id": link.id}, document, upsert=True))

    async def operator(self, kind: str, value: str) -> OperatorId | None:
        """Who the person is, or None."""
        document = await self._links.find_one({"_id": link_id(kind, value)})
        return OperatorId(document["operator"]) if document else None

    async def of(self, operator: OperatorId) -> Sequence[OperatorLink]:
        """Where the operator is linked."""
        rows = self._links.find({"operator": operator}).sort("_id", 1).limit(100)
        return [from_document(OperatorLink, row) async for row in rows]

    async def unlink(self, operator: OperatorId, link: str) -> bool:
        """Take a link of the operator away; false when there is none."""
        return (await self._links.delete_one({"_id": link, "operator": operator})).deleted_count == 1


def topic_id(channel: ChannelId, conversation: ConversationId) -> str:
    """The id of a conversation's topic in the group of a channel."""
    return derived_id("topic", channel, conversation)


def link_id(kind: str, value: str) -> str:
    """The id of a person's link."""
    return derived_id("operator link", kind, value)
