"""Tickets that open one socket each: bought with a session, redeemed once, soon."""

from hub.model.sign_in import Ticket
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

LIFETIME_S = 30


class Tickets:
    """All unused tickets, by the hash of their secret."""

    def __init__(self, database: Database) -> None:
        self._collection = database["tickets"]

    async def add(self, secret_hash: str, ticket: Ticket) -> None:
        """Store a ticket for 30 s."""
        literal = {name: {"$literal": value} for name, value in to_document(ticket).items()}
        lifetime = {"$add": ["$$NOW", LIFETIME_S * 1000]}
        await self._collection.update_one(
            {"_id": secret_hash}, [{"$set": {**literal, "expires_at": lifetime}}], upsert=True
        )

    async def redeem(self, secret_hash: str) -> Ticket | None:
        """The ticket, which is used up by this, or None. One atomic step."""
        document = await self._collection.find_one_and_delete(
            {"_id": secret_hash, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        )
        return from_document(Ticket, document) if document else None
