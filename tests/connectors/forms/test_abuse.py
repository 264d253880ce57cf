"""A flood of scripts with people among them, all from one address, against a whole hub."""

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil

from bench.load import Line
from connectors.forms.stamps import Stamps
from connectors.http import FORM_BYTES
from hub.app.channel_secrets import channel_secret
from hub.store.connection import Connection
from tests.connectors.forms.sender import SITE
from tests.connectors.test_in_the_hub import Site, site

BOTS, PEOPLE, AT_ONCE = 10_000, 20, 40
CLEVER = 60
"""Scripts that wait as people do, which nothing tells from them: the limit of the address holds them."""
WARM = 1_000
GROWTH_MB = 30.0
SETTINGS = {"sites": [SITE], "fill_s": 60, "stamp_required": True, "posts_per_minute": 120}


@dataclass
class Flood:
    """One hub under fire: what was sent, and what was answered."""

    at: Site
    path: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def post(self, line: Line, kind: str, body: bytes, origin: str = SITE) -> int:
        """Send a form from the page of `origin`."""
        status, _ = await line.post(self.path, body, headers=f"Origin: {origin}\r\nSec-Fetch-Mode: cors\r\n")
        self.answers[kind, status] += 1
        return status

    async def form(self, line: Line, kind: str, origin: str = SITE, **fields: str) -> int:
        """Send fields as a script does."""
        return await self.post(line, kind, json.dumps(fields).encode(), origin)

    async def stamp(self, line: Line) -> str:
        """What the form's script asks for."""
        _, answer = await line.get(f"{self.path}/stamp", f"Origin: {SITE}\r\n")
        return str(json.loads(answer)["stamp"])

    def old_stamp(self) -> str:
        """One that somebody got an hour ago: who has it took their time."""
        at = self.at
        stamps = Stamps(channel_secret(at.hub.settings, at.channel.kind, at.channel.key))
        return stamps.make(at.hub.pipeline.clock.now() - timedelta(hours=1))

    # Scripts ---------------------------------------------------------------------------------------------------------

    async def trapped(self, line: Line) -> None:
        """Fills in every field there is."""
        await self.form(line, "trap", name="Bot", message="Buy", _website="https://spam.example")

    async def blind(self, line: Line) -> None:
        """Knows the fields and nothing of stamps."""
        await self.form(line, "no stamp", name="Bot", message=f"Buy {next(self.numbers)}")

    async def forger(self, line: Line) -> None:
        """Makes a stamp up."""
        await self.form(line, "forged", message="Buy", _stamp=f"{random.getrandbits(64):016x}.5f.{'0' * 20}")

    async def hasty(self, line: Line) -> None:
        """Has a stamp and does not wait."""
        await self.form(line, "hasty", message="Buy", _stamp=await self.stamp(line))

    async def stranger(self, line: Line) -> None:
        """Sits on a page of its own."""
        await self.form(line, "stranger", "https://spam.example", message="Buy")

    async def babbler(self, line: Line) -> None:
        """Sends what nobody can read."""
        body = b"{" + random.randbytes(20).hex().encode()
        await self.post(line, "unreadable", body)

    async def glutton(self, line: Line) -> None:
        """Sends as much as a form may have, and a trap in it."""
        await self.form(line, "big", message="a" * (FORM_BYTES // 2), _website="x")


async def test_people_get_through_a_flood_of_scripts_from_their_own_address(
    connection: Connection, tmp_path: Path
) -> None:
    """10,000 submissions of scripts and 20 of people: every person's arrives, the limits hold, memory does not grow."""
    async with site(connection, tmp_path, "forms", settings=SETTINGS) as at:
        flood = Flood(at, f"/hooks/forms/{at.channel.key}")
        lines = [await Line.to(at.hub.address) for _ in range(AT_ONCE)]
        person = await Line.to(at.hub.address)
        clever = [flood.old_stamp() for _ in range(CLEVER)]
        ways: list[Callable[[Line], Awaitable[None]]] = [
            flood.trapped, flood.trapped, flood.trapped, flood.blind, flood.blind, flood.forger, flood.hasty,
            flood.stranger, flood.babbler,
        ]  # fmt: skip
        left = BOTS - CLEVER
        memory: list[float] = []

        async def bots(line: Line) -> None:
            nonlocal left
            while left > 0:
                left -= 1
                if left == BOTS - CLEVER - WARM:
                    memory.append(resident_mb())
                await (flood.glutton if left % 100 == 0 else random.choice(ways))(line)
                if clever and left % 150 == 0:
                    await flood.form(line, "clever", message=f"Buy {left}", _stamp=clever.pop())

        async def people() -> None:
            for number in range(PEOPLE):
                while left > BOTS - (number + 1) * BOTS // (PEOPLE + 1) and left > 0:
                    await asyncio.sleep(0.01)
                told = await flood.form(
                    person, "person", name=f"Sample Buyer {number}", email=f"buyer{number}@example.org",
                    message=f"Question {number}", _stamp=flood.old_stamp(),
                )  # fmt: skip
                assert told == 200, f"person {number} was told {told}"

        async with asyncio.timeout(240), asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(bots(line))
            group.create_task(people())
        while clever:
            await flood.form(person, "clever", message=f"Buy {len(clever)}", _stamp=clever.pop())
        for line in (*lines, person):
            await line.close()

        check_answers(flood.answers)
        await stored(connection, at, {f"Question {number}" for number in range(PEOPLE)}, flood.answers["clever", 200])
        assert resident_mb() - memory[0] < GROWTH_MB


async def test_limit_of_an_address_holds_whoever_looks_like_a_person(connection: Connection, tmp_path: Path) -> None:
    """Of a burst over the limit as many are stored as it allows; the rest is told how long to wait."""
    limit = 30
    async with site(connection, tmp_path, "forms", settings={**SETTINGS, "posts_per_minute": limit}) as at:
        flood = Flood(at, f"/hooks/forms/{at.channel.key}")
        line = await Line.to(at.hub.address)
        for number in range(3 * limit):
            await flood.form(line, "clever", message=f"Buy {number}", _stamp=flood.old_stamp())
        await line.close()
        taken = flood.answers["clever", 200]
        assert limit <= taken < 2 * limit
        assert flood.answers["clever", 429] == 3 * limit - taken
        await stored(connection, at, set(), taken)


def check_answers(answers: Counter[tuple[str, int]]) -> None:
    """Every script was told why not, and every person that the hub has what they wrote."""
    sent = Counter[str]()
    for (kind, _), count in answers.items():
        sent[kind] += count
    assert sum(sent.values()) == BOTS + PEOPLE
    assert answers["person", 200] == PEOPLE
    for kind in ("trap", "no stamp", "forged", "hasty", "big"):
        assert answers[kind, 422] == sent[kind] > 0, answers
    assert answers["stranger", 403] == sent["stranger"] > 0
    assert 0 < answers["unreadable", 200] < sent["unreadable"]
    assert answers["unreadable", 200] + answers["unreadable", 429] == sent["unreadable"]


async def stored(connection: Connection, at: Site, texts: set[str], others: int) -> None:
    """Fails unless the database holds these messages and so many others, and nothing else."""
    rows = await connection.database["messages"].find({"channel": at.channel.id, "direction": "in"}).to_list()
    said = [row["text"].split("\n")[0] for row in rows]
    assert texts <= set(said)
    assert len(said) == len(texts) + others


def resident_mb() -> float:
    """What this process, which is the hub's and the scripts' at once, has in memory."""
    return float(psutil.Process().memory_info().rss) / 1024**2
