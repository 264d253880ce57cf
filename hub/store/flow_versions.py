"""Published versions of flows: added, never changed."""

from collections.abc import Sequence

from pymongo.errors import DuplicateKeyError

from hub.model.flow import FlowVersion
from hub.model.ids import ProjectId, derived_id
from hub.store.connection import Database
from hub.store.documents import from_document, to_document

AT_MOST = 500
NEWEST_FIRST = [("version", -1), ("patch", -1)]
HEAD = {"sources": 0, "bot": 0, "library": 0}


class VersionTaken(Exception):
    """Somebody published this number first: read again."""


class FlowVersions:
    """The published versions of all projects."""

    def __init__(self, database: Database) -> None:
        self._collection = database["flow_versions"]

    async def add(self, version: FlowVersion) -> None:
        """Store a new version. Raises `VersionTaken`."""
        try:
            await self._collection.insert_one(to_document(version))
        except DuplicateKeyError as error:
            raise VersionTaken(version.label) from error

    async def newest(self, project: ProjectId, flow: str, version: int | None = None) -> FlowVersion | None:
        """The newest version without its sources, or the newest patch of `version`; None when nothing was published."""
        query = {"project": project, "flow": flow} | ({} if version is None else {"version": version})
        document = await self._collection.find_one(query, HEAD, sort=NEWEST_FIRST)
        return from_document(FlowVersion, document) if document else None

    async def get(self, project: ProjectId, flow: str, version: int, patch: int) -> FlowVersion | None:
        """One version with its sources, or None."""
        document = await self._collection.find_one({"_id": version_id(project, flow, version, patch)})
        return from_document(FlowVersion, document) if document else None

    async def of_flow(self, project: ProjectId, flow: str) -> Sequence[FlowVersion]:
        """The flow's versions without their sources, the newest first."""
        rows = self._collection.find({"project": project, "flow": flow}, HEAD).sort(NEWEST_FIRST)
        return [from_document(FlowVersion, row) for row in await rows.limit(AT_MOST).to_list()]

    async def newest_of_project(self, project: ProjectId) -> Sequence[FlowVersion]:
        """The newest version of each of the project's flows, without sources."""
        rows = await self._collection.aggregate(
            [
                {"$match": {"project": project}},
                {"$sort": {"flow": 1, "version": -1, "patch": -1}},
                {"$group": {"_id": "$flow", "newest": {"$first": "$_id"}}},
            ]
        )
        ids = [row["newest"] async for row in rows]
        found = await self._collection.find({"_id": {"$in": ids}}, HEAD).to_list()
        return sorted((from_document(FlowVersion, row) for row in found), key=lambda one: one.flow)


def version_id(project: ProjectId, flow: str, version: int, patch: int) -> str:
    """The id of a version."""
    return derived_id("flow_version", project, flow, version, patch)
