"""JivoChat and a whole hub: a flow inside its chats, its agents invited, and its visitors known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.model.conversation import Control, Conversation, Status
from hub.model.flow import FlowVersion, Source, StartOn, StartRule
from hub.model.message import Message
from hub.model.project import Project
from hub.store.connection import Connection
from hub.store.flow_versions import FlowVersions, version_id
from hub.store.projects import Projects
from tests.connectors.doubles import NOON
from tests.connectors.jivochat.jivo import PROVIDER, TOKEN, Jivo, jivochat, payload
from tests.connectors.test_in_the_hub import PROJECT, Site, site

FLOW = """\
flow: delivery
title: Delivery
commands:
  operator: {words: [operator], do: escalate}
ask:
- city: choice
  text: Where do you live?
  options: {here: In town, far: Elsewhere}
- street: text
  text: Which street?
outcomes:
- known: else
  say: We deliver there. A colleague will go on.
  do: {escalate: Sales}
"""


@dataclass
class Chat:
    """A hub with a flow, and JivoChat."""

    site: Site
    jivo: Jivo

    async def until(self, condition: Any) -> None:
        """Return when it is so."""
        async with asyncio.timeout(15):
            while not await condition() if asyncio.iscoroutinefunction(condition) else not condition():
                await asyncio.sleep(0.03)

    async def conversation(self) -> Conversation:
        """The only one."""
        thread = await self.site.thread()
        found = await self.site.hub.pipeline.conversations.any(thread[0].conversation)
        assert found is not None
        return found

    async def handovers(self) -> list[Message]:
        """What asked JivoChat's agents in."""
        return [message for message in await self.site.thread() if message.handover]


@asynccontextmanager
async def chat(connection: Connection, folder: Path) -> AsyncIterator[Chat]:
    """Everything running."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Demo", locale="en", created_at=NOON))
    version = FlowVersion(
        id=version_id(PROJECT, "delivery", 1, 0), project=PROJECT, flow="delivery", version=1, title="Delivery",
        sha256="", at=NOON, sources=(Source(name="delivery.yml", text=FLOW),),
    )  # fmt: skip
    await FlowVersions(connection.database).add(version)
    rules = (StartRule(flow="delivery", on=StartOn.FIRST_MESSAGE),)
    async with jivochat() as jivo:
        settings = {"provider_id": PROVIDER, "token": TOKEN, "api_url": jivo.url}
        async with site(connection, folder, "jivochat_bot", settings=settings, flows=rules) as at:
            jivo.hub_url = f"{at.hub.address}/hooks/jivochat_bot/{at.channel.key}/{TOKEN}"
            yield Chat(at, jivo)


async def test_our_flow_runs_in_jivochat_and_its_agent_takes_over(connection: Connection, tmp_path: Path) -> None:
    """Buttons, a typed answer, the outcome, INVITE_AGENT after the last word, and the end when an agent has it."""
    async with chat(connection, tmp_path) as at:
        assert await at.jivo.says("Hello") == 200
        await at.until(lambda: at.jivo.buttons)
        assert at.jivo.texts[-1].startswith("Where do you live?")
        assert await at.jivo.says("In town", button=at.jivo.buttons["In town"]) == 200
        await at.until(lambda: "Which street?" in at.jivo.texts[-1])
        assert await at.jivo.says("Sample Street") == 200
        await at.until(lambda: at.jivo.calls[-1]["event"] == "INVITE_AGENT")
        assert at.jivo.texts[-1] == "We deliver there. A colleague will go on."
        assert not at.jivo.refused
        assert (await at.conversation()).control is Control.QUEUE
        assert len(await at.handovers()) == 1

        assert await at.jivo.event("CHAT_CLOSED") == 200

        async def over() -> bool:
            return (await at.conversation()).status is Status.RESOLVED

        await at.until(over)


async def test_bot_goes_on_when_no_agent_is_there(connection: Connection, tmp_path: Path) -> None:
    """AGENT_UNAVAILABLE: the open question is asked again; an agent who joins later silences the bot."""
    async with chat(connection, tmp_path) as at:
        await at.jivo.says("Hello")
        await at.until(lambda: at.jivo.buttons)
        await at.jivo.says("operator")
        await at.until(lambda: at.jivo.calls[-1]["event"] == "INVITE_AGENT")
        asked = len(at.jivo.texts)
        assert await at.jivo.event("AGENT_UNAVAILABLE") == 200
        await at.until(lambda: any("Where do you live?" in text for text in at.jivo.texts[asked:]))
        assert (await at.conversation()).control is Control.BOT
        await at.jivo.says("Elsewhere")
        await at.until(lambda: "Which street?" in at.jivo.texts[-1])
        assert await at.jivo.event("AGENT_JOINED") == 200
        place = await at.conversation()
        assert (place.control, place.status) == (Control.OPERATOR, Status.OPEN)


async def test_jivochat_that_cannot_be_reached_gets_the_invitation_later(
    connection: Connection, tmp_path: Path
) -> None:
    """Nothing is lost: what was said and the invitation come in their order."""
    async with chat(connection, tmp_path) as at:
        await at.jivo.says("Hello")
        await at.until(lambda: at.jivo.buttons)
        at.jivo.refusals = [(500, {}), (429, {"Retry-After": "1"})]
        await at.jivo.says("operator")
        await at.until(lambda: at.jivo.calls[-1]["event"] == "INVITE_AGENT")
        assert len(at.jivo.refused) == 2


@pytest.mark.parametrize("name", ["events_chat_accepted", "events_chat_accepted_other_types"])
async def test_jivochats_visitor_is_known_and_its_chat_is_no_work(
    connection: Connection, tmp_path: Path, name: str
) -> None:
    """The agent is told what the hub knows; the finished chat lies resolved with the same contact."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Demo", locale="en", created_at=NOON))
    async with (
        site(connection, tmp_path, "jivochat_events", settings={"token": TOKEN}) as at,
        aiohttp.ClientSession() as session,
    ):
        url = f"{at.hub.address}/hooks/jivochat_events/{at.channel.key}/{TOKEN}"

        async def tell(name: str) -> Any:
            async with session.post(url, data=payload(name)) as answer:
                assert answer.status == 200
                return await answer.json()

        told = await tell(name)
        assert told["result"] == "ok"
        assert told["contact_info"]["name"] == "Sample Buyer"
        assert {"title": "city", "content": "Moscow"} in told["custom_data"]
        assert await tell("events_chat_finished") == {"result": "ok"}
        [message] = await at.thread()
        contact = await at.hub.pipeline.contacts.get(PROJECT, message.contact)
        assert contact is not None
        assert contact.name == "Sample Buyer"
        place = await at.hub.pipeline.conversations.any(message.conversation)
        assert place is not None
        assert place.status is Status.RESOLVED
