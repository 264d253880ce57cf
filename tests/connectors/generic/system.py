"""The other side of a generic channel: a system of somebody's, in memory and over HTTP."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from connectors.generic.connector import Generic
from tests.connectors.doubles import CallsDouble, EgressDouble, HubDouble, channel_of, served

SECRET = "sample-secret-0123456789"


@dataclass
class Told:
    """What the system was answered."""

    status: int
    json: Any
    headers: dict[str, str]


@dataclass
class System:
    """A generic channel at work, and the system behind it."""

    hub: HubDouble
    connector: Generic
    session: aiohttp.ClientSession
    url: str
    calls: CallsDouble

    async def post(self, body: Any, path: str = "/messages", secret: str | None = SECRET) -> Told:
        """Say something to the channel."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
        async with self.session.post(self.url + path, data=io.BytesIO(raw), headers=headers) as answer:
            return Told(answer.status, json.loads(await answer.read()), dict(answer.headers))


def message(identifier: str = "m-1", text: str = "Hello", **more: Any) -> dict[str, Any]:
    """A message of the contact 7."""
    return {"id": identifier, "contact": {"id": "7", "name": "Sample Buyer"}, "text": text, **more}


@asynccontextmanager
async def talking(**settings: Any) -> AsyncIterator[System]:
    """A channel with these settings."""
    hub, calls = HubDouble(), CallsDouble()
    channel = channel_of("generic", **{"secret": SECRET, "webhook": "sms", **settings})
    connector = Generic(channel, hub.services(calls=calls, egress=EgressDouble()))
    async with served(connector, hub) as url, aiohttp.ClientSession() as session:
        yield System(hub, connector, session, f"{url}/hooks/generic/{channel.key}", calls)
