"""The libraries of others as judges: their own clients drive the simulator and read everything it says."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiogram
import pytest
import pytest_asyncio
import telegram
from aiogram import types
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from telegram import ext

from hub.demo.telegram import business, groups
from hub.demo.telegram.faults import What
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import SAMPLE_TOKEN, TelegramSimulator
from hub.demo.telegram.wire import to_json
from hub.demo.telegram.world import Account
from tests.demo.telegram_bots import Aiogram, Library, PythonTelegramBot, aiogram_bot, ptb_bot
from tests.demo.telegram_wire import PNG, listening, until

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
"""Some of its attributes warn when they are read: they will be of another type one day."""

NOT_KNOWN_TO_PTB = {"ChatMemberAdministrator.can_send_welcome_messages"}
"""Fields that are younger than the Bot API 10.0, which python-telegram-bot 22.8 knows."""


FIELD = {"from": "from_user"}
"""Names that Python keeps for itself."""


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


@pytest_asyncio.fixture(params=["aiogram", "python-telegram-bot"])
async def library(request: pytest.FixtureRequest, simulator: TelegramSimulator) -> AsyncIterator[Library]:
    if request.param == "aiogram":
        async with aiogram_bot(simulator.url, SAMPLE_TOKEN) as aio:
            yield Aiogram(aio)
    else:
        async with ptb_bot(simulator.url, SAMPLE_TOKEN) as ptb:
            yield PythonTelegramBot(ptb)


def understood(library: Library, value: Any) -> Any:
    """The value, if the library knows every field of it."""
    unknown = {".".join(name.split(".")[-2:]) for name in library.unknown(value)}
    assert not unknown - NOT_KNOWN_TO_PTB, (library.name, unknown)
    return value


async def test_everything_a_person_does_is_understood(
    simulator: TelegramSimulator, person: Person, library: Library
) -> None:
    """Every kind of update, decoded by the library, with no field that it does not know; and nothing is lost in it."""
    bot = simulator.world.bots[SAMPLE_TOKEN]
    bot.updates.allowed |= {"message_reaction", "chat_member"}
    play_everything(simulator, person)
    kinds = {update.kind for update in bot.updates.issued}
    assert kinds == {
        "message", "edited_message", "callback_query", "message_reaction", "my_chat_member", "business_connection",
        "business_message", "edited_business_message", "deleted_business_messages",
    }  # fmt: skip
    for update in bot.updates.issued:
        raw = json.loads(to_json(update.wire()))
        decoded = understood(library, library.update(raw))
        assert decoded.update_id == update.id
        inside = getattr(decoded, update.kind)
        assert inside is not None
        if "message_id" in update.payload:
            assert inside.message_id == update.payload["message_id"]
            assert [name for name in update.payload if getattr(inside, FIELD.get(name, name)) is None] == []


def play_everything(simulator: TelegramSimulator, person: Person) -> None:
    """A person uses all that Telegram has."""
    world, bot = simulator.world, person.bot
    person.account.username = "sample_customer"
    first = person.say("See https://example.org, mail a@example.org, call +7 916 000-00-00, #tag @sample_bot /help")
    person.say("Yes", reply_to=first, quote="See")
    person.edit(first, "See https://example.com")
    person.react(first, "👍")
    for kind in ("photo", "video", "animation", "audio", "voice", "document", "sticker", "video_note"):
        person.send_file(kind, PNG, f"file.{kind}", "a caption" if kind != "sticker" else "", duration=3)
    person.send_album([("photo", PNG), ("video", b"film")], "two of them")
    person.share_contact()
    person.send_contact("447700900001", "Sample", "Colleague")
    person.send_location(51.5, -0.1)
    person.send_venue(51.5, -0.1, "Sample Place", "1 Sample Street")
    person.send_poll("Which?", ["one", "two"])
    person.send_dice()
    person.forward(first)
    asked = world.post(person.chat, bot.wire(), {
        "text": "Sure?", "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]},
    })  # fmt: skip
    person.press(asked, "Yes")
    person.block()
    person.unblock()
    _play_in_groups(simulator, person)
    owner = world.add_account(Account(5, "Owner"))
    connection = business.connect(world, bot, owner)
    buyer = business.customer(world, bot, connection, Account(778, "Buyer"))
    said = buyer.say("Hello")
    buyer.edit(said, "Hello!")
    business.owner(world, bot, connection, buyer.account).say("I answer myself")
    buyer.delete(said)
    business.change(bot, connection, enabled=False)


def _play_in_groups(simulator: TelegramSimulator, person: Person) -> None:
    world, bot = simulator.world, person.bot
    forum = simulator.group("Operators", bot, forum=True)
    member = person.at(forum)
    topic = groups.open_topic(world, forum, person.account, "Sample Ltd")
    member.say("in the topic", thread=topic)
    member.react(member.say("in General"), "🔥")
    basic = simulator.group("Small", bot, kind="group")
    person.at(basic).say("before")
    grown = groups.migrate(world, basic, person.account)
    person.at(grown).say("after")
    groups.set_status(world, grown, bot, "member", person.account)
    groups.set_status(world, grown, bot, "kicked", person.account)


async def test_every_method_is_answered_in_words_the_library_knows(
    simulator: TelegramSimulator, person: Person, library: Library
) -> None:
    """The library's own calls, with its own types; every result is decoded and has no unknown field."""
    for index, (method, arguments) in enumerate(every_call(library, simulator, person)):
        result = await getattr(library.bot, method)(**arguments)
        understood(library, result)
        assert result is not None, (index, method)
    sent = simulator.journal.sent(777)
    assert len(sent) >= 15
    assert [message["message_id"] for message in sent] == sorted(message["message_id"] for message in sent)


