"""Arriving: the message that is stored of what a contact wrote, and the memory of what was learned of whom."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime

from hub.model.attachment import AttachmentStatus
from hub.model.base import as_given
from hub.model.channel import Channel
from hub.model.content import Details
from hub.model.events import MessageReceived, Received, Sender
from hub.model.ids import ContactId, ConversationId, MessageId, ProjectId, new_id
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.services.belonging import Place
from hub.services.numbers import Numbers
from hub.store.contacts import Contacts

TEXT_LIMIT = 100_000
"""Characters kept of one received text; channels have lower limits of their own."""
REMEMBERED_SENDERS = 20_000
"""What was learned of so many contacts last: a service that says the same with every message is listened to once."""

_MESSAGE, _ACTOR, _RECEIVED = as_given(Message), as_given(Actor), as_given(Received)
"""An event, a place and a stored message are valid."""


def message_of(
    channel: Channel, sender: ContactId, event: MessageReceived, place: Place, now: datetime, *, started: bool = False
) -> Message:
    """What is stored of an event at a place; its position is still to come."""
    return _MESSAGE(
        id=MessageId(new_id()),
        project=channel.project,
        conversation=place.conversation,
        channel=channel.id,
        contact=place.contact,
        position=0,
        direction=Direction.IN,
        author=_ACTOR(kind=ActorKind.CONTACT, id=sender, name=_writer(event)),
        text=event.text[:TEXT_LIMIT],
        details=_with_claim(event.details, place.claims),
        attachments=event.attachments,
        button=event.button,
        external_id=event.album or event.external_id,
        source_at=event.source_at,
        created_at=now,
        undecided=True,
        started=started,
        parts=(event.external_id,) if event.album else (),
        automatic=event.automatic,
        seen=event.seen,
    )


async def received(
    event: MessageReceived, place: Place, stored: Message, numbers: Numbers, *, repeated: bool
) -> Received:
    """The answer about a message that is stored."""
    return _RECEIVED(
        external_id=event.external_id,
        conversation=stored.conversation,
        number=await _number(place, stored, numbers),
        message=stored.id,
        position=stored.position,
        at=stored.created_at,
        repeated=repeated,
    )


def waits_for_files(message: Message) -> bool:
    """Whether it has files that are still to be fetched."""
    return any(file.status is AttachmentStatus.PENDING for file in message.attachments)


class Learning:
    """Keeps what events say of their senders, once as long as they say the same."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts
        self._learned: OrderedDict[ContactId, Sender] = OrderedDict()

    async def from_sender(
        self,
        project: ProjectId,
        contact: ContactId,
        sender: Sender,
        is_new: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Before the message is stored: a crash after it would lose the fields, for its repetition is nothing.

        `is_new` says whether the message is: a late copy would bring old values back.
        """
        if not self.knows(contact, sender) and (is_new is None or await is_new()):
            await self._contacts.learn(project, contact, sender)
            self._note(contact, sender)

    def knows(self, contact: ContactId, sender: Sender) -> bool:
        """Whether this says what was said last."""
        if (made := self._contacts.made_of(contact)) is not None:
            self._note(contact, made)
        return not sender.fields or self._learned.get(contact) == sender

    def _note(self, contact: ContactId, sender: Sender) -> None:
        self._learned[contact] = sender
        if len(self._learned) > REMEMBERED_SENDERS:
            self._learned.popitem(last=False)


async def _number(place: Place, stored: Message, numbers: Numbers) -> int | None:
    """The conversation's number; None where it is not found: what is stored is acknowledged all the same."""
    if place.number is not None and stored.conversation == place.conversation:
        return place.number
    try:
        return await numbers.of(ConversationId(stored.conversation), stored.channel, stored.contact)
    except LookupError:
        return None


def _writer(event: MessageReceived) -> str | None:
    """Who wrote: the contact, or one of many who speak through one address."""
    return (event.details.written_by if event.details else None) or event.sender.name


def _with_claim(details: Details | None, claims: ConversationId | None) -> Details | None:
    if claims is None or details is None or details.mail is None:
        return details
    return details.model_copy(update={"mail": details.mail.model_copy(update={"claims": claims})})
