"""What operators keep beside the conversations: drafts, read marks and canned replies."""

from hub.model.base import Moment, Stored
from hub.model.ids import ConversationId, OperatorId, ProjectId, TeamId
from hub.model.message import Direction


class Draft(Stored):
    """What an operator has begun to write in a conversation, and to whom copies go. With neither it is no draft."""

    id: str
    project: ProjectId
    operator: OperatorId
    conversation: ConversationId
    text: str
    direction: Direction = Direction.OUT
    copies: tuple[str, ...] = ()
    updated_at: Moment


class ReadMark(Stored):
    """How far an operator has read a conversation. It only moves forward."""

    id: str
    project: ProjectId
    operator: OperatorId
    conversation: ConversationId
    position: int


class CannedReply(Stored):
    """A text that is put in by its shortcut. `owner` None: everybody's; `team` None: every team's."""

    id: str
    project: ProjectId
    shortcut: str
    text: str
    team: TeamId | None = None
    owner: OperatorId | None = None
    revision: int = 1
