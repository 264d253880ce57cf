"""Servers that say more than they have, or without an end: what the hub takes is bounded, and reading goes on."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.reasons import sentence
from hub.demo.mail.imap_server import imap_server, same_secret
from tests.connectors.doubles import HubDouble, until
from tests.connectors.email.shop import Shop
from tests.connectors.email.test_contract import SHOP, raw_mail
from tests.connectors.email.test_reading import SECRET, connected, office_in, reading
from tests.connectors.email.wire import wire_to
from tests.mail_servers import PASSWORD

SOON_S = 90
SOON = {"poll_s": 0.2, "renew_idle_s": 1, "timeout_s": 5}
MOST_BYTES = 64 * 1024**2
"""What a server may get rid of before the hub hangs up; buffers of the two systems included."""
LIES = ["99999999999", "9" * 5_000]

FLOODS = {
    "a line": b"* SEARCH" + b" 1" * 30_000,
    "empty lines": b"*\r\n" * 20_000,
    "lines": b"* 1 EXISTS\r\n" * 5_000,
    "literals": b"* X {9}\r\n123456789\r\n" * 3_000,
}


def exaggerating(announced: str, uid: int | None = None) -> Callable[[bytes], bytes]:
    """Each mail, or the one with this UID, is announced as this large."""
    head = re.compile(rb"(FETCH \(.*UID %s .*BODY\[\] )\{\d+\}" % (str(uid).encode() if uid else rb"\d+"))
    return lambda line: head.sub(rb"\1{%s}" % announced.encode(), line)


@pytest.mark.parametrize("announced", LIES, ids=["much", "no number"])
async def test_a_mail_of_a_size_without_bounds_stops_no_other(shop: Shop, announced: str) -> None:
    """A real server, whose answer is changed on the way: the mail stays there and is parked with the reason."""
    hub = HubDouble()
    for number, text in enumerate(("first", "second", "third")):
        shop.deliver(raw_mail(f"m{number}", text))
    async with wire_to(shop.servers.imap) as wire:
        wire.tamper = exaggerating(announced, uid=2)
        settings = shop.settings(imap_host="127.0.0.1", imap_port=wire.port, imap_security="none", password=PASSWORD)
        async with connected(hub, {**settings, **SOON}) as connector:
            await until(lambda: hub.texts == ["first", "third"], SOON_S)
            [parked] = hub.parked.values()
            assert f"{announced[:11]}" in parked.reason
            assert "left in the mailbox" in parked.reason
            await until(lambda: not connector.notice(), SOON_S)


async def test_a_server_that_lies_about_every_mail_is_asked_again(tmp_path: Path) -> None:
    """No mail is parked for it; the channel says what is wrong, and goes on once the server has come round."""
    office, hub = office_in(tmp_path), HubDouble()
    for text in ("first", "second"):
        office.deliver(raw_mail(text, text), [SHOP], "none")
    async with imap_server(office, same_secret(SECRET)) as imap, wire_to(imap) as wire:
        wire.tamper = exaggerating(LIES[0])
        async with reading(office, wire.port, hub, **SOON) as connector:
            await until(lambda: [one.code for one in connector.notice()] == ["imap_too_much"], SOON_S)
            assert LIES[0] in sentence(connector.notice()[0])
            wire.tamper = None
            wire.cut()
            await until(lambda: hub.texts == ["first", "second"], SOON_S)
            assert not hub.parked
            await until(lambda: not connector.notice(), SOON_S)


async def test_an_answer_in_several_lines_is_put_together(tmp_path: Path) -> None:
    """The UIDs of many mails may come so, in any order (RFC 3501, 7.2.5) and with other words between: none is lost."""
    office, hub = office_in(tmp_path), HubDouble()
    texts = [f"{number}" for number in range(5)]
    for text in texts:
        office.deliver(raw_mail(text, text), [SHOP], "none")

    def in_lines(line: bytes) -> bytes:
        if not line.startswith(b"* SEARCH "):
            return line
        words = reversed(line.split()[2:])
        return b"* 5 EXISTS\r\n".join(b"* SEARCH " + word + b"\r\n" for word in words)

    async with imap_server(office, same_secret(SECRET)) as imap, wire_to(imap) as wire:
        wire.tamper = in_lines
        async with reading(office, wire.port, hub, **SOON):
            await until(lambda: hub.texts == texts, SOON_S)
    assert hub.texts == texts
    assert len(hub.offered) == 5


class Babbler:
    """An IMAP server that answers the search, or greets, with a flood and goes on for as long as somebody listens."""

    def __init__(self, flood: bytes, *, greets: bool) -> None:
        self._flood, self._greets = flood, greets
        self.talks = True
        self.said: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            if self._greets:
                await self._babble(writer)
            writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
            while line := await reader.readline():
                tag, *words = line.split()
                if b"SEARCH" in words:
                    await self._babble(writer)
                    writer.write(b"* SEARCH\r\n")
                writer.write(b"* CAPABILITY IMAP4rev1\r\n* OK [UIDVALIDITY 1] one\r\n" + tag + b" OK done\r\n")
        except OSError:
            pass  # the client has had enough
        finally:
            writer.transport.abort()

    async def _babble(self, writer: asyncio.StreamWriter) -> None:
        if not self.talks:
            return
        self.said.append(0)
        while self.said[-1] < 10 * MOST_BYTES:
            writer.write(self._flood)
            await writer.drain()
            self.said[-1] += len(self._flood)


@asynccontextmanager
async def babbling(flood: bytes, *, greets: bool) -> AsyncIterator[tuple[Babbler, int]]:
    """The server, and its port."""
    babbler = Babbler(flood, greets=greets)
    server = await asyncio.start_server(babbler.serve, "127.0.0.1", 0)
    try:
        yield babbler, int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


@pytest.mark.parametrize("greets", [True, False], ids=["greeting", "search"])
@pytest.mark.parametrize("flood", FLOODS)
async def test_a_server_that_never_stops_talking_is_left(tmp_path: Path, flood: str, *, greets: bool) -> None:
    """The connection ends before much has come; the channel is well again once the server is."""
    hub = HubDouble()
    async with babbling(FLOODS[flood], greets=greets) as (babbler, port):
        async with reading(office_in(tmp_path), port, hub, **SOON) as connector:
            await until(lambda: len(babbler.said) > 1, SOON_S)
            if not greets:
                assert [one.code for one in connector.notice()] == ["imap_too_much"]
            babbler.talks = False
            await until(lambda: not connector.notice(), SOON_S)
    assert max(babbler.said) < MOST_BYTES
