"""Outgoing webhooks: signed, repeated until they are taken, and never into the hub's own networks."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from hub.app.background import background
from hub.model.ids import ProjectId, new_id
from hub.model.webhook import WebhookDelivery, WebhookStatus
from hub.services.egress import AddressRefused, Network, vet
from hub.services.errors import Conflict, Invalid, NotFound
from hub.services.webhooks import Webhooks, signed
from hub.store.clock import DatabaseClock
from hub.store.connection import Database
from hub.store.indexes import create_indexes
from hub.store.webhooks import WebhookDeliveries
from hub.store.webhooks import Webhooks as WebhookStore
from tests.services.desk import eventually
from tests.serving import serving

PROJECT = ProjectId("project")
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass
class Listener:
    """A program that is called: what it was told, and what it is going to answer."""

    url: str = ""
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Note the call."""
        self.calls.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": self.url} if 300 <= status < 400 else {})


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A program on this machine."""
    listener = Listener()
    application = web.Application()
    application.router.add_post("/hook", listener.handle)
    async with serving(application) as url:
        listener.url = f"{url}/hook"
        yield listener


@dataclass
class Caller:
    """The service, and its stores."""

    webhooks: Webhooks
    deliveries: WebhookDeliveries
    clock: DatabaseClock
    database: Database

    async def queue(self, name: str = "crm") -> str:
        """A delivery that is due."""
        now = self.clock.now()
        delivery = WebhookDelivery(id=new_id(), project=PROJECT, name=name, body='{"a":1}', due_at=now, created_at=now)
        await self.deliveries.add(delivery)
        await self.deliveries.add(delivery)
        return delivery.id

    async def one(self) -> WebhookDelivery:
        """The only delivery."""
        (found,) = await self.webhooks.deliveries(PROJECT)
        return found

    async def hurry(self) -> None:
        """Let the pause before the next attempt be over."""
        await self.database["webhook_deliveries"].update_many({}, {"$set": {"due_at": self.clock.now()}})


@asynccontextmanager
async def calling(database: Database, allowed: tuple[Network, ...] = LOOPBACK, hubs: int = 1) -> AsyncIterator[Caller]:
    """`hubs` services on one database."""
    await create_indexes(database)
    clock = DatabaseClock(database)
    await clock.sync()
    deliveries = WebhookDeliveries(database)
    services = [Webhooks(WebhookStore(database), deliveries, clock, internal_networks=allowed) for _ in range(hubs)]
    async with background(*(service.run for service in services)):
        yield Caller(services[0], deliveries, clock, database)


async def test_call_is_signed_with_every_secret(database: Database) -> None:
    """The receiver can check who called with the secret it was given, and still can after a rotation."""
    async with listening() as listener, calling(database) as caller:
        first = await caller.webhooks.add(PROJECT, "crm", listener.url)
        second = await caller.webhooks.rotate(PROJECT, "crm")
        assert second.secrets[1] == first.secrets[0]
        identifier = await caller.queue()
        await eventually(lambda: _is(caller, WebhookStatus.DELIVERED))
        headers, body = listener.calls[0]
        assert (headers["webhook-id"], body) == (identifier, b'{"a":1}')
        content = f"{identifier}.{headers['webhook-timestamp']}.".encode() + body
        given = headers["webhook-signature"].split(" ")
        assert given == [f"v1,{_mark(secret, content)}" for secret in second.secrets]
        assert len(listener.calls) == 1


def test_signature_is_that_of_the_published_vector() -> None:
    """The example of Standard Webhooks' own documentation."""
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    headers = signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


async def test_call_that_fails_is_repeated_with_the_same_id_and_body(database: Database) -> None:
    """A refusal and a redirect are failures; the next attempt says the same; each attempt is in the log."""
    async with listening() as listener, calling(database) as caller:
        listener.answers = [500, 302]
        await caller.webhooks.add(PROJECT, "crm", listener.url)
        await caller.queue()
        for count in (1, 2, 3):
            await eventually(lambda count=count: _tried(caller, count))  # type: ignore[misc]
            await caller.hurry()
        await eventually(lambda: _is(caller, WebhookStatus.DELIVERED))
        assert [attempt.status for attempt in (await caller.one()).attempts] == [500, 302, 200]
        assert len({(headers["webhook-id"], body) for headers, body in listener.calls}) == 1


async def test_pause_grows_from_seconds_to_a_day(database: Database) -> None:
    """After a first failure it is tried again within seconds, not at once and not tomorrow."""
    async with listening() as listener, calling(database) as caller:
        listener.answers = [503]
        await caller.webhooks.add(PROJECT, "crm", listener.url)
        await caller.queue()
        await eventually(lambda: _tried(caller, 1))
        delivery = await caller.one()
        pause = delivery.due_at - delivery.attempts[0].at
        assert timedelta(seconds=4) < pause < timedelta(seconds=15)


