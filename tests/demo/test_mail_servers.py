"""The demo's mail servers, met by other programs than the hub: Python's own imaplib and smtplib."""

import asyncio
import contextlib
import imaplib
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from connectors.email.imap import Mailbox
from connectors.errors import ChannelAuthError
from hub.demo.mail.imap_server import imap_server, same_secret
from hub.demo.mail.post_office import Box, Owner, PostOffice
from hub.demo.mail.smtp_server import smtp_server

SHOP, CUSTOMER = "shop@example.test", "customer@example.org"
MAIL = b"From: customer@example.org\r\nSubject: Hello\r\n\r\n* 1 FETCH (:( {10}\r\n.\r\n\xd0\xb9\xff\r\n"


@dataclass
class Servers:
    """Both servers over one post office."""

    office: PostOffice
    imap: int
    smtp: int

    @property
    def shop(self) -> Box:
        return self.office.boxes[SHOP]


@pytest_asyncio.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    office = PostOffice(tmp_path, [Owner(SHOP, "Shop"), Owner(CUSTOMER, "Customer")])
    office.load()
    async with imap_server(office, same_secret("secret")) as imap, smtp_server(office, SHOP) as smtp:
        yield Servers(office, imap, smtp)


def _handed_in(port: int, recipients: list[str], raw: bytes = MAIL) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", port) as client:
        return client.sendmail(CUSTOMER, recipients, raw)


async def test_a_mail_comes_out_as_it_went_in(servers: Servers) -> None:
    """Byte for byte behind the trace of its delivery, whatever stands in it, by a client that is not ours."""
    await asyncio.to_thread(_handed_in, servers.smtp, [f"{SHOP}"])

    def fetched() -> bytes:
        with imaplib.IMAP4("127.0.0.1", servers.imap) as client:
            client.login(SHOP, "secret")
            client.select("INBOX", readonly=True)
            _, found = client.uid("search", "UID", "1:*")
            assert found == [b"1"]
            return bytes(client.uid("fetch", "1", "(UID BODY.PEEK[])")[1][0][1])

    raw = await asyncio.to_thread(fetched)
    assert raw.startswith(
        b"Delivered-To: shop@example.test\r\nAuthentication-Results: mail.example.test; dmarc=none\r\n"
    )
    assert raw.endswith(MAIL)


async def test_an_unknown_recipient_is_refused_and_the_others_get_it(servers: Servers) -> None:
    refused = await asyncio.to_thread(_handed_in, servers.smtp, [f"{SHOP[:4]}+token@example.test", "gone@example.test"])
    assert refused["gone@example.test"][0] == 550
    assert [letter.uid for letter in servers.shop.received] == [1]


async def test_the_hubs_client_is_told_of_new_mail_in_idle(servers: Servers) -> None:
    mailbox = Mailbox("127.0.0.1", servers.imap, None, 10)
    await mailbox.open(SHOP, "secret", "")
    folder = await mailbox.select("INBOX")
    assert (folder.next_uid, await mailbox.uids_after(0)) == (1, [])
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = group.create_task(mailbox.wait(60))
        await asyncio.to_thread(_handed_in, servers.smtp, [SHOP])
        await waiting
    assert await mailbox.uids_after(0) == [1]
    assert await mailbox.uids_after(1) == []  # `2:*` names the last one, which is not above 1
    assert (await mailbox.bodies([1]))[1].endswith(MAIL)
    mailbox.drop()


@pytest.mark.parametrize(("password", "token"), [("wrong", ""), ("", "wrong"), ("", "")])
async def test_nobody_reads_without_the_secret(servers: Servers, password: str, token: str) -> None:
    mailbox = Mailbox("127.0.0.1", servers.imap, None, 10)
    with pytest.raises(ChannelAuthError):
        await mailbox.open(SHOP, password, token)
    mailbox.drop()


async def test_what_it_does_not_know_it_refuses_and_goes_on(servers: Servers) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", servers.imap)
    await reader.readline()
    for line, answer in (
        (b"a1 STORE 1 FLAGS (\\Seen)", b"a1 BAD"), (b"a2 SELECT INBOX", b"a2 NO"), (b"a3", b"a3 BAD"),
        (b"a4 UID FETCH 1 (UID)", b"a4 BAD"), (b"a5 NOOP", b"a5 OK"),
    ):  # fmt: skip
        writer.write(line + b"\r\n")
        assert (await reader.readline()).startswith(answer)
    writer.write(b"x" * 100_000)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


async def test_letters_and_their_numbers_outlive_a_restart(servers: Servers, tmp_path: Path) -> None:
    servers.office.deliver(MAIL, [SHOP], "pass")
    servers.office.deliver(MAIL, [SHOP, CUSTOMER], "pass")
    again = PostOffice(tmp_path, [Owner(SHOP, "Shop"), Owner(CUSTOMER, "Customer")])
    again.load()
    box = again.boxes[SHOP]
    assert (list(box.letters), box.next_uid, box.validity) == ([1, 2], 3, servers.shop.validity)
    assert box.letters[2].raw() == servers.shop.letters[2].raw()
