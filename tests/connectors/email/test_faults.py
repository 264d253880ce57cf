"""Servers and lines that fail while a mailbox is read: each way to die, and every mail is there afterwards, once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

import pytest

from hub.app.background import background
from hub.demo.mail.imap_server import imap_server, same_secret
from tests.connectors.doubles import HubDouble, until
from tests.connectors.email.shop import Shop
from tests.connectors.email.test_contract import SHOP, raw_mail
from tests.connectors.email.test_reading import SECRET, connected, office_in, reading
from tests.end_to_end.relay import open_relay
from tests.mail_servers import PASSWORD

SOON_S = 90
LARGE = "".join(random.Random(5).choices("abcdefgh\n", k=600_000)).strip()
NEVER = {"poll_s": 3_600, "renew_idle_s": 1_500, "timeout_s": 300}
"""Nothing is looked for by itself within a test: only the loss of the connection can be the reason to begin again."""
SOON = {"poll_s": 0.2, "renew_idle_s": 1, "timeout_s": 1}


class Death(StrEnum):
    """How a server ends while, or instead of, waiting with its client."""

    BYE_FOR_AN_ANSWER = "bye_for_an_answer"
    CLOSES_FOR_AN_ANSWER = "closes_for_an_answer"
    CLOSES_WHILE_WAITING = "closes_while_waiting"
    BYE_WHILE_WAITING = "bye_while_waiting"
    FALLS_SILENT = "falls_silent"


class DyingServer:
    """Stands before a mail server and ends the first connection that idles; those after it pass."""

    def __init__(self, imap: int, death: Death) -> None:
        self._imap, self._death = imap, death
        self.died = asyncio.Event()
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._imap)
        self.open += 1
        try:
            async with background(lambda: _passed(server_reader, writer)):
                while line := await reader.readline():
                    if b" IDLE" in line and not self.died.is_set():
                        await self._die(line, server_writer, writer)
                        break
                    server_writer.write(line)
            if self._death in (Death.BYE_WHILE_WAITING, Death.FALLS_SILENT):
                await reader.read()  # nobody hangs up towards the client
        except OSError:
            pass  # the client has gone
        finally:
            self.open -= 1
            for end in (server_writer, writer):
                end.transport.abort()

    async def _die(self, line: bytes, server: asyncio.StreamWriter, client: asyncio.StreamWriter) -> None:
        if self._death in (Death.CLOSES_WHILE_WAITING, Death.BYE_WHILE_WAITING, Death.FALLS_SILENT):
            server.write(line)
            await asyncio.sleep(0.2)  # for the answer to be with the client, which waits by then
        if self._death in (Death.BYE_FOR_AN_ANSWER, Death.BYE_WHILE_WAITING):
            client.write(b"* BYE the server is going down\r\n")
            await client.drain()
        self.died.set()


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    await asyncio.Event().wait()


@asynccontextmanager
async def dying(imap: int, death: Death) -> AsyncIterator[tuple[DyingServer, int]]:
    """The server before another, and its port."""
    before = DyingServer(imap, death)
    server = await asyncio.start_server(before.serve, "127.0.0.1", 0)
    try:
        yield before, int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        while before.open:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("death", Death)
async def test_a_server_that_dies_while_it_is_waited_for_is_left(tmp_path: Path, death: Death) -> None:
    """What comes afterwards is read over another connection: at once where it hung up, soon where it did not."""
    office, hub = office_in(tmp_path), HubDouble()
    hung_up = death not in (Death.BYE_WHILE_WAITING, Death.FALLS_SILENT)
    async with imap_server(office, same_secret(SECRET)) as imap, dying(imap, death) as (server, port):
        async with reading(office, port, hub, **(NEVER if hung_up else SOON)):
            async with asyncio.timeout(SOON_S):
                await server.died.wait()
            office.deliver(raw_mail("m1", "after"), [SHOP], "none")
            await until(lambda: hub.texts == ["after"], SOON_S)


class RefusingServer:
    """Stands before a mail server and refuses every fetch that names one of some UIDs, or is silent about those."""

    def __init__(self, imap: int, uids: frozenset[bytes], *, silent: bool = False) -> None:
        self._imap, self.uids, self._silent = imap, uids, silent
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection. What it refuses stays: changed between two fetches, it would refuse one mail of several."""
        refused = self.uids
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._imap)
        try:
            async with background(lambda: _passed(server_reader, writer)):
                while line := await reader.readline():
                    uids = line.split()[3].split(b",") if b"BODY.PEEK[]" in line else []
                    given = [uid for uid in uids if uid not in refused]
                    self.refused += len(given) < len(uids)
                    if len(given) == len(uids) or (self._silent and given):
                        server_writer.write(line.replace(b",".join(uids), b",".join(given), 1) if uids else line)
                    else:
                        writer.write(line.split()[0] + (b" OK done\r\n" if self._silent else b" NO cannot convert\r\n"))
        except OSError:
            pass  # the client has gone
        finally:
            for end in (server_writer, writer):
                end.transport.abort()


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("at_once", [50, 1])
async def test_a_mail_that_the_server_cannot_give_is_parked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, *, silent: bool
) -> None:
    """It neither stops those before and behind it, asked for alone or with it, nor is it passed over in silence."""
    monkeypatch.setattr("connectors.email.reading.BATCH", at_once)
    office, hub = office_in(tmp_path), HubDouble()
    for text in ("first", "second", "third"):
        office.deliver(raw_mail(text, text), [SHOP], "none")
    async with imap_server(office, same_secret(SECRET)) as imap:
        before = RefusingServer(imap, frozenset({b"2"}), silent=silent)
        async with await asyncio.start_server(before.serve, "127.0.0.1", 0) as server:
            async with reading(office, server.sockets[0].getsockname()[1], hub, **SOON):
                await until(lambda: hub.texts == ["first", "third"], SOON_S)
                [parked] = hub.parked.values()
                assert ("it answers with nothing" if silent else "cannot convert") in parked.reason


