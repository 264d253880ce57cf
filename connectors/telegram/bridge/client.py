"""What both libraries share: the calls to the hub. Needs aiohttp alone."""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0)


class HubBridge:
    """The hub, as a bot sees it. `url` is the channel's address at the hub, `secret` its bridge secret.

    The bot goes on when the hub is away: after some seconds an update counts as not held, and is missing in the hub.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {secret}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()

    async def update(self, update: Mapping[str, Any]) -> bool:
        """Report an update as Telegram sent it; whether people have the chat, so that the bot must be silent."""
        return await self._tell({"update": update})

    async def said(self, message: Mapping[str, Any]) -> None:
        """Record a message that the bot has sent: the Message that Telegram answered with."""
        await self._tell({"said": message})

    async def escalate(self, chat_id: int, reason: str = "") -> bool:
        """Hand a chat to operators; they read `reason`. False when the hub could not be reached."""
        return await self._tell({"escalate": {"chat_id": chat_id, "reason": reason, "key": uuid.uuid4().hex}})

    async def _tell(self, what: Mapping[str, Any]) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), headers=self._headers)
        body = json.dumps(what, ensure_ascii=True).encode()
        for pause_s in (*PAUSES_S, None):
            try:
                async with self._session.post(
                    self._url, data=body, headers={"Content-Type": "application/json"}
                ) as answer:
                    if answer.status == 200:
                        return bool((await answer.json())["held"])
                    if answer.status < 500 and answer.status != 404:  # a hub that starts has not all its channels
                        log.error("the hub refused a report: %s %s", answer.status, await answer.text())
                        return False
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("the hub cannot be reached: %s", type(error).__name__)
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        return False
