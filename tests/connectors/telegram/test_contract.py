"""What every connector has to do, by webhook."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from connectors.telegram.connector import SECRET_HEADER
from hub.demo.telegram.server import TelegramSimulator
from tests.connectors.contract import Answer, ConnectorContract, Running
from tests.connectors.doubles import HubDouble
from tests.connectors.telegram.rig import TOKEN, playing


def _update(message_id: str, text: str) -> dict[str, Any]:
    number = int(message_id.rpartition("-")[2])
    person = {"id": 777, "is_bot": False, "first_name": "Sample"}
    return {
        "update_id": 900_000 + number,
        "message": {
            "message_id": 100_000 + number, "date": 1_795_449_600, "from": person,
            "chat": {"id": 777, "type": "private", "first_name": "Sample"}, "text": text,
        },
    }  # fmt: skip


class TelegramService:
    """Telegram's side of a webhook, which says exactly what it is told to."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str, hub: HubDouble) -> None:
        self._session, self._url, self._secret, self._hub = session, url, secret, hub

    async def say(self, message_id: str, text: str) -> Answer:
        return await self.say_raw(json.dumps(_update(message_id, text)).encode())

    async def say_raw(self, raw: bytes, secret: str | None = None) -> Answer:
        headers = {SECRET_HEADER: self._secret if secret is None else secret, "Content-Type": "application/json"}
        async with self._session.post(self._url, data=io.BytesIO(raw), headers=headers) as answer:
            if answer.status == 503:
                assert int(answer.headers["Retry-After"]) > 0
                return Answer("later")
            if answer.status != 200:
                return Answer("refused")
        if raw in [event.raw for event in self._hub.parked.values()]:
            return Answer("parked")
        return Answer("accepted", len(self._hub.texts))

    async def say_as_stranger(self) -> Answer:
        return await self.say_raw(json.dumps(_update("message-0001", "Hello")).encode(), "wrong")


class TestTelegram(ConnectorContract):
    """The contract."""

    kind = "telegram"
    unreadable = "parked"

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps(_update(message_id, text)).encode()

    def named(self, message_id: str) -> str:
        return f"777:{_update(message_id, '')['message']['message_id']}"

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Running]:
        simulator = TelegramSimulator(seed=1)
        async with (
            playing(simulator=simulator, mode="webhook", webhook_url="http://127.0.0.1:9", **settings) as rig,
            aiohttp.ClientSession() as session,
        ):
            webhook = simulator.world.bots[TOKEN].webhook
            assert webhook is not None
            path = webhook.url.removeprefix("http://127.0.0.1:9")
            yield Running(rig.hub, rig.connector, TelegramService(session, rig.url + path, webhook.secret, rig.hub))

    async def test_without_the_secret_header_nothing_is_read(self) -> None:
        """A secret is required, never checked only if it is there."""
        async with self.running() as at:
            assert isinstance(at.service, TelegramService)
            assert (await at.service.say_raw(self.raw("message-0001", "Hello"), "")).outcome == "refused"
            assert at.hub.offered == []

    async def test_copies_at_the_same_time_are_one_message(self) -> None:
        """As Telegram repeats what it had no answer to."""
        async with self.running() as at, asyncio.TaskGroup() as group:
            copies = [group.create_task(at.service.say("message-0001", "Hello")) for _ in range(8)]
        assert {copy.result().outcome for copy in copies} == {"accepted"}
        assert at.hub.texts == ["Hello"]
