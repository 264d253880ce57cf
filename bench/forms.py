"""Submissions a second that are durable and acknowledged, against the raw group commit of the same run.

Each submission is somebody new, as on a real site: a contact and an address are made beside the message and its
conversation. Beside it the same from people who are known already. The limit knows nothing of contacts: group commit
with the conversation's list document, on the same mongod, in turns.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.inbound import RUNS, Way, Write, backlog, grouped, lines_to, unlisted
from bench.rig import running_hub
from bench.rows import Row, alone, compared, percentile
from hub.model.channel import Channel
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import Connection, open_database
from tests.chaos.hub_under_test import DATABASE, Rig

WRITERS = (16, 64)
FORMS_KEY, SECRET = "forms", "a secret of the measurement"
OPEN_WITHIN_S, LOOK_S = 20.0, 0.05
QUESTION = "Do you sell lamps, and how soon could twelve of them be here? " * 2
_numbers = itertools.count(10_000_000)


async def run() -> list[Row]:
    """For each number of writers the three ways in turns."""
    rows: list[Row] = []
    async with running_hub() as rig:
        connection, hub_store = await open_database(rig.uri, "raw"), await open_database(rig.uri, DATABASE)
        await with_forms(rig, hub_store)
        for writers in WRITERS:
            async with (
                senders(rig.url, writers, new=True) as strangers,
                senders(rig.url, writers, new=False) as known,
                grouped(connection) as to_group,
            ):
                news, again = (Way(one, unlisted(connection), backlog(connection)) for one in (strangers, known))
                raw = Way(to_group)
                for _ in range(RUNS):
                    for way in (news, again, raw):
                        await way.run(writers)
            rows += [
                compared(f"forms_{writers}", news.acknowledged, "submissions/s", raw.listed),
                compared(f"forms_{writers}_listed", news.listed, "submissions/s", raw.listed),
                compared(f"forms_{writers}_known_people", again.acknowledged, "submissions/s", raw.listed),
                alone(f"forms_{writers}_acknowledged_p99", [percentile(news.took, 0.99) * 1000], "ms"),
            ]
        await connection.close()
        await hub_store.close()
    return rows


async def with_forms(rig: Rig, store: Connection) -> None:
    """A form channel that takes leads; returns when it does."""
    channels = Channels(store.database)
    [shop, *_] = await channels.enabled()
    await channels.add(
        Channel(
            id=ChannelId(new_id()), project=shop.project, kind="forms", name="Forms", key=FORMS_KEY,
            settings={"secret": SECRET}, created_at=shop.created_at,
        )
    )  # fmt: skip
    async with asyncio.timeout(OPEN_WITHIN_S), lines_to(rig.url, 1) as [line]:
        while (await line.post(f"/hooks/forms/{FORMS_KEY}/json", b'{"id":"first","message":"Hello"}', SECRET))[
            0
        ] != 200:
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def senders(url: str, count: int, *, new: bool) -> AsyncIterator[Write]:
    """Systems that send leads, each over a connection of its own: each of somebody new, or each sender's own people."""
    async with lines_to(url, count) as lines:
        own = [f"buyer{next(_numbers)}@example.org" for _ in lines]

        async def write(writer: int) -> None:
            number = next(_numbers)
            email = f"buyer{number}@example.org" if new else own[writer]
            lead = {"id": str(number), "name": "Sample Buyer", "email": email, "message": QUESTION, "utm_source": "ads"}
            status, answer = await lines[writer].post(
                f"/hooks/forms/{FORMS_KEY}/json", json.dumps(lead).encode(), SECRET
            )
            if status != 200:
                raise RuntimeError(f"the hub answered {status}: {answer!r}")

        yield write
