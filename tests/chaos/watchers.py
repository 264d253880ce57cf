"""Watchers: inboxes that stay open. What they show live has to be what a fresh reading shows."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import aiohttp

from hub.model.operator import Operator
from tests.chaos.hub_under_test import PASSWORD
from tests.chaos.logs import Logs, Mirror
from tests.chaos.operators import HEADERS
from tests.chaos.visitors import LOST, RETRY_S, TIMEOUT, frames

PAGE = 100
OPEN_S = (0.5, 8)
CONVERSATION_FIELDS = ("seq", "last_position", "status", "control", "control_epoch", "assignee", "waiting_since")

Things = dict[str, Mapping[str, Any]]


class Refused(Exception):
    """The hub answered and gave nothing: ask again."""


class Watcher:
    """One open inbox: reads everything once, then applies what the socket tells, and goes on where it was cut off."""

    def __init__(
        self, person: Operator, url: str, logs: Logs, rng: random.Random, open_s: tuple[float, float] | None = OPEN_S
    ) -> None:
        """`open_s`: how long a connection is kept before the watcher itself ends it, None for as long as it holds."""
        self.name = f"{person.name} inbox" if open_s else f"{person.name} inbox that stays open"
        self._open_s = open_s
        self._person, self._url, self._logs, self._rng = person, url, logs, rng
        self._things: Things = {}
        self._cursor: str | None = None
        self._session: aiohttp.ClientSession | None = None
        self.reloads = 0
        """How often it was told to read everything again."""

    async def run(self) -> None:
        """Watch until cancelled."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=jar, headers=HEADERS) as session:
            self._session = session
            while True:
                try:
                    async with asyncio.timeout(self._rng.uniform(*self._open_s) if self._open_s else None):
                        await self._watch(session)
                except (*LOST, Refused):
                    pass
                await asyncio.sleep(self._rng.uniform(*RETRY_S))

    def shows(self, text: str) -> bool:
        """Whether a message with this text is on the screen."""
        return any(thing.get("text") == text for thing in self._things.values())

    async def mirror(self) -> Mirror | None:
        """What is shown, beside what is there; None when the hub could not be asked."""
        if self._session is None:
            return None
        try:
            fresh = await self._read(self._session)
        except (*LOST, Refused):
            return None
        return Mirror(self.name, _shown(self._things), _shown(fresh))

    async def _watch(self, session: aiohttp.ClientSession) -> None:
        ticket = (await self._asked(session, "POST", "socket-ticket", {}))["ticket"]
        address = f"{self._url}/ws/inbox?ticket={ticket}"
        async with session.ws_connect(address, headers={"Origin": self._url}) as socket:
            await socket.send_json({"type": "hello", "cursor": self._cursor})
            async for frame in frames(socket):
                match frame["type"]:
                    case "ready":
                        if self._cursor is None:
                            self._things = {}
                            for name, thing in (await self._read(session)).items():
                                self._apply(name, thing)
                        self._cursor = frame["cursor"]
                    case "change" if frame["kind"] in ("conversation", "message"):
                        self._apply(f"{frame['kind']} {frame['data']['id']}", frame["data"])
                        self._cursor = frame["cursor"]
                    case "change":
                        self._cursor = frame["cursor"]
                    case "reload":
                        self._logs.reloads += 1
                        self.reloads += 1
                        self._cursor = None
                        return

    def _apply(self, name: str, thing: Mapping[str, Any]) -> None:
        known = self._things.get(name)
        if known is None or thing["revision"] >= known["revision"]:
            self._things[name] = thing

    async def _read(self, session: aiohttp.ClientSession) -> Things:
        things: Things = {}
        listed = await self._asked(session, "GET", f"conversations?view=all&limit={PAGE}")
        for conversation in listed["items"]:
            things[f"conversation {conversation['id']}"] = conversation
            last = 0
            while True:
                path = f"conversations/{conversation['id']}/messages?after={last}&limit={PAGE}"
                page = (await self._asked(session, "GET", path))["items"]
                things.update({f"message {message['id']}": message for message in page})
                if len(page) < PAGE:
                    break
                last = page[-1]["position"]
        return things

    async def _asked(
        self, session: aiohttp.ClientSession, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        async with session.request(method, f"{self._url}/api/v1/{path}", json=body) as answer:
            if answer.status < 300:
                return await answer.json()
        if answer.status == 401:
            credentials = {"email": self._person.email, "password": PASSWORD}
            async with session.post(f"{self._url}/api/v1/session", json=credentials):
                pass
        raise Refused(answer.status)


def _shown(things: Things) -> dict[str, object]:
    return {name: _of_message(thing) if "position" in thing else _of_conversation(thing)
            for name, thing in things.items()}  # fmt: skip


def _of_message(message: Mapping[str, Any]) -> object:
    return message["position"], message["text"], (message["delivery"] or {}).get("status")


def _of_conversation(conversation: Mapping[str, Any]) -> object:
    return [conversation[name] for name in CONVERSATION_FIELDS], conversation["last_message"]["position"]
