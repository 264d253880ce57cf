"""The JSON behind the demo phone: what the page loads, what it may do, and what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest_asyncio

from hub.demo.telegram.phone import PATH, Phone
from hub.demo.telegram.server import SAMPLE_TOKEN, TelegramSimulator
from hub.demo.telegram.world import Account
from tests.demo.telegram_wire import PNG
from tests.serving import serving, surrounded


@dataclass
class Played:
    """The phone behind a web server, and its bot."""

    simulator: TelegramSimulator
    phone: Phone
    http: aiohttp.ClientSession
    url: str

    async def do(self, **what: Any) -> int:
        """Act as the customer 5001; the status of the answer."""
        async with self.http.post(f"{self.url}/do", json={"chat": 5001, **what}) as answer:
            return answer.status

    async def chat(self) -> dict[str, Any]:
        """The customer's chat as the page loads it."""
        async with self.http.get(f"{self.url}/state") as answer:
            chat: dict[str, Any] = (await answer.json())["chats"][0]
            return chat

    async def bot(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Let the bot do something."""
        async with self.http.post(f"{self.simulator.url}/bot{SAMPLE_TOKEN}/{method}", json=arguments) as answer:
            given: dict[str, Any] = await answer.json()
            assert given["ok"], given
            return given


@pytest_asyncio.fixture
async def played() -> AsyncIterator[Played]:
    simulator = TelegramSimulator(seed=3)
    bot = simulator.add_bot()
    person = simulator.world.add_account(Account(5001, "Sample", phone="79000000001"))
    phone = Phone(simulator, bot, [person])
    application = surrounded()
    application.add_routes(phone.routes())
    async with simulator.serving(), serving(application) as url, aiohttp.ClientSession() as http:
        yield Played(simulator, phone, http, f"{url}{PATH}")
        phone.close()


async def test_what_the_page_does_the_bot_is_told(played: Played) -> None:
    """Texts, contacts, places, edits, reactions and blocks become the updates they are in Telegram."""
    await played.bot("getUpdates", allowed_updates=["message", "edited_message", "message_reaction", "my_chat_member"])
    assert await played.do(do="start", payload="ad42") == 200
    assert await played.do(do="say", text="Hello") == 200
    number = (await played.chat())["messages"][-1]["message_id"]
    assert await played.do(do="edit", message=number, text="Hello!") == 200
    assert await played.do(do="react", message=number, emojis=["👍"]) == 200
    assert await played.do(do="share_contact") == 200
    assert await played.do(do="location", latitude="51.5", longitude="-0.1") == 200
    assert await played.do(do="block") == 200
    updates = (await played.bot("getUpdates", offset=-100, limit=100))["result"]
    kinds = [next(iter(set(one) - {"update_id"})) for one in updates]
    assert kinds == ["message", "message", "edited_message", "message_reaction", "message", "message", "my_chat_member"]
    assert updates[0]["message"]["text"] == "/start ad42"
    assert updates[4]["message"]["contact"]["user_id"] == 5001
    chat = await played.chat()
    assert chat["blocked"]
    assert chat["messages"][1]["reactions"] == [{"emoji": "👍", "own": True}]


async def test_the_page_is_told_what_happens(played: Played) -> None:
    """Messages, keyboards, typing and the answers to buttons arrive as they happen."""
    await played.do(do="start")
    async with played.http.get(f"{played.url}/changes") as stream:
        assert stream.content_type == "text/event-stream"
        assert await stream.content.readline() == b"retry: 1000\n"
        buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
        sent = (await played.bot("sendMessage", chat_id=5001, text="Sure?", reply_markup=buttons))["result"]
        await played.do(do="press", message=sent["message_id"], data="y")
        query = (await played.bot("getUpdates", offset=-1))["result"][0]["callback_query"]
        await played.bot("answerCallbackQuery", callback_query_id=query["id"], text="Noted", show_alert=True)
        await played.bot("sendChatAction", chat_id=5001, action="typing")
        changes = [await _next(stream) for _ in range(3)]
    assert [one["what"] for one in changes] == ["message", "toast", "typing"]
    assert changes[1]["payload"]["text"] == "Noted"
    assert changes[1]["payload"]["show_alert"] is True


async def test_files_go_both_ways(played: Played) -> None:
    """A picture becomes a photo and can be shown; what is no picture is refused as one and taken as a file."""
    headers = {"Content-Type": "application/octet-stream"}
    for kind, content, status in (("photo", PNG, 200), ("photo", b"no picture", 422), ("document", b"<script>", 200)):
        query = {
            "chat": "5001",
            "kind": kind,
            "name": "a.html",
            "mime_type": "text/html" if kind == "document" else "image/png",
        }
        async with played.http.post(f"{played.url}/files", params=query, data=content, headers=headers) as answer:
            assert answer.status == status
    photo, document = (await played.chat())["messages"]
    async with played.http.get(f"{played.url}/files/{photo['photo'][-1]['file_id']}") as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", PNG)
    async with played.http.get(f"{played.url}/files/{document['document']['file_id']}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_wrong_requests_are_told_what_is_wrong(played: Played) -> None:
    """Nothing of it is an error of the server."""
    wrong: list[dict[str, Any]] = [
        {"do": "fly"}, {}, {"do": "say", "text": ""}, {"do": "say", "text": "x" * 4097}, {"do": "say"},
        {"do": "say", "text": "x", "chat": 7}, {"do": "edit", "message": 5, "text": "x"},
        {"do": "location", "latitude": "north", "longitude": 1}, {"do": "press", "message": [], "data": "x"},
        {"do": "say", "text": "\ud800"}, {"do": []},
    ]  # fmt: skip
    for one in wrong:
        async with played.http.post(f"{played.url}/do", json={"chat": 5001} | one) as answer:
            assert 400 <= answer.status < 500, one
            assert json.loads(await answer.read())["detail"]
    async with played.http.post(f"{played.url}/do", data="do=say") as answer:
        assert answer.status == 415
    assert not (await played.chat())["messages"]


async def _next(stream: aiohttp.ClientResponse) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while not (line := await stream.content.readline()).startswith(b"data: "):
            assert line, "the stream has ended"
    given: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    return given
