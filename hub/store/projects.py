"""Projects and their teams."""

from collections.abc import Mapping, Sequence

from pymongo import ReturnDocument

from hub.model.ids import ProjectId, TeamId
from hub.model.project import Project, Team
from hub.store.connection import Database
from hub.store.documents import from_document, to_document


class Projects:
    """All projects and teams."""

    def __init__(self, database: Database) -> None:
        self._projects, self._teams = database["projects"], database["teams"]

    async def put(self, project: Project) -> None:
        """Store a project as it is given."""
        document = to_document(project)
        await self._projects.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def change(self, project: ProjectId, values: Mapping[str, str]) -> Project | None:
        """Set some of the project's fields; the project after it, or None. One atomic update."""
        document = await self._projects.find_one_and_update(
            {"_id": project}, {"$set": dict(values)}, return_document=ReturnDocument.AFTER
        )
        return from_document(Project, document) if document else None

    async def get(self, project: ProjectId) -> Project | None:
        """The project, or None."""
        document = await self._projects.find_one({"_id": project})
        return from_document(Project, document) if document else None

    async def named(self, projects: Sequence[ProjectId]) -> Sequence[Project]:
        """Those of `projects` that exist, by name."""
        rows = await self._projects.find({"_id": {"$in": list(projects)}}).to_list()
        return sorted((from_document(Project, row) for row in rows), key=lambda one: (one.name.casefold(), one.id))

    async def all(self) -> Sequence[Project]:
        """Every project, the oldest first."""
        rows = await self._projects.find().sort("_id", 1).to_list()
        return [from_document(Project, row) for row in rows]

    async def put_team(self, team: Team) -> None:
        """Store a team as it is given."""
        document = to_document(team)
        await self._teams.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def teams(self, project: ProjectId) -> Sequence[Team]:
        """The project's teams, by name."""
        rows = await self._teams.find({"project": project}).sort("name", 1).to_list()
        return [from_document(Team, row) for row in rows]

    async def team(self, project: ProjectId, team: TeamId) -> Team | None:
        """One team of the project, or None."""
        document = await self._teams.find_one({"_id": team, "project": project})
        return from_document(Team, document) if document else None
