"""How long the inbox's list and thread take with ten thousand, a hundred thousand and a million conversations."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from pymongo import AsyncMongoClient

from bench.load import Line
from bench.rig import running_hub
from bench.rows import Row, compared, percentile
from hub.model.conversation import Control, Conversation, ConversationState, LastMessage, Status
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, ProjectId, derived_id
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.views import views_of
from hub.store.conversations import holder_of, name_starts
from hub.store.documents import to_document
from tests.chaos.hub_under_test import DATABASE, PASSWORD, Rig

SIZES = (10_000, 100_000, 1_000_000)
REQUESTS = 40
ROUNDS = 5
TARGET = 1.5
THREAD = 2_000
START = datetime(2026, 1, 1, tzinfo=UTC)
VIEWS = ("unattended", "mine", "unassigned", "all", "resolved")

Page = Callable[[], str]


async def run() -> list[Row]:
    """The 95th percentile of each page at each size; the ratio is to the smallest size, in the same run."""
    found: dict[str, dict[int, list[float]]] = {}
    async with running_hub(in_memory=True) as rig:
        channel = await _first_channel(rig)
        await _fill(rig, channel, SIZES[0])
        await _add_thread(rig, channel)
        line, cookie = await _signed_in(rig)
        size = SIZES[0]
        for wanted in SIZES:
            await _multiply(rig, size, wanted)
            size = wanted
            for name, paths in await _pages(line, cookie):
                for _ in range(ROUNDS):
                    took = [await _timed(line, cookie, path) for path in paths]
                    found.setdefault(name, {}).setdefault(size, []).append(percentile(took, 0.95) * 1000)
        await line.close()
    return [
        compared(f"{name}_{size}_p95", values[size], "ms", values[SIZES[0]], at_most=TARGET)
        for name, values in found.items()
        for size in SIZES[1:]
    ]


async def _pages(line: Line, cookie: str) -> Sequence[tuple[str, Sequence[str]]]:
    pages: list[tuple[str, Sequence[str]]] = []
    for view in VIEWS:
        first = f"/api/v1/conversations?view={view}"
        pages.append((f"list_{view}", [first] * REQUESTS))
    deep = "/api/v1/conversations?view=all"
    for _ in range(10):
        _, answer = await line.get(deep, cookie)
        deep = f"/api/v1/conversations?view=all&cursor={json.loads(answer)['next']}"
    pages += [
        ("list_all_tenth_page", [deep] * REQUESTS),
        ("counters", ["/api/v1/conversations/counters"] * REQUESTS),
    ]
    thread = f"/api/v1/conversations/{_conversation(0)}/messages"
    pages.append(("thread", [thread, *(f"{thread}?before={n}" for n in range(THREAD, 60, -THREAD // REQUESTS))]))
    return pages


async def _timed(line: Line, cookie: str, path: str) -> float:
    began = time.perf_counter()
    status, answer = await line.get(path, cookie)
    if status != 200:
        raise RuntimeError(f"{path} was answered with {status}: {answer!r}")
    return time.perf_counter() - began


async def _signed_in(rig: Rig) -> tuple[Line, str]:
    """A connection, and the header of a session: a token may not ask that often."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"X-Hub": "1"}, cookie_jar=jar, raise_for_status=True) as session:
        credentials = {"email": rig.operators[0].email, "password": PASSWORD}
        async with session.post(f"{rig.url}/api/v1/session", json=credentials) as answer:
            cookie = answer.cookies["hub_session"]
    return await Line.to(rig.url), f"Cookie: hub_session={cookie.value}\r\n"


async def _first_channel(rig: Rig) -> dict[str, Any]:
    async with AsyncMongoClient[dict[str, Any]](rig.uri) as client:
        channel = await client[DATABASE]["channels"].find_one({})
    assert channel is not None
    return channel


def _conversation(number: int) -> ConversationId:
    return ConversationId(derived_id("bench", number))


async def _fill(rig: Rig, channel: dict[str, Any], count: int) -> None:
    """The first conversations, in proportions of an inbox that has been used for long: most of them are resolved."""
    operator = rig.operators[0].id
    documents = []
    for number in range(count):
        at = START + timedelta(seconds=number)
        state = ConversationState(status=Status.RESOLVED, control=Control.NONE, resolved_at=at)
        if number % 50 == 0:
            state = ConversationState(waiting_since=at)
        elif number % 50 == 1:
            state = ConversationState(control=Control.OPERATOR, assignee=operator)
        last = LastMessage(
            position=1, direction=Direction.IN, author_kind=ActorKind.CONTACT, preview="Is this still in stock?", at=at
        )
        shown = Conversation(
            **state.model_dump(), id=_conversation(number), project=ProjectId(channel["project"]),
            channel=ChannelId(channel["_id"]), channel_kind="webchat", contact=ContactId(derived_id("who", number)),
            contact_name=f"Sample Customer {number}", seq=1, last_position=1, last_message=last, last_activity_at=at,
            created_at=at, revision=1,
        )  # fmt: skip
        derived = {
            "views": [view.value for view in views_of(state)],
            "holder": holder_of(state.assignee, state.team),
            "name_starts": name_starts(shown.contact_name),
        }
        documents.append({**to_document(shown), **derived})
    async with AsyncMongoClient[dict[str, Any]](rig.uri) as client:
        await client[DATABASE]["conversations"].insert_many(documents, ordered=False)


async def _multiply(rig: Rig, have: int, wanted: int) -> None:
    """Copies made by the server: other people at other times, with the same proportions."""
    async with AsyncMongoClient[dict[str, Any]](rig.uri) as client:
        conversations = client[DATABASE]["conversations"]
        for copy in range(have // SIZES[0], wanted // SIZES[0]):
            later = {"$dateAdd": {"startDate": "$last_activity_at", "unit": "second", "amount": copy * SIZES[0]}}
            pipeline: list[dict[str, Any]] = [
                {"$match": {"number": 1}},
                {"$set": {
                    "_id": {"$concat": [{"$substrCP": ["$_id", 0, 26]}, f"{copy:06x}"]},
                    "number": copy + 1,
                    "last_activity_at": later,
                    "waiting_since": {"$cond": [{"$eq": ["$waiting_since", None]}, None, later]},
                }},
                {"$merge": {"into": "conversations", "whenMatched": "fail"}},
            ]  # fmt: skip
            async for _ in await conversations.aggregate(pipeline):
                pass


async def _add_thread(rig: Rig, channel: dict[str, Any]) -> None:
    """One long thread."""
    documents = [
        to_document(
            Message(
                id=MessageId(derived_id("message", number)),
                project=ProjectId(channel["project"]),
                conversation=_conversation(0),
                channel=ChannelId(channel["_id"]),
                contact=ContactId(derived_id("who", 0)),
                position=number,
                direction=Direction.IN,
                author=Actor(kind=ActorKind.CONTACT, name="Sample Customer 0"),
                text="Is this still in stock?",
                external_id=f"x{number}",
                created_at=START,
            )
        )
        for number in range(1, THREAD + 1)
    ]
    async with AsyncMongoClient[dict[str, Any]](rig.uri) as client:
        await client[DATABASE]["messages"].insert_many(documents, ordered=False)
