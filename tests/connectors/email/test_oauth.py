"""Access tokens of a mailbox: fetched, renewed and taken back, against a token endpoint and servers that check them."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from connectors.email.config import Settings
from connectors.email.connector import Email
from connectors.email.oauth import MARK, AccessTokens
from connectors.errors import ChannelAuthError, ChannelConfigError, ChannelUnavailable
from hub.demo.mail.imap_server import imap_server
from hub.demo.mail.post_office import Owner, PostOffice
from tests.connectors.doubles import HubDouble, MarksDouble, channel_of
from tests.serving import serving

SHOP = "shop@example.test"


@dataclass
class Provider:
    """A token endpoint. It gives a new pair each time; only the newest refresh token counts, as with Microsoft."""

    url: str = ""
    refresh_token: str = "refresh-0"
    life_s: int = 3600
    refusal: tuple[int, Mapping[str, Any]] | None = None
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        if form["refresh_token"] != self.refresh_token or form["client_secret"] != "app-secret":
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.refresh_token = f"refresh-{len(self.asked)}"
        access = f"access-{len(self.asked)}"
        self.valid.add(access)
        return web.json_response(
            {"access_token": access, "expires_in": self.life_s, "refresh_token": self.refresh_token}
        )


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    application = web.Application()
    application.router.add_post("/token", made.token)
    async with serving(application) as url:
        made.url = f"{url}/token"
        yield made


def settings_of(provider: Provider, **more: Any) -> dict[str, Any]:
    return {
        "address": SHOP, "imap_host": "127.0.0.1", "imap_security": "none", "smtp_security": "none",
        "oauth": "microsoft", "client_id": "app", "client_secret": "app-secret", "refresh_token": "refresh-0",
        "token_url": provider.url, "timeout_s": 5, **more,
    }  # fmt: skip


class Time:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_token_is_used_until_shortly_before_its_end(provider: Provider) -> None:
    """And whoever asks at the same time asks once."""
    time = Time()
    access = AccessTokens(Settings(**settings_of(provider)), MarksDouble(), time)
    async with asyncio.TaskGroup() as group:
        first = [group.create_task(access.get()) for _ in range(5)]
    assert {task.result() for task in first} == {"access-1"}
    time.now = 3_299
    assert await access.get() == "access-1"
    time.now = 3_301
    assert await access.get() == "access-2"
    assert provider.asked[1]["refresh_token"] == "refresh-1", "the newest one, which the provider gave with the token"
    assert "IMAP.AccessAsUser.All" in provider.asked[0]["scope"]


async def test_the_newest_refresh_token_outlives_a_restart_and_one_by_hand_replaces_it(provider: Provider) -> None:
    marks = MarksDouble()
    await AccessTokens(Settings(**settings_of(provider)), marks).get()
    assert await AccessTokens(Settings(**settings_of(provider)), marks).get() == "access-2"
    provider.refresh_token = "by-hand"
    assert await AccessTokens(Settings(**settings_of(provider, refresh_token="by-hand")), marks).get() == "access-3"
    assert "by-hand" not in (await marks.get(MARK) or ""), "a mark names the token it came from by its hash"


@pytest.mark.parametrize(
    ("status", "answer", "error", "says"),
    [
        (400, {"error": "invalid_grant", "error_description": "AADSTS700082"}, ChannelAuthError, "Sign in again"),
        (401, {"error": "invalid_client"}, ChannelAuthError, "Check client_id and client_secret"),
        (400, {"error": "invalid_scope"}, ChannelConfigError, "invalid_scope"),
        (503, {}, ChannelUnavailable, "503"),
        (200, {"expires_in": 5}, ChannelUnavailable, "gave no token"),
        (302, {}, ChannelUnavailable, "302"),
    ],
)
async def test_a_refusal_says_what_to_do(
    provider: Provider, status: int, answer: Mapping[str, Any], error: type[Exception], says: str
) -> None:
    provider.refusal = status, answer
    with pytest.raises(error, match=says):
        await AccessTokens(Settings(**settings_of(provider)), MarksDouble()).get()


async def test_an_endpoint_that_is_away_is_tried_again_later(provider: Provider) -> None:
    away = settings_of(provider, token_url="http://127.0.0.1:9/token")
    with pytest.raises(ChannelUnavailable, match="cannot be reached"):
        await AccessTokens(Settings(**away), MarksDouble()).get()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"client_id": ""}, "client_id"),
        ({"authorize_url": "javascript:alert(1)"}, "authorize_url"),
        ({"oauth": "other"}, "authorize_url, token_url and scope"),
        ({"token_url": "http://login.example.org/token"}, "https"),
        ({"tenant": "a/../b"}, "tenant"),
    ],
)
def test_settings_that_cannot_work_are_refused(provider: Provider, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ChannelConfigError, match=says):
        Email.check(channel_of("email", **settings_of(provider, **settings)))


async def test_a_mailbox_that_nobody_has_signed_in_to_says_where_to(provider: Provider) -> None:
    """It can be stored: the sign-in comes after."""
    settings = settings_of(provider, refresh_token="")
    Email.check(channel_of("email", **settings))
    with pytest.raises(ChannelAuthError, match="choose “Sign in with Microsoft”"):
        await AccessTokens(Settings(**settings), MarksDouble()).get()
    assert not provider.asked


def test_who_logs_in_is_the_account_except_in_a_shared_mailbox(provider: Provider) -> None:
    """Microsoft wants the shared mailbox's own name beside the token of whoever may open it."""
    account = {"account": "owner@example.test"}
    assert Settings(**settings_of(provider, **account)).login == SHOP
    assert Settings(**settings_of(provider, oauth="google", **account)).login == "owner@example.test"
    assert Settings(**settings_of(provider, oauth="google")).login == SHOP


