"""The other side of a form channel: pages and systems, over HTTP, against the connector on a real server."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from connectors.forms.connector import Forms
from tests.connectors.doubles import HubDouble, channel_of, served

SITE = "https://shop.example"
SECRET = "sample-secret-0123456789"
PAYLOADS = Path(__file__).with_name("payloads")
URLENCODED = "application/x-www-form-urlencoded"


def payload(name: str) -> bytes:
    """A recorded body."""
    return (PAYLOADS / name).read_bytes()


@dataclass
class Told:
    """What the sender was answered."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Forming:
    """A form channel at work, and who sends to it."""

    hub: HubDouble
    connector: Forms
    session: aiohttp.ClientSession
    url: str

    async def post(self, body: Any, content_type: str | None = None, path: str = "", **headers: str) -> Told:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type:
            named["Content-Type"] = content_type
        data = io.BytesIO(body) if isinstance(body, bytes) else body
        async with self.session.post(self.url + path, data=data, headers=named, allow_redirects=False) as answer:
            return Told(answer.status, await answer.text(), dict(answer.headers))

    async def json(self, fields: dict[str, Any], path: str = "", **headers: str) -> Told:
        return await self.post(json.dumps(fields).encode(), "application/json", path, **headers)

    async def stamp(self) -> str:
        async with self.session.get(f"{self.url}/stamp") as answer:
            return str((await answer.json())["stamp"])


@asynccontextmanager
async def forming(**settings: Any) -> AsyncIterator[Forming]:
    """A channel with these settings."""
    hub = HubDouble()
    channel = channel_of("forms", **{"sites": [SITE], "secret": SECRET, **settings})
    connector = Forms(channel, hub.services())
    async with served(connector, hub) as url, aiohttp.ClientSession() as session:
        yield Forming(hub, connector, session, f"{url}/hooks/forms/{channel.key}")
