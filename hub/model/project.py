"""Projects and teams: whose conversations these are, and which group of people answers them."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import ProjectId, TeamId


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
