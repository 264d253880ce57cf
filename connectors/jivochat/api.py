"""Calls to JivoChat: one session, and its answers as our errors."""

import json
from collections.abc import Mapping

import aiohttp
from pydantic import JsonValue

from connectors.errors import ChannelAuthError, MessageRejected
from connectors.http import calling, error_of_status
from connectors.reasons import why
from connectors.text import clean_name

TIMEOUT_S = 15.0
ANSWER_BYTES = 64 * 1024
SERVICE = "JivoChat"
NOBODY = frozenset({401, 403})
"""JivoChat says with either that the provider or the token is not the right one."""


class Api:
    """One address of JivoChat."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    async def post(self, call: Mapping[str, JsonValue]) -> None:
        """Say one thing. Raises `ChannelAuthError`, `ChannelThrottled`, `ChannelUnavailable`, `MessageRejected`,
        `SendUncertain`.
        """
        body = json.dumps(call, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        async with calling(SERVICE), self._session.post(self._url, data=body, headers=headers) as answer:
            reason = _reason(await answer.content.read(ANSWER_BYTES)) or str(answer.status)
            if answer.status in NOBODY:
                raise ChannelAuthError(why("jivo_refuses_us", reason, status=answer.status))
            if answer.status in (404, 410):
                raise MessageRejected(f"http_{answer.status}", why("jivo_chat_unknown", reason))
            if (error := error_of_status(answer.status, reason, answer.headers)) is not None:
                raise error

    async def get(self) -> str:
        """What stands at the address `/status` below this one. Raises as `post`."""
        async with calling(SERVICE), self._session.get(f"{self._url}/status") as answer:
            said = (await answer.content.read(ANSWER_BYTES)).decode("utf-8", "replace").strip()
            if (error := error_of_status(answer.status, clean_name(said, 200), answer.headers)) is not None:
                raise error
            return said


def _reason(body: bytes) -> str:
    """The service's own words: `{"error": {"message": ...}}` of the Bot API, plain text of the Chat API."""
    try:
        value = json.loads(body)
        error = value["error"]
        return clean_name(f"{error.get('code', '')} {error.get('message', '')}", 300)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return clean_name(body.decode("utf-8", "replace"), 300)
