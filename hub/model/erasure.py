"""Erasures: a contact's data is taken out on their wish, step by step, and what stays says that it was."""

from hub.model.audit import Via
from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId


class Held(Stored):
    """How much is held of a contact, by kind. `waiting` are messages to them that have not gone out yet."""

    conversations: int = 0
    messages: int = 0
    waiting: int = 0
    files: int = 0
    file_bytes: int = 0
    addresses: int = 0
    fields: int = 0
    sessions: int = 0
    tasks: int = 0


class Erasure(Stored):
    """One erasure: what is to go, who asked for it, and whether it is done.

    It holds nothing of the contact but ids. `parts` are the contact and all that were merged into it. `id` is the
    contact's.
    """

    id: ContactId
    project: ProjectId
    parts: tuple[ContactId, ...]
    conversations: tuple[ConversationId, ...] = ()
    channels: tuple[ChannelId, ...] = ()
    by: OperatorId
    via: Via
    address: str | None = None
    held: Held = Held()
    asked_at: Moment
    done_at: Moment | None = None
