"""Missing: documents that are stored where there are none with their keys yet, all with one command."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from hub.store.documents import Document
from hub.store.group_commit import DUPLICATE_KEY


async def insert_missing(collection: AsyncCollection[Document], documents: Sequence[Document]) -> frozenset[int]:
    """Store those of `documents` that are not there; the indexes of those that were, or that another one bars.

    Inserting takes a fifth of what an upsert takes of the database. Raises the driver's errors, also where a write was
    not confirmed: then some may be stored.
    """
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        details: Mapping[str, Any] = error.details or {}
        faults = details.get("writeErrors", ())
        if details.get("writeConcernErrors") or any(fault.get("code") != DUPLICATE_KEY for fault in faults):
            raise
        return frozenset(fault["index"] for fault in faults)
    return frozenset()
