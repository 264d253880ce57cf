"""The stage log and the consent log: rows are added once and never changed."""

from collections.abc import Sequence

from pymongo.asynchronous.collection import AsyncCollection

from hub.model.base import Stored
from hub.model.funnel import Consent, StageMove
from hub.model.ids import ContactId, ProjectId
from hub.store.connection import Database
from hub.store.documents import Document, from_document, to_document

AT_MOST = 500  # rows of one contact
LATELY = 500  # rows of a project that show which stages are in use


class StageLog:
    """Which contact entered which stage when."""

    def __init__(self, database: Database) -> None:
        self._collection = database["stage_log"]

    async def add(self, move: StageMove) -> None:
        """Add the row; the same id again changes nothing."""
        await _add(self._collection, move)

    async def of_contact(self, project: ProjectId, parts: Sequence[ContactId]) -> Sequence[StageMove]:
        """The rows of a person, by all parts of them, the newest first."""
        query = {"project": project, "contact": {"$in": list(parts)}}
        rows = self._collection.find(query).sort("at", -1).limit(AT_MOST)
        return [from_document(StageMove, row) for row in await rows.to_list()]

    async def lately(self, project: ProjectId) -> Sequence[str]:
        """The stages that contacts of the project entered lately, each once."""
        rows = self._collection.find({"project": project}, {"stage": 1}).sort("at", -1).limit(LATELY)
        return sorted({str(row["stage"]) for row in await rows.to_list()})


class Consents:
    """Who agreed to what, and who refused."""

    def __init__(self, database: Database) -> None:
        self._collection = database["consents"]

    async def add(self, consent: Consent) -> None:
        """Add the row; the same id again changes nothing."""
        await _add(self._collection, consent)

    async def of_contact(self, project: ProjectId, parts: Sequence[ContactId]) -> Sequence[Consent]:
        """The rows of a person, by all parts of them, the newest first."""
        query = {"project": project, "contact": {"$in": list(parts)}}
        rows = self._collection.find(query).sort("at", -1).limit(AT_MOST)
        return [from_document(Consent, row) for row in await rows.to_list()]


async def _add(collection: AsyncCollection[Document], row: Stored) -> None:
    document = to_document(row)
    await collection.update_one({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True)
