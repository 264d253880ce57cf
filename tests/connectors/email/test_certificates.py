"""Connections that cannot be protected: the channel says why, nothing goes in clear, and it goes on once they can."""

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from connectors.email.config import Security
from connectors.email.connector import Email
from connectors.reasons import sentence
from hub.model.channel import ChannelHealth, ChannelState
from hub.model.message import DeliveryStatus
from hub.store.channels import Channels
from hub.store.connection import Connection
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.email.test_copies import LONG_AGO, change_delivery, reason, stored
from tests.connectors.email.test_mailbox import answer
from tests.connectors.email.test_sending import told
from tests.connectors.email.wire import Wire, wire_to
from tests.connectors.test_in_the_hub import Site, reply, site
from tests.mail_servers import PASSWORD, MailServers


def unknown(_: MailServers) -> bytes:
    """Signed by an authority that nobody here knows."""
    return trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.bytes()


def self_signed(_: MailServers) -> bytes:
    """Signed by itself."""
    alone = trustme.CA()
    return alone.private_key_pem.bytes() + alone.cert_pem.bytes()


def of_another_host(servers: MailServers) -> bytes:
    """Good for somebody else."""
    return servers.authority.issue_cert("mail.example.net").private_key_and_cert_chain_pem.bytes()


def expired(servers: MailServers) -> bytes:
    """Good once."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 12, 31, tzinfo=UTC)
    made = servers.authority.issue_cert("localhost", not_before=long_ago[0], not_after=long_ago[1])
    return made.private_key_and_cert_chain_pem.bytes()


def through(shop: Shop, server: str, wire: Wire) -> dict[str, Any]:
    """Settings of the mailbox with one of its servers behind the wire."""
    return shop.settings(**{f"{server}_port": wire.port})


async def health(at: Site, look: Callable[[ChannelHealth], bool]) -> ChannelHealth:
    """How the channel is doing, once it is as `look` wants it."""
    channels = Channels(at.hub.connection.database)

    async def once() -> ChannelHealth | None:
        channel = await channels.get(at.channel.id)
        assert channel is not None
        return channel.health if look(channel.health) else None

    found: ChannelHealth = await eventually(once)
    return found


async def in_trouble(at: Site) -> str:
    """What is said of the channel that tries again."""
    return (await health(at, lambda one: one.state is ChannelState.BACKING_OFF)).error or ""


async def works(at: Site, shop: Shop) -> None:
    """A mail comes, and its answer goes."""
    await health(at, lambda one: one.state is ChannelState.RUNNING)
    shop.write("Hello")
    [conversation] = await conversations(at)
    sent = await answer(at, conversation, reply("Good day"))
    assert sent.delivery is not None
    assert sent.delivery.status is DeliveryStatus.SENT


def assert_kept_secret(wire: Wire, shop: Shop) -> None:
    """Who has listened knows neither the log-in nor any mail."""
    assert wire.heard, "the hub has tried"
    login = base64.b64encode(f"\0{shop.address}\0{PASSWORD}".encode())
    for secret in (PASSWORD.encode(), login, shop.address.encode(), b" LOGIN "):
        assert secret not in wire.heard
    commands = {line.split()[0].upper() for line in bytes(wire.heard).split(b"\r\n") if line.strip()}
    assert commands.isdisjoint({b"AUTH", b"MAIL", b"RCPT", b"DATA"})


@pytest.mark.parametrize("server", ["imap", "smtp"])
@pytest.mark.parametrize(
    ("certificate", "advice"),
    [
        (unknown, "ca_file"),
        (self_signed, "ca_file"),
        (of_another_host, "write the name that the certificate has"),
        (expired, "have it renewed"),
    ],
)
async def test_a_certificate_that_does_not_count_is_told_and_nothing_is_sent(
    connection: Connection,
    short_folder: Path,
    shop: Shop,
    server: str,
    certificate: Callable[[MailServers], bytes],
    advice: str,
) -> None:
    """Nobody touches the channel when the certificate is right: the hub goes on by itself."""
    servers = shop.servers
    await asyncio.to_thread(servers.show, server, certificate(servers))
    try:
        async with (
            wire_to(servers.imaps if server == "imap" else servers.submission) as wire,
            site(connection, short_folder, "email", settings=through(shop, server, wire)) as at,
        ):
            said = await in_trouble(at)
            assert f"localhost:{wire.port}" in said
            assert advice in said
            assert "nothing was sent" in said.lower()
            assert_kept_secret(wire, shop)
            await asyncio.to_thread(servers.show, server, servers.right_certificate())
            await works(at, shop)
    finally:
        await asyncio.to_thread(servers.show, server, servers.right_certificate())


async def test_a_certificate_that_runs_out_while_the_hub_works_is_told_beside(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Mail is read as before; what is to be sent waits with the reason, and goes when the certificate is renewed."""
    servers = shop.servers
    try:
        async with (
            wire_to(servers.submission) as wire,
            site(connection, short_folder, "email", settings=through(shop, "smtp", wire)) as at,
        ):
            await health(at, lambda one: one.state is ChannelState.RUNNING)
            connector = at.hub.supervisor.connector(at.channel.id)
            assert isinstance(connector, Email)
            wire.cut()
            await asyncio.to_thread(servers.show, "smtp", expired(servers))
            shop.write("Hello")
            [conversation] = await conversations(at)
            waiting = await told(at, conversation, reply("Good day"))
            assert "have it renewed" in reason(waiting)
            assert [reason(waiting)] == [sentence(one) for one in connector.notice()]
            await asyncio.to_thread(servers.show, "smtp", servers.right_certificate())
            await change_delivery(at, waiting, due_at=LONG_AGO)
            sent = await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.reason is None)
            assert sent.delivery is not None
            assert (sent.delivery.status, sent.delivery.may_repeat) == (DeliveryStatus.SENT, False)
            await shop.received(1)
            assert not connector.notice()
    finally:
        await asyncio.to_thread(servers.show, "smtp", servers.right_certificate())


