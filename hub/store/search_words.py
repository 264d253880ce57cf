"""The words that messages and people are found by: kept beside them, so that nothing they do waits for it.

Both collections are derived and can be made anew from messages, contacts and addresses at any time
(`hub/services/search_index.py` does), so they are left out of backups.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from hub.model.ids import ContactId, ConversationId, MessageId, ProjectId
from hub.store.connection import Database
from hub.store.group_commit import DUPLICATE_KEY
from hub.store.indexes import WORDS, Index

MESSAGES, PEOPLE, STATE = "search_messages", "search_people", "search_state"
BEGINNINGS = 12  # different words that half of a word may stand for
COUNTED = 1_000  # how often a word is counted, to begin with the rarest
_LAST = "\U0010ffff"  # after every other character


@dataclass(frozen=True, slots=True)
class MessageWords:
    """The words of one message as it reads in `revision`; none for one that says nothing (any more)."""

    message: MessageId
    project: ProjectId
    conversation: ConversationId
    at: datetime
    revision: int
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class PersonKeys:
    """What one contact is found by."""

    contact: ContactId
    project: ProjectId
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A message that has a word. `order` is its place among all of them, the newest highest."""

    message: MessageId
    conversation: ConversationId
    words: frozenset[str]
    order: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the words are kept: up to the place `token` of the change stream, and of what stood there before, walked.

    `walked` names for each collection the last document that was read; `complete` that all were.
    """

    token: str
    walked: Mapping[str, str]
    complete: bool


class SearchWords:
    """All words. Writing the same again, or something older, changes nothing."""

    def __init__(self, database: Database) -> None:
        self._messages, self._people, self._state = (database[name] for name in (MESSAGES, PEOPLE, STATE))

    # Keeping them -----------------------------------------------------------------------------------------------

    async def put_messages(self, many: Iterable[MessageWords]) -> None:
        """Keep the words of messages, in one write. Words of a newer revision stay."""
        await _write(self._messages, [_update_of(one) for one in many])

    async def forget_messages(self, messages: Sequence[MessageId]) -> None:
        """Messages that are gone are found no more."""
        await self._messages.delete_many({"_id": {"$in": list(messages)}})

    async def put_people(self, many: Iterable[PersonKeys]) -> None:
        """Keep what contacts are found by, in one write."""
        writes = []
        for one in many:
            kept = {"project": one.project, "keys": list(one.keys)}
            writes.append(UpdateOne({"_id": one.contact}, {"$set": kept}, upsert=True))
        await _write(self._people, writes)

    async def forget_people(self, contacts: Sequence[ContactId]) -> None:
        """Contacts that are gone are found no more."""
        await self._people.delete_many({"_id": {"$in": list(contacts)}})

    async def progress(self) -> Progress | None:
        """How far the words are kept; None when nobody has begun."""
        document = await self._state.find_one({"_id": "progress"})
        return Progress(document["token"], document["walked"], document["complete"]) if document else None

    async def note(self, progress: Progress) -> None:
        """Note how far the words are kept."""
        state = {"token": progress.token, "walked": dict(progress.walked), "complete": progress.complete}
        await self._state.replace_one({"_id": "progress"}, state, upsert=True)

    # Finding by them --------------------------------------------------------------------------------------------

    async def beginning(self, project: ProjectId, half: str, most: int = BEGINNINGS) -> Sequence[str]:
        """Words of the project that begin with `half`, the first ones in the order of letters.

        Jumps from word to word in the index: one look-up each, however often a word stands.
        """
        found: list[str] = []
        after = half
        while len(found) < most:
            rows = (
                self._messages.find({}, {"words": 1})
                .hint(_BY_WORDS)
                .min([("project", project), ("words", after), ("order", _HIGHEST)])
                .max([("project", project), ("words", half + _LAST), ("order", _HIGHEST)])
                .limit(1)
            )
            document = await anext(aiter(rows), None)
            if document is None:
                break
            word = min(word for word in document["words"] if word >= after and word.startswith(half))
            found.append(word)
            after = word + "\0"
        return found

    async def count(self, project: ProjectId, words: Sequence[str]) -> int:
        """How many messages have one of `words`, counted to 1,000."""
        return await self._messages.count_documents(_any_of(project, words), limit=COUNTED)

    async def newest(self, project: ProjectId, words: Sequence[str], before: int | None, limit: int) -> Sequence[Found]:
        """The newest messages with one of `words`, of those before the place `before`."""
        query = _any_of(project, words)
        if before is not None:
            query["order"] = {"$lt": before}
        rows = await self._messages.find(query).sort("order", -1).limit(limit).to_list()
        return [
            Found(MessageId(row["_id"]), ConversationId(row["conversation"]), frozenset(row["words"]), row["order"])
            for row in rows
        ]

    async def people(self, project: ProjectId, key: str, limit: int) -> Sequence[ContactId]:
        """Contacts with a key that begins so."""
        query = {"project": project, "keys": {"$elemMatch": {"$gte": key, "$lt": key + _LAST}}}
        rows = await self._people.find(query, {"_id": 1}).limit(limit).to_list()
        return [ContactId(row["_id"]) for row in rows]


_BY_WORDS = Index(MESSAGES, WORDS, "").name
_HIGHEST = 2**62  # before every order in an index that runs down


def order_of(at: datetime, message: MessageId) -> int:
    """A number for the place of a message among all: by its time, and of those of one millisecond by its id."""
    last = int.from_bytes(hashlib.blake2b(message.encode(), digest_size=3).digest()) & 0xFFFFF
    return (round(at.timestamp() * 1000) << 20) | last


def _any_of(project: ProjectId, words: Sequence[str]) -> dict[str, Any]:
    return {"project": project, "words": words[0] if len(words) == 1 else {"$in": list(words)}}


def _update_of(one: MessageWords) -> UpdateOne:
    kept = {
        "project": one.project,
        "conversation": one.conversation,
        "order": order_of(one.at, one.message),
        "words": list(one.words),
        "revision": one.revision,
    }
    # Without words there is nothing to keep, but a text that was taken back must not come again by a late write.
    told = bool(one.words) or one.revision > 1
    return UpdateOne({"_id": one.message, "revision": {"$lte": one.revision}}, {"$set": kept}, upsert=told)


async def _write(collection: Any, writes: Sequence[Any]) -> None:
    """All of `writes`. That a newer one stands there already is no trouble: its upsert meets the id that is taken."""
    if not writes:
        return
    try:
        await collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise
