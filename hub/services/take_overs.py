"""Take-overs: whether what a bot says has lost its holder to a person, at this hub or at another one."""

import asyncio
import time

from hub.model.ids import ChannelId, ConversationId
from hub.model.message import ActorKind, Message
from hub.store.clock import DatabaseClock
from hub.store.leases import Lease
from hub.store.outage import is_outage
from hub.store.outgoing import Outgoing
from hub.store.turns import Turns

WAITED_S = 1.0
"""A bot's message that is claimed, and waits longer for its sender, may have been overtaken by a person elsewhere."""
LOOKS_EVERY_S = 0.05


class TakeOvers:
    """What senders ask before a bot's message goes out, and what a person waits for who takes over. `by` is how the
    claims of this process are known.
    """

    def __init__(self, outgoing: Outgoing, turns: Turns, clock: DatabaseClock, *, by: int) -> None:
        self._outgoing, self._turns, self._clock, self._by = outgoing, turns, clock, by

    async def bot_is_silent(self, channel: ChannelId, conversation: ConversationId, epoch: int) -> None:
        """Return when nothing begins to be sent any more that a bot decided before `epoch`, whose Turn is committed.

        What another hub has claimed may still wait for its sender there, who asks the store only after a while.
        """
        until_s = time.monotonic() + WAITED_S + LOOKS_EVERY_S
        while time.monotonic() < until_s:
            now = self._clock.now()
            if not await self._outgoing.bot_is_sending(channel, conversation, epoch, now, but_by=self._by):
                return
            await asyncio.sleep(LOOKS_EVERY_S)

    async def before_sending(self, message: Message, lease: Lease) -> bool:
        """Whether a claimed message of the bot may have lost its holder: all senders may have been busy meanwhile.

        Of a take-over at another hub the store is asked, where there was time for one.
        """
        if message.author.kind is not ActorKind.BOT or message.control_epoch is None:
            return False
        newest = self._turns.remembered(message.conversation)
        if newest is not None and newest.state.control_epoch > message.control_epoch:
            return True
        try:
            return lease.age_s() > WAITED_S and await self.is_stale(message)
        except Exception as error:
            if not is_outage(error):
                raise
            return True  # nobody knows: it waits in the store until it can be asked

    async def is_stale(self, message: Message) -> bool:
        """Whether a bot's message was decided under an older holder. Asked of the store, not of memory."""
        if message.author.kind is not ActorKind.BOT or message.control_epoch is None:
            return False
        newest = await self._turns.newest(message.conversation, fresh=True)
        return newest is not None and newest.state.control_epoch != message.control_epoch