def every_call(library: Library, simulator: TelegramSimulator, person: Person) -> Any:
    """Calls, each made when it is asked for, so that a later one may use what an earlier one did."""
    kinds, here = library.types, {"chat_id": 777}
    yield from (
        ("get_me", {}),
        ("get_webhook_info", {}),
        ("set_my_commands", {"commands": [kinds.BotCommand(command="help", description="Help")]}),
    )
    yield from (("get_my_commands", {}), ("get_my_name", {}), ("set_my_description", {"description": "Sample"}))
    yield from (("get_chat", here), ("get_chat_member", here | {"user_id": 777}), ("get_chat_member_count", here))
    button = kinds.InlineKeyboardButton(text="Yes", callback_data="y")
    link = kinds.InlineKeyboardButton(text="Site", url="https://example.org")
    inline = kinds.InlineKeyboardMarkup(inline_keyboard=[[button, link]])
    yield (
        "send_message",
        here
        | {
            "text": "<b>Sure?</b> &amp; <a href='https://example.org'>so</a>",
            "parse_mode": "HTML",
            "reply_markup": inline,
        },
    )
    asked = person.last
    assert [one["type"] for one in asked["entities"]] == ["bold", "text_link"]
    query = person.press(asked, "Yes")
    yield "answer_callback_query", {"callback_query_id": query, "text": "Noted"}
    yield "edit_message_text", here | {"message_id": asked["message_id"], "text": "Sure!"}
    yield "edit_message_reply_markup", here | {"message_id": asked["message_id"], "reply_markup": inline}
    contact = kinds.KeyboardButton(text="My number", request_contact=True)
    yield (
        "send_message",
        here
        | {"text": "Number?", "reply_markup": kinds.ReplyKeyboardMarkup(keyboard=[[contact]], one_time_keyboard=True)},
    )
    assert _keyboard(person) is not None
    yield "send_message", here | {"text": "Thanks", "reply_markup": kinds.ReplyKeyboardRemove()}
    assert _keyboard(person) is None
    yield (
        "send_message",
        here
        | {"text": "You said", "reply_parameters": kinds.ReplyParameters(message_id=person.messages[0]["message_id"])},
    )
    bold = kinds.MessageEntity(type="bold", offset=3, length=4)
    yield "send_message", here | {"text": "😀 bold", "entities": [bold]}
    assert person.last["entities"] == [{"type": "bold", "offset": 3, "length": 4}]
    for kind in ("photo", "video", "animation", "audio", "voice", "document", "sticker", "video_note"):
        yield f"send_{kind}", here | {kind: library.file(PNG, f"file.{kind}")}
    yield "edit_message_caption", here | {"message_id": person.last["message_id"], "caption": "a caption"}
    yield "send_document", here | {"document": person.last["video_note"]["file_id"]}
    album = [
        kinds.InputMediaPhoto(media=library.attached(PNG, "1.png"), caption="two"),
        kinds.InputMediaPhoto(media=library.attached(PNG, "2.png")),
    ]
    yield "send_media_group", here | {"media": album}
    assert len({one["media_group_id"] for one in person.messages[-2:]}) == 1
    yield "get_file", {"file_id": person.last["photo"][-1]["file_id"]}
    yield "send_location", here | {"latitude": 51.5, "longitude": -0.1}
    yield "send_venue", here | {"latitude": 51.5, "longitude": -0.1, "title": "Place", "address": "Street"}
    yield "send_contact", here | {"phone_number": "447700900001", "first_name": "Sample"}
    yield "send_poll", here | {"question": "Which?", "options": ["one", "two"]}
    yield "send_dice", here
    yield "send_chat_action", here | {"action": "typing"}
    number = person.messages[0]["message_id"]
    yield "copy_message", here | {"from_chat_id": 777, "message_id": number}
    yield "forward_message", here | {"from_chat_id": 777, "message_id": number}
    yield "set_message_reaction", here | {"message_id": number, "reaction": [kinds.ReactionTypeEmoji(emoji="👍")]}
    yield "delete_message", here | {"message_id": person.last["message_id"]}
    yield "delete_messages", here | {"message_ids": [person.last["message_id"], 10**6]}
    yield from _calls_in_a_forum(simulator, person)
    yield from _calls_for_a_business(simulator)


