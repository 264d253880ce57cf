"""Personal access tokens, kept as hashes."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from hub.model.ids import OperatorId, ProjectId
from hub.model.sign_in import AccessToken
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

COLLECTION = "access_tokens"
TOUCHED_EVERY = timedelta(minutes=1)


class Tokens:
    """All personal access tokens."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`now` is the database's time."""
        self._collection, self._now = database[COLLECTION], now

    async def add(self, token: AccessToken, secret_hash: str) -> None:
        """Store a new token; one that is there already stays as it is."""
        with suppress(DuplicateKeyError):
            await self._collection.insert_one({**to_document(token), "secret_hash": secret_hash})

    async def made(self, operator: OperatorId, token: str, secret_hash: str) -> AccessToken | None:
        """A token of the person by its id, if it has this secret."""
        found = await self._collection.find_one({"_id": token, "operator": operator, "secret_hash": secret_hash})
        return from_document(AccessToken, found) if found else None

    async def by_secret(self, secret_hash: str) -> AccessToken | None:
        """The valid token, or None. Notes about once a minute that it is in use."""
        valid = {"$or": [{"$eq": ["$expires_at", None]}, {"$gt": ["$expires_at", "$$NOW"]}]}
        document = await self._collection.find_one({"secret_hash": secret_hash, "$expr": valid})
        if document is None:
            return None
        last_used_at = document.get("last_used_at")
        if last_used_at is None or self._now() - last_used_at > TOUCHED_EVERY:
            await self._collection.update_one({"_id": document["_id"]}, [{"$set": {"last_used_at": "$$NOW"}}])
        return from_document(AccessToken, document)

    async def of_operator(self, operator: OperatorId) -> Sequence[AccessToken]:
        """The person's tokens, the oldest first."""
        rows = await self._collection.find({"operator": operator}).sort("_id", 1).limit(200).to_list()
        return [from_document(AccessToken, row) for row in rows]

    async def count(self, operator: OperatorId) -> int:
        """How many tokens the person has."""
        return await self._collection.count_documents({"operator": operator})

    async def delete(self, operator: OperatorId, token: str) -> bool:
        """Delete one token of the person; false when there is none."""
        return (await self._collection.delete_one({"_id": token, "operator": operator})).deleted_count == 1

    async def delete_all(self, operator: OperatorId, project: ProjectId | None = None) -> int:
        """Delete all tokens of the person, or those of one project; how many there were."""
        query = {"operator": operator} if project is None else {"operator": operator, "project": project}
        return (await self._collection.delete_many(query)).deleted_count
