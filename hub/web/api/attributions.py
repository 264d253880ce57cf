"""Attributing a forwarded message to whoever wrote it first."""

import asyncio
import contextlib

from hub.model.base import Stored
from hub.model.ids import ConversationId, MessageId
from hub.services.attribution import Attribution
from hub.services.commands import Note
from hub.services.errors import Conflict, NotFound
from hub.web.api.conversations import visible
from hub.web.context import Context, Parts
from hub.web.page import Keyed
from hub.web.route import Id

LISTED_WITHIN_S = 10.0
NOTES = {
    "ru": "Письмо отнесено к автору: {who}. Диалог с ним: {where}",
    "en": "Attributed to its author, {who}. The conversation with them: {where}",
}


class Attributed(Stored):
    """Where the message of its own author stands now."""

    conversation: ConversationId
    message: MessageId


async def _listed(parts: Parts, conversation: ConversationId) -> None:
    """Wait until whoever gets the answer finds the conversation; its list document comes behind its message."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTED_WITHIN_S):
            while await parts.conversations.any(conversation) is None:
                await asyncio.sleep(0.02)


async def attribute_message(context: Context, conversation: Id, message: Id, body: Keyed) -> Attributed:
    """Bring in what a message passes on, for its author. Asked again, it is the same conversation."""
    viewer, parts = context.viewer, context.parts
    found = await visible(context, conversation)
    outer = await parts.messages.get(MessageId(message))
    if outer is None or outer.conversation != found.id:
        raise NotFound("This message")
    inner = parts.kinds.attributed(found.channel_kind, outer)
    channel = await parts.channels.get(found.channel)
    if inner is None or channel is None:
        raise Conflict("not_forwarded", "This message passes on nothing whose author can be made out.")
    mail = outer.details.mail if outer.details else None
    attribution = Attribution(parts.attachments, parts.receive)
    received = await attribution.bring(viewer, channel, outer, inner, mail.original if mail else None)
    if received.conversation is None or received.message is None:
        raise Conflict(
            "not_readable", "What this message passes on could not be stored. It was put aside as unreadable."
        )
    where = f"{parts.settings.origin}/inbox/all/{received.conversation}"
    project = await parts.projects.get(viewer.project)
    words = NOTES["ru" if project is not None and project.locale.startswith("ru") else "en"]
    note = words.format(who=mail.forwarded if mail else "", where=where)
    if not received.repeated:
        await parts.turns.act(viewer, found.id, Note(text=note), f"attributed:{outer.id}")
    await _listed(parts, received.conversation)
    return Attributed(conversation=received.conversation, message=received.message)
