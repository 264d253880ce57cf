"""The funnel and what contacts agreed to: two logs that only grow."""

from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, ContactId, ConversationId, ProjectId, TurnId
from hub.model.message import Actor


class StageMove(Stored):
    """A row of the stage log: a contact entered a stage. `before` is the stage they left, None for the first.

    Going back is a row too. The contact's stage is that of the newest row.
    """

    id: str
    project: ProjectId
    contact: ContactId
    conversation: ConversationId
    channel: ChannelId
    turn: TurnId
    stage: str
    before: str | None
    at: Moment
    by: Actor
    flow: str | None = None


class Consent(Stored):
    """A row of the consent log: given or refused, for the text that was shown.

    `topic` is `<flow>.<question>`, or `messages` for a wish to be left alone. `text_hash` is the SHA-256 of the text as
    it was shown, `version` the flow's.
    """

    id: str
    project: ProjectId
    contact: ContactId
    conversation: ConversationId
    channel: ChannelId
    turn: TurnId
    topic: str
    given: bool
    text: str = ""
    text_hash: str = ""
    version: str = ""
    at: Moment


MESSAGES = "messages"
"""The topic of a wish to get no messages that one did not ask for."""
