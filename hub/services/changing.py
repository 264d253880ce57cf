"""Changing what was sent: the service shows the new words, or nothing any more, and then the hub does."""

import asyncio
from collections.abc import Callable

from connectors.abilities import ChangesSent
from connectors.base import Connector, OutgoingMessage
from connectors.errors import ConnectorError
from hub.model.ids import ChannelId
from hub.model.message import ActorKind, Direction, Message
from hub.model.operator import Right, Viewer
from hub.services.attachments import Attachments
from hub.services.edits import Edits
from hub.services.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from hub.services.reasons import cleaned
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.messages import Messages
from hub.store.outgoing import GONE_OUT

TEXT_LIMIT = 20_000


class Changing:
    """Edits and deletions by operators: of their own messages and notes, with what they said before kept."""

    def __init__(
        self,
        messages: Messages,
        contacts: Contacts,
        clock: DatabaseClock,
        edits: Edits,
        attachments: Attachments,
        *,
        connector: Callable[[ChannelId], Connector | None],
        timeout_s: float,
    ) -> None:
        self._messages, self._contacts, self._clock = messages, contacts, clock
        self._edits, self._attachments = edits, attachments
        self._connector, self._timeout_s = connector, timeout_s

    async def edit(self, viewer: Viewer, message: Message, text: str) -> Message:
        """Give one's own message other words, at the service first. The same words again change nothing.

        Raises `NotAllowed`, `Invalid`, `Conflict` (somebody else wrote it; the service refuses, with its reason),
        `Unavailable`: ask again.
        """
        _check(viewer, message)
        if not text.strip() or len(text) > TEXT_LIMIT:
            raise Invalid("empty", f"A message has 1 to {TEXT_LIMIT} characters. To take it back, delete it.")
        if text == message.text:
            return message
        if message.direction is Direction.OUT:
            details = message.details.model_copy(update={"html": None}) if message.details else None
            await self._at_service(message.model_copy(update={"text": text, "details": details}), deleted=False)
        return await self._kept(await self._messages.edit_sent(message.id, text, self._clock.now()))

    async def delete(self, viewer: Viewer, message: Message) -> Message:
        """Take one's own message back, at the service first. A second time it is nothing. Raises as `edit`."""
        if message.deleted_at is not None:
            return message
        _check(viewer, message)
        if message.direction is Direction.OUT:
            await self._at_service(message, deleted=True)
        await self._attachments.loosen(message.attachments)
        return await self._kept(await self._messages.delete_sent(message.id, self._clock.now()))

    async def _at_service(self, message: Message, *, deleted: bool) -> None:
        connector: object = self._connector(message.channel)
        if connector is None:
            raise Unavailable(5, "The channel does not run right now. Please try again when it does.")
        if not isinstance(connector, ChangesSent):
            raise Invalid("not_editable", "On this channel a message cannot be changed once it was sent.")
        addresses = tuple(await self._contacts.addresses(message.contact))
        outgoing = OutgoingMessage(message=message, addresses=addresses)
        try:
            async with asyncio.timeout(self._timeout_s):
                await (connector.delete(outgoing) if deleted else connector.edit_text(outgoing))
        except TimeoutError:
            raise Unavailable(5, "The service did not answer in time. Please try again.") from None
        except ConnectorError as error:
            raise Conflict("not_changed", str(error), why=cleaned(error.why).model_dump()) from error

    async def _kept(self, message: Message | None) -> Message:
        if message is None:
            raise NotFound("This message")
        await self._edits.changed(message)
        return message


def _check(viewer: Viewer, message: Message) -> None:
    """Whether it is the viewer's own, and the contact has it by now."""
    own = message.author.kind is ActorKind.OPERATOR and message.author.id == viewer.operator
    if not viewer.may(Right.REPLY):
        raise NotAllowed
    if not own:
        raise Conflict("not_yours", "Only the author can change a message.")
    if message.deleted_at is not None:
        raise Conflict("deleted", "This message was deleted.")
    if message.card is not None or message.ask is not None:
        raise Invalid("not_editable", "What a questionnaire wrote cannot be changed.")
    if message.direction is Direction.OUT and (message.delivery is None or message.delivery.status not in GONE_OUT):
        raise Conflict("not_sent", "This message was not sent, so it cannot be changed.")
