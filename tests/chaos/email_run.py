"""One run of the crash test over e-mail: mails arrive while hub, database and mail server are killed."""

import asyncio
import hashlib
import random
import shutil
import smtplib
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from hub.model.channel import Channel
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import open_database
from hub.store.projects import Projects
from tests.chaos.hub_under_test import DATABASE, Rig, hub_under_test
from tests.chaos.logs import Document, Logs, Stored
from tests.chaos.nemesis import Kind, Nemesis
from tests.chaos.run import _new_folder
from tests.mail_servers import MailServers, mail_servers_beside

MAILBOX = "shop@example.test"
PEOPLE = 5
WAITING_AT_FIRST = 40
POISON_SHARE = 0.03
THREAD_SHARE = 0.6
PROGRESS = 3
"""So many mails are stored between two strikes: a hub that is only ever killed while it starts shows nothing."""
DRAIN_WITHIN_S = 120.0
LONGEST = 4.0
"""A slow machine may take so many times the wanted seconds to see every kind of kill."""


@dataclass
class Outcome:
    """What a run came to; everything but the counts has to be empty."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    wrongly_parked: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    drained: bool = True
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every promise held."""
        broken = self.lost or self.twice or self.out_of_order or self.wrongly_parked or self.surprises
        return not broken and self.drained


async def run_email(seed: int, mails: int, seconds: float) -> Outcome:
    """So many mails arrive over about so many seconds; then everything drains and is counted."""
    folder = await asyncio.to_thread(_new_folder)
    rng, logs = random.Random(seed), Logs(seed=seed)
    try:
        async with mail_servers_beside() as servers:
            post = Post(servers, random.Random(rng.random()))
            await post.bring(WAITING_AT_FIRST)
            async with hub_under_test(folder, random.Random(rng.random()), logs.surprises, operators=0) as rig:
                await _add_channel(rig, servers)
                return await _run(rig, servers, post, logs, rng, mails, seconds)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)


async def _add_channel(rig: Rig, servers: MailServers) -> None:
    """The mailbox; a hub that runs learns of it from the change stream."""
    connection = await open_database(rig.uri, DATABASE)
    [project] = await Projects(connection.database).all()
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="email", name="Crash test", key=new_id(),
        settings=servers.settings(MAILBOX), created_at=datetime.now(UTC),
    )  # fmt: skip
    await Channels(connection.database).add(channel)
    await connection.close()


class Post:
    """Brings mails of a few people, some in threads, some that nobody can read. What lies in the mailbox is the truth:
    a mail server that dies in mid-delivery may have taken the mail, and then it lies there twice.
    """

    def __init__(self, servers: MailServers, rng: random.Random) -> None:
        self._servers, self._rng = servers, rng
        self._newest: dict[int, str] = {}
        self.brought = self.poisons = self.retries = 0

    async def bring(self, count: int, within_s: float = 0) -> None:
        """`count` mails, spread over a time."""
        for _ in range(count):
            raw = self._mail()
            while not await asyncio.to_thread(self._delivered, raw):
                self.retries += 1
                await asyncio.sleep(0.1)
            self.brought += 1
            await asyncio.sleep(self._rng.uniform(0, 2 * within_s / count))

    def _mail(self) -> bytes:
        number, person = self.brought, self._rng.randrange(PEOPLE)
        if self._rng.random() < POISON_SHARE:
            self.poisons += 1
            return f"Subject: from nobody {number}\r\n\r\nHello\r\n".encode()
        lines = [
            f"From: person{person}@example.test", f"To: {MAILBOX}", f"Message-ID: <{number}@example.test>",
            f"Subject: Mail {number}",
        ]  # fmt: skip
        if person in self._newest and self._rng.random() < THREAD_SHARE:
            lines.append(f"In-Reply-To: {self._newest[person]}")
        self._newest[person] = f"<{number}@example.test>"
        return ("\r\n".join(lines) + f"\r\n\r\nNumber {number}\r\n").encode()

    def _delivered(self, raw: bytes) -> bool:
        try:
            self._servers.deliver(raw, MAILBOX)
        except (OSError, smtplib.SMTPException):
            return False
        return True


