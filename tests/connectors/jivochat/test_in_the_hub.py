"""JivoChat and a whole hub: a flow inside its chats, its agents invited, and its visitors known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.model.channel import Channel
from hub.model.conversation import Control, Conversation, Status
from hub.model.flow import FlowVersion, Source, StartOn, StartRule
from hub.model.ids import ChannelId, new_id
from hub.model.message import Direction, Message
from hub.model.project import Project
from hub.services.commands import Take
from hub.store.channels import Channels
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
        assert len(await at.handovers()) == 1

        async def waits_for_people() -> bool:
            return (await at.conversation()).control is Control.QUEUE

        await at.until(waits_for_people)  # the list shows a moment later what the channel was told

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

        async def stays_with_the_bot() -> bool:
            return (await at.conversation()).control is Control.BOT

        await at.until(stays_with_the_bot)
        await at.jivo.says("Elsewhere")
        await at.until(lambda: "Which street?" in at.jivo.texts[-1])
        assert await at.jivo.event("AGENT_JOINED") == 200

        async def agent_has_it() -> bool:
            place = await at.conversation()
            return (place.control, place.status) == (Control.OPERATOR, Status.OPEN)

        await at.until(agent_has_it)


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
        async with asyncio.timeout(15):
            while (place := await at.hub.pipeline.conversations.any(message.conversation)) is None or (
                place.status is not Status.RESOLVED
            ):
                await asyncio.sleep(0.03)


async def test_jivochats_agents_serve_the_contacts_of_another_channel(connection: Connection, tmp_path: Path) -> None:
    """What waits there goes to them, their answer comes back where the contact writes; an operator may take it."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Demo", locale="en", created_at=NOON))
    secret = "sample-secret-0123456789"
    app = Channel(
        id=ChannelId(new_id()), project=PROJECT, kind="generic", name="App", key=new_id(), created_at=NOON,
        settings={"secret": secret},
    )  # fmt: skip
    await Channels(connection.database).add(app)
    async with jivochat() as jivo, aiohttp.ClientSession() as session:
        settings = {"chat_url": f"{jivo.url}/random/sample", "token": TOKEN, "channels": [app.id]}
        async with site(connection, tmp_path, "jivochat_agents", settings=settings) as at:
            jivo.hub_url = f"{at.hub.address}/hooks/jivochat_agents/{at.channel.key}/{TOKEN}"
            there = Site(at.hub, app, at.client)

            async def write(number: int, text: str, who: str = "7") -> None:
                body = {"id": str(number), "contact": {"id": who, "name": "Sample Buyer"}, "text": text}
                url = f"{at.hub.address}/hooks/generic/{app.key}/messages"
                async with session.post(url, json=body, headers={"X-Api-Key": secret}) as answer:
                    assert answer.status == 200

            async def until(condition: Any) -> None:
                async with asyncio.timeout(15):
                    while not await condition():
                        await asyncio.sleep(0.03)

            async def brought(count: int) -> None:
                async def are() -> bool:
                    return len(jivo.chats) == count

                await until(are)

            async def place() -> Conversation:
                found = await at.hub.pipeline.conversations.any((await there.thread())[0].conversation)
                assert found is not None
                return found

            await write(1, "Do you have lamps?")
            await brought(1)
            [call] = jivo.chats
            assert (call["sender"]["name"], call["message"]["text"]) == ("Sample Buyer", "Do you have lamps?")
            assert await jivo.agent_says("We do.", call["sender"]["id"]) == 200
            assert await jivo.agent_says("We do.", call["sender"]["id"]) == 200
            said = (await there.thread())[-1]
            assert (said.text, said.direction, said.author.name) == ("We do.", Direction.OUT, at.channel.name)
            assert (await place()).control is Control.OPERATOR

            await write(2, "A blue one?")
            await brought(2)
            await there.act(Take(seen="unknown" if (await place()).assignee is None else (await place()).assignee))
            await write(3, "Are you there?")

            async def waits() -> bool:
                return (await there.thread())[-1].text == "Are you there?"

            await until(waits)
            await write(4, "Somebody else", who="8")
            await brought(3)  # by a look that was later than the message which is the operator's
            assert jivo.chats[2]["message"]["text"] == "Somebody else"
            [(log, _)] = [(row["text"], row["automatic"]) async for row in connection.database["messages"].find(
                {"channel": at.channel.id}
            )]  # fmt: skip
            assert log == "We do."