def test_the_secrets_are_never_shown() -> None:
    assert {"refresh_token", "client_secret", "token"} <= Email.secret_settings


class Desk:
    """An SMTP server that lets in by XOAUTH2 alone."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.names: list[str] = []

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802
        given = base64.b64decode(arguments[1]).decode()
        user, _, rest = given.removeprefix("user=").partition("\x01auth=Bearer ")
        if rest.strip("\x01") not in self._provider.valid:
            return AuthResult(success=False, handled=False)
        self.names.append(user)
        return AuthResult(success=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "250 2.0.0 OK"


async def test_both_ways_of_a_mailbox_log_in_with_it(provider: Provider, tmp_path: Path) -> None:
    """One that is taken back before its time is replaced without anybody's help."""
    office = PostOffice(tmp_path, [Owner(SHOP, "Shop")])
    office.load()
    desk = Desk(provider)
    loop = asyncio.get_running_loop()
    made = lambda: SMTP(desk, auth_require_tls=False, auth_exclude_mechanism=["PLAIN", "LOGIN"], loop=loop)  # noqa: E731
    smtp = await loop.create_server(made, "127.0.0.1", 0)
    async with imap_server(office, lambda user, secret: user == SHOP and secret in provider.valid) as imap:
        ports = {"imap_port": imap, "smtp_port": smtp.sockets[0].getsockname()[1]}
        email = Email(channel_of("email", **settings_of(provider, **ports)), HubDouble().services())
        await email.open()
        assert desk.names == [SHOP]
        assert len(provider.asked) == 1, "one token for both ways"
        provider.valid.clear()
        await email.inspect()
        assert len(provider.asked) == 2
        provider.valid.clear()
        provider.refusal = 400, {"error": "invalid_grant"}
        with pytest.raises(ChannelAuthError, match="Microsoft has taken the access to this mailbox back"):
            await email.inspect()
        await email.close()
    smtp.close()
    await smtp.wait_closed()