class MailNemesis(Nemesis):
    """Kills hub, database and mail server while mails come in."""

    def __init__(self, rig: Rig, servers: MailServers, logs: Logs, rng: random.Random, began: float) -> None:
        super().__init__(rig, logs, rng, began)
        self._servers, self._turns, self._where = servers, rng, rig
        self.server_kills = 0

    @property
    def has_struck_all(self) -> bool:
        """Whether each of the three was killed, also hub and database at once."""
        return self.server_kills >= 1 and self.mongod_kills >= 2 and self.hub_kills >= 2

    async def run(self, stop: asyncio.Event) -> None:
        """One strike after the other until `stop`, each after some mails were stored since the last."""
        first = ["hub", "server", "mongod", "both"]
        done = await _stored_count(self._where) or 0
        while not stop.is_set():
            count = await _stored_count(self._where)
            if count is None or count < done + PROGRESS:
                await asyncio.sleep(0.1)
                continue
            done = count
            await asyncio.sleep(self._turns.uniform(0, 0.5))
            await self._hit(first.pop(0) if first else self._turns.choice(("hub", "hub", "server", "mongod", "both")))

    async def _hit(self, what: str) -> None:
        if what != "server":
            kinds = {"hub": Kind.HUB_KILL, "mongod": Kind.MONGOD_KILL, "both": Kind.BOTH_KILL}
            await self._strike(kinds[what])
            return
        await asyncio.to_thread(self._servers.crash)
        await asyncio.sleep(self._turns.uniform(0, 1))
        await asyncio.to_thread(self._servers.start)
        self.server_kills += 1


async def _run(
    rig: Rig, servers: MailServers, post: Post, logs: Logs, rng: random.Random, mails: int, seconds: float
) -> Outcome:
    began = time.monotonic()
    nemesis = MailNemesis(rig, servers, logs, random.Random(rng.random()), began)
    calm = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        striking = group.create_task(nemesis.run(calm))
        await post.bring(mails - WAITING_AT_FIRST, seconds)
        while time.monotonic() - began < LONGEST * seconds and not nemesis.has_struck_all:
            await post.bring(1, 1)
        calm.set()
        await striking
    mailbox = await asyncio.to_thread(servers.mails, MAILBOX)
    drained = await _drained(rig, len(set(mailbox)))
    outcome = check(mailbox, await rig.stored())
    outcome.drained = drained
    outcome.surprises = [one.what for one in logs.surprises]
    outcome.counts |= {
        "mails": len(mailbox), "poisons": post.poisons, "brought again": post.retries, "hub kills": nemesis.hub_kills,
        "mongod kills": nemesis.mongod_kills, "server kills": nemesis.server_kills,
    }  # fmt: skip
    return outcome


async def _stored_count(rig: Rig) -> int | None:
    """How many mails the hub has taken; None while the database is away."""
    with suppress(PyMongoError):
        async with AsyncMongoClient[Document](rig.uri, serverSelectionTimeoutMS=1_000) as client:
            database = client[DATABASE]
            messages = await database["messages"].count_documents({"direction": "in"})
            return messages + await database["parked"].count_documents({})
    return None


async def _drained(rig: Rig, mails: int) -> bool:
    """Until the hub has taken every mail and has nothing left to do."""
    try:
        async with asyncio.timeout(DRAIN_WITHIN_S):
            await rig.ready()
            while (await _stored_count(rig) or 0) < mails or await rig.backlog():
                await asyncio.sleep(0.2)
    except TimeoutError:
        return False
    return True


def check(mailbox: Sequence[bytes], stored: Stored) -> Outcome:
    """`mailbox` holds the mails in the order of their UIDs."""
    outcome = Outcome()
    uids = {f"sha256:{hashlib.sha256(raw).hexdigest()}": uid for uid, raw in enumerate(mailbox, 1)}
    received = [one for one in stored.messages if one["direction"] == "in"]
    taken = Counter([one["external_id"] for one in received] + [one["external_id"] for one in stored.parked])
    outcome.lost = [f"uid {uid}" for name, uid in uids.items() if not taken[name]]
    outcome.twice = [f"uid {uids.get(name)}" for name, count in taken.items() if count > 1 or name not in uids]
    for parked in stored.parked:
        if parked["external_id"] in uids and b"from nobody" not in mailbox[uids[parked["external_id"]] - 1]:
            outcome.wrongly_parked.append(parked["reason"])
    outcome.out_of_order = _out_of_order(received, stored.conversations, uids)
    outcome.counts = {"messages": len(received), "parked": len(stored.parked), "conversations": len(_threads(received))}
    return outcome


def _out_of_order(
    received: Sequence[Document], conversations: Sequence[Document], uids: Mapping[str, int]
) -> list[str]:
    """Threads whose positions, and contacts whose conversations, do not follow the UIDs."""
    found = []
    threads = _threads(received)
    for name, thread in threads.items():
        order = [uids.get(one["external_id"], 0) for one in sorted(thread, key=lambda one: int(one["position"]))]
        if order != sorted(order):
            found.append(f"thread {name}: {order}")
    firsts: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for conversation in conversations:
        thread = threads.get(conversation["_id"], [])
        if thread:
            first = min(uids.get(one["external_id"], 0) for one in thread)
            firsts[conversation["contact"]].append((conversation["number"], first))
    for contact, numbered in firsts.items():
        order = [uid for _, uid in sorted(numbered)]
        if order != sorted(order):
            found.append(f"conversations of {contact}: {order}")
    return found


def _threads(received: Sequence[Document]) -> Mapping[str, list[Document]]:
    threads: dict[str, list[Document]] = defaultdict(list)
    for message in received:
        threads[message["conversation"]].append(message)
    return threads
