"""Duty: which team a flow means, and whether somebody of it is there right now."""

import time
from collections.abc import Sequence
from typing import Protocol

from flows.words import key_of
from hub.model.ids import OperatorId, ProjectId, TeamId
from hub.model.operator import Operator
from hub.model.project import Team
from hub.services.flow_effects import Desk

REMEMBERED_S = 5.0


class KnowsTeams(Protocol):
    """Where teams are read."""

    async def teams(self, project: ProjectId) -> Sequence[Team]:
        """The project's teams."""


class KnowsPeople(Protocol):
    """Where people are read."""

    async def of_project(self, project: ProjectId) -> Sequence[Operator]:
        """Everybody who works in the project."""


class KnowsPresence(Protocol):
    """Where presence is read."""

    async def online(self, project: ProjectId) -> Sequence[OperatorId]:
        """Who is there, and neither busy nor offline."""


class Duty:
    """Finds the desk that an escalation goes to. Teams and memberships are remembered for five seconds."""

    def __init__(self, teams: KnowsTeams, people: KnowsPeople, presence: KnowsPresence) -> None:
        self._teams, self._people, self._presence = teams, people, presence
        self._known: dict[ProjectId, tuple[float, Sequence[Team], Sequence[Operator]]] = {}

    async def desk(self, project: ProjectId, name: str | None, channel_team: TeamId | None) -> Desk:
        """The team called `name`, as `second-line` for "Second line", or with that id; else the channel's.

        Without a team anybody on duty will do.
        """
        teams, people = await self._read(project)
        wanted = key_of(name or "")
        named = next((team.id for team in teams if name and (name == team.id or wanted == key_of(team.name))), None)
        team = named or channel_team
        online = set(await self._presence.online(project))
        on_duty = any(
            person.id in online
            and any(place.project == project and (team is None or team in place.teams) for place in person.memberships)
            for person in people
        )
        return Desk(team, on_duty)

    async def _read(self, project: ProjectId) -> tuple[Sequence[Team], Sequence[Operator]]:
        read_at, teams, people = self._known.get(project, (float("-inf"), (), ()))
        if time.monotonic() - read_at >= REMEMBERED_S:
            teams, people = await self._teams.teams(project), await self._people.of_project(project)
            self._known[project] = time.monotonic(), teams, people
        return teams, people
