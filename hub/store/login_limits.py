"""Counters of log-in attempts. They live in the database, so that a restart forgives nobody."""

from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument

from hub.store.connection import Database

FREE_ATTEMPTS = 5
LONGEST_DELAY_S = 15 * 60
FORGOTTEN_AFTER_S = 3600  # of quiet; the delay of a doubling counter never lasts longer
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LoginLimits:
    """Two kinds of counter: one whose delay doubles, one that allows so many in an hour. Keys are hashes."""

    def __init__(self, database: Database) -> None:
        self._collection = database["login_limits"]

    async def attempt_doubling(self, key: str) -> float:
        """Count one attempt before it is made; 0, or for how many seconds it is not admitted.

        Five attempts are free, then each is followed by a wait of 1, 2, 4 s ... 15 min. One atomic update, so that
        attempts at the same time count one after the other. A success `forget`s the key.
        """
        exponent = {"$min": [{"$subtract": ["$attempts", FREE_ATTEMPTS]}, 20]}
        delay_ms = {
            "$cond": [
                {"$lt": ["$attempts", FREE_ATTEMPTS]},
                0,
                {"$min": [LONGEST_DELAY_S * 1000, {"$multiply": [1000, {"$pow": [2, exponent]}]}]},
            ]
        }
        return await self._attempt(
            key,
            {"$lte": [{"$ifNull": ["$blocked_until", _EPOCH]}, "$$NOW"]},
            {"blocked_until": {"$add": ["$$NOW", {"$toLong": delay_ms}]}},
        )

    async def attempt_hourly(self, key: str, limit: int) -> float:
        """Count one attempt before it is made; 0, or for how many seconds it is not admitted.

        `limit` attempts an hour. `give_back` undoes one that turned out to be good.
        """
        hour_over = {"$add": [{"$ifNull": ["$window_from", "$$NOW"]}, 3_600_000]}
        return await self._attempt(
            key,
            {"$lt": ["$attempts_before", limit]},
            {"window_from": {"$ifNull": ["$window_from", "$$NOW"]}, "blocked_until": hour_over},
            window=True,
        )

    async def forget(self, *keys: str) -> None:
        """Set counters to zero."""
        await self._collection.delete_many({"_id": {"$in": list(keys)}})

    async def give_back(self, *keys: str) -> None:
        """Take one attempt back from hourly counters."""
        counted = {"_id": {"$in": list(keys)}, "attempts": {"$gt": 0}}
        await self._collection.update_many(counted, {"$inc": {"attempts": -1}})

    async def _attempt(self, key: str, admitted: Any, then: dict[str, Any], *, window: bool = False) -> float:
        over = {"$lt": [{"$ifNull": ["$expires_at", _EPOCH]}, "$$NOW"]}
        fresh = {"attempts": 0, "blocked_until": None, "window_from": None}
        reset = {name: {"$cond": [over, value, {"$ifNull": [f"${name}", value]}]} for name, value in fresh.items()}
        lifetime = {"$add": ["$$NOW", FORGOTTEN_AFTER_S * 1000]}
        keep = {"$ifNull": ["$blocked_until", lifetime]} if window else {"$max": [lifetime, "$blocked_until"]}
        document = await self._collection.find_one_and_update(
            {"_id": key},
            [
                {"$set": reset},
                {"$set": {"attempts_before": "$attempts"}},
                {"$set": {"admitted": admitted}},
                {"$set": {"attempts": {"$add": ["$attempts", {"$cond": ["$admitted", 1, 0]}]}}},
                {"$set": {name: {"$cond": ["$admitted", value, f"${name}"]} for name, value in then.items()}},
                {"$set": {"expires_at": keep, "wait_ms": {"$subtract": ["$blocked_until", "$$NOW"]}}},
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if document is None:  # an upsert that returns the document after it always has one
            raise LookupError("log-in limit")
        return 0.0 if document["admitted"] else max(0.001, float(document["wait_ms"] or 0) / 1000)
