"""What must stand in no log, error or metric: secrets, and what people write. Each is planted, then sought."""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from hub.demo.seed import PASSWORD
from tests.app.processes import answers, child_of, running_hub
from tests.chaos.hub_under_test import free_port

SECRETS = {
    "signing key": "canary-signing-key-0123456789abcdef",
    "metrics token": "canary-metrics-token-0123456789",
    "password": "canary-wrong-password",
    "bot token": "123456789:canary_bot_token_0123456789abcdefghij",
    "bridge secret": "canary-bridge-secret-0123456789",
    "mail password": "canary-mail-password",
    "form secret": "canary-form-secret-0123456789",
}
TEXTS = {
    "message": "canary message of a visitor",
    "name": "Canary Sample",
    "e-mail": "canary.visitor@example.org",
    "phone": "+79990001122",
    "field of a form": "canary answer in a form",
    "search": "canary words that somebody looks for",
    "broken body": "canary in a body that nobody can read",
}
PLANTED = {**SECRETS, **TEXTS}


@dataclass
class Site:
    """What the hub answered, beside what it wrote down itself."""

    session: aiohttp.ClientSession
    url: str
    faults: list[str]

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """Ask for `path`. The answer to a request that failed must not hold what was planted."""
        async with self.session.request(method, f"{self.url}{path}", **options) as answer:
            said = await answer.text()
            if answer.status >= 400:
                self.faults += [f"{name} in the {answer.status} of {path}" for name in found_in(said)]
            return await answer.json(content_type=None) if answer.status < 300 and said else None


def found_in(text: str, planted: Mapping[str, str] = PLANTED) -> list[str]:
    """The names of what stands in `text`."""
    return [name for name, canary in planted.items() if canary in text]


def test_canary_is_found_where_it_is() -> None:
    """Else the test below could never fail."""
    assert found_in(f"error: {TEXTS['message']!r} by {SECRETS['bot token']}") == ["bot token", "message"]


async def test_secrets_and_texts_are_in_no_log_error_or_metric(short_folder: Path) -> None:
    """A day in which much goes wrong: wrong passwords, services out of reach, bodies out of shape, a dead database."""
    log = short_folder / "log"
    settings = {
        "DATA_DIR": str(short_folder / "data"), "LOG_LEVEL": "DEBUG",
        "SECRET_KEY": SECRETS["signing key"], "METRICS_TOKEN": SECRETS["metrics token"],
    }  # fmt: skip
    with log.open("wb") as written:
        async with (
            running_hub(settings, "demo", log=written) as (hub, url),
            aiohttp.ClientSession(
                cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"X-Hub": "1", "Origin": url}
            ) as session,
        ):
            site = Site(session, url, [])
            await _sign_in(site)
            await _channels_out_of_reach(site)
            token = await _visit(site)
            await _bodies_out_of_shape(site)
            os.kill(await asyncio.to_thread(child_of, hub.pid, "mongod"), signal.SIGKILL)
            await asyncio.gather(*(_say(site, token, f"dead-{number}") for number in range(20)))
            await answers(f"{url}/readyz", 200)
            async with session.get(
                f"{url}/metrics", headers={"Authorization": f"Bearer {SECRETS['metrics token']}"}
            ) as numbers:
                assert numbers.status == 200
                assert found_in(await numbers.text()) == []
            hub.send_signal(signal.SIGTERM)
            await hub.wait()
    assert site.faults == []
    said = await asyncio.to_thread(log.read_text)
    assert "telegram" in said, "the channel that cannot be reached left no line: the log was not looked at"
    assert found_in(said) == [], [line for line in said.splitlines() if found_in(line)]


async def _sign_in(site: Site) -> None:
    who = {"email": "admin@example.test"}
    await site.ask("POST", "/api/v1/session", json={**who, "password": SECRETS["password"]})
    await site.ask("POST", "/api/v1/session", json={"email": TEXTS["e-mail"], "password": SECRETS["password"]})
    assert await site.ask("POST", "/api/v1/session", json={**who, "password": PASSWORD})
    await site.ask("GET", "/api/v1/conversations", params={"q": TEXTS["search"]})
    await site.ask("GET", "/api/v1/nothing", params={"q": TEXTS["search"]})


async def _channels_out_of_reach(site: Site) -> None:
    """Channels whose services nobody serves: each tries, fails and says so."""
    closed = free_port()
    nowhere = f"http://127.0.0.1:{closed}"
    mailbox = {
        "address": "shop@example.org", "password": SECRETS["mail password"], "imap_host": "127.0.0.1",
        "imap_port": closed, "imap_security": "none", "smtp_host": "127.0.0.1", "smtp_port": closed,
        "smtp_security": "none",
    }  # fmt: skip
    bot = {"token": SECRETS["bot token"], "api_url": nowhere, "link_url": nowhere}
    bridge = {**bot, "mode": "bridge", "bridge_secret": SECRETS["bridge secret"]}
    for kind, settings in (("telegram", bot), ("telegram", bridge), ("email", mailbox)):
        channel = await site.ask("POST", "/api/v1/channels", json={"kind": kind, "name": kind, "settings": settings})
        assert channel, kind
        await site.ask("POST", f"/api/v1/channels/{channel['id']}/test", json={})
        broken = {**settings, "poll_s": SECRETS["mail password"], "poll_timeout_s": SECRETS["bot token"]}
        await site.ask("POST", "/api/v1/channels", json={"kind": kind, "name": kind, "settings": broken})
    form = {"secret": SECRETS["form secret"]}
    channel = await site.ask("POST", "/api/v1/channels", json={"kind": "forms", "name": "forms", "settings": form})
    fields = {
        "name": TEXTS["name"],
        "email": TEXTS["e-mail"],
        "phone": TEXTS["phone"],
        "text": TEXTS["field of a form"],
    }
    assert channel
    await site.ask("POST", f"/hooks/forms/{channel['key']}", data=fields)
    await site.ask(
        "POST", f"/hooks/forms/{channel['key']}/json", params={"secret": SECRETS["form secret"] + "x"}, json=fields
    )


async def _visit(site: Site) -> str:
    """A visitor says something; their token, with which they go on."""
    [shop] = [one for one in (await site.ask("GET", "/api/v1/channels"))["items"] if one["kind"] == "webchat"][:1]
    welcome = await site.ask("POST", f"/chat/v1/{shop['key']}/session", json={"position": 0})
    token = f"{shop['key']}/{welcome['token']}"
    await _say(site, token, "alive")
    return token


async def _say(site: Site, token: str, number: str) -> None:
    key, _, secret = token.partition("/")
    said = {"type": "send", "id": f"canary-{number}", "text": f"{TEXTS['message']} {TEXTS['phone']}"}
    await site.ask("POST", f"/chat/v1/{key}/messages", json=said, headers={"Authorization": f"Bearer {secret}"})


async def _bodies_out_of_shape(site: Site) -> None:
    """Each refused in words of ours, without what it said."""
    words = TEXTS["broken body"]
    json_headers = {"Content-Type": "application/json"}
    for body in (
        f'{{"email": "{words}"',
        f'{{"email": {{"$ne": "{words}"}}, "password": ["{words}"]}}',
        f'["{words}"]',
    ):
        await site.ask("POST", "/api/v1/session", data=body, headers=json_headers)
        await site.ask("POST", "/api/v1/canned-replies", data=body, headers=json_headers)