def _keyboard(person: Person) -> Any:
    return person.chat.keyboard


def _calls_in_a_forum(simulator: TelegramSimulator, person: Person) -> Any:
    forum = simulator.group("Operators", person.bot, forum=True)
    there = {"chat_id": forum.id}
    person.at(forum)
    yield from (
        ("get_chat", there),
        ("get_chat_administrators", there),
        ("create_forum_topic", there | {"name": "Sample"}),
    )
    topic = there | {"message_thread_id": next(iter(forum.topics))}
    yield from (("send_message", topic | {"text": "in it"}), ("edit_forum_topic", topic | {"name": "Other"}))
    yield from (("close_forum_topic", topic), ("reopen_forum_topic", topic))
    yield "pin_chat_message", there | {"message_id": max(forum.messages)}
    yield from (("get_chat", there), ("unpin_chat_message", there), ("delete_forum_topic", topic))
    yield "get_chat_member", there | {"user_id": 777}
    yield "leave_chat", there


def _calls_for_a_business(simulator: TelegramSimulator) -> Any:
    world, bot = simulator.world, simulator.world.bots[SAMPLE_TOKEN]
    connection = business.connect(world, bot, world.add_account(Account(5, "Owner")))
    buyer = business.customer(world, bot, connection, Account(778, "Buyer"))
    buyer.say("Hello")
    name = {"business_connection_id": connection.id}
    yield "get_business_connection", name
    yield "read_business_message", name | {"chat_id": 778, "message_id": buyer.last["message_id"]}
    yield "send_message", name | {"chat_id": 778, "text": "Hello from the bot"}
    assert buyer.last["sender_business_bot"]["id"] == bot.id
    assert buyer.last["from"]["id"] == 5


