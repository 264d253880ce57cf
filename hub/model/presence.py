"""Presence: who looks at a conversation or types in it, and who has the draft of a flow open."""

from hub.model.base import Moment, Stored
from hub.model.ids import ConversationId, OperatorId, ProjectId
from hub.model.message import ActorKind


class Attendance(Stored):
    """A person in a conversation. It is over at `until` unless it is repeated.

    `person` is the id of an operator or of a contact, as `kind` says.
    """

    project: ProjectId
    conversation: ConversationId
    kind: ActorKind
    person: str
    name: str | None = None
    looking: bool = False
    typing: bool = False
    until: Moment


class Authoring(Stored):
    """Somebody who has the draft of a flow open in a window of theirs. It is over at `until` unless it is repeated."""

    project: ProjectId
    flow: str
    window: str
    operator: OperatorId
    name: str
    typing: bool = False
    until: Moment
