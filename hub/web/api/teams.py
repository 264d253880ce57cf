"""The teams of the project, as those who manage it make and rename them."""

from collections.abc import Sequence

from hub.model.audit import AuditAction
from hub.model.base import Written
from hub.model.ids import TeamId
from hub.model.project import PlaceName, Team
from hub.services.audit import difference
from hub.services.errors import Conflict, NotFound
from hub.web.context import Context
from hub.web.page import Making
from hub.web.route import Id

AT_MOST = 100


class TeamNamed(Written):
    """What the team is called; flows name it so."""

    name: PlaceName


class NewTeam(Making, TeamNamed):
    """A team to be made."""


async def create_team(context: Context, body: NewTeam) -> Team:
    """Make a team: conversations can be assigned to it, flows escalate to it, and people are put into it."""
    making = await context.making("team", body)
    teams = await context.parts.projects.teams(context.viewer.project)
    made = next((team for team in teams if team.id == making.id), None)
    if made is not None:
        await context.parts.made_once.end(making)
        return made
    if making.done:
        raise Conflict("deleted", "What was made with this key was deleted.")
    if len(teams) >= AT_MOST:
        raise Conflict("too_many_teams", f"The project has {AT_MOST} teams, which is the most.")
    _check_free(teams, body.name)
    team = Team(id=TeamId(making.id), project=context.viewer.project, name=body.name)
    await context.parts.projects.put_team(team)
    await context.parts.made_once.end(making)
    await context.note(AuditAction.TEAM_MADE, team.id, team.name)
    return team


async def rename_team(context: Context, team: Id, body: TeamNamed) -> Team:
    """Rename a team. Flows that name it by its former name no longer find it, and the check of flows says so."""
    teams = await context.parts.projects.teams(context.viewer.project)
    known = next((one for one in teams if one.id == team), None)
    if known is None:
        raise NotFound("This team")
    _check_free([one for one in teams if one.id != team], body.name)
    renamed = known.model_copy(update={"name": body.name})
    await context.parts.projects.put_team(renamed)
    changes = difference({"name": known.name}, {"name": renamed.name})
    await context.note(AuditAction.TEAM_RENAMED, renamed.id, renamed.name, changes)
    return renamed


def _check_free(teams: Sequence[Team], name: str) -> None:
    if any(one.name.casefold() == name.casefold() for one in teams):
        raise Conflict("team_name_taken", f"There is a team {name} already. Choose another name.")
