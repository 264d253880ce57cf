"""Sign-ins of channels that are under way at a provider: each is finished once, soon, by the session that began it."""

from hub.model.sign_in import ChannelSignIn
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

LIFETIME_S = 600
"""As long as the codes of the providers hold; a password, a second factor and a consent fit into it."""


class ChannelSignInStates:
    """All sign-ins under way, by the hash of their `state`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["channel_sign_ins"]

    async def add(self, state_hash: str, sign_in: ChannelSignIn) -> None:
        """Store one that has just begun."""
        literal = {name: {"$literal": value} for name, value in to_document(sign_in).items()}
        lifetime = {"$add": ["$$NOW", LIFETIME_S * 1000]}
        await self._collection.update_one(
            {"_id": state_hash}, [{"$set": {**literal, "expires_at": lifetime}}], upsert=True
        )

    async def redeem(self, state_hash: str, session: str) -> ChannelSignIn | None:
        """The sign-in, which is used up by this; None when there is none of this session. One atomic step."""
        document = await self._collection.find_one_and_delete(
            {"_id": state_hash, "session": session, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        )
        return from_document(ChannelSignIn, document) if document else None
