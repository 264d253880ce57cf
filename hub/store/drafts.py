"""Drafts: one per operator and conversation, so that another device continues."""

from collections.abc import Sequence

from hub.model.desk import Draft
from hub.model.ids import ConversationId, OperatorId, ProjectId, derived_id
from hub.model.message import Direction
from hub.store.connection import Database
from hub.store.documents import from_document


class Drafts:
    """All drafts. An emptied one stays for an hour, so that the feed can tell the person's other devices."""

    def __init__(self, database: Database) -> None:
        self._collection = database["drafts"]

    async def get(self, operator: OperatorId, conversation: ConversationId) -> Draft | None:
        """The draft, or None when there is none or it holds neither text nor copies."""
        document = await self._collection.find_one({"_id": _id(operator, conversation)})
        return from_document(Draft, document) if document and (document["text"] or document.get("copies")) else None

    async def keep(
        self,
        project: ProjectId,
        operator: OperatorId,
        conversation: ConversationId,
        text: str,
        direction: Direction,
        copies: Sequence[str] = (),
    ) -> None:
        """Keep the draft; without text and copies it is deleted."""
        values = {
            "project": project,
            "operator": operator,
            "conversation": conversation,
            "text": text,
            "direction": direction.value,
            "copies": list(copies),
        }
        literal = {name: {"$literal": value} for name, value in values.items()}
        times = {"updated_at": "$$NOW", "emptied_at": None if text or copies else "$$NOW"}
        await self._collection.update_one(
            {"_id": _id(operator, conversation)}, [{"$set": {**literal, **times}}], upsert=True
        )


def _id(operator: OperatorId, conversation: ConversationId) -> str:
    return derived_id("draft", operator, conversation)