@pytest.mark.parametrize(("server", "usual"), [("imap", "port 993"), ("smtp", "587 with starttls")])
async def test_a_port_that_speaks_no_tls_is_told_with_the_usual_one(
    connection: Connection, short_folder: Path, shop: Shop, server: str, usual: str
) -> None:
    """The ports of a provider are mixed up more often than anything else."""
    async with wire_to(shop.servers.imap if server == "imap" else shop.servers.submission) as wire:
        settings = {**through(shop, server, wire), f"{server}_security": Security.TLS}
        async with site(connection, short_folder, "email", settings=settings) as at:
            said = await in_trouble(at)
            assert "speaks no TLS" in said
            assert usual in said
            assert_kept_secret(wire, shop)


def stripped(line: bytes) -> bytes:
    """STARTTLS is not offered, though the server does."""
    return b"" if line.startswith(b"250-STARTTLS") else line


def refused(line: bytes) -> bytes:
    """STARTTLS is offered, and then not to be had."""
    return b"454 4.7.0 TLS not available\r\n" if b"Ready to start TLS" in line else line


@pytest.mark.parametrize(("tamper", "words"), [(stripped, "offers no STARTTLS"), (refused, "refuses STARTTLS")])
async def test_without_starttls_nothing_is_sent_in_clear(
    connection: Connection, short_folder: Path, shop: Shop, tamper: Callable[[bytes], bytes], words: str
) -> None:
    """Neither the log-in nor a mail: whoever takes STARTTLS out on the way wants just that."""
    async with wire_to(shop.servers.submission) as wire:
        wire.tamper = tamper
        settings = through(shop, "smtp", wire)
        assert settings["smtp_security"] == Security.STARTTLS
        async with site(connection, short_folder, "email", settings=settings) as at:
            said = await in_trouble(at)
            assert words in said
            assert "nothing was sent" in said.lower()
            assert_kept_secret(wire, shop)
            wire.tamper = None
            await works(at, shop)
