"""One run of the crash test over Telegram: people, operators, faults of the service, and kills of hub and database."""

import asyncio
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.telegram.addresses import message_name
from hub.demo.telegram.faults import Fault, What
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.world import Bot
from hub.model.channel import Channel
from hub.model.flow import FlowVersion, Source, StartOn, StartRule
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import open_database
from hub.store.flow_versions import FlowVersions, version_id
from hub.store.projects import Projects
from tests.chaos.hub_under_test import DATABASE, Rig, hub_under_test
from tests.chaos.logs import Logs, Stored
from tests.chaos.nemesis import FIRST, Nemesis
from tests.chaos.operators import OperatorClient
from tests.chaos.run import _new_folder
from tests.connectors.telegram.rig import TOKEN

PEOPLE = 6
HUB_KILLS, MONGOD_KILLS = 2, 2
LONGEST = 3.0
"""A slow machine may take so many times the wanted seconds to see enough kills."""
MANY = 1_000_000
SAY_EVERY_S = (0.05, 0.25)
POISON_SHARE = 0.03
DRAIN_WITHIN_S = 150.0
AGAIN_S = 3.0
FLOW, QUESTIONS = "asks", 60
ASKS = f"flow: {FLOW}\ntitle: Asks\nask:\n" + "".join(
    f'- q{number}: text\n  text: "{number} of {{contact.name}}?"\n' for number in range(1, QUESTIONS + 1)
)
"""Whatever somebody writes is an answer."""
POISONS: tuple[Any, ...] = (
    {"message_id": 1, "text": "no chat"},
    {"message_id": 2, "chat": {"id": 1, "type": "hologram"}, "from": {"id": 1}, "text": "?"},
    {"message_id": "three", "chat": {"id": 1, "type": "private"}, "from": {"id": 1}, "text": "?"},
    {"message_id": 4, "chat": {"id": 1, "type": "private"}, "from": {"id": 1}, "date": 10**30, "text": "\ud800"},
)


@dataclass
class Outcome:
    """What a run came to, each a list of offenders that has to be empty but for the counts."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unparked: int = 0
    replies_lost: list[str] = field(default_factory=list)
    replies_out_of_order: list[str] = field(default_factory=list)
    extra_copies: int = 0
    bound: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    drained: bool = True

    @property
    def passed(self) -> bool:
        """Whether every promise held."""
        broken = self.lost or self.twice or self.out_of_order or self.replies_lost or self.replies_out_of_order
        return not broken and not self.unparked and self.extra_copies <= self.bound and self.drained


class PatientNemesis(Nemesis):
    """Strikes while Telegram's updates are under way, not while the hub still starts."""

    def __init__(self, rig: Rig, logs: Logs, simulator: TelegramSimulator, rng: random.Random, began: float) -> None:
        super().__init__(rig, logs, rng, began, hub_kills=HUB_KILLS, mongod_kills=MONGOD_KILLS)
        self._simulator, self._rest = simulator, rng

    async def run(self, stop: asyncio.Event) -> None:
        """One strike after the other until `stop`, each after the hub has done something since the last."""
        kinds = list(FIRST)
        while not stop.is_set():
            confirmed = len(self._simulator.journal.confirmed)
            while not stop.is_set() and not self._at_work(confirmed):
                await asyncio.sleep(0.05)
            await asyncio.sleep(self._rest.uniform(0, 1))
            if not stop.is_set():
                await self._strike(kinds.pop(0) if kinds else self._choice())

    def _at_work(self, confirmed: int) -> bool:
        """Sends may rest for longer: the lease of a killed hub has to end first."""
        journal = self._simulator.journal
        return len(journal.confirmed) >= confirmed + 3 and len(journal.sent()) >= 3


