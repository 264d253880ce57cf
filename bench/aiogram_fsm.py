"""The same questionnaire as a bot with aiogram's state machine: a state for each question, answers kept as data."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiogram import Bot, Dispatcher, Router
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage
from aiogram.types import Message

Feed = Callable[[int, str], Awaitable[None]]
"""A message of a chat reaches the bot."""


def questionnaire(storage: BaseStorage, questions: int) -> tuple[Feed, Callable[[int], Awaitable[None]]]:
    """How a chat answers, and how it begins: each answer is stored and moves the chat to the next question's state."""
    group: Any = type("Questions", (StatesGroup,), {f"q{n}": State() for n in range(questions)})
    states: Sequence[State] = [getattr(group, f"q{n}") for n in range(questions)]
    router = Router()
    for number, state in enumerate(states):
        after = states[number + 1] if number + 1 < questions else None
        router.message.register(_handler(f"q{number}", after), state)
    dispatcher, bot = Dispatcher(storage=storage), Bot("42:TEST")
    dispatcher.include_router(router)
    count = iter(range(1, 10**9))

    async def feed(chat: int, text: str) -> None:
        number = next(count)
        message = {
            "message_id": number,
            "date": 1_700_000_000,
            "chat": {"id": chat, "type": "private", "first_name": "Sample"},
            "from": {"id": chat, "is_bot": False, "first_name": "Sample"},
            "text": text,
        }
        await dispatcher.feed_raw_update(bot, {"update_id": number, "message": message})

    async def begin(chat: int) -> None:
        await dispatcher.fsm.get_context(bot, chat, chat).set_state(states[0])

    return feed, begin


def _handler(name: str, after: State | None) -> Callable[[Message, FSMContext], Awaitable[None]]:
    async def handle(message: Message, state: FSMContext) -> None:
        await state.update_data({name: message.text})
        if after is None:
            await state.clear()
        else:
            await state.set_state(after)

    return handle
