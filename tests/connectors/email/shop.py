"""A mailbox with a customer, and what a test wants to see of the hub behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.email.mime import Mail, read_mail
from hub.model.conversation import Conversation
from hub.model.ids import new_id
from hub.model.message import Message
from tests.connectors.email.mails import mail
from tests.connectors.test_in_the_hub import Site
from tests.mail_servers import MailServers

WITHIN_S = 120


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` gives once it is true."""
    async with asyncio.timeout(WITHIN_S):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found


async def conversations(at: Site, count: int = 1) -> Sequence[Conversation]:
    """All conversations of the mailbox in the order of their first mails, once there are so many."""

    async def look() -> list[Conversation] | None:
        database = at.hub.connection.database
        rows = database["conversations"].find({"channel": at.channel.id})
        found = {row["_id"]: Conversation.model_validate({**row, "id": row["_id"]}) async for row in rows}
        # Not by when they were decided: several are at once.
        firsts = database["messages"].find({"conversation": {"$in": list(found)}, "position": 1}).sort("created_at", 1)
        ordered = [found[first["conversation"]] async for first in firsts]
        return ordered if len(ordered) >= count else None

    found: Sequence[Conversation] = await eventually(look)
    assert len(found) == count
    return found


async def thread(at: Site, conversation: Conversation, count: int) -> Sequence[Message]:
    """The messages of a conversation, once there are so many."""

    async def look() -> Sequence[Message] | None:
        found = await at.hub.pipeline.messages.window(conversation.id)
        return found if len(found) >= count else None

    found: Sequence[Message] = await eventually(look)
    assert len(found) == count
    return found


@dataclass(frozen=True)
class Shop:
    """A mailbox and a customer that only one test has."""

    servers: MailServers
    address: str
    customer: str

    def settings(self, **more: Any) -> dict[str, Any]:
        return self.servers.settings(self.address, **more)

    def deliver(self, raw: bytes) -> None:
        self.servers.deliver(raw, self.address)

    def write(self, text: str, **headers: str) -> None:
        """The customer writes."""
        known = {"From": f"Sample Customer <{self.customer}>", "Message_ID": f"<{new_id()}@example.test>"}
        self.deliver(mail(text, **{"To": self.address, **known, **headers}).as_bytes())

    async def received(self, count: int) -> list[Mail]:
        """The mails of the customer, once there are so many."""

        async def look() -> list[bytes] | None:
            found = await asyncio.to_thread(self.servers.mails, self.customer)
            return found if len(found) >= count else None

        return [read_mail(raw) for raw in await eventually(look)]
