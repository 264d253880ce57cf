"""Telegram: updates read a second beside two libraries, webhooks made durable, and answers that pass a mailing.

The libraries get what they are made for: decoded updates, one handler that does nothing. Ours gives events of the hub.
"""

import asyncio
import itertools
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from pydantic import JsonValue

from bench.inbound import Way, backlog, lines_to
from bench.rig import fresh_folder, running_hub, running_mongod
from bench.rows import Row, alone, compared, percentile
from connectors.telegram.connector import SECRET_HEADER
from connectors.telegram.parse import parse
from hub.demo.telegram.server import TelegramSimulator
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ConversationId, MessageId, new_id
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.services.commands import Reply
from hub.store.channels import Channels
from hub.store.connection import Connection, open_database
from hub.store.outgoing import queued
from hub.store.projects import Projects
from tests.chaos.hub_under_test import DATABASE, Rig
from tests.connectors.telegram import samples
from tests.connectors.telegram.rig import TOKEN
from tests.connectors.telegram.site import OPERATOR, Site, site

RUNS = 5
SECONDS = 1.0
MIX = (
    "text",
    "text",
    "text_with_marks",
    "button",
    "photo_with_caption",
    "edited_text",
    "own_contact",
    "reply_with_quote",
)
"""Updates of a usual day, each as often as it stands here."""
WRITERS = (1, 16, 64)
MAILING, ANSWERS = 200, 20
ANSWER_EVERY_S = 0.25
ANSWER_WITHIN_S = 2.0


async def run() -> list[Row]:
    """All three."""
    logging.disable(logging.WARNING)
    return [*await _reading(), *await _webhooks(), *await _mailing()]


# Reading -------------------------------------------------------------------------------------------------------------


async def _reading() -> list[Row]:
    raws = [samples.raw(name) for name in MIX]
    rates: dict[str, list[float]] = {"ours": [], "aiogram": [], "ptb": []}
    async with _aiogram() as aiogram, _ptb() as ptb:
        ways = {"ours": _ours, "aiogram": aiogram, "ptb": ptb}
        for _ in range(RUNS):
            for name, way in ways.items():
                rates[name].append(await _rate(way, raws))
    return [
        compared("telegram_read_to_aiogram", rates["ours"], "updates/s", rates["aiogram"], at_least=5.0),
        compared("telegram_read_to_ptb", rates["ours"], "updates/s", rates["ptb"]),
    ]


async def _rate(way: Callable[[bytes], Awaitable[None]], raws: Sequence[bytes]) -> float:
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        for raw in raws:
            await way(raw)
        count += len(raws)
    return count / (time.perf_counter() - began)


async def _ours(raw: bytes) -> None:
    parse(raw)


@asynccontextmanager
async def _aiogram() -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    from aiogram import Bot, Dispatcher, Router

    router = Router()

    async def nothing(_: Any) -> None:
        return

    for observer in (router.message, router.edited_message, router.callback_query):
        observer()(nothing)
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    bot = Bot(TOKEN)

    async def feed(raw: bytes) -> None:
        await dispatcher.feed_raw_update(bot, orjson.loads(raw))

    yield feed
    await bot.session.close()


@asynccontextmanager
async def _ptb() -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    from telegram import Update
    from telegram.ext import Application, TypeHandler

    application = Application.builder().token(TOKEN).updater(None).build()

    async def nothing(_: Any, __: Any) -> None:
        return

    application.add_handler(TypeHandler(Update, nothing))
    application._initialized = True  # it would ask Telegram who the bot is

    async def feed(raw: bytes) -> None:
        await application.process_update(Update.de_json(orjson.loads(raw), application.bot))

    yield feed


# Webhook to durable to 200 -------------------------------------------------------------------------------------------


async def _webhooks() -> list[Row]:
    rows: list[Row] = []
    simulator = TelegramSimulator(seed=1)
    bot = simulator.add_bot(TOKEN)
    async with running_hub() as rig, simulator.serving() as api_url:
        connection = await open_database(rig.uri, "raw")
        path = await _channel(rig, connection, api_url)
        while bot.webhook is None:
            await asyncio.sleep(0.05)
        headers = f"{SECRET_HEADER}: {bot.webhook.secret}\r\n"
        for writers in WRITERS:
            async with lines_to(rig.url, writers) as lines:
                numbers = itertools.count(int(time.time() * 1000))

                async def write(writer: int, lines: Any = lines, numbers: Any = numbers) -> None:
                    status, answer = await lines[writer].post(path, _update(writer, next(numbers)), headers=headers)
                    if status != 200:
                        raise RuntimeError(f"the hub answered {status}: {answer!r}")

                way = Way(write, backlog=backlog(connection))
                for _ in range(RUNS):
                    await way.run(writers)
            name = f"telegram_webhook_{writers}"
            rows += [
                alone(name, way.done, "messages/s"),
                alone(f"{name}_p50", [percentile(way.took, 0.5) * 1000], "ms"),
                alone(f"{name}_p99", [percentile(way.took, 0.99) * 1000], "ms"),
            ]
        await connection.close()
    return rows


