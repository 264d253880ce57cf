"""Ordered commit: documents that belong behind each other, stored with one command, and never one without those before.

The server inserts them one after the other and stops at the first that it refuses; what a crash or a fail-over leaves
of them is a beginning of the row, for they stand in the oplog in that order (MongoDB manual, "Ordered Operations").
"""

import asyncio
import random
from collections.abc import Sequence

import structlog
from bson.errors import InvalidDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure

from hub.cancelling import stop_if_cancelled
from hub.store.documents import Document
from hub.store.errors import NotDurable, StoreUnavailable
from hub.store.group_commit import (
    DEADLINE_S,
    DOCUMENT_CODES,
    DUPLICATE_KEY,
    FIRST_BACK_OFF_S,
    LAST_BACK_OFF_S,
    PASSING_CODES,
)

log = structlog.get_logger(__name__)


class OrderedCommit:
    """Inserts rows of documents into one collection, durably."""

    def __init__(self, collection: AsyncCollection[Document], *, deadline_s: float = DEADLINE_S) -> None:
        self._collection, self._deadline_s = collection, deadline_s

    async def insert(self, documents: Sequence[Document]) -> int:
        """Stores `documents`, which have new `_id`s, in their order; how many, counted from the first.

        Those behind the first that cannot be stored are not: whoever inserts that one alone is told why. Lost
        connections are retried here.

        Raises:
            StoreUnavailable: no answer in time; a beginning of the row may be stored. Acknowledge nothing.
            NotDurable: written, but not confirmed by a majority. Acknowledge nothing.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._deadline_s
        back_off_s, done = FIRST_BACK_OFF_S, 0
        while done < len(documents):
            stored, goes_on, reason = await self._attempt(documents[done:])
            done += stored
            if not goes_on:
                break
            if not reason:
                continue
            stop_if_cancelled()
            if loop.time() > deadline:
                raise StoreUnavailable(
                    f"the database did not confirm a write to {self._collection.name} within {self._deadline_s:g} s"
                )
            log.warning("row is retried", collection=self._collection.name, documents=len(documents), reason=reason)
            await asyncio.sleep(random.uniform(back_off_s / 2, back_off_s))  # noqa: S311  (no secret)
            back_off_s = min(back_off_s * 2, LAST_BACK_OFF_S)
        return done

    async def _attempt(self, documents: Sequence[Document]) -> tuple[int, bool, str]:
        """Writes once: how many are stored, whether to go on with the rest, and the reason for waiting before."""
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._collection.insert_many(documents, ordered=True)
        except BulkWriteError as error:
            return self._up_to_the_fault(error)
        except (ConnectionFailure, TimeoutError) as error:
            return 0, True, str(error) or "no answer"
        except OperationFailure as error:
            if error.code in PASSING_CODES:
                return 0, True, str(error)
            if error.code in DOCUMENT_CODES:
                return 0, False, ""
            raise StoreUnavailable(f"the database refused a write: {error}") from error
        except (InvalidDocument, OverflowError, UnicodeEncodeError, RecursionError):  # it never left the driver
            return 0, False, ""
        return len(documents), True, ""

    def _up_to_the_fault(self, error: BulkWriteError) -> tuple[int, bool, str]:
        details = error.details or {}
        if unconfirmed := details.get("writeConcernErrors"):  # delivery contract, 1.3
            reason = unconfirmed[0].get("errmsg", "no reason given")
            raise NotDurable(f"a write to {self._collection.name} was not confirmed by a majority: {reason}") from error
        [fault] = details["writeErrors"]
        if fault["code"] in PASSING_CODES:
            return 0, True, str(fault.get("errmsg", ""))  # also of those before: the next attempt finds them stored
        ours = fault["code"] == DUPLICATE_KEY and dict(fault.get("keyPattern") or {}) == {"_id": 1}
        # Nobody else has this `_id`: an earlier attempt arrived, though its answer was lost.
        return (fault["index"] + 1, True, "") if ours else (fault["index"], False, "")
