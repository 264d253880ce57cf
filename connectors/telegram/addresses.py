"""Names of things: of a contact's address, of a message, of an album. Pure."""

from dataclasses import dataclass

ADDRESS_KIND = "telegram"
BUSINESS_KIND = "telegram_business"
USERNAME_FIELD = "telegram_username"


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a message goes: a chat, and the business connection it is reached through, if any."""

    id: int
    business: str | None = None

    @property
    def kind(self) -> str:
        """The kind of address."""
        return BUSINESS_KIND if self.business else ADDRESS_KIND

    @property
    def value(self) -> str:
        """The address."""
        return f"{self.business}:{self.id}" if self.business else str(self.id)

    @property
    def is_group(self) -> bool:
        """Groups have negative ids."""
        return self.id < 0


def chat_of(kind: str, value: str) -> Chat:
    """The chat that an address names. Raises `ValueError`."""
    if kind == BUSINESS_KIND:
        business, _, chat = value.rpartition(":")
        return Chat(int(chat), business)
    return Chat(int(value))


def message_name(chat: Chat, message_id: int) -> str:
    """The external id of a message. By content, not by `update_id`: those begin anew after a quiet week."""
    return f"{chat.value}:{message_id}"


def message_id_of(name: str, chat: Chat) -> int | None:
    """The id of a message of `chat` that `message_name` named; None for any other."""
    place, _, number = name.rpartition(":")
    return int(number) if place == chat.value and number.isdigit() else None


def album_name(chat: Chat, group: str) -> str:
    """The external id of the message that an album is."""
    return f"{chat.value}:album:{group}"
