"""What a request names by its id: a channel, a person, a team of the viewer's project."""

from hub.model.channel import Channel
from hub.model.ids import ChannelId, OperatorId, TeamId
from hub.services.errors import Invalid, NotFound
from hub.web.context import Context


async def chosen_channel(context: Context, channel: str) -> Channel:
    """Raises `NotFound`."""
    found = await context.parts.channels.in_project(context.viewer.project, ChannelId(channel))
    if found is None:
        raise NotFound("This channel")
    return found


async def chosen_operator(context: Context, operator: str | None) -> OperatorId | None:
    """Raises `Invalid` for whoever does not work in the project."""
    if operator is None:
        return None
    person = await context.parts.operators.get(OperatorId(operator))
    if person is None or not person.active or person.place_in(context.viewer.project) is None:
        raise Invalid("operator_unknown", "Nobody with this id works in this project.")
    return person.id


async def chosen_team(context: Context, team: str | None) -> TeamId | None:
    """Raises `Invalid` for a team that the project does not have."""
    if team is None:
        return None
    if await context.parts.projects.team(context.viewer.project, TeamId(team)) is None:
        raise Invalid("team_unknown", "This project has no such team.")
    return TeamId(team)
