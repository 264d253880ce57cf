"""Drafts of flows: saved by whoever saw the newest one."""

from collections.abc import Sequence

from pymongo.errors import DuplicateKeyError

from hub.model.flow import FlowDraft
from hub.model.ids import ProjectId, derived_id
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

AT_MOST = 1_000  # flows of one project


class FlowDrafts:
    """The drafts of all projects, one per flow, and one for the shared settings."""

    def __init__(self, database: Database) -> None:
        self._collection = database["flow_drafts"]

    async def get(self, project: ProjectId, flow: str) -> FlowDraft | None:
        """The draft, or None."""
        document = await self._collection.find_one({"_id": draft_id(project, flow)})
        return from_document(FlowDraft, document) if document else None

    async def of_project(self, project: ProjectId) -> Sequence[FlowDraft]:
        """The project's drafts, by name."""
        rows = await self._collection.find({"project": project}).sort("flow", 1).limit(AT_MOST).to_list()
        return [from_document(FlowDraft, row) for row in rows]

    async def put(self, draft: FlowDraft) -> bool:
        """Store `draft` if the stored one has the revision before it; a first one has revision 1. Whether it did."""
        document = to_document(draft)
        if draft.revision == 1:
            try:
                await self._collection.insert_one(document)
            except DuplicateKeyError:
                return False
            return True
        seen = {"_id": draft.id, "revision": draft.revision - 1}
        result = await self._collection.replace_one(seen, document)
        return result.matched_count == 1

    async def set_origin(self, draft: FlowDraft, origin: str) -> None:
        """Note that the files with this SHA-256 are the draft, unless somebody has edited it meanwhile."""
        seen = {"_id": draft.id, "revision": draft.revision}
        await self._collection.update_one(seen, {"$set": {"origin": origin}})

    async def delete(self, project: ProjectId, flow: str, revision: int) -> bool:
        """Delete the draft if it still has this revision; whether it did."""
        result = await self._collection.delete_one({"_id": draft_id(project, flow), "revision": revision})
        return result.deleted_count == 1


def draft_id(project: ProjectId, flow: str) -> str:
    """The id of a flow's draft."""
    return derived_id("flow_draft", project, flow)
