"""Folders, servers without IDLE, and servers that fall silent: what is read, and that reading goes on."""

import asyncio
import imaplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.email.connector import Email
from connectors.email.mime import read_mail
from connectors.email.parse import events_of
from connectors.errors import ChannelUnavailable, NotAccepting
from hub.app.background import background
from hub.demo.mail.imap_server import imap_server, same_secret
from hub.demo.mail.post_office import Owner, PostOffice
from hub.demo.mail.smtp_server import smtp_server
from hub.store.connection import Connection
from tests.connectors.doubles import HubDouble, channel_of, until
from tests.connectors.email.shop import Shop, conversations
from tests.connectors.email.test_contract import SHOP, raw_mail
from tests.connectors.test_in_the_hub import site
from tests.end_to_end.relay import Relay, open_relay
from tests.mail_servers import PASSWORD

SECRET = "secret"


@asynccontextmanager
async def reading(office: PostOffice, imap: int, hub: HubDouble, **more: Any) -> AsyncIterator[Email]:
    """A connector that reads a mailbox of the demo's servers."""
    async with smtp_server(office, SHOP) as smtp:
        settings = {
            "address": SHOP, "password": SECRET, "imap_host": "127.0.0.1", "imap_port": imap, "imap_security": "none",
            "smtp_port": smtp, "smtp_security": "none", "smtp_password": "", "since_now": False, **more,
        }  # fmt: skip
        async with connected(hub, settings) as connector:
            yield connector


@asynccontextmanager
async def connected(hub: HubDouble, settings: dict[str, Any]) -> AsyncIterator[Email]:
    """A connector that reads, begun again by its supervisor when its server cannot be reached."""
    connector = Email(channel_of("email", **settings), hub.services())

    async def listen() -> None:
        while True:
            try:
                await connector.listen(hub.receive)
            except (ChannelUnavailable, NotAccepting):
                await asyncio.sleep(0.05)

    async with background(listen):
        yield connector
    await connector.close()


def office_in(folder: Path) -> PostOffice:
    office = PostOffice(folder, [Owner(SHOP, "Shop")])
    office.load()
    return office


async def test_a_server_without_idle_is_asked_now_and_then(tmp_path: Path) -> None:
    office, hub = office_in(tmp_path), HubDouble()
    async with imap_server(office, same_secret(SECRET), idles=False) as imap:
        async with reading(office, imap, hub, poll_s=0.1):
            for number in range(3):
                office.deliver(raw_mail(f"m{number}", f"{number}"), [SHOP], "none")
                await until(lambda number=number: hub.texts == [f"{one}" for one in range(number + 1)], 20)


async def _fell_silent(relay: Relay, office: PostOffice, hub: HubDouble) -> None:
    """The line to the server hangs, with nobody hanging up; what comes meanwhile is there when it is mended."""
    relay.hold_answers()
    office.deliver(raw_mail("m2", "while it hangs"), [SHOP], "none")
    await asyncio.sleep(0.2)
    assert hub.texts == ["before"]
    relay.cut()
    relay.mend()
    await until(lambda: hub.texts == ["before", "while it hangs"], 30)


async def test_a_server_that_hangs_and_breaks_is_asked_again(tmp_path: Path) -> None:
    office, hub = office_in(tmp_path), HubDouble()
    async with imap_server(office, same_secret(SECRET)) as imap, open_relay(0, imap) as relay:
        async with reading(office, relay.port, hub, timeout_s=5):
            office.deliver(raw_mail("m1", "before"), [SHOP], "none")
            await until(lambda: hub.texts == ["before"], 20)
            await _fell_silent(relay, office, hub)


async def test_a_server_that_never_answers_is_left_after_a_while(tmp_path: Path) -> None:
    """Nobody hangs up: only the connector's own patience ends it, and then mail comes in over another connection."""
    office, hub = office_in(tmp_path), HubDouble()
    async with imap_server(office, same_secret(SECRET), idles=False) as imap, open_relay(0, imap) as relay:
        async with reading(office, relay.port, hub, timeout_s=1, poll_s=0.1):
            office.deliver(raw_mail("m1", "before"), [SHOP], "none")
            await until(lambda: hub.texts == ["before"], 20)
            relay.hold_answers()
            office.deliver(raw_mail("m2", "after"), [SHOP], "none")
            await asyncio.sleep(1.5)  # longer than it waits for an answer
            relay.mend()
            await until(lambda: hub.texts == ["before", "after"], 30)


async def test_every_folder_that_is_named_is_read(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """Also one with a name in other letters; what lies in the others stays there."""

    def sort_away() -> None:
        with imaplib.IMAP4("127.0.0.1", shop.servers.imap) as client:
            client.login(shop.address, PASSWORD)
            for folder in ('"&BBcEMARPBDIEOgQ4-"', "Other"):  # Заявки
                client.create(folder)
                client.append(folder, "", None, raw_mail(folder, f"in {folder}"))

    await asyncio.to_thread(sort_away)
    settings = shop.settings(folders=["INBOX", "Заявки"])
    async with site(connection, short_folder, "email", settings=settings) as at:
        shop.write("in the inbox")
        found = await conversations(at, 2)
        texts = {(await at.hub.pipeline.messages.window(one.id))[0].text for one in found}
        assert texts == {"in the inbox", 'in "&BBcEMARPBDIEOgQ4-"'}


async def test_mails_that_wait_for_a_slow_hub_are_stored_in_their_order(tmp_path: Path) -> None:
    """What was read meanwhile is offered together; what the hub refused comes again, and nothing overtakes it."""
    office, hub = office_in(tmp_path), HubDouble()
    wanted = [f"{number}" for number in range(230)]
    for number in wanted:
        office.deliver(raw_mail(f"m{number}", number), [SHOP], "none")
    hub.gate.clear()
    async with imap_server(office, same_secret(SECRET)) as imap:
        async with reading(office, imap, hub):
            await until(lambda: bool(hub.offered), 30)
            hub.accepting = False
            hub.gate.set()
            await until(lambda: len(hub.offered) > 50, 30)
            assert hub.texts == []
            hub.accepting = True
            await until(lambda: len(hub.texts) == 230, 30)
    assert hub.texts == wanted


async def test_a_mail_that_the_hub_stumbles_over_is_parked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours, put in by hand at both places: the mail waits with its raw bytes, and those behind it come."""

    def stumbling(sound: Callable[..., Any], word: bytes) -> Callable[..., Any]:
        def called(raw: bytes, *more: Any, **options: Any) -> Any:
            if word in raw:
                raise RuntimeError
            return sound(raw, *more, **options)

        return called

    monkeypatch.setattr("connectors.email.reading.read_mail", stumbling(read_mail, b"a stone"))
    monkeypatch.setattr("connectors.email.reading.events_of", stumbling(events_of, b"a root"))
    office, hub = office_in(tmp_path), HubDouble()
    async with imap_server(office, same_secret(SECRET)) as imap, reading(office, imap, hub):
        for number, text in enumerate(("first", "a stone", "a root", "last")):
            office.deliver(raw_mail(f"m{number}", text), [SHOP], "none")
        await until(lambda: hub.texts == ["first", "last"], 30)
        assert ["stumbled" in one.reason for one in hub.parked.values()] == [True, True]
