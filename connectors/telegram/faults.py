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

BAD_CREDENTIALS = (
    "Telegram does not accept the bot's token. Copy it again from @BotFather (or make a new one with /revoke) and save "
    "it on the channel's page."
)
WINDOW_CLOSED = (
    "A business account may answer through a bot only within 24 hours of the contact's last message, and only while "
    "the bot is allowed to. Wait until they write, or answer from the phone."
)
DISCONNECTED = (
    "{owner} has disconnected this bot from their Telegram Business account, so nothing can be answered there. They "
    "connect it again in Telegram: Settings > Telegram Business > Chatbots; or they answer from their phone."
)
MAY_NOT_REPLY = (
    "{owner} does not let this bot answer in their Telegram Business account. They allow it in Telegram: Settings > "
    "Telegram Business > Chatbots > the bot > “Reply to messages”; or they answer from their phone."
)
ANOTHER_READER = (
    "Another program reads this bot's messages (Telegram: 409 Conflict). A bot has one reader: stop the other program, "
    "or make a new token with @BotFather's /revoke and save it on the channel's page."
)


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


# Part of Telegram's description, in lower case -> our word. The first that fits counts.
_GONE = (
    ("bot was blocked by the user", "The contact has blocked the bot. They can be written to when they unblock it."),
    ("user is deactivated", "The contact has deleted their Telegram account."),
    ("bot was kicked from", "The bot was removed from this group. Add it again to write there."),
    ("bot is not a member", "The bot is not a member of this group. Add it again to write there."),
    ("can't initiate conversation", "Telegram lets a bot write only after the contact has pressed Start."),
    ("chat not found", "Telegram does not know this chat: the contact has never written to this bot, or is gone."),
    ("peer_id_invalid", "Telegram does not know this chat: the contact has never written to this bot, or is gone."),
    ("group chat was deactivated", "This group no longer exists."),
)
_REJECTED = (
    (
        ("business_peer_usage_missing", "business_peer_invalid", "business connection"),
        "window_closed",
        WINDOW_CLOSED,
    ),
    (("message is too long", "text is too long"), "too_long", "The text is too long for Telegram."),
    (("message text is empty", "text must be non-empty"), "empty", "There is nothing in this message to send."),
    (
        ("file is too big", "request entity too large", "too large"),
        "too_big",
        "The file is too big for Telegram: bots send up to 50 MB.",
    ),
    (
        ("message thread not found", "topic_id_invalid", "topic_deleted"),
        TOPIC_GONE,
        "The topic was deleted. The hub opens a new one.",
    ),
    (
        ("not enough rights", "have no rights", "chat_write_forbidden", "chat_restricted"),
        NO_RIGHTS,
        "The bot may not write in this group. Its administrator can allow it.",
    ),
    (
        ("message can't be edited", "message to edit not found"),
        "not_editable",
        "This message can no longer be changed.",
    ),
    (
        ("message can't be deleted", "message to delete not found"),
        "not_deletable",
        "Telegram deletes messages of the last 48 hours only.",
    ),
)


def error_of(status: int, description: str, retry_after_s: float | None = None) -> ConnectorError:
    """The error that an answer with `ok: false` is. `description` is Telegram's own sentence."""
    said = description.lower()
    if status == 429 or retry_after_s is not None:
        return ChannelThrottled(float(retry_after_s or 1), f"Telegram asks us to wait {retry_after_s or 1:g} s.")
    if status in (401, 404):
        return ChannelAuthError(BAD_CREDENTIALS)
    if status == 409:
        return ChannelUnavailable(f"{ANOTHER_READER} {description}")
    if status >= 500:
        return ChannelUnavailable(f"Telegram is out of order ({status}): {description}")
    for part, sentence in _GONE:
        if part in said:
            return ContactUnreachable(sentence)
    for parts, code, sentence in _REJECTED:
        if any(part in said for part in parts):
            return MessageRejected(code, sentence)
    if status == 403:
        return ContactUnreachable(f"Telegram does not let the bot write here: {description}")
    return MessageRejected(f"telegram_{status}", f"Telegram refused the message: {description}")


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
