"""Hubs that break a promise on purpose, to show that the checker sees it: `python -m tests.chaos.mutants NAME run`.

The faults are planted into this process alone. The product has no switch for them.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hub.__main__ import main
from hub.model.channel import Channel
from hub.model.events import InboundEvent, MessageReceived, Received
from hub.model.ids import MessageId, new_id
from hub.model.message import Message
from hub.services.errors import Unavailable
from hub.services.inbound import Inbound
from hub.store import indexes
from hub.store.messages import Appended, Claim, Messages


def ack_first() -> None:
    """Acknowledge a message, then store it in a task."""
    store = Inbound.receive
    tasks: set[asyncio.Task[None]] = set()
    told: Counter[str] = Counter()
    known: dict[str, Received] = {}

    async def later(self: Inbound, channel: Channel, event: InboundEvent) -> None:
        while True:
            try:
                await store(self, channel, [event])
            except Unavailable:
                continue
            return

    async def receive(self: Inbound, channel: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
        answers: list[Received] = []
        for event in events:
            if not isinstance(event, MessageReceived):
                answers += await store(self, channel, [event])
                continue
            if event.external_id not in known:
                contact = await self._contacts.of_sender(channel.project, event.sender, self._clock.now())
                conversation = await self._conversation(channel, contact)
                if not told[conversation]:
                    told[conversation] = await self._messages.last_position(conversation)
                told[conversation] += 1
                known[event.external_id] = Received(
                    external_id=event.external_id, conversation=conversation, message=MessageId(new_id()),
                    position=told[conversation], at=self._clock.now(),
                )  # fmt: skip
                task = asyncio.get_running_loop().create_task(later(self, channel, event))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            answers.append(known[event.external_id])
        return answers

    Inbound.receive = receive  # type: ignore[method-assign]


def check_then_insert() -> None:
    """Look whether a message is there, and store it if not; no unique key stands behind the look."""
    indexes.INDEXES = tuple(
        replace(index, unique=False) if index.keys == indexes.EXTERNAL_ID else index for index in indexes.INDEXES
    )
    append = Messages.append

    async def look_first(
        self: Messages, message: Message, ahead: Claim | None = None, *, begins: bool = False
    ) -> Appended:
        if message.external_id is not None:
            known = await self.by_external_id(message.channel, message.external_id)
            if known is not None:
                return Appended(known, repeated=True)
        return await append(self, message, ahead, begins=begins)

    Messages.append = look_first  # type: ignore[method-assign]


MUTANTS = {"ack_first": ack_first, "check_then_insert": check_then_insert}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    main()
