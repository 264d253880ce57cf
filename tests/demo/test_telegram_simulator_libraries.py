"""The libraries of others as judges: their own clients drive the simulator and read everything it says."""

from collections.abc import AsyncIterator

import aiogram
import pytest
import pytest_asyncio
import telegram
from aiogram import types
from telegram import ext

from hub.demo.telegram.people import Person
from hub.demo.telegram.server import SAMPLE_TOKEN, TelegramSimulator
from tests.demo.telegram_bots import aiogram_bot, ptb_bot


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[TelegramSimulator]:
    simulator = TelegramSimulator(seed=2, limits=None)
    simulator.add_bot()
    async with simulator.serving():
        yield simulator


@pytest.fixture
def person(simulator: TelegramSimulator) -> Person:
    person = simulator.person(simulator.world.bots[SAMPLE_TOKEN], phone="79160000000", last_name="Customer")
    person.start("ad42")
    return person


@pytest_asyncio.fixture
async def aio(simulator: TelegramSimulator) -> AsyncIterator[aiogram.Bot]:
    async with aiogram_bot(simulator.url, SAMPLE_TOKEN) as bot:
        yield bot


@pytest_asyncio.fixture
async def ptb(simulator: TelegramSimulator) -> AsyncIterator[telegram.Bot]:
    async with ptb_bot(simulator.url, SAMPLE_TOKEN) as bot:
        yield bot


async def test_aiogram_polls_and_answers(simulator: TelegramSimulator, person: Person, aio: aiogram.Bot) -> None:
    """Its own polling gets the update, and the answer stands in the chat."""
    dispatcher = aiogram.Dispatcher()

    @dispatcher.message()
    async def answer(message: types.Message) -> None:
        await message.answer(f"You said {message.text}")
        await dispatcher.stop_polling()

    await dispatcher.start_polling(aio, handle_signals=False, close_bot_session=False)
    assert person.last["text"] == "You said /start ad42"


async def test_python_telegram_bot_polls_and_answers(simulator: TelegramSimulator, person: Person) -> None:
    """Its own application gets the update, and the answer stands in the chat."""
    builder = ext.ApplicationBuilder().token(SAMPLE_TOKEN)
    application = builder.base_url(f"{simulator.url}/bot").base_file_url(f"{simulator.url}/file/bot").build()

    async def answer(update: telegram.Update, _: object) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text(f"You said {update.effective_message.text}")

    application.add_handler(ext.MessageHandler(ext.filters.ALL, answer))
    async with application:
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0.01)
        await application.start()
        from tests.demo.test_telegram_simulator import until

        await until(lambda: person.last.get("text") == "You said /start ad42")
        await application.updater.stop()
        await application.stop()
