"""Messages of other systems on a generic channel, and what became of the messages it was sent."""

from hub.model.channel import Channel
from hub.model.events import Received
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.model.ids import ChannelId
from hub.services.errors import NotFound
from hub.web.context import Context
from hub.web.route import Id


async def take_message(context: Context, channel: Id, body: ChannelMessage) -> Received:
    """A message of a contact. The same id again is the same message: `repeated`, with the first copy's position."""
    return await context.parts.connections.take(await _channel(context, channel), body)


async def take_receipt(context: Context, channel: Id, body: ChannelReceipt) -> Received:
    """What became of a message that the hub sent: delivered, read, or failed with a reason. Never a step back."""
    return await context.parts.connections.take(await _channel(context, channel), body)


async def _channel(context: Context, channel: str) -> Channel:
    found = await context.parts.channels.in_project(context.viewer.project, ChannelId(channel))
    if found is None:
        raise NotFound("This channel")
    return found
