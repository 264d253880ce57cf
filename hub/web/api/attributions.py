"""Attributing a forwarded message to whoever wrote it first."""

from hub.model.base import Stored
from hub.model.ids import ConversationId, MessageId
from hub.services.errors import Conflict, NotFound
from hub.web.api.conversations import visible
from hub.web.context import Context
from hub.web.page import Keyed
from hub.web.route import Id


class Attributed(Stored):
    """Where the message of its own author stands now."""

    conversation: ConversationId
    message: MessageId


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
    where, what = await parts.attribution.bring(viewer, channel, found, outer, inner)
    return Attributed(conversation=where, message=what)
