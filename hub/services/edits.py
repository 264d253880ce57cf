"""Edits: messages that were changed after they came, and what the lists show of them."""

import asyncio
from collections import OrderedDict

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.events import MessageEdited
from hub.model.ids import ChannelId, MessageId
from hub.model.message import Message
from hub.services.arriving import TEXT_LIMIT
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations
from hub.store.early_edits import EarlyEdit, EarlyEdits
from hub.store.messages import Messages

log = structlog.get_logger(__name__)

LOOK_S = 0.2
"""How soon a change is listed of a message that is not listed itself yet: that is being decided."""
LOOKED_FOR_S = 600.0
REMEMBERED = 1_000
AT_ONCE = 100
"""Early edits in memory, each of up to 400 kB."""


class Edits:
    """Applies the contacts' changes of their messages, and lets lists follow everybody's. Keep `run()` in a task.

    One of a message that has not arrived waits a day for it.
    """

    def __init__(
        self,
        messages: Messages,
        conversations: Conversations,
        early: EarlyEdits,
        clock: DatabaseClock,
        *,
        sweep_s: float,
    ) -> None:
        self._messages, self._conversations, self._early, self._clock = messages, conversations, early, clock
        self._sweep_s = sweep_s
        self._unlisted: OrderedDict[MessageId, float] = OrderedDict()
        self._arrived = asyncio.Event()

    async def receive(self, channel: ChannelId, event: MessageEdited) -> bool:
        """Give the message its new words; false when there is none, and the event says the whole of it.

        Where it does not, they wait for the message.
        """
        edit = EarlyEdit(event.target, event.text[:TEXT_LIMIT], event.html, event.at or self._clock.now())
        if await self._applied(channel, edit):
            return True
        if event.whole is not None:
            return False
        await self._early.keep(channel, edit, event.sender)
        await self._apply(channel, edit)  # it may have arrived meanwhile
        return True

    async def changed(self, message: Message) -> None:
        """Let the list show a message as it is by now, which was changed; soon, where it is not listed yet."""
        if not await self._conversations.show_changed(message):
            self._unlisted[message.id] = asyncio.get_running_loop().time() + LOOKED_FOR_S
            if len(self._unlisted) > REMEMBERED:  # their lists show the old words until something else is said
                self._unlisted.popitem(last=False)
            self._arrived.set()

    async def run(self) -> None:
        """Apply what waited for its message, and list what was not listed, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._list())
            while True:
                try:
                    async for channel, edits in self._early.everything(AT_ONCE):
                        known = await self._messages.known_ids(channel, [edit.target for edit in edits])
                        for edit in edits:
                            if edit.target in known:
                                await self._apply(channel, edit)
                except Exception:  # the database is away; the next round finds the same
                    log.warning("early edits were not applied", exc_info=True)
                    stop_if_cancelled()
                await asyncio.sleep(self._sweep_s)

    async def _list(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._unlisted:
                await asyncio.sleep(LOOK_S)
                try:
                    for message in list(self._unlisted):
                        await self._look_at(message)
                except Exception:  # the database is away
                    log.warning("changed messages were not listed", exc_info=True)
                    stop_if_cancelled()

    async def _look_at(self, message: MessageId) -> None:
        changed = await self._messages.get(message)
        given_up = asyncio.get_running_loop().time() > self._unlisted[message]
        if changed is None or await self._conversations.show_changed(changed) or given_up:
            self._unlisted.pop(message, None)

    async def _apply(self, channel: ChannelId, edit: EarlyEdit) -> None:
        if await self._applied(channel, edit):
            await self._early.forget(channel, edit)

    async def _applied(self, channel: ChannelId, edit: EarlyEdit) -> bool:
        message = await self._messages.edit(channel, edit.target, edit.text, edit.html, edit.at)
        if message is not None and not message.erased:  # of an erased contact no list shows anything, nor ever will
            await self.changed(message)
        return message is not None
