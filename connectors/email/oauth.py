"""OAuth 2 access tokens of a mailbox: fetched with its refresh token, and renewed before they run out (RFC 6749, 6)."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from connectors.base import Marks
from connectors.email.config import Settings
from connectors.errors import ChannelAuthError, ChannelConfigError, ChannelUnavailable
from connectors.reasons import why

BEFORE_END_S = 300.0
"""A token is renewed so long before it runs out: a connection that is being made still gets in with it."""
USUAL_LIFE_S = 3_600.0
ANSWER_BYTES = 64 * 1024
MARK = "refresh_token"


@dataclass(frozen=True, slots=True)
class _Token:
    """An access token, and the monotonic second from which on it is not used any more."""

    value: str
    until: float


class AccessTokens:
    """The access tokens of one mailbox. A mailbox without a refresh token has the one that was given by hand, or none.

    Microsoft gives another refresh token with each access token: the newest is kept as a mark of the channel, where it
    counts until somebody enters another one by hand.
    """

    def __init__(self, settings: Settings, marks: Marks, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._marks, self._monotonic = settings, marks, monotonic
        self._token: _Token | None = None
        self._alone = asyncio.Lock()

    @property
    def renewable(self) -> bool:
        """Whether a token that is refused may be replaced by another."""
        return self._settings.oauth is not None

    async def get(self) -> str:
        """A token that holds for some minutes; empty where the mailbox has a password.

        Raises `ChannelAuthError` when the provider has taken the access back, `ChannelConfigError`,
        `ChannelUnavailable`.
        """
        if not self.renewable:
            return self._settings.token
        async with self._alone:
            if self._token is None or self._monotonic() >= self._token.until:
                self._token = await self._fetched()
            return self._token.value

    def forget(self) -> None:
        """The server has refused the token: the next one is fetched anew."""
        self._token = None

    async def _fetched(self) -> _Token:
        settings, name = self._settings, self._settings.provider_name
        if not settings.refresh_token:
            raise ChannelAuthError(why("oauth_nobody", provider=name))
        form = {
            "grant_type": "refresh_token", "client_id": settings.client_id, "scope": settings.mail_scope,
            "refresh_token": await self._refresh_token(),
        }  # fmt: skip
        if settings.client_secret:
            form["client_secret"] = settings.client_secret
        status, answer = await self._asked(form)
        if status != 200:
            raise _refused(name, status, answer)
        value, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value:
            raise ChannelUnavailable(why("oauth_gave_none", provider=name, status=status))
        if isinstance(renewed := answer.get("refresh_token"), str) and renewed:
            await self._marks.set(MARK, f"{self._of_settings()}:{renewed}")
        life_s = float(life) if isinstance(life, int | float) and life > 0 else USUAL_LIFE_S
        return _Token(value, self._monotonic() + max(life_s / 2, life_s - BEFORE_END_S))

    async def _refresh_token(self) -> str:
        """The newest: that of the settings, or what the provider has replaced it by."""
        kept = await self._marks.get(MARK)
        of, _, token = (kept or "").partition(":")
        return token if of == self._of_settings() and token else self._settings.refresh_token

    def _of_settings(self) -> str:
        return hashlib.sha256(self._settings.refresh_token.encode()).hexdigest()[:16]

    async def _asked(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_s)
        url = self._settings.token_endpoint
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, data=form, allow_redirects=False, headers={"Accept": "application/json"}) as response,
            ):
                raw = await response.content.read(ANSWER_BYTES)
                return response.status, json_object(raw)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            said = str(error) or type(error).__name__
            raise ChannelUnavailable(why("server_unreachable", said, where=url)) from error


def json_object(raw: bytes) -> Mapping[str, Any]:
    """What an endpoint answers; empty where that is no JSON object."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _refused(
    name: str, status: int, answer: Mapping[str, Any]
) -> ChannelAuthError | ChannelConfigError | ChannelUnavailable:
    """What a refusal means (RFC 6749, 5.2), in words that say what to do."""
    code = str(answer.get("error", ""))[:60]
    said = " ".join(str(answer.get("error_description", "")).split())[:200]
    if code in ("invalid_grant", "interaction_required"):
        return ChannelAuthError(why("oauth_taken_back", said, provider=name, error=code))
    if code in ("invalid_client", "unauthorized_client"):
        return ChannelAuthError(why("oauth_unknown_application", said, provider=name, error=code))
    if code in ("invalid_scope", "invalid_request", "unsupported_grant_type"):
        return ChannelConfigError(why("oauth_refused", said, provider=name, error=code))
    return ChannelUnavailable(why("oauth_gave_none", f"{code} {said}", provider=name, status=status))
