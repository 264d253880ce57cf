"""Operators: people who work in the inbox, their roles, and what they may see."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import OperatorId, ProjectId, TeamId


class Role(StrEnum):
    """What a person does in a project."""

    ADMIN = "admin"
    CURATOR = "curator"
    OPERATOR = "operator"
    SECOND_LINE = "second_line"
    ANALYST = "analyst"
    SCRIPT_AUTHOR = "script_author"


class Scope(StrEnum):
    """Which conversations a person sees."""

    OWN = "own"
    TEAM = "team"
    ALL = "all"


class Right(StrEnum):
    """What a route or an action asks for. `RIGHTS` says which role has it."""

    READ = "read"
    REPLY = "reply"
    ASSIGN_OTHERS = "assign_others"
    WRITE_FLOWS = "write_flows"
    MANAGE = "manage"
    CONNECT = "connect"
    """To bring the messages of another system's contacts."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.CURATOR: frozenset({Right.READ, Right.REPLY, Right.ASSIGN_OTHERS}),
    Role.OPERATOR: frozenset({Right.READ, Right.REPLY}),
    Role.SECOND_LINE: frozenset({Right.READ, Right.REPLY}),
    Role.ANALYST: frozenset({Right.READ}),
    Role.SCRIPT_AUTHOR: frozenset({Right.READ, Right.WRITE_FLOWS}),
}


class Presence(StrEnum):
    """What a person has set for themselves. Whether they are really there is seen by their sockets."""

    ONLINE = "online"
    BUSY = "busy"
    OFFLINE = "offline"


class Membership(Stored):
    """A person's place in one project."""

    project: ProjectId
    role: Role
    scope: Scope = Scope.ALL
    teams: tuple[TeamId, ...] = ()


class Operator(Stored):
    """A person who works in the inbox. `totp_secret` None means no second factor.

    `last_project` is the one they entered last, where they begin when they sign in the next time. `signature` stands
    below their answers by mail, in the place of the channel's and the project's.
    """

    id: OperatorId
    email: str
    name: str
    locale: str = "en"
    active: bool = True
    presence: Presence = Presence.ONLINE
    password_hash: str | None = None
    totp_secret: str | None = None
    memberships: tuple[Membership, ...] = ()
    last_project: ProjectId | None = None
    signature: str = ""
    created_at: Moment
    revision: int = 0

    def place_in(self, project: ProjectId) -> Membership | None:
        """The person's place in a project, None where they have none."""
        return next((place for place in self.memberships if place.project == project), None)

    @property
    def first_project(self) -> ProjectId | None:
        """Where the person begins after signing in; None for somebody without a project."""
        if self.last_project is not None and self.place_in(self.last_project):
            return self.last_project
        return self.memberships[0].project if self.memberships else None


class Viewer(Stored):
    """Who asks, in which project, with which rights: the first argument of everything that reads or acts for a person.

    A foreign conversation does not exist for a viewer.
    """

    operator: OperatorId
    name: str
    project: ProjectId
    role: Role
    scope: Scope
    teams: tuple[TeamId, ...] = ()

    def may(self, right: Right) -> bool:
        """Whether this person's role has `right`."""
        return right in RIGHTS[self.role]

    def sees(self, project: str, assignee: str | None, team: str | None) -> bool:
        """Whether a conversation of `project`, `assignee` and `team` is in this person's scope.

        The same rule as a query is `hub.store.conversations.scope_filter`; a test holds the two together.
        """
        if project != self.project:
            return False
        match self.scope:
            case Scope.ALL:
                return True
            case Scope.TEAM:
                return assignee == self.operator or (assignee is None and team is None) or team in self.teams
            case Scope.OWN:
                return assignee == self.operator or (assignee is None and (team is None or team in self.teams))
