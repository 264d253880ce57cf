"""Steps a second of the flow engine, alone and durable, against aiogram's state machine in the same run.

Alone: a session of fourteen questions from its first word to its outcome, in memory. Durable, sixteen conversations at
once: the step with its Turn, against aiogram's `PyMongoStorage`, and against the same documents given to the group
commit without a step; then the whole way of a message, from a channel over Turn and reply back to the channel.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.fsm.storage.pymongo import PyMongoStorage

from bench.aiogram_fsm import Feed, questionnaire
from bench.conversations import CONVERSATIONS, Converse, latencies, raw_turns, turn_steps, whole_way
from bench.costs import Costs, counted
from bench.rig import running_mongod
from bench.rows import Row, alone, compared
from bench.survey import QUESTIONS, Played, played
from hub.store.connection import open_database
from hub.store.indexes import create_indexes

RUNS = 7
SESSIONS = 150
CHATS = 20
SECONDS = 1.5
THINKS_S = 0.05
"""A person takes longer. Who answers at once waits for what the step before is still writing."""


async def run() -> list[Row]:
    """The engine alone, then durable."""
    return [*await _alone(), *await _durable()]


async def _alone() -> list[Row]:
    survey = played()
    feed, begin = questionnaire(MemoryStorage(), QUESTIONS)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(RUNS):
        ours.append(_sessions(survey))
        began = time.process_time()
        for chat in range(CHATS):
            await _one_chat(feed, begin, chat)
        theirs.append(CHATS * QUESTIONS / (time.process_time() - began))
    sessions_us = [QUESTIONS / rate * 1e6 for rate in ours]
    return [
        compared("flow_engine_steps_to_aiogram_fsm", ours, "steps/s", theirs, at_least=10),
        alone("flow_engine_session_of_14", sessions_us, "us", at_most=250),
    ]


def _sessions(survey: Played) -> float:
    """Steps a second of CPU over many sessions: neither side waits for anything, and others may use the machine."""
    began = time.process_time()
    for _ in range(SESSIONS):
        survey.run()
    return SESSIONS * QUESTIONS / (time.process_time() - began)


async def _one_chat(feed: Feed, begin: Callable[[int], Awaitable[None]], chat: int) -> None:
    await begin(chat)
    for number in range(QUESTIONS):
        await feed(chat, f"answer {number}")


async def _durable() -> list[Row]:
    async with running_mongod() as mongod:
        connection = await open_database(mongod.uri, "flows")
        await create_indexes(connection.database)
        feed, begin = questionnaire(PyMongoStorage(connection.client, db_name="aiogram"), QUESTIONS)
        async with turn_steps(connection) as step, raw_turns(connection) as write, whole_way(connection) as phones:
            ways: dict[str, Converse] = {
                "theirs": lambda chat: _one_chat(feed, begin, chat),
                "turns": step,
                "raw": write,
                "whole": phones.converse,
            }
            rates: dict[str, list[float]] = {name: [] for name in ways}
            each: list[Costs] = []
            for _ in range(RUNS):
                for name, one in ways.items():
                    async with counted(connection) as costs:
                        rate, steps = await _rate(one)
                    rates[name].append(rate)
                    if name == "whole":
                        each.append(costs.each(steps))
            whole_ms, writes_ms = await latencies(connection, phones, 0)
            thought_ms, apart_ms = await latencies(connection, phones, THINKS_S)
        await connection.close()
    return [
        compared("flow_durable_steps_to_aiogram_mongo", rates["turns"], "steps/s", rates["theirs"], at_least=4),
        compared("flow_durable_steps_to_group_commit", rates["turns"], "steps/s", rates["raw"]),
        compared("flow_whole_way_to_aiogram_mongo", rates["whole"], "steps/s", rates["theirs"]),
        compared("flow_whole_way_p50_to_three_writes", whole_ms, "ms", writes_ms, at_most=1),
        compared("flow_whole_way_of_who_thinks_p50_to_three_writes", thought_ms, "ms", apart_ms, at_most=1),
        alone("flow_whole_way_commands", [one.commands for one in each], "a step"),
        alone("flow_whole_way_cpu_of_the_hub", [one.here_ms for one in each], "ms a step"),
        alone("flow_whole_way_cpu_of_mongod", [one.database_ms for one in each], "ms a step"),
    ]


async def _rate(session: Converse) -> tuple[float, int]:
    """Steps a second while every conversation runs one session after the other, and how many they were."""
    began = time.perf_counter()
    steps = 0

    async def converse(writer: int) -> None:
        nonlocal steps
        while time.perf_counter() - began < SECONDS:
            await session(writer)
            steps += QUESTIONS

    async with asyncio.TaskGroup() as group:
        for writer in range(CONVERSATIONS):
            group.create_task(converse(writer))
    return steps / (time.perf_counter() - began), steps
