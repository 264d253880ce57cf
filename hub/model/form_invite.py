"""Invitations to a form: a link that knows the contact, some answers, or where somebody came from."""

from hub.model.base import Moment, Stored
from hub.model.contact import Field
from hub.model.ids import ContactId, ConversationId, OperatorId, ProjectId


class Prefilled(Stored):
    """An answer that is known beforehand, as it is stored."""

    question: str
    value: bool | int | float | str | tuple[str, ...]


class FormInvite(Stored):
    """One invitation. `fields` are facts of whoever follows it, such as the campaign; `label` is for those who made it.

    `once`: it is filled in once, and `used` is the conversation in which that happens; the link leads there from then
    on.
    """

    id: str
    project: ProjectId
    slug: str
    label: str = ""
    contact: ContactId | None = None
    prefill: tuple[Prefilled, ...] = ()
    fields: tuple[Field, ...] = ()
    once: bool = False
    used: ConversationId | None = None
    revoked: bool = False
    expires_at: Moment
    created_at: Moment
    created_by: OperatorId | None = None