async def run_telegram(seed: int, seconds: float, mode: str) -> Outcome:
    """People write and operators answer for so many seconds; then everything drains and is counted."""
    folder = await asyncio.to_thread(_new_folder)
    rng, logs = random.Random(seed), Logs(seed=seed)
    simulator = TelegramSimulator(seed=seed)
    bot = simulator.add_bot(TOKEN)
    people = [simulator.person(bot, 1_000 + number, f"Sample {number}") for number in range(PEOPLE)]
    try:
        async with (
            simulator.serving() as api_url,
            hub_under_test(folder, random.Random(rng.random()), logs.surprises, operators=2) as rig,
        ):
            await _add_channel(rig, api_url, mode)
            return await _run(rig, simulator, bot, people, logs, rng, seconds)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)


async def _add_channel(rig: Rig, api_url: str, mode: str) -> None:
    connection = await open_database(rig.uri, DATABASE)
    [project] = await Projects(connection.database).all()
    settings: dict[str, Any] = {"token": TOKEN, "api_url": api_url, "mode": mode, "poll_timeout_s": 1}
    if mode == "webhook":
        settings["webhook_url"] = rig.url
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="telegram", name="Crash test", key=new_id(),
        settings=settings, flows=(StartRule(flow=FLOW, on=StartOn.FIRST_MESSAGE),), created_at=datetime.now(UTC),
    )  # fmt: skip
    await FlowVersions(connection.database).add(
        FlowVersion(
            id=version_id(project.id, FLOW, 1, 0), project=project.id, flow=FLOW, version=1, title=FLOW, sha256="",
            sources=(Source(name=f"{FLOW}.yml", text=ASKS),), at=datetime.now(UTC),
        )
    )  # fmt: skip
    await Channels(connection.database).add(channel)
    await connection.close()


async def _run(
    rig: Rig,
    simulator: TelegramSimulator,
    bot: Bot,
    people: list[Person],
    logs: Logs,
    rng: random.Random,
    seconds: float,
) -> Outcome:
    began = time.monotonic()
    nemesis = PatientNemesis(rig, logs, simulator, random.Random(rng.random()), began)
    operators = [OperatorClient(one, rig.url, logs, random.Random(rng.random()), began) for one in rig.operators]
    said: dict[str, str] = {}
    poisons = 0
    calm, stop = asyncio.Event(), asyncio.Event()
    faults = _switch_on(simulator)
    async with asyncio.TaskGroup() as group:
        striking = group.create_task(nemesis.run(calm))
        working = [group.create_task(one.run(stop)) for one in operators]
        number = 0
        while time.monotonic() - began < (seconds if nemesis.enough else LONGEST * seconds):
            person, number = rng.choice(people), number + 1
            message = person.say(f"{person.account.first_name}:{number}")
            said[message_name(_chat(person), message["message_id"])] = message["text"]
            if rng.random() < POISON_SHARE:
                bot.updates.add("message", {**rng.choice(POISONS), "n": number}, str(person.chat.id))
                poisons += 1
            await asyncio.sleep(rng.uniform(*SAY_EVERY_S))
        calm.set()
        await striking
        stop.set()
        simulator.faults.clear()
        for task in working:
            await task
        drained = await _drained(rig, simulator, bot)
    stored = await rig.stored()
    outcome = _check(stored, simulator, logs, said, poisons)
    outcome.drained = drained
    outcome.counts |= {fault.what.value: MANY - (fault.times or 0) for fault in faults}
    outcome.bound = nemesis.hub_kills + nemesis.mongod_kills + outcome.counts[What.ANSWER_LOST.value] + len(logs.faults)
    outcome.counts |= {"hub kills": nemesis.hub_kills, "mongod kills": nemesis.mongod_kills}
    outcome.surprises = [one.what for one in logs.surprises]
    return outcome


def _chat(person: Person) -> Any:
    from connectors.telegram.addresses import Chat

    return Chat(person.chat.id)


