"""Presence in a conversation: who looks at it or types in it."""

from hub.model.base import Moment, Stored
from hub.model.ids import ConversationId, ProjectId
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
