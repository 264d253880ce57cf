"""Messages of other systems on a generic channel, and what became of the messages it was sent."""

from hub.model.events import Received
from hub.model.generic import ChannelMessage, ChannelReceipt
from hub.web.api.chosen import chosen_channel
from hub.web.context import Context
from hub.web.route import Id


async def take_message(context: Context, channel: Id, body: ChannelMessage) -> Received:
    """A message of a contact. The same id again is the same message: `repeated`, with the first copy's position."""
    return await context.parts.connections.take(await chosen_channel(context, channel), body)


async def take_receipt(context: Context, channel: Id, body: ChannelReceipt) -> Received:
    """What became of a message that the hub sent: delivered, read, or failed with a reason. Never a step back."""
    return await context.parts.connections.take(await chosen_channel(context, channel), body)