async def test_a_server_that_gives_no_mail_at_all_is_asked_again(tmp_path: Path) -> None:
    """That is a trouble of the server, and no mail is parked for it."""
    office, hub = office_in(tmp_path), HubDouble()
    for text in ("first", "second"):
        office.deliver(raw_mail(text, text), [SHOP], "none")
    async with imap_server(office, same_secret(SECRET)) as imap:
        before = RefusingServer(imap, frozenset({b"1", b"2"}))
        async with await asyncio.start_server(before.serve, "127.0.0.1", 0) as server:
            async with reading(office, server.sockets[0].getsockname()[1], hub, **SOON):
                await until(lambda: before.refused > 3, SOON_S)
                before.uids = frozenset()
                await until(lambda: hub.texts == ["first", "second"], SOON_S)
                assert not hub.parked


async def test_a_slow_line_brings_a_large_mail_in_the_end(tmp_path: Path) -> None:
    """It takes several times as long as an answer may: what counts is that bytes come."""
    office, hub = office_in(tmp_path), HubDouble()
    async with imap_server(office, same_secret(SECRET)) as imap, open_relay(0, imap) as relay:
        relay.slow_down(at_once=20_000, every_s=0.1)
        office.deliver(raw_mail("m1", LARGE), [SHOP], "none")
        async with reading(office, relay.port, hub, timeout_s=1, poll_s=0.1):
            await until(lambda: hub.texts == [LARGE], SOON_S)


async def test_a_line_that_stops_in_mid_fetch_is_left(tmp_path: Path) -> None:
    """Nobody hangs up: half of a mail has come and the rest never does. The mail is fetched again, whole."""
    office, hub = office_in(tmp_path), HubDouble()
    async with imap_server(office, same_secret(SECRET)) as imap, open_relay(0, imap) as relay:
        office.deliver(raw_mail("m1", LARGE), [SHOP], "none")
        relay.slow_down(at_once=20_000, every_s=0.05)
        async with reading(office, relay.port, hub, timeout_s=1, poll_s=0.1):
            await until(lambda: relay.answered > 100_000, SOON_S)
            relay.hold_answers()
            before = relay.connections
            assert hub.texts == []
            await until(lambda: relay.connections > before, SOON_S)  # its own patience, for nobody else ends it
            relay.mend()
            await until(lambda: hub.texts == [LARGE], SOON_S)


async def test_a_server_killed_in_mid_fetch_has_lost_and_doubled_nothing(shop: Shop) -> None:
    """A real one, while the second of three mails is on its way."""
    hub = HubDouble()
    for number, text in enumerate(("first", LARGE, "last")):
        shop.deliver(raw_mail(f"m{number}", text))
    async with open_relay(0, shop.servers.imap) as relay:
        relay.slow_down(at_once=20_000, every_s=0.05)
        settings = shop.settings(imap_host="127.0.0.1", imap_port=relay.port, imap_security="none", password=PASSWORD)
        async with connected(hub, settings):
            await until(lambda: relay.answered > 100_000, SOON_S)
            relay.cut()  # what was on its way is lost with the machine, too
            await asyncio.to_thread(shop.servers.crash)
            assert hub.texts == []
            await asyncio.to_thread(shop.servers.start)
            relay.mend()
            await until(lambda: len(hub.texts) >= 3, SOON_S)
            shop.deliver(raw_mail("m4", "afterwards"))
            await until(lambda: len(hub.texts) >= 4, SOON_S)
            assert hub.texts == ["first", LARGE, "last", "afterwards"]
            assert len(hub.offered) == 4
