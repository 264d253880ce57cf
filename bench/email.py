"""E-mail: mails made durable a second beside a loop that only fetches them, and the memory that a large mail takes."""

import asyncio
import base64
import imaplib
import itertools
import logging
import os
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aioimaplib

from bench.rig import running_hub, running_mongod
from bench.rows import Row, alone, compared
from connectors.email.imap import Mailbox as Client
from hub.model.channel import Channel
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import Connection, open_database
from hub.store.projects import Projects
from tests.chaos.hub_under_test import DATABASE, Rig
from tests.mail_servers import PASSWORD, MailServers, mail_servers_beside

RUNS = 3
LOOP_S = 2.0
"""A bare loop goes over the mailbox again until so much time is over: a burst finds more of a busy machine free."""
SIZES = {"5kB": (5_000, 5_000, 5_000), "5kB_of_ten": (5_000, 5_000, 10), "1MB": (1_000_000, 96, 10)}
"""Bytes of a mail, how many lie in the mailbox, and how many people wrote them.

Of small mails many: by the time the first are durable, some hundreds behind them are read already, and a mailbox of one
thousand shows a higher rate than a hub keeps up.
"""
OTHER_LIMITS = ("_of_own_client", "_of_imaplib", "_of_fifty_forgotten", "_of_fifty_kept")
"""What a hub is shown beside, without a target."""
FIFTY = 50
LARGE_BYTES = 50_000_000
WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Taken:
    """How a hub took a mailbox in: mails a second, and the CPU that one took of it and of its database."""

    rate: float
    hub_ms: float
    mongod_ms: float


async def run() -> list[Row]:
    """Both."""
    logging.disable(logging.WARNING)
    async with mail_servers_beside() as servers:
        return [*await _durable(servers), await _memory(servers)]


# From the mailbox to the disk -----------------------------------------------------------------------------------------


async def _durable(servers: MailServers) -> list[Row]:
    """A hub that finds a full mailbox, in turns with loops that do less and less of the same.

    The target is held against a loop of aioimaplib as it is, with nothing of the hub's around it, that asks for one
    mail after another, as whoever keeps each before asking for the next. The hub's own client, which stands on it,
    guards each wait and reads answers with less work; the standard library's is quicker, and does it without an event
    loop. A loop that asks for fifty at a time and forgets them shows what Dovecot can give at all; one that keeps the
    raw bytes of fifty in the same database what can be had with a promise, and without reading anything.
    """
    rows = []
    for name, (size_bytes, count, people) in SIZES.items():
        ours: list[Taken] = []
        limits: dict[str, list[float]] = {name: [] for name in ("", *OTHER_LIMITS)}
        for _ in range(RUNS):
            address = f"{new_id()}@example.test"
            await asyncio.to_thread(_fill, servers, address, size_bytes, count, people)
            limits[""].append(await _fetched_by_aioimaplib(servers, address))
            limits["_of_own_client"].append(await _fetched_by_ours(servers, address))
            limits["_of_imaplib"].append(await asyncio.to_thread(_fetched, servers, address, 1))
            limits["_of_fifty_forgotten"].append(await asyncio.to_thread(_fetched, servers, address, FIFTY))
            limits["_of_fifty_kept"].append(await _kept(servers, address))
            ours.append(await _stored(servers, address, count))
        rates = [one.rate for one in ours]
        for limit, found in limits.items():
            target = None if limit else 0.5
            rows.append(compared(f"email_durable_{name}{limit}", rates, "mails/s", found, at_least=target))
        rows.append(alone(f"email_hub_cpu_{name}", [one.hub_ms for one in ours], "ms a mail"))
        rows.append(alone(f"email_mongod_cpu_{name}", [one.mongod_ms for one in ours], "ms a mail"))
    return rows


def _fill(servers: MailServers, address: str, size_bytes: int, count: int, people: int) -> None:
    mails = (_mail(f"customer{number % people}@example.test", number, size_bytes) for number in range(count))
    while some := list(itertools.islice(mails, 100)):
        servers.deliver_all(some, address)


