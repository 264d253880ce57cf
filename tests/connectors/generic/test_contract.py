"""What every connector has to do, by a generic channel."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from connectors.generic.connector import BODY_BYTES
from tests.connectors.contract import Answer, ConnectorContract, Running
from tests.connectors.generic.system import SECRET, System, message, talking


class Service:
    """A system that shows the channel's secret."""

    def __init__(self, at: System) -> None:
        self._at = at

    async def say(self, message_id: str, text: str) -> Answer:
        return await self.say_raw(json.dumps(message(message_id, text)).encode())

    async def say_raw(self, raw: bytes, secret: str = SECRET) -> Answer:
        told = await self._at.post(raw, secret=secret)
        if told.status == 503:
            assert int(told.headers["Retry-After"]) > 0
            return Answer("later")
        if told.status != 200:
            assert told.json["detail"]
            return Answer("refused")
        return Answer("accepted", told.json["position"])

    async def say_as_stranger(self) -> Answer:
        return await self.say_raw(json.dumps(message()).encode(), secret="another-secret-0123456789")


class TestGeneric(ConnectorContract):
    """The contract."""

    kind = "generic"
    unreadable = "refused"
    body_limit = BODY_BYTES

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps(message(message_id, text)).encode()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Running]:
        async with talking(**settings) as at:
            yield Running(at.hub, at.connector, Service(at))
