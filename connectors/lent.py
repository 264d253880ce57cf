"""What the hub lends to the few connectors that need it: a contact's history, bridges, calls, people of other services.

Each is a part of `Services` in `connectors/base.py`, where everything that most connectors need is.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from hub.model.contact import Contact
from hub.model.ids import ContactId, ConversationId
from hub.model.message import Message
from hub.model.sample import Sample


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation of a contact on this channel; `number` counts them from 1."""

    id: ConversationId
    number: int


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A message of the conversation that the contact may see was stored or changed."""

    message: Message


@dataclass(frozen=True, slots=True)
class OperatorTyping:
    """An operator is writing."""

    name: str | None


@dataclass(frozen=True, slots=True)
class OperatorRead:
    """An operator has seen everything up to this position."""

    position: int


@dataclass(frozen=True, slots=True)
class Behind:
    """Changes were missed: read again with `after`. The last thing a subscription says."""


HistoryEvent = MessageShown | OperatorTyping | OperatorRead | Behind


class History(Protocol):
    """What the contact has seen, for channels that show their own past, such as a chat on a page. Never a note."""

    async def threads(self, kind: str, value: str) -> Sequence[Thread]:
        """The conversations that the contact behind an address has on this channel, in their order."""

    async def after(self, conversation: ConversationId, position: int, limit: int) -> Sequence[Message]:
        """Up to `limit` messages to and from the contact after `position`, ascending."""

    def subscribe(self, conversation: ConversationId) -> AbstractAsyncContextManager[AsyncIterator[HistoryEvent]]:
        """Changes from the moment of entering on. Enter it, then read `after`: some may come twice, none is missed."""

    async def typing(self, conversation: ConversationId) -> None:
        """The contact is writing: operators who look at it see so for some seconds."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What is known for the signature below a message: the texts of its author and of the project, and three names."""

    of_operator: str = ""
    of_project: str = ""
    operator: str = ""
    project: str = ""
    contact: str = ""


class Signatures(Protocol):
    """For channels whose messages are signed."""

    async def signing(self, message: Message) -> Signing:
        """What a message that is about to be sent can be signed with."""


class Bridge(Protocol):
    """For channels whose bot is another program: who has a conversation, and what that program says and wants.

    A contact is named by kind and value of the address. All raise `NotAccepting`: say it again later.
    """

    async def held(self, kind: str, value: str) -> bool:
        """Whether people have the conversation, so that the bot must be silent."""

    async def said(self, kind: str, value: str, external_id: str, text: str, name: str | None) -> None:
        """Record what the bot has sent itself as `external_id`, once."""

    async def escalate(self, kind: str, value: str, reason: str, key: str) -> None:
        """Hand the conversation to people, once per `key`."""


class Calls(Protocol):
    """Calls to the project's outgoing webhooks: signed, and each attempt in their log."""

    async def call(self, webhook: str, message: Message, body: str) -> None:
        """Bring `message` to the webhook of this name, once; the first body counts for every attempt.

        The id of the call is the message's. Returns when the other side has taken it, also when it had done so before.
        Raises `ChannelConfigError` where there is no such webhook or it is off, `ChannelThrottled` with the pause until
        the next attempt, `MessageRejected` when there is none left.
        """


class Egress(Protocol):
    """HTTP to addresses that came from outside: never into the hub's own networks."""

    def download(self, url: str) -> AsyncIterator[bytes]:
        """The bytes behind an address, piece by piece, up to the largest attachment.

        Raises `MessageRejected` where they will never be had, `ChannelUnavailable` to be tried again.
        """


class Desk(Protocol):
    """For channels whose service has people of its own (`Capabilities.own_people`): what they do is done here, too.

    A contact is named by kind and value of the address. Each is done once per `key`, and is nothing where there is no
    such conversation or it makes no sense. All raise `NotAccepting`: say it again later.
    """

    async def contact(self, kind: str, value: str) -> Contact | None:
        """What is known of the contact, or None."""

    async def take(self, kind: str, value: str, key: str) -> None:
        """One of them has the conversation."""

    async def hand_back(self, kind: str, value: str, key: str) -> None:
        """None of them takes it: the bot goes on."""

    async def close(self, kind: str, value: str, key: str) -> None:
        """The conversation is over there."""


class Invitations(Protocol):
    """Where a contact of this channel can go on as the same person: another channel of the project that invites."""

    def address(self, word: str) -> str | None:
        """The address that brings there whoever a word stands for; None while no such channel runs."""

    async def word(self, kind: str, value: str) -> str | None:
        """The word for the contact at an address, good for a day; None when nobody is known there."""


class GroupInbox(Protocol):
    """Where a channel that hosts an operators' group leaves what happens there."""

    async def keep(self, name: str, number: int, raw: bytes) -> None:
        """Keep an update durably, once by its `name`; those of lower `number` are worked on first.

        Raises `NotAccepting`.
        """


class Samples(Protocol):
    """The newest thing that came by each door of the channel, kept for a day for whoever sets it up."""

    async def keep(self, sample: Sample) -> None:
        """Keep it instead of the one before. Raises `NotAccepting`."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation of another channel in which the contact waits for a person; `position` is its newest message."""

    conversation: ConversationId
    contact: Contact
    position: int


class Relay(Protocol):
    """For channels whose people serve the conversations of other channels of the project.

    What they do is done once per `key` under the channel's name. All raise `NotAccepting`: ask again later.
    """

    async def waiting(self, channels: Sequence[str]) -> Sequence[Waiting]:
        """Where somebody of these channels waits, and no operator of the hub has the conversation; longest first."""

    async def introduce(self, contact: ContactId, kind: str, value: str) -> None:
        """Let the address by which the other side knows the contact be one of theirs."""

    async def reply(self, conversation: ConversationId, text: str, key: str) -> None:
        """One of the channel's people answers: the conversation is theirs until an operator takes it."""

    async def note(self, conversation: ConversationId, text: str, key: str) -> None:
        """Tell the hub's operators something."""

    async def close(self, conversation: ConversationId, key: str) -> None:
        """The channel's people have done with it."""