def _mail(sender: str, number: int, size_bytes: int) -> bytes:
    """A text of up to 5 kB; what is more is a file."""
    text = "We need some kettles, and here is why.\r\n" * (min(size_bytes, 5_000) // 40)
    head = f"From: {sender}\r\nTo: shop@example.test\r\nSubject: Mail {number}\r\nMessage-ID: <{new_id()}@x>\r\n"
    if size_bytes <= 5_000:
        return f"{head}\r\n{text}".encode()
    file = base64.encodebytes(number.to_bytes(4) * (size_bytes * 3 // 4 // 4)).replace(b"\n", b"\r\n")
    parts = (
        f'{head}Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n'
        "--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return parts.encode() + file + b"\r\n--b--\r\n"


@contextmanager
def _mailbox(servers: MailServers, address: str) -> Iterator[tuple[imaplib.IMAP4, list[bytes]]]:
    """A client with the folder open, over TLS as the hub's, and the UIDs in it."""
    context = ssl.create_default_context(cafile=str(servers.ca))
    with imaplib.IMAP4_SSL("localhost", servers.imaps, ssl_context=context) as client:
        client.login(address, PASSWORD)
        client.select("INBOX", readonly=True)
        yield client, client.uid("search", "ALL")[1][0].split()


def _some(client: imaplib.IMAP4, uids: Sequence[bytes]) -> Sequence[bytes]:
    answer = client.uid("fetch", b",".join(uids).decode(), "(UID BODY.PEEK[])")[1]
    return [bytes(one[1]) for one in answer if isinstance(one, tuple)]


def _fetched(servers: MailServers, address: str, at_once: int) -> float:
    """Mails a second of a loop that fetches so many at a time and forgets them."""
    with _mailbox(servers, address) as (client, uids):
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < LOOP_S:
            for start in range(0, len(uids), at_once):
                count += len(_some(client, uids[start : start + at_once]))
        return count / (time.perf_counter() - began)


async def _fetched_by_aioimaplib(servers: MailServers, address: str) -> float:
    """Mails a second of a loop that fetches one at a time with aioimaplib and forgets it."""
    context = ssl.create_default_context(cafile=str(servers.ca))
    client = aioimaplib.IMAP4("localhost", servers.imaps, timeout=WITHIN_S, ssl_context=context)
    await client.wait_hello_from_server()
    await client.login(address, PASSWORD)
    await client.select("INBOX")
    uids = (await client.uid_search("ALL", charset=None)).lines[0].decode().split()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < LOOP_S:
        for uid in uids:
            answer = await client.uid("fetch", uid, "(UID BODY.PEEK[])")
            count += sum(isinstance(one, bytearray) for one in answer.lines)
    rate = count / (time.perf_counter() - began)
    await client.logout()
    return rate


async def _fetched_by_ours(servers: MailServers, address: str) -> float:
    """Mails a second of a loop that fetches one at a time with the hub's client and forgets it."""
    context = ssl.create_default_context(cafile=str(servers.ca))
    mailbox = Client("localhost", servers.imaps, context, WITHIN_S)
    await mailbox.open(address, PASSWORD, "")
    try:
        await mailbox.select("INBOX")
        uids = await mailbox.uids_after(0)
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < LOOP_S:
            for uid in uids:
                count += len(await mailbox.bodies([uid]))
        return count / (time.perf_counter() - began)
    finally:
        mailbox.drop()


async def _kept(servers: MailServers, address: str) -> float:
    """Mails a second of a loop that fetches fifty at a time and keeps their bytes, as durably as the hub does."""
    async with running_mongod() as mongod:
        connection = await open_database(mongod.uri, DATABASE)
        raws = connection.database["raws"]
        entered = _mailbox(servers, address)
        client, uids = await asyncio.to_thread(entered.__enter__)
        try:
            began = time.perf_counter()
            for start in range(0, len(uids), FIFTY):
                some = await asyncio.to_thread(_some, client, uids[start : start + FIFTY])
                await raws.insert_many([{"raw": raw} for raw in some], ordered=False)
            return len(uids) / (time.perf_counter() - began)
        finally:
            await asyncio.to_thread(entered.__exit__, None, None, None)
            await connection.close()


async def _stored(servers: MailServers, address: str, count: int) -> Taken:
    """From the first that is durable to the last, of a hub that finds a full mailbox."""
    async with running_hub() as rig:
        connection = await open_database(rig.uri, DATABASE)
        try:
            await _add_channel(rig, servers, address)
            return await _taken(rig, connection, count)
        finally:
            await connection.close()


async def _taken(rig: Rig, connection: Connection, count: int) -> Taken:
    messages = connection.database["messages"]
    async with asyncio.timeout(WITHIN_S):
        while not (first := await messages.count_documents({"direction": "in"})):
            await asyncio.sleep(0.005)
        began, hub_ms, mongod_ms = time.perf_counter(), _cpu_ms(rig.hub.pid), _cpu_ms(rig.mongod.pid)
        while await messages.estimated_document_count() < count:  # counting them would cost the database a tenth more
            await asyncio.sleep(0.02)
        while await messages.count_documents({"direction": "in"}) < count:  # those that are durable
            await asyncio.sleep(0.005)
        took_s, mails = time.perf_counter() - began, count - first
        return Taken(
            mails / took_s, (_cpu_ms(rig.hub.pid) - hub_ms) / mails, (_cpu_ms(rig.mongod.pid) - mongod_ms) / mails
        )


def _cpu_ms(pid: int | None) -> float:
    """CPU time of a process so far (`proc(5)`: utime and stime, in ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


# Memory ---------------------------------------------------------------------------------------------------------------


async def _memory(servers: MailServers) -> Row:
    """What a hub holds more at its peak, in sizes of the mail."""
    ratios: list[float] = []
    for _ in range(RUNS):
        address = f"{new_id()}@example.test"
        async with running_hub() as rig:
            await asyncio.to_thread(servers.deliver, _mail("a@example.test", 0, 5_000), address)
            await _add_channel(rig, servers, address)
            await _until_stored(rig, 1)
            before = _kilobytes(rig, "VmHWM")
            large = _mail("a@example.test", 1, LARGE_BYTES)
            await asyncio.to_thread(servers.deliver, large, address)
            await _until_stored(rig, 2)
            ratios.append((_kilobytes(rig, "VmHWM") - before) * 1024 / len(large))
    return alone("email_memory_50MB", ratios, "x its size", at_most=4.0)


async def _add_channel(rig: Rig, servers: MailServers, address: str) -> None:
    connection = await open_database(rig.uri, DATABASE)
    [project] = await Projects(connection.database).all()
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="email", name="Bench", key=new_id(),
        settings=servers.settings(address), created_at=datetime.now(UTC),
    )  # fmt: skip
    await Channels(connection.database).add(channel)
    await connection.close()


async def _until_stored(rig: Rig, count: int) -> None:
    connection = await open_database(rig.uri, DATABASE)
    messages, parked = connection.database["messages"], connection.database["parked"]
    async with asyncio.timeout(WITHIN_S):
        while await messages.count_documents({"direction": "in"}) < count:
            found = await parked.find_one()
            assert found is None, found["reason"]
            await asyncio.sleep(0.1)
    await connection.close()


def _kilobytes(rig: Rig, what: str) -> int:
    """A figure of the hub's process as Linux keeps it; `VmHWM` is the most it ever held."""
    lines = Path(f"/proc/{rig.hub.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1])
