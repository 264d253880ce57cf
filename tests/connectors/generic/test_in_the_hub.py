"""A generic channel in a whole hub: in over the API, out by signed calls that another library checks."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from hub.model.message import DeliveryStatus, Message
from hub.model.operator import Membership, Role
from hub.model.project import Project
from hub.store.connection import Connection
from hub.store.projects import Projects
from tests.connectors.doubles import NOON
from tests.connectors.generic.system import message
from tests.connectors.test_in_the_hub import PROJECT, Site, reply, site
from tests.serving import serving

PASSWORD = "a long enough phrase"
PROGRAM = Path(__file__).parents[3] / "docs/examples/generic_channel.py"


@dataclass
class Listener:
    """The system's webhook: what it was called with, and the statuses it answers next."""

    url: str = ""
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Note the call."""
        self.calls.append((dict(request.headers), await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)

    async def file(self, request: web.Request) -> web.Response:
        """A file that the system gives."""
        return web.Response(body=b"the plan")


@dataclass
class House:
    """The hub, a browser of an admin, a token of the system, and the system's webhook."""

    site: Site
    session: aiohttp.ClientSession
    listener: Listener
    token: str = ""
    secret: str = ""

    async def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        """A request to the API: of the browser, or with a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {"X-Hub": "1"}
        url = f"{self.site.hub.address}/api/v1{path}"
        session = self.session if token is None else self.site.client.session
        async with session.request(method, url, json=body, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def say(self, body: Any, path: str = "messages") -> tuple[int, Any]:
        """The system calls the API."""
        return await self.ask("POST", f"/channels/{self.site.channel.id}/{path}", body, token=self.token)

    async def until(self, condition: Any) -> Message:
        """The newest message, as soon as it is so."""
        async with asyncio.timeout(20):
            while not condition(newest := (await self.site.thread())[-1]):
                await asyncio.sleep(0.05)
        return newest


@asynccontextmanager
async def house(connection: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Everything running."""
    monkeypatch.setenv("HUB_INTERNAL_NETWORKS", '["127.0.0.0/8"]')
    await Projects(connection.database).put(Project(id=PROJECT, name="Demo project", created_at=NOON))
    listener = Listener()
    application = web.Application()
    application.add_routes([web.post("/hook", listener.handle), web.get("/plan.txt", listener.file)])
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        serving(application) as listener.url,
        site(connection, folder, "generic", settings={"webhook": "sms"}) as at,
        aiohttp.ClientSession(cookie_jar=jar) as session,
    ):
        made = House(at, session, listener)
        member = Membership(project=PROJECT, role=Role.ADMIN)
        await at.hub.people.accounts.add_operator("admin@example.org", "Demo Admin", PASSWORD, [member])
        assert (await made.ask("POST", "/session", {"email": "admin@example.org", "password": PASSWORD}))[0] == 200
        made.token = (await made.ask("POST", "/me/tokens", {"name": "SMS", "scopes": ["connect"]}))[1]["token"]
        _, hook = await made.ask("POST", "/webhooks", {"name": "sms", "url": f"{listener.url}/hook"})
        made.secret = hook["secret"]
        yield made


def status_is(status: DeliveryStatus) -> Any:
    """Whether a message's delivery stands so."""
    return lambda newest: newest.delivery is not None and newest.delivery.status is status


