"""The hub and its database as two child processes that die apart from each other and come back by themselves."""

import asyncio
import os
import random
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import aiohttp
from pymongo import AsyncMongoClient

from hub.model.channel import Channel
from hub.model.flow import FlowVersion, Source, StartOn, StartRule
from hub.model.ids import ChannelId, OperatorId, ProjectId, new_id
from hub.model.operator import Membership, Operator, Role
from hub.model.project import Project
from hub.services.passwords import Passwords
from hub.store import schema
from hub.store.channels import Channels
from hub.store.connection import open_database
from hub.store.flow_versions import FlowVersions, version_id
from hub.store.operators import Operators
from hub.store.projects import Projects
from tests.chaos.children import Child
from tests.chaos.flow_checks import FIRST_WORDS, FLOW, TEXT
from tests.chaos.logs import Document, Fault, Stored
from tests.chaos.replica_set import ReplicaSet
from tests.end_to_end.relay import Relay, open_relay

DATABASE = "chaos"
KEY = "chaos"
PASSWORD = "a password for the crash test"
READY_WITHIN_S = 60.0
LIMITS = {
    "messages_per_minute": 100_000, "frames_per_10_s": 100_000, "visitors_per_address_minute": 100_000,
    "sockets_per_visitor": 100, "sockets_per_address": 100_000, "sockets": 100_000,
}  # fmt: skip


@dataclass
class Rig:
    """Hub and database of one run."""

    hub: Child
    database: ReplicaSet
    url: str
    uri: str
    operators: Sequence[Operator]
    folder: Path
    line: Relay
    """The network between the two, if the hub was started over it."""

    @property
    def mongod(self) -> Child:
        """The node of the database, where it has one."""
        return self.database.nodes[0]

    async def ready(self) -> None:
        """Return when the hub says that it can work."""
        async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.url}/readyz", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                        if answer.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
                await asyncio.sleep(0.05)

    async def stored(self) -> Stored:
        """Every document, read past the hub."""
        async with AsyncMongoClient[Document](self.uri, readConcernLevel="majority", tz_aware=True) as client:
            database = client[DATABASE]
            return Stored(
                messages=await database["messages"].find().to_list(),
                turns=await database["turns"].find().to_list(),
                conversations=await database["conversations"].find().to_list(),
                parked=await database["parked"].find().to_list(),
                timers=await database["timers"].find().to_list(),
                flow_sessions=await database["flow_sessions"].find().to_list(),
                stage_log=await database["stage_log"].find().to_list(),
            )

    async def backlog(self) -> int:
        """How much the hub has still to do."""
        async with AsyncMongoClient[Document](self.uri, serverSelectionTimeoutMS=20_000) as client:
            database = client[DATABASE]
            undecided = await database["messages"].count_documents({"undecided": True})
            waiting = await database["messages"].count_documents({"delivery.status": {"$in": ["queued", "sending"]}})
            soon = datetime.now(UTC) + timedelta(minutes=2)  # a question that is still open reminds in hours
            pending = await database["timers"].count_documents({"status": "pending", "due_at": {"$lte": soon}})
            return undecided + waiting + pending + await database["turns"].count_documents({"applied": False})


@asynccontextmanager
async def hub_under_test(
    folder: Path,
    rng: random.Random,
    surprises: list[Fault],
    *,
    operators: int,
    module: Sequence[str] = ("hub",),
    nodes: int = 1,
    over_network: bool = False,
    disk: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Rig]:
    """A hub on its own database of so many nodes in `folder`, whose path is short. `module` runs instead of the hub.

    `over_network`: the hub reaches its one node over the rig's `line`, and nobody else does. `disk` is where the
    database lies, if not in the folder. Settings in `environment` count.
    """
    began = time.monotonic()

    def surprise(what: str) -> None:
        surprises.append(Fault(what, time.monotonic() - began))

    database = ReplicaSet(disk or folder, rng, surprise, nodes=nodes)
    uri = database.uri
    port = free_port()
    async with open_relay(0, database.paths[0]) as line, asyncio.TaskGroup() as group:
        over_line = f"mongodb://127.0.0.1:{line.port}/?replicaSet=rs0&directConnection=true"
        settings = {
            "HOST": "127.0.0.1", "PORT": str(port), "MONGODB_URI": over_line if over_network else uri,
            "DATABASE": DATABASE, "DATA_DIR": str(folder / "hub"), "SECRET_KEY": "k" * 32, "FREE_SPACE_BYTES": "0",
            "FREE_SPACE_SHARE": "0", "SWEEP_S": "2", "ARGON2_MEMORY_KIB": "8", "ARGON2_PASSES": "1", "LOG_JSON": "true",
            "FLOW_STEPS_A_MINUTE": "0",
        }  # fmt: skip
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        given = {f"HUB_{name}": value for name, value in settings.items()}
        hub = Child(
            "hub", [sys.executable, "-m", *module, "run"], {**inherited, **given, **environment}, folder / "hub.log",
            pause_s=lambda: rng.uniform(0, 0.3), surprise=surprise,
        )  # fmt: skip
        tasks = [group.create_task(database.run())]
        try:
            await database.initiate()
            people = await _seed(uri, operators)
            tasks.append(group.create_task(hub.run()))
            rig = Rig(hub, database, f"http://127.0.0.1:{port}", uri, people, folder, line)
            await rig.ready()
            yield rig
        finally:
            for task in reversed(tasks):
                task.cancel()


async def _seed(uri: str, operators: int) -> Sequence[Operator]:
    """A project with a web chat and people who answer."""
    now = datetime.now(UTC)
    connection = await open_database(uri, DATABASE)
    database = connection.database
    await schema.check(database)
    project = Project(id=ProjectId(new_id()), name="Crash test", created_at=now)
    await Projects(database).put(project)
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="webchat", name="Crash test", key=KEY, greeting="Hello!",
        settings={"limits": dict(LIMITS)}, flows=(StartRule(flow=FLOW, on=StartOn.WORDS, words=FIRST_WORDS),),
        created_at=now,
    )  # fmt: skip
    await FlowVersions(database).add(
        FlowVersion(
            id=version_id(project.id, FLOW, 1, 0),
            project=project.id,
            flow=FLOW,
            version=1,
            title=FLOW,
            sha256="",
            sources=(Source(name=f"{FLOW}.yml", text=TEXT),),
            at=now,
        )
    )
    await Channels(database).add(channel)
    hashed = await Passwords(memory_kib=8, passes=1).hash(PASSWORD)
    people = [
        Operator(
            id=OperatorId(new_id()), email=f"operator{number}@example.test", name=f"Operator {number}",
            password_hash=hashed, memberships=(Membership(project=project.id, role=Role.OPERATOR),), created_at=now,
        )
        for number in range(1, operators + 1)
    ]  # fmt: skip
    for person in people:
        await Operators(database).add(person)
    await connection.close()
    return people


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