def _switch_on(simulator: TelegramSimulator) -> list[Fault]:
    faults = simulator.faults
    faults.repeated_share, faults.repeats = 0.1, 4
    return [
        faults.add(What.THROTTLED, "sendMessage", times=MANY, share=0.15, retry_after_s=1),
        faults.add(What.SERVER_ERROR, "sendMessage", "getUpdates", times=MANY, share=0.05),
        faults.add(What.ANSWER_LOST, "sendMessage", times=MANY, share=0.1),
        faults.add(What.GARBLED, "getUpdates", "sendMessage", times=MANY, share=0.05),
    ]


async def _drained(rig: Rig, simulator: TelegramSimulator, bot: Bot) -> bool:
    """Until Telegram has nothing for the hub, and the hub nothing for anybody."""
    try:
        async with asyncio.timeout(DRAIN_WITHIN_S):
            await rig.ready()
            while bot.updates.waiting() or await rig.backlog():
                await asyncio.sleep(AGAIN_S)
                if bot.webhook is not None and bot.updates.waiting():
                    simulator.webhooks(bot).restart()  # its pauses have grown to minutes
    except TimeoutError:
        return False
    return True


def _check(stored: Stored, simulator: TelegramSimulator, logs: Logs, said: dict[str, str], poisons: int) -> Outcome:
    outcome = Outcome()
    received = [message for message in stored.messages if message["direction"] == "in"]
    times = Counter(message["external_id"] for message in received)
    accepted = {one.update.payload.get("message_id") for one in simulator.journal.confirmed}
    outcome.lost = [name for name in said if not times[name] and int(name.rpartition(":")[2]) in accepted]
    outcome.twice = [name for name, count in times.items() if count > 1]
    for thread in _threads(stored).values():
        numbers = [int(one["text"].rpartition(":")[2]) for one in thread if one["direction"] == "in"]
        if numbers != sorted(numbers):
            outcome.out_of_order.append(thread[0]["text"])
        if [one["position"] for one in thread] != list(range(1, len(thread) + 1)):
            outcome.out_of_order.append(f"positions of {thread[0]['conversation']}")
    outcome.unparked = poisons - len(stored.parked)
    copies = simulator.journal.copies()
    acknowledged = [one.text for one in logs.answered if one.done and one.text]
    notes = {message["text"] for message in stored.messages if message["direction"] == "note"}
    replies = [text for text in acknowledged if text not in notes]
    failed = {m["text"] for m in stored.messages if m.get("delivery") and m["delivery"]["status"] == "failed"}
    outcome.replies_lost = [text for text in replies if not copies[text] and text not in failed]
    written = Counter(one["text"] for one in stored.messages if one["direction"] == "out")
    outcome.extra_copies = sum(max(0, count - written[text]) for text, count in copies.items())
    for thread in _threads(stored).values():
        said_once = [one["text"] for one in thread if one["direction"] == "out" and written[one["text"]] == 1]
        wanted = [text for text in said_once if copies[text]]
        first = list(dict.fromkeys(text for text in simulator.journal.texts() if text in set(wanted)))
        shown = [_number(one) for one in thread if (one.get("delivery") or {}).get("external_ids")]
        if first != wanted or shown != sorted(shown):
            outcome.replies_out_of_order.append(thread[0]["conversation"])
    outcome.counts = {
        "said": len(said),
        "poisons": poisons,
        "replies": len(replies),
        "asked": sum(1 for one in stored.messages if one.get("ask") and copies[one["text"]]),
        "handed out before they were stored": sum(1 for one in stored.turns if one.get("claimed")),
        "repeats of webhooks": sum(count - 1 for count in simulator.journal.posted.values()),
    }
    return outcome


def _number(message: Any) -> int:
    """The service's number of a message that was sent: they rise in a chat."""
    return int(message["delivery"]["external_ids"][0].rpartition(":")[2])


def _threads(stored: Stored) -> dict[str, list[Any]]:
    threads: dict[str, list[Any]] = {}
    for message in sorted(stored.messages, key=lambda one: one["position"]):
        threads.setdefault(message["conversation"], []).append(message)
    return threads
