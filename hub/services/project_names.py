"""Project names: the teams, webhooks and stages that flows of a project may mention."""

import time

from flows.names import KnownNames
from hub.model.ids import ProjectId
from hub.store.funnel import StageLog
from hub.store.projects import Projects
from hub.store.webhooks import Webhooks

REMEMBERED_S = 5.0
"""A check comes with every pause in typing."""


class ProjectNames:
    """Reads the names, and remembers them for five seconds."""

    def __init__(self, projects: Projects, webhooks: Webhooks, stages: StageLog) -> None:
        self._projects, self._webhooks, self._stages = projects, webhooks, stages
        self._known: dict[ProjectId, tuple[float, KnownNames]] = {}

    async def of(self, project: ProjectId) -> KnownNames:
        """What the project has; of stages, those that contacts entered lately."""
        read_at, known = self._known.get(project, (float("-inf"), KnownNames()))
        if time.monotonic() - read_at < REMEMBERED_S:
            return known
        teams = await self._projects.teams(project)
        known = KnownNames(
            teams=tuple(team.name for team in teams),
            team_ids=frozenset(team.id for team in teams),
            webhooks=frozenset(webhook.name for webhook in await self._webhooks.of_project(project)),
            stages=frozenset(await self._stages.lately(project)),
        )
        self._known[project] = time.monotonic(), known
        return known
