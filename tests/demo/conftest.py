"""A simulator with a clock that is moved by hand, a bot without a library, and a person who has started it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from hub.demo.telegram.clock import ManualClock
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import SAMPLE_TOKEN, TelegramSimulator
from tests.demo.telegram_wire import BareBot


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def simulator(clock: ManualClock) -> AsyncIterator[TelegramSimulator]:
    simulator = TelegramSimulator(clock=clock, seed=1)
    simulator.add_bot()
    async with simulator.serving():
        yield simulator


@pytest_asyncio.fixture
async def bot(simulator: TelegramSimulator) -> AsyncIterator[BareBot]:
    async with aiohttp.ClientSession() as http:
        yield BareBot(http, simulator.url, SAMPLE_TOKEN)


@pytest.fixture
def person(simulator: TelegramSimulator) -> Person:
    person = simulator.person(simulator.world.bots[SAMPLE_TOKEN], phone="79160000000")
    person.start()
    return person
