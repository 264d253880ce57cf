"""What every connector has to do, by a form's endpoint."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from connectors.http import FORM_BYTES
from tests.connectors.contract import Answer, ConnectorContract, Running
from tests.connectors.forms.sender import Forming, forming


def _fields(message_id: str, text: str) -> dict[str, str]:
    return {"_id": message_id, "message": text}


class FormService:
    """A site whose script sends JSON."""

    def __init__(self, at: Forming) -> None:
        self._at = at

    async def say(self, message_id: str, text: str) -> Answer:
        return await self.say_raw(json.dumps(_fields(message_id, text)).encode())

    async def say_raw(self, raw: bytes, **headers: str) -> Answer:
        told = await self._at.post(raw, "application/json", **headers)
        if told.status == 503:
            assert int(told.headers["Retry-After"]) > 0
            return Answer("later")
        if told.status != 200:
            return Answer("refused")
        return Answer("parked" if told.json["status"] == "parked" else "accepted")

    async def say_as_stranger(self) -> Answer:
        return await self.say_raw(json.dumps(_fields("message-0001", "Hello")).encode(), Origin="https://else.example")


class TestForms(ConnectorContract):
    """The contract."""

    kind = "forms"
    unreadable = "parked"
    body_limit = FORM_BYTES

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps(_fields(message_id, text)).encode()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Running]:
        async with forming(**settings) as at:
            yield Running(at.hub, at.connector, FormService(at))
