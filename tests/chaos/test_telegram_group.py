"""The crash test of an operators' group: hub and database are killed while people write on both sides."""

import asyncio
import random
import re
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import JsonValue

from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.world import Chat
from hub.model.channel import Channel
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import open_database
from hub.store.groups import OperatorLinks
from hub.store.projects import Projects
from tests.chaos.hub_under_test import DATABASE, Rig, hub_under_test
from tests.chaos.logs import Fault, Logs
from tests.chaos.run import _new_folder
from tests.connectors.telegram.group import make_group, text_of
from tests.connectors.telegram.rig import TOKEN

pytestmark = pytest.mark.timeout(1_200)

PEOPLE = 3
KILLS = ("hub", "mongod", "hub")
WORKS_AGAIN_WITHIN_S = 240.0
"""The lease of a killed hub has to end first, and what was written meanwhile goes out at twenty posts a minute."""
ALL_SHOWN_WITHIN_S = 240.0
WORD = re.compile(r"\b(?:says|answer) [0-9]+\.[0-9]+\b")


@dataclass
class Talk:
    """What was written by whom: `said` by contacts, `answered` in the group; both in their order, by contact."""

    simulator: TelegramSimulator
    chat: Chat
    people: list[Person]
    member: Person
    said: dict[int, list[str]] = field(default_factory=dict)
    answered: dict[int, list[str]] = field(default_factory=dict)

    def topic(self, person: Person) -> int | None:
        """The contact's topic that has something in it: a kill may leave an empty one behind."""
        named = [topic.id for topic in self.chat.topics.values() if topic.name == person.account.first_name]
        return next((one for one in named if self.shown(one)), None)

    def shown(self, topic: int) -> list[str]:
        """The contact's words that are posted in a topic, copies included."""
        posts = (one for one in self.chat.messages.values() if one.get("message_thread_id") == topic)
        return [word for one in posts if one["from"]["is_bot"] for word in WORD.findall(text_of(one))]

    def arrived(self, person: Person) -> list[str]:
        """The answers that the contact has, copies included."""
        return [word for one in person.messages if one["from"]["is_bot"] for word in WORD.findall(text_of(one))]

    def write(self, number: int) -> None:
        """A contact writes, and an operator answers in each topic that is there."""
        for index, person in enumerate(self.people):
            words = f"says {index}.{number}"
            person.say(words)
            self.said.setdefault(index, []).append(words)
            topic = self.topic(person)
            if topic is not None:
                words = f"answer {index}.{number}"
                self.member.say(words, thread=topic)
                self.answered.setdefault(index, []).append(words)

    def open_ends(self) -> list[str]:
        """What was written and is not on the other side yet."""
        missing: list[str] = []
        for index, person in enumerate(self.people):
            topic = self.topic(person)
            shown = set(self.shown(topic)) if topic else set()
            missing += [word for word in self.said.get(index, []) if word not in shown]
            arrived = set(self.arrived(person))
            missing += [word for word in self.answered.get(index, []) if word not in arrived]
        return missing


async def test_a_kill_loses_nothing_between_contacts_and_a_group() -> None:
    """All is on the other side, in order; doubled at most once a kill, and answers are stored once."""
    folder = await asyncio.to_thread(_new_folder)
    rng, logs = random.Random(43), Logs(seed=43)
    simulator = TelegramSimulator(seed=43, limits=None)
    bot = simulator.add_bot(TOKEN)
    chat = make_group(simulator, bot)
    people = [simulator.person(bot, 1_000 + number, f"Sample {number}") for number in range(PEOPLE)]
    member = simulator.person(bot, 9_001, "Operator").at(chat)
    talk = Talk(simulator, chat, people, member)
    try:
        async with (
            simulator.serving() as api_url,
            hub_under_test(folder, random.Random(rng.random()), logs.surprises, operators=1) as rig,
        ):
            await _set_up(rig, api_url, chat, member)
            number = 0
            for victim in KILLS:
                number = await _until_work(talk, number)
                getattr(rig, victim).signal(signal.SIGKILL)
            number = await _until_work(talk, number)
            await _until(lambda: not talk.open_ends(), ALL_SHOWN_WITHIN_S, talk)
            stored = await rig.stored()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)
    _check(talk, stored.messages, logs.surprises)


def _check(talk: Talk, messages: Sequence[Mapping[str, Any]], surprises: list[Fault]) -> None:
    extra = 0
    for index, person in enumerate(talk.people):
        topic = talk.topic(person)
        assert topic is not None
        for written, seen in (
            (talk.said[index], talk.shown(topic)), (talk.answered.get(index, []), talk.arrived(person)),
        ):  # fmt: skip
            assert list(dict.fromkeys(word for word in seen if word in written)) == written
            extra += sum(times - 1 for word, times in Counter(seen).items() if word in written)
    texts = Counter(message["text"] for message in messages)
    assert [word for words in talk.answered.values() for word in words if texts[word] != 1] == []
    count = sum(map(len, talk.said.values())) + sum(map(len, talk.answered.values()))
    sys.stdout.write(f"written {count}, extra copies {extra}, kills {len(KILLS)}\n")
    assert sum(map(len, talk.answered.values())) > 5
    # What was under way at a kill comes again: one post of the group with what is joined in it, and one send a contact.
    assert extra <= len(KILLS) * (PEOPLE + 30)
    assert [one.what for one in surprises] == []


async def _set_up(rig: Rig, api_url: str, chat: Chat, member: Person) -> None:
    connection = await open_database(rig.uri, DATABASE)
    [project] = await Projects(connection.database).all()
    settings: dict[str, JsonValue] = {
        "token": TOKEN,
        "api_url": api_url,
        "poll_timeout_s": 1,
        "operators_group": str(chat.id),
    }
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="telegram", name="Crash test", key=new_id(),
        settings=settings, created_at=datetime.now(UTC),
    )  # fmt: skip
    links = OperatorLinks(connection.database)
    await links.link(rig.operators[0].id, "telegram", str(member.account.id), "Operator", datetime.now(UTC))
    await Channels(connection.database).add(channel)
    await connection.close()


async def _until_work(talk: Talk, number: int) -> int:
    """Write until something written from now on has come to the other side both ways; the next number."""
    first = number
    async with asyncio.timeout(WORKS_AGAIN_WITHIN_S):
        while True:
            talk.write(number)
            number += 1
            await asyncio.sleep(1.0)
            ends = set(talk.open_ends())
            through = [w for words in (*talk.said.values(), *talk.answered.values()) for w in words if w not in ends]
            fresh = [word for word in through if int(word.rpartition(".")[2]) >= first]
            if {word.split()[0] for word in fresh} == {"says", "answer"}:
                return number


async def _until(fits: Callable[[], bool], within_s: float, talk: Talk) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not fits():
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"still open: {talk.open_ends()[:10]}")