async def test_any_system_talks_through_the_hub(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In with a token that may nothing else, twice the same id once; out signed; its receipts are shown."""
    async with house(connection, tmp_path, monkeypatch) as at:
        plan = {"name": "plan.txt", "url": f"{at.listener.url}/plan.txt"}
        status, first = await at.say(message(attachments=[plan]))
        assert (status, first["position"], first["repeated"]) == (201, 1, False)
        _, again = await at.say(message(attachments=[plan]))
        assert (again["message"], again["repeated"]) == (first["message"], True)
        await at.until(lambda newest: newest.attachments[0].status == "stored")
        assert (await at.ask("GET", "/conversations", token=at.token))[0] == 403

        await at.site.act(reply("Good day"))
        sent = await at.until(status_is(DeliveryStatus.SENT))
        [(headers, body)] = at.listener.calls
        call = Webhook(at.secret).verify(body, headers)
        assert headers["webhook-id"] == call["data"]["id"] == sent.id
        assert (call["data"]["contact"], call["data"]["text"]) == ({"id": "7"}, "Good day")

        assert (await at.say({"message": sent.id, "status": "read"}, "receipts"))[0] == 201
        await at.until(status_is(DeliveryStatus.READ))
        _, log = await at.ask("GET", "/webhook-deliveries?name=sms")
        assert [(one["id"], one["status"], len(one["attempts"])) for one in log["items"]] == [(sent.id, "delivered", 1)]


async def test_call_that_fails_is_made_again_in_order_and_can_be_replayed(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next message waits; both secrets sign after a rotation; what was given up goes out from the log."""
    async with house(connection, tmp_path, monkeypatch) as at:
        await at.say(message())
        at.listener.answers = [500]
        await at.site.act(reply("First"))
        await at.until(lambda newest: newest.delivery and newest.delivery.reason)
        waiting = (await at.site.thread())[-1]
        assert waiting.delivery is not None
        assert "it answered 500." in (waiting.delivery.reason or "")
        _, rotated = await at.ask("POST", "/webhooks/sms/secret", {})
        await at.site.act(reply("Second"))
        await at.until(lambda newest: newest.text == "Second" and status_is(DeliveryStatus.SENT)(newest))
        assert [
            Webhook(rotated["secret"]).verify(body, headers)["data"]["text"] for headers, body in at.listener.calls[1:]
        ]
        texts = [Webhook(at.secret).verify(body, headers)["data"]["text"] for headers, body in at.listener.calls]
        assert texts == ["First", "First", "Second"]
        assert at.listener.calls[0][1] == at.listener.calls[1][1]

        at.listener.answers = [410]
        await at.site.act(reply("Third"))
        failed = await at.until(status_is(DeliveryStatus.FAILED))
        assert failed.delivery is not None
        assert failed.delivery.code == "webhook_failed"
        assert (await at.ask("PATCH", "/webhooks/sms", {"enabled": True}))[0] == 200
        assert (await at.ask("POST", f"/webhook-deliveries/{failed.id}/repeat", {}))[0] == 204
        await at.until(status_is(DeliveryStatus.SENT))
        assert (await at.ask("POST", f"/webhook-deliveries/{failed.id}/repeat", {}))[0] == 404


async def test_file_inside_the_hubs_networks_is_not_fetched(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system must not read through the hub what it cannot reach itself; the message stays, with the reason."""
    async with house(connection, tmp_path, monkeypatch) as at:
        inner = {"name": "secrets", "url": "http://10.255.255.1/latest/meta-data"}
        assert (await at.say(message(attachments=[inner])))[0] == 201
        newest = await at.until(lambda newest: newest.attachments[0].status == "failed")
        assert "not on the public web" in (newest.attachments[0].reason or "")


async def test_the_example_of_the_documentation_works(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty lines make a terminal a channel, in both directions."""
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) <= 40
    async with house(connection, tmp_path, monkeypatch) as at:
        free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = free.sockets[0].getsockname()[1]
        free.close()
        await free.wait_closed()
        await at.ask("PATCH", "/webhooks/sms", {"url": f"http://127.0.0.1:{port}/"})
        program = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), at.site.hub.address, at.site.channel.id, at.token, at.secret, str(port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write("Здравствуйте\n".encode())
            await program.stdin.drain()
            assert (await at.until(lambda newest: True)).text == "Здравствуйте"
            await at.site.act(reply("Good day"))
            async with asyncio.timeout(20):
                assert (await program.stdout.readline()).decode() == "Demo Operator: Good day\n"
        finally:
            program.kill()
            await program.wait()
