"""What every connector has to do, by mail: the service is a mailbox, and its word for "accepted" the moved cursor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest

from connectors.email.connector import Email
from connectors.email.mime import RAW_BYTES
from connectors.email.parse import external_id
from connectors.errors import NotAccepting
from hub.app.background import background
from hub.demo.mail.imap_server import imap_server, same_secret
from hub.demo.mail.post_office import Box, Owner, PostOffice
from hub.demo.mail.smtp_server import smtp_server
from tests.connectors.contract import Answer, ConnectorContract, Running
from tests.connectors.doubles import HubDouble, MarksDouble, channel_of, served, until

SHOP = "shop@example.test"


def raw_mail(message_id: str, text: str) -> bytes:
    head = f"From: Sample <sample@example.org>\r\nTo: {SHOP}\r\nMessage-ID: <{message_id}@example.org>"
    return f"{head}\r\n\r\n{text}\r\n".encode()


class MailboxService:
    """Puts mails into the mailbox, and sees how far the connector has come."""

    def __init__(self, box: Box, hub: HubDouble, marks: MarksDouble, connector: Email, url: str) -> None:
        self._box, self._hub, self._marks, self._connector, self._url = box, hub, marks, connector, url
        self._refusals = 0

    async def listen(self) -> None:
        """Let the connector begin again when the hub has refused, as its supervisor does."""
        while True:
            try:
                await self._connector.listen(self._hub.receive)
            except NotAccepting:
                self._refusals += 1
                await asyncio.sleep(0.01)

    async def say(self, message_id: str, text: str) -> Answer:
        return await self.say_raw(raw_mail(message_id, text))

    async def say_raw(self, raw: bytes) -> Answer:
        refusals, uid = self._refusals, self._box.add(raw).uid
        await until(lambda: self._cursor() >= uid or self._refusals > refusals, 20)
        if self._cursor() < uid:
            return Answer("later")
        if raw in [event.raw for event in self._hub.parked.values()]:
            return Answer("parked")
        stored = self._hub.by_external_id.get(external_id(raw))
        return Answer("accepted", stored.position) if stored else Answer("refused")

    async def say_as_stranger(self) -> Answer:
        path = f"/hooks/email/{self._connector.channel.key}/unsubscribe/{'a' * 40}"
        async with aiohttp.ClientSession() as session, session.post(self._url + path) as answer:
            return Answer("refused" if answer.status == 404 else "accepted")

    def _cursor(self) -> int:
        return int(self._marks.values.get("INBOX", ":0").rpartition(":")[2])


class TestEmail(ConnectorContract):
    """The contract."""

    kind = "email"
    unreadable = "parked"
    bad_settings: ClassVar[dict[str, Any]] = {"address": "nobody", "imap_host": "localhost"}

    def raw(self, message_id: str, text: str) -> bytes:
        return raw_mail(message_id, text)

    def named(self, message_id: str) -> str:
        return external_id(raw_mail(message_id, "Hello"))

    @pytest.fixture(autouse=True)
    def _in_a_folder(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    @asynccontextmanager
    async def running(self, *, hub: HubDouble | None = None, **settings: Any) -> AsyncIterator[Running]:
        hub = hub or HubDouble()
        office = PostOffice(self._folder, [Owner(SHOP, "Shop")])
        office.load()
        services = hub.services()
        assert isinstance(services.marks, MarksDouble)
        async with imap_server(office, same_secret("secret")) as imap, smtp_server(office, SHOP) as smtp:
            given = {
                "address": SHOP, "password": "secret", "imap_host": "127.0.0.1", "imap_port": imap,
                "imap_security": "none", "smtp_port": smtp, "smtp_security": "none", "smtp_password": "",
                "since_now": False, "timeout_s": 10, **settings,
            }  # fmt: skip
            connector = Email(channel_of("email", **given), services)
            async with served(connector, hub) as url:
                service = MailboxService(office.boxes[SHOP], hub, services.marks, connector, url)
                async with background(service.listen):
                    yield Running(hub, connector, service)

    async def test_a_body_over_the_limit_is_refused(self) -> None:
        """It is not fetched: what is parked is its UID alone, and the next mail arrives."""
        async with self.running() as at:
            await at.service.say_raw(b"x" * (RAW_BYTES + 1))
            [parked] = at.hub.parked.values()
            assert parked.external_id == f"uid:1:{RAW_BYTES + 1}"
            assert len(parked.raw) < 200
            assert (await at.service.say("message-0001", "Hello")).outcome == "accepted"
