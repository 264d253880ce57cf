"""Projects and teams: whose conversations these are, and which group of people answers them."""

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from hub.model.base import Moment, Stored
from hub.model.ids import ProjectId, TeamId


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # none of that name; a name that no file may have; a folder
        raise ValueError(f"there is no time zone {name!r}: write one like Europe/Berlin or UTC") from error
    return name


def _on_one_line(given: object) -> object:
    return " ".join(given.split()) if isinstance(given, str) else given


PlaceName = Annotated[str, StringConstraints(min_length=1, max_length=100), BeforeValidator(_on_one_line)]
"""What a project or a team is called."""
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]


class Mode(StrEnum):
    """What a project uses of the hub."""

    CALL_CENTRE = "call_centre"
    CONTACT_CENTRE = "contact_centre"
    REMOTE_SALES = "remote_sales"


class Project(Stored):
    """One client company or product that is served. Everything else belongs to exactly one project.

    `signature` stands below answers by mail where neither operator nor channel has one.
    """

    id: ProjectId
    name: str
    mode: Mode = Mode.CONTACT_CENTRE
    locale: str = "en"
    time_zone: str = "UTC"
    signature: str = ""
    created_at: Moment


class Team(Stored):
    """A group of operators that conversations can be assigned to."""

    id: TeamId
    project: ProjectId
    name: str
