"""Read marks: how far each operator has read each conversation."""

from collections.abc import Sequence

from hub.model.desk import ReadMark
from hub.model.ids import ConversationId, OperatorId, ProjectId, derived_id
from hub.store.connection import Database
from hub.store.documents import from_document


class ReadMarks:
    """All read marks."""

    def __init__(self, database: Database) -> None:
        self._collection = database["read_marks"]

    async def move(self, project: ProjectId, operator: OperatorId, conversation: ConversationId, position: int) -> bool:
        """Move the mark forward to `position`; a lower one changes nothing. Whether it moved."""
        result = await self._collection.update_one(
            {"_id": _id(operator, conversation)},
            {
                "$max": {"position": position},
                "$setOnInsert": {"project": project, "operator": operator, "conversation": conversation},
            },
            upsert=True,
        )
        return bool(result.modified_count or result.upserted_id)

    async def of(self, operator: OperatorId, conversations: Sequence[ConversationId]) -> dict[ConversationId, int]:
        """The person's positions; a conversation that was never read is missing."""
        ids = [_id(operator, conversation) for conversation in conversations]
        rows = await self._collection.find({"_id": {"$in": ids}}).to_list()
        return {mark.conversation: mark.position for mark in (from_document(ReadMark, row) for row in rows)}

    async def furthest(self, conversation: ConversationId) -> int:
        """How far the operator who has read furthest has come; 0 when nobody has."""
        row = await self._collection.find_one({"conversation": conversation}, {"position": 1}, sort=[("position", -1)])
        return int(row["position"]) if row else 0


def _id(operator: OperatorId, conversation: ConversationId) -> str:
    return derived_id("read_mark", operator, conversation)