async def test_receiver_that_is_gone_is_called_no_more(database: Database) -> None:
    """410 switches the webhook off, with a reason an admin reads; what follows fails at once."""
    async with listening() as listener, calling(database) as caller:
        listener.answers = [410]
        await caller.webhooks.add(PROJECT, "crm", listener.url)
        await caller.queue()
        await eventually(lambda: _is(caller, WebhookStatus.FAILED))
        (webhook,) = await caller.webhooks.list(PROJECT)
        assert not webhook.enabled
        assert webhook.disabled_reason
        assert (await caller.webhooks.change(PROJECT, "crm", enabled=True)).enabled
        await caller.webhooks.again(PROJECT, (await caller.one()).id)
        await eventually(lambda: _is(caller, WebhookStatus.DELIVERED))


async def test_two_hubs_call_once(database: Database) -> None:
    """Each delivery is claimed by one hub."""
    async with listening() as listener, calling(database, hubs=2) as caller:
        await caller.webhooks.add(PROJECT, "crm", listener.url)
        ids = {await caller.queue() for _ in range(20)}

        async def all_called() -> bool:
            found = await caller.webhooks.deliveries(PROJECT)
            return {one.id for one in found if one.status is WebhookStatus.DELIVERED} == ids

        await eventually(all_called)
        assert len(listener.calls) == 20


async def test_ssrf_by_webhook_is_refused_at_the_connection(database: Database) -> None:
    """Whatever the name says, the address that is connected to counts: this machine is not called."""
    async with listening() as listener, calling(database, allowed=()) as caller:
        await caller.webhooks.add(PROJECT, "crm", listener.url.replace("127.0.0.1", "localhost"))
        await caller.queue()
        await eventually(lambda: _tried(caller, 1))
        assert (await caller.one()).attempts[0].error == "It could not be reached."
        assert listener.calls == []


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 443), ("10.0.0.1", 443), ("192.168.1.1", 80), ("172.16.0.1", 80), ("169.254.169.254", 80),
        ("100.64.0.1", 443), ("0.0.0.0", 80),  # noqa: S104  (to be refused)
        ("224.0.0.1", 80), ("::1", 443), ("fe80::1%eth0", 443), ("fd00::1", 80),
        ("::ffff:127.0.0.1", 443), ("::ffff:10.0.0.1", 443), ("64:ff9b::a00:1", 443), ("2002:7f00:1::", 443),
        ("93.184.215.14", 27017), ("93.184.215.14", 22), ("ff02::1", 443), ("240.0.0.1", 443),
    ],
)  # fmt: skip
def test_inner_address_is_refused(host: str, port: int) -> None:
    """Loopback, private, link-local, shared, multicast and translated addresses, and ports that are not the web's."""
    with pytest.raises(AddressRefused):
        vet(host, port)


def test_public_and_allowed_addresses_pass() -> None:
    """A public address on a port of the web, and any port of a network that a setting allows."""
    vet("93.184.215.14", 443)
    vet("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443)
    vet("10.1.2.3", 8443, (ipaddress.ip_network("10.1.0.0/16"),))
    with pytest.raises(AddressRefused):
        vet("10.2.2.3", 8443, (ipaddress.ip_network("10.1.0.0/16"),))


async def test_webhook_of_another_project_does_not_exist(database: Database) -> None:
    """Names are the project's own; a wrong address is refused when it is written."""
    async with calling(database) as caller:
        await caller.webhooks.add(PROJECT, "crm", "https://example.org/hook")
        with pytest.raises(Conflict):
            await caller.webhooks.add(PROJECT, "crm", "https://example.org/other")
        with pytest.raises(NotFound):
            await caller.webhooks.rotate(ProjectId("other"), "crm")
        for url in ("ftp://example.org", "https://", "https://user@example.org", "nonsense", "http://[::1"):
            with pytest.raises(Invalid):
                await caller.webhooks.add(PROJECT, "other", url)


async def test_an_inner_address_is_refused_when_it_is_written(database: Database) -> None:
    """Whoever writes it learns so then, and not from calls that fail; a network that a setting allows is taken."""
    async with calling(database, allowed=(ipaddress.ip_network("10.1.0.0/16"),)) as caller:
        for url in ("http://127.0.0.1/x", "https://10.2.0.1/x", "https://[::1]/x", "http://93.184.215.14:8080/x"):
            with pytest.raises(Invalid, match="HUB_INTERNAL_NETWORKS"):
                await caller.webhooks.add(PROJECT, "crm", url)
        await caller.webhooks.add(PROJECT, "crm", "http://10.1.2.3:8080/x")
        with pytest.raises(Invalid, match="inner network"):
            await caller.webhooks.change(PROJECT, "crm", url="http://169.254.169.254/")
        with pytest.raises(Invalid):
            await caller.webhooks.add(PROJECT, "other", "https://example.org:99999/")


async def _is(caller: Caller, status: WebhookStatus) -> bool:
    return (await caller.one()).status is status


async def _tried(caller: Caller, count: int) -> bool:
    return len((await caller.one()).attempts) >= count


def _mark(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
