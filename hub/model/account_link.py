"""Links that let somebody set a password: an invitation to a project, or the reset of a forgotten password."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, OperatorId, ProjectId, TeamId
from hub.model.operator import Role, Scope


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    RESET = "reset"


class LetterDue(Stored):
    """The letter that brings a link, while no mail server has taken it.

    `key` is the same in each try; `tries` counts them, the one under way included, and tells one claim from another.
    `only` is the channel that may have it, `never` will not.
    """

    locale: str
    key: str
    due_at: Moment
    tries: int = 0
    only: ChannelId | None = None
    never: tuple[ChannelId, ...] = ()


class AccountLink(Stored):
    """A link that counts once. Its secret is shown once and kept as a hash only, and never read back.

    An invitation names the place that it gives (`role`, `scope`, `teams`), a reset the `operator` whose password it
    sets. `by` None: the person asked for it. When it was used or taken back, its document is deleted.
    """

    id: str
    kind: LinkKind
    project: ProjectId
    email: str
    role: Role | None = None
    scope: Scope = Scope.ALL
    teams: tuple[TeamId, ...] = ()
    operator: OperatorId | None = None
    by: OperatorId | None = None
    created_at: Moment
    expires_at: Moment
    letter: LetterDue | None = None
