"""What search is made from: messages, contacts and addresses as they stand, and what has changed of them since."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.errors import OperationFailure

from hub.model.ids import ContactId
from hub.store.changes import HISTORY_LOST_CODES
from hub.store.connection import Database
from hub.store.documents import Document

GOODBYE_S = 1.0
AWAIT_MS = 20  # news is looked for every other second: what there is comes at once
_MESSAGE_FIELDS = (
    "project", "conversation", "direction", "author.kind", "automatic", "text", "created_at", "revision", "erased",
)  # fmt: skip
_PERSON_FIELDS = ("project", "name", "fields")
_COLLECTIONS = ["messages", "contacts", "addresses"]
_CHANGED: list[Document] = [
    {"operationType": {"$in": ["insert", "replace", "delete"]}, "ns.coll": {"$in": _COLLECTIONS}},
    # Of updates those of a text: the rest of a message (its delivery, its marks) is no word of it.
    {"operationType": "update", "ns.coll": "messages", "updateDescription.updatedFields.text": {"$exists": True}},
    {"operationType": "update", "ns.coll": "messages", "updateDescription.updatedFields.erased": {"$exists": True}},
    {"operationType": "update", "ns.coll": {"$in": ["contacts", "addresses"]}},
]  # fmt: skip


class SourceLost(Exception):
    """The changes since a token are no longer known: everything has to be walked again."""


@dataclass(frozen=True, slots=True)
class News:
    """Documents that changed, each as it is now: `messages` by id, None for one that is gone; `contacts` touched."""

    messages: Mapping[str, Document | None]
    contacts: frozenset[ContactId]
    token: str
    more: bool
    """Whether there may be more at once."""


class SearchSources:
    """Reads for the search's index.

    The stream of changes stays open from one look to the next: the server reads far ahead for the first answer of a new
    one, and would do so for each look in vain.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stream: AsyncDatabaseChangeStream[Document] | None = None
        self._stands_at: frozenset[str] = frozenset()
        """The tokens between which and the stream's place nothing has changed."""

    async def token(self) -> str:
        """The place of the change stream that everything read from now on is not older than."""
        # By the very filter that the place is used with: at an event that it leaves out no stream can begin (280).
        async with await self._database.watch(_pipeline(), max_await_time_ms=AWAIT_MS) as stream:
            await stream.try_next()
            assert stream.resume_token is not None
            return str(stream.resume_token["_data"])

    async def news(self, token: str, limit: int) -> News:
        """What changed after `token`, up to `limit` changes. Raises `SourceLost`."""
        try:
            stream = await self._at(token, limit)
            self._stands_at = frozenset()  # what fails, or is left, on the way begins anew
            news = await _read(stream, token, limit)
        except OperationFailure as error:
            if error.code in HISTORY_LOST_CODES:
                raise SourceLost from error
            raise
        self._stands_at = frozenset({news.token} if news.messages or news.contacts else {news.token, token})
        return news

    async def close(self) -> None:
        """Nothing is read for a while. The server ends by itself what it cannot be told to end in time."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await stream.close()

    async def _at(self, token: str, limit: int) -> AsyncDatabaseChangeStream[Document]:
        if self._stream is not None and token in self._stands_at:
            return self._stream
        await self.close()
        self._stream = await self._database.watch(
            _pipeline(),
            full_document="updateLookup",
            max_await_time_ms=AWAIT_MS,
            resume_after={"_data": token},
            batch_size=limit,
        )
        return self._stream

    async def walk(self, collection: str, after: str, limit: int) -> Sequence[Document]:
        """The next documents of `messages` or `contacts` in the order of their ids."""
        fields = _MESSAGE_FIELDS if collection == "messages" else ("_id",)
        rows = self._database[collection].find({"_id": {"$gt": after}}, dict.fromkeys(fields, 1))
        return await rows.sort("_id", 1).limit(limit).to_list()

    async def people(self, contacts: Sequence[ContactId]) -> Sequence[tuple[Document, Sequence[Document]]]:
        """Each of these contacts that exists, with its addresses."""
        rows = await self._database["contacts"].find(
            {"_id": {"$in": list(contacts)}}, dict.fromkeys(_PERSON_FIELDS, 1)
        ).to_list()  # fmt: skip
        reached: dict[str, list[Document]] = {}
        async for address in self._database["addresses"].find({"contact": {"$in": list(contacts)}}):
            reached.setdefault(address["contact"], []).append(address)
        return [(row, reached.get(row["_id"], ())) for row in rows]


async def _read(stream: AsyncDatabaseChangeStream[Document], token: str, limit: int) -> News:
    messages: dict[str, Document | None] = {}
    contacts: set[ContactId] = set()
    count = 0
    while count < limit and (change := await stream.try_next()) is not None:
        count += 1
        key, document = str(change["documentKey"]["_id"]), change.get("fullDocument")
        match change["ns"]["coll"]:
            case "messages":
                messages[key] = document
            case "contacts":
                contacts.add(ContactId(key))
            case "addresses" if document is not None and "contact" in document:
                contacts.add(ContactId(document["contact"]))
    reached = str((stream.resume_token or {"_data": token})["_data"])
    return News(messages, frozenset(contacts), reached, count == limit)


def _pipeline() -> list[dict[str, Any]]:
    fields = {f"fullDocument.{name}": 1 for name in (*_MESSAGE_FIELDS, "contact")}
    shown = {"_id": 1, "operationType": 1, "ns": 1, "documentKey": 1, "updateDescription": 1, **fields}
    return [{"$match": {"$or": _CHANGED}}, {"$project": shown}]
