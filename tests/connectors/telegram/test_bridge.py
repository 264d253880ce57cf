"""Bots that exist already: the examples of the documentation, run as they stand, beside a hub."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from hub.model.conversation import Control
from hub.model.message import ActorKind, Direction
from hub.services.commands import HandBack
from hub.store.connection import Connection
from tests.connectors.telegram.rig import TOKEN
from tests.connectors.telegram.site import Site, reply, site

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
SECRET = "a secret of the sample bot"


@asynccontextmanager
async def _bot(at: Site, program: str) -> AsyncIterator[None]:
    """The example, running."""
    environment = {
        **os.environ,
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": str(at.channel.settings["api_url"]),
        "HUB_CHANNEL_URL": _url(at),
        "HUB_BRIDGE_SECRET": SECRET,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, EXAMPLES / program, env=environment)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def _url(at: Site) -> str:
    return f"{at.hub.address}/hooks/telegram/{at.channel.key}/bridge"


@pytest.mark.parametrize("program", ["aiogram_bot.py", "ptb_bot.py"])
async def test_a_bot_keeps_its_program_and_gets_people(connection: Connection, tmp_path: Path, program: str) -> None:
    """Reported, recorded, handed over, silent while people have the chat, and back again."""
    async with site(connection, tmp_path, mode="bridge", bridge_secret=SECRET) as at, _bot(at, program):
        at.person.say("Hello")
        thread = await at.until(lambda thread: len(thread) == 2, within_s=120)  # libraries take their time to load
        assert [(one.direction, one.text) for one in thread] == [
            (Direction.IN, "Hello"),
            (Direction.OUT, "You said: Hello"),
        ]
        assert thread[1].author.kind is ActorKind.BOT
        assert thread[1].delivery is not None
        assert thread[1].delivery.external_ids == (f"777:{at.person.last['message_id']}",)

        at.person.say("I want a refund")
        thread = await at.until(lambda thread: len(thread) == 5)
        assert [one.text for one in thread[2:]] == ["I want a refund", "Let me ask a colleague.", "wants a refund"]
        assert thread[4].direction is Direction.NOTE
        [conversation] = await at.conversations()
        newest = await at.hub.pipeline.turn_store.newest(conversation, fresh=True)
        assert newest is not None
        assert newest.state.control is Control.QUEUE

        at.person.say("Are you there?")
        await at.until(lambda thread: len(thread) == 6)
        await at.act(reply("Yes, I am a person"))
        await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status == "sent")
        at.person.say("Thank you")
        await at.until(lambda thread: len(thread) == 8)

        await at.act(HandBack())
        at.person.say("Still there?")
        await at.until(lambda thread: len(thread) >= 10)
        sent = [one["text"] for one in at.simulator.journal.sent(777)]
        assert sent == ["You said: Hello", "Let me ask a colleague.", "Yes, I am a person", "You said: Still there?"]


async def test_reports_need_the_secret_and_make_sense(connection: Connection, tmp_path: Path) -> None:
    """401 without it; 400 with a sentence for what is no report; an update that cannot be read is parked."""
    async with site(connection, tmp_path, mode="bridge", bridge_secret=SECRET) as at, aiohttp.ClientSession() as http:

        async def tell(body: object, secret: str = SECRET) -> int:
            headers = {"Authorization": f"Bearer {secret}"}
            async with http.post(_url(at), json=body, headers=headers) as answer:
                return answer.status

        assert await tell({"update": {}}, "wrong") == 401
        senseless: list[object] = [{}, [], {"update": {}, "said": {}}, {"escalate": {"chat_id": 1}}]
        assert [await tell(body) for body in senseless] == [400] * 4
        assert await tell({"update": {"update_id": 1, "message": {}}}) == 200
        assert await at.hub.connection.database["parked"].count_documents({}) == 1
        assert not at.simulator.journal.of("getUpdates")
        assert not at.simulator.journal.of("deleteWebhook")
