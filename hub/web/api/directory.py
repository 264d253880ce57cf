"""The people and teams of the project."""

from hub.model.base import Stored
from hub.model.ids import OperatorId, TeamId
from hub.model.operator import Operator, Presence, Role
from hub.model.project import Team
from hub.web.context import Context
from hub.web.page import Page


class OperatorShown(Stored):
    """Somebody who works in the project, as colleagues see them."""

    id: OperatorId
    name: str
    role: Role
    presence: Presence
    teams: tuple[TeamId, ...]
    active: bool


async def list_operators(context: Context) -> Page[OperatorShown]:
    """Everybody who works in the project, by name."""
    project = context.viewer.project
    people = await context.parts.operators.of_project(project)
    return Page(items=tuple(_shown(one, project) for one in people), next=None)


async def list_teams(context: Context) -> Page[Team]:
    """The teams of the project, by name."""
    return Page(items=tuple(await context.parts.projects.teams(context.viewer.project)), next=None)


def _shown(operator: Operator, project: str) -> OperatorShown:
    place = next(place for place in operator.memberships if place.project == project)
    return OperatorShown(
        id=operator.id,
        name=operator.name,
        role=place.role,
        presence=operator.presence,
        teams=place.teams,
        active=operator.active,
    )