async def _channel(rig: Rig, connection: Connection, api_url: str) -> str:
    """A channel of the running hub that is called by webhook; the path it is called at."""
    database = connection.client[DATABASE]
    [project] = await Projects(database).all()
    settings: dict[str, JsonValue] = {"token": TOKEN, "api_url": api_url, "mode": "webhook", "webhook_url": rig.url}
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="telegram", name="Telegram", key=new_id(), settings=settings,
        created_at=datetime.now(UTC),
    )  # fmt: skip
    await Channels(database).add(channel)
    return f"/hooks/telegram/{channel.key}"


def _update(writer: int, number: int) -> bytes:
    person = {"id": 10_000 + writer, "is_bot": False, "first_name": f"Sample {writer}"}
    message = {
        "message_id": number, "date": int(time.time()), "from": person,
        "chat": {"id": person["id"], "type": "private", "first_name": person["first_name"]},
        "text": "a sentence of the usual length " * 3,
    }  # fmt: skip
    return json.dumps({"update_id": number, "message": message}).encode()


# A mailing and answers -----------------------------------------------------------------------------------------------


async def _mailing() -> list[Row]:
    """Answers of operators pass a mailing that fills the bot's rate; the mailing is finished all the same."""
    async with running_mongod() as mongod, fresh_folder() as folder:
        connection = await open_database(mongod.uri, "mailing")
        async with site(connection, Path(folder)) as at:
            conversations = await _acquainted(at, MAILING + ANSWERS)
            began = time.time()
            for conversation in conversations[:MAILING]:
                await _mail(at, conversation)
            asked: dict[str, float] = {}
            for number, conversation in enumerate(conversations[MAILING:]):
                asked[f"answer {number}"] = time.time()
                reply = Reply(text=f"answer {number}", seen_position=1, confirm=True)
                await at.hub.pipeline.turns.act(OPERATOR, conversation, reply, new_id())
                await asyncio.sleep(ANSWER_EVERY_S)
            while len(at.simulator.journal.texts()) < MAILING + ANSWERS:
                await asyncio.sleep(0.05)
            calls = at.simulator.journal.of("sendMessage")
            came = {str(call.arguments["text"]): call.at for call in calls if call.error_code is None}
            waits = [came[text] - at_s for text, at_s in asked.items()]
            refused = sum(call.error_code == 429 for call in calls)
            mailed = max(at_s for text, at_s in came.items() if text.startswith("news")) - began
        await connection.close()
    return [
        alone("telegram_answers_beside_a_mailing_longest", [max(waits)], "s", at_most=ANSWER_WITHIN_S),
        alone("telegram_answers_beside_a_mailing", waits, "s"),
        alone("telegram_mailing_of_200", [mailed], "s"),
        alone("telegram_mailing_429", [float(refused)], "refusals"),
    ]


async def _acquainted(at: Site, count: int) -> list[ConversationId]:
    """Conversations with so many people, each of whom has written once."""
    for number in range(count):
        at.simulator.person(at.bot, 20_000 + number, f"Sample {number}").say("Hello")
    while len(found := await at.conversations()) < count:
        await asyncio.sleep(0.1)
    return found


async def _mail(at: Site, conversation: ConversationId) -> None:
    """One message of a mailing, as the system says it."""
    pipeline = at.hub.pipeline
    place = await pipeline.conversations.any(conversation)
    assert place is not None
    now = pipeline.clock.now()
    message = Message(
        id=MessageId(new_id()), project=place.project, conversation=conversation, channel=place.channel,
        contact=place.contact, position=0, direction=Direction.OUT, author=Actor(kind=ActorKind.SYSTEM),
        text=f"news for {conversation}", created_at=now, delivery=queued(now + timedelta(hours=1)),
    )  # fmt: skip
    await pipeline.messages.append(message)
    pipeline.outbox.wake(conversation)
