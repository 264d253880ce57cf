"""What Telegram's answers mean, in our words and in a sentence that an operator reads. Pure."""

from connectors.errors import (
    ChannelAuthError,
    ChannelThrottled,
    ChannelUnavailable,
    ConnectorError,
    ContactUnreachable,
    MessageRejected,
)
from connectors.groups import NO_RIGHTS, TOPIC_GONE
from connectors.reasons import why


class Moved(Exception):
    """The group has become a supergroup, whose id is `to`."""

    def __init__(self, to: int) -> None:
        super().__init__(f"The group is now {to}.")
        self.to = to


class Refusal(Exception):
    """Telegram answered with `ok: false`. `error` is that in our words, `description` Telegram's own sentence."""

    def __init__(self, error: ConnectorError, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


# Part of Telegram's description, in lower case -> our reason. The first that fits counts.
_GONE = (
    ("bot was blocked by the user", why("telegram_blocked")),
    ("user is deactivated", why("telegram_deactivated")),
    ("bot was kicked from", why("telegram_kicked")),
    ("bot is not a member", why("telegram_not_member")),
    ("can't initiate conversation", why("telegram_not_started")),
    ("chat not found", why("telegram_chat_unknown")),
    ("peer_id_invalid", why("telegram_chat_unknown")),
    ("group chat was deactivated", why("telegram_group_gone")),
)
_REJECTED = (
    (
        ("business_peer_usage_missing", "business_peer_invalid", "business connection"),
        "window_closed",
        why("telegram_window"),
    ),
    (("message is too long", "text is too long"), "too_long", why("telegram_too_long")),
    (("message text is empty", "text must be non-empty"), "empty", why("telegram_empty")),
    (("file is too big", "request entity too large", "too large"), "too_big", why("telegram_too_big")),
    (("message thread not found", "topic_id_invalid", "topic_deleted"), TOPIC_GONE, why("telegram_topic_gone")),
    (
        ("not enough rights", "have no rights", "chat_write_forbidden", "chat_restricted"),
        NO_RIGHTS,
        why("telegram_no_rights"),
    ),
    (("message can't be edited", "message to edit not found"), "not_editable", why("telegram_not_editable")),
    (("message can't be deleted", "message to delete not found"), "not_deletable", why("telegram_not_deletable")),
)


def error_of(status: int, description: str, retry_after_s: float | None = None) -> ConnectorError:
    """The error that an answer with `ok: false` is. `description` is Telegram's own sentence."""
    said = description.lower()
    if status == 429 or retry_after_s is not None:
        wait_s = retry_after_s or 1
        return ChannelThrottled(float(wait_s), why("telegram_wait", seconds=f"{wait_s:g}"))
    if status in (401, 404):
        return ChannelAuthError(why("telegram_token"))
    if status == 409:
        return ChannelUnavailable(why("telegram_another_reader", description))
    if status >= 500:
        return ChannelUnavailable(why("telegram_broken", description, status=status))
    for part, reason in _GONE:
        if part in said:
            return ContactUnreachable(reason)
    for parts, code, reason in _REJECTED:
        if any(part in said for part in parts):
            return MessageRejected(code, reason)
    if status == 403:
        return ContactUnreachable(why("telegram_forbidden", description))
    return MessageRejected(f"telegram_{status}", why("telegram_refused", description))


def refuses_marks(description: str) -> bool:
    """Whether an answer complains about a text's marks and not about the message."""
    said = description.lower()
    return "can't parse entities" in said or "entity_" in said or "entities" in said


def unchanged(description: str) -> bool:
    """Whether an edit would have changed nothing: as good as done."""
    said = description.lower()
    return "message is not modified" in said or "topic_not_modified" in said


def too_late(description: str) -> bool:
    """Whether a pressed button can no longer be answered, which harms nobody."""
    said = description.lower()
    return "query is too old" in said or "query id is invalid" in said
