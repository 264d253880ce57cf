"""The audit log: who did what, when and from where, in the management of a project."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import OperatorId, ProjectId


class AuditAction(StrEnum):
    """What was done."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (a word for what was done)
    PASSWORD_RESET = "password_reset"  # noqa: S105
    RESET_LINK_MADE = "reset_link_made"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_DELETED = "token_deleted"  # noqa: S105
    INVITED = "invited"
    INVITATION_REVOKED = "invitation_revoked"
    JOINED = "joined"
    PLACE_CHANGED = "place_changed"
    PERSON_REMOVED = "person_removed"
    PROJECT_CHANGED = "project_changed"
    TEAM_MADE = "team_made"
    TEAM_RENAMED = "team_renamed"
    CHANNEL_MADE = "channel_made"
    CHANNEL_CHANGED = "channel_changed"
    SIGNING_KEY_SHOWN = "signing_key_shown"
    WEBHOOK_MADE = "webhook_made"
    WEBHOOK_CHANGED = "webhook_changed"
    WEBHOOK_SECRET_CHANGED = "webhook_secret_changed"  # noqa: S105
    WEBHOOK_DELETED = "webhook_deleted"
    FLOW_PUBLISHED = "flow_published"
    FLOW_ARCHIVED = "flow_archived"
    FLOW_DELETED = "flow_deleted"
    CONTACTS_MERGED = "contacts_merged"
    CONTACTS_PARTED = "contacts_parted"
    CONTACT_EXPORTED = "contact_exported"
    CONTACT_ERASED = "contact_erased"
    AUDIT_EXPORTED = "audit_exported"


class Via(StrEnum):
    """What proved who it was."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105
    LINK = "link"
    NOBODY = "nobody"
    COMMAND = "command"


class AuditChange(Stored):
    """One thing that changed. Both values None: it is one that is not shown, such as a secret, or too long a text."""

    name: str
    before: str | None = None
    after: str | None = None


class AuditEntry(Stored):
    """One line. It is written once, and goes only by its age.

    `projects`: whose admins see it; what concerns an account stands in all of its projects. `by` None: nobody that the
    hub knows. `address` is the network address. `object` is what it was done to, `name` how that is called: never the
    name, an address or a word of a contact, of whom the id says enough.
    """

    id: str
    projects: tuple[ProjectId, ...]
    at: Moment
    action: AuditAction
    by: OperatorId | None
    via: Via
    address: str | None = None
    object: str | None = None
    name: str | None = None
    changes: tuple[AuditChange, ...] = ()
