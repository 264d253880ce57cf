"""Operators: they answer, take and hand back through the HTTP API, and say each thing until it has a final answer."""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from hub.model.operator import Operator
from tests.chaos.flow_checks import FLOW
from tests.chaos.hub_under_test import PASSWORD
from tests.chaos.logs import Answered, Fault, Logs
from tests.chaos.visitors import LOST, RETRY_S, TIMEOUT

PAUSE_S = (0.0, 0.1)
REFUSED = (403, 404, 409, 422)
HEADERS = {"X-Hub": "1"}
WORK = ("messages", "messages", "messages", "note", "take", "hand_back", "to_bot", "to_bot", "flow")


class OperatorClient:
    """One person at work."""

    def __init__(self, person: Operator, url: str, logs: Logs, rng: random.Random, began: float) -> None:
        self._person, self._url, self._logs, self._rng, self._began = person, url, logs, rng, began
        self._name = person.name.replace("Operator ", "o")
        self._written = 0
        self.busy = False
        """Whether a command has no final answer yet."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; what is under way then is still brought to its end."""
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
        async with aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=jar, headers=HEADERS) as session:
            while not stop.is_set():
                listed = await self._asked(session, "GET", "conversations?view=all&limit=20")
                if listed and listed["items"]:
                    await self._work_on(session, self._rng.choice(listed["items"]))
                await asyncio.sleep(self._rng.uniform(*PAUSE_S))

    async def _work_on(self, session: aiohttp.ClientSession, conversation: Mapping[str, Any]) -> None:
        self._written += 1
        work = self._rng.choice(WORK)
        body: dict[str, Any] = {"key": f"{self._name}-{self._written}"}
        text = None
        if work in ("messages", "note"):
            text = f"{self._name} {self._written}"
            self._logs.offered.add(text)
            body |= {"text": text, "direction": "note" if work == "note" else "out"}
            if work == "messages":
                body |= {"seen_position": conversation["last_position"], "confirm": self._rng.random() < 0.7}
            work = "messages"
        if work == "to_bot":
            work = "hand_back"
            body["to"] = "bot"
        elif work == "flow":
            if conversation["flow"] is None:  # a visitor whom nobody asks
                return
            body["flow"] = FLOW
        self.busy = True
        await self._finish(session, conversation["id"], work, body, text)
        self.busy = False

    async def _finish(
        self, session: aiohttp.ClientSession, conversation: str, work: str, body: Mapping[str, Any], text: str | None
    ) -> None:
        while True:
            status, answer = await self._call(session, "POST", f"conversations/{conversation}/{work}", body)
            if status is None or status in (401, 429, 503):
                await self._again(session, status)
                continue
            done = status in (200, 201)
            if not done and status not in REFUSED:
                self._surprise(f"{work} was answered with {status}: {answer}")
            epoch = answer["control_epoch"] if done and work == "take" else None
            at_s = time.monotonic() - self._began
            self._logs.answered.append(
                Answered(self._person.id, body["key"], conversation, done, at_s, text=text, epoch=epoch)
            )
            return

    async def _asked(self, session: aiohttp.ClientSession, method: str, path: str) -> Any:
        """The answer, or None when it is to be asked again."""
        status, answer = await self._call(session, method, path, None)
        if status == 200:
            return answer
        if status not in (None, 401, 429, 503):
            self._surprise(f"{method} {path} was answered with {status}: {answer}")
        await self._again(session, status)
        return None

    async def _again(self, session: aiohttp.ClientSession, status: int | None) -> None:
        if status == 401:
            credentials = {"email": self._person.email, "password": PASSWORD}
            status, answer = await self._call(session, "POST", "session", credentials)
            if status == 200:
                return
            if status not in (None, 429, 503):
                self._surprise(f"signing in was answered with {status}: {answer}")
        await asyncio.sleep(self._rng.uniform(*RETRY_S))

    async def _call(
        self, session: aiohttp.ClientSession, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[int | None, Any]:
        """Status and answer; no status when there was none."""
        try:
            async with session.request(method, f"{self._url}/api/v1/{path}", json=body) as answer:
                return answer.status, await answer.json(content_type=None)
        except LOST:
            return None, None

    def _surprise(self, what: str) -> None:
        self._logs.surprises.append(Fault(f"{self._name}: {what}", time.monotonic() - self._began))