async def test_refusals_are_the_errors_of_the_library(
    simulator: TelegramSimulator, person: Person, library: Library
) -> None:
    """Each in the class that the library has for it, with its parameters."""
    names = {
        "aiogram": (
            "TelegramRetryAfter", "TelegramForbiddenError", "TelegramBadRequest", "RestartingTelegram",
            "TelegramMigrateToChat",
        ),
        "python-telegram-bot": ("RetryAfter", "Forbidden", "BadRequest", "NetworkError", "ChatMigrated"),
    }[library.name]  # fmt: skip

    async def refused(**arguments: Any) -> Exception:
        with pytest.raises(library.refused) as caught:
            await library.bot.send_message(**{"chat_id": 777, "text": "x"} | arguments)
        return caught.value

    simulator.faults.add(What.THROTTLED, times=1, retry_after_s=7)
    storm = await refused()
    seconds: Any = storm.retry_after  # type: ignore[attr-defined]
    assert getattr(seconds, "total_seconds", lambda: seconds)() == 7
    bad = await refused(chat_id=1)
    assert "chat not found" in str(bad).lower()
    simulator.faults.add(What.SERVER_ERROR, times=1)
    broken = await refused()
    basic = simulator.group("Small", person.bot, kind="group")
    grown = groups.migrate(simulator.world, basic, person.account)
    moved: Any = await refused(chat_id=basic.id)
    assert grown.id in (getattr(moved, "migrate_to_chat_id", 0), getattr(moved, "new_chat_id", 0))
    person.block()
    blocked = await refused()
    assert tuple(type(one).__name__ for one in (storm, blocked, bad, broken, moved)) == names


async def test_files_are_downloaded_by_the_library(person: Person, library: Library) -> None:
    """Its own way from an id to bytes."""
    document = person.send_file("document", b"a list", "list.txt")["document"]
    file = await library.bot.get_file(document["file_id"])
    if isinstance(library, Aiogram):
        content = await library.bot.download_file(file.file_path)
        assert content.read() == b"a list"
    else:
        assert bytes(await file.download_as_bytearray()) == b"a list"


async def test_aiogram_polls_and_answers(simulator: TelegramSimulator, person: Person) -> None:
    """Its own polling gets the update, and the answer stands in the chat."""
    dispatcher = aiogram.Dispatcher()

    @dispatcher.message()
    async def answer(message: types.Message) -> None:
        await message.answer(f"You said {message.text}")
        await dispatcher.stop_polling()

    async with aiogram_bot(simulator.url, SAMPLE_TOKEN) as bot:
        await dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False)
    assert person.last["text"] == "You said /start ad42"


async def test_aiogram_takes_webhooks_and_answers_in_the_response(simulator: TelegramSimulator, person: Person) -> None:
    """Its own handler checks the secret, and the method in its answer is carried out."""
    dispatcher = aiogram.Dispatcher()

    @dispatcher.message()
    async def answer(message: types.Message) -> Any:
        return types.Message.answer(message, f"You said {message.text}")

    async with aiogram_bot(simulator.url, SAMPLE_TOKEN) as bot:
        handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="s3cret")

        async def hook(request: web.Request) -> web.Response:
            given: web.Response = await handler.handle(request)
            return given

        async with listening(hook) as url:
            await bot.set_webhook(url, secret_token="s3cret", drop_pending_updates=True)
            person.say("hello")
            await until(lambda: person.last["text"] == "You said hello")
            assert (await bot.get_webhook_info()).pending_update_count == 0
            await bot.delete_webhook()


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
        await until(lambda: person.last.get("text") == "You said /start ad42")
        await application.updater.stop()
        await application.stop()


async def test_two_readers_are_told_of_each_other(simulator: TelegramSimulator, person: Person) -> None:
    """The first of two readers gets the library's own word for a conflict."""
    async with aiogram_bot(simulator.url, SAMPLE_TOKEN) as aio, ptb_bot(simulator.url, SAMPLE_TOKEN) as ptb:
        offset = (await aio.get_updates())[-1].update_id + 1
        async with asyncio.TaskGroup() as group:
            first = group.create_task(_conflict(aio.get_updates(offset=offset, timeout=30)))
            second = group.create_task(_conflict(ptb.get_updates(offset=offset, timeout=30)))
            await until(lambda: first.done() or second.done())
            person.say("over")
        assert {first.result(), second.result()} in ({None, "TelegramConflictError"}, {None, "Conflict"})


async def _conflict(poll: Any) -> str | None:
    try:
        await poll
    except (telegram.error.Conflict, aiogram.exceptions.TelegramConflictError) as error:
        return type(error).__name__
    return None
