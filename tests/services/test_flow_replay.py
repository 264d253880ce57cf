"""Replaying sessions out of the pipeline: the engine comes to the same session at every recorded Turn."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import cli
from hub.model.conversation import Control
from hub.model.ids import ConversationId
from hub.services.commands import FillAnswers, HandBack, MoveFlow, StopFlow, Take
from hub.services.errors import NotFound
from hub.services.flow_replay import FlowReplay, Replayed
from hub.store import schema
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.contacts import Contacts
from hub.store.embedded import Embedded
from hub.store.flow_sessions import FlowSessions
from hub.store.group_commit import GroupCommit
from hub.store.messages import Messages
from hub.store.projects import Projects
from hub.store.turns import Turns
from tests.services.desk import PROJECT, eventually, viewer
from tests.services.flow_desk import LEAD, FlowDesk, open_flow_desk

ANNA = viewer("a")


async def replayed(desk: FlowDesk, connection: Connection) -> Sequence[Replayed]:
    """The only session, stepped through again."""
    database = connection.database
    (row,) = [row async for row in database["flow_sessions"].find()]
    return await replay_of(desk, connection).of(PROJECT, row["_id"])


def replay_of(desk: FlowDesk, connection: Connection) -> FlowReplay:
    """Replaying in this database."""
    database = connection.database
    return FlowReplay(
        FlowSessions(database), Turns(database, GroupCommit(database["turns"])),
        Messages(database, GroupCommit(database["messages"])), desk.pipeline.flow_library, Channels(database),
        Contacts(database), Projects(database),
    )  # fmt: skip


async def said(desk: FlowDesk, text: str, question: str) -> ConversationId:
    """Say something, and wait until the question is put."""
    received = await desk.says(text)
    assert received.conversation is not None
    conversation = received.conversation

    async def asked() -> bool:
        told = await desk.told(conversation)
        return bool(told) and question in told[-1] and not await desk.pipeline.messages.undecided(conversation)

    await eventually(asked)
    return conversation


async def test_a_session_replays_to_the_same_answers_and_end(connection: Connection) -> None:
    """Every Turn comes out as it was stored, and the effects are told."""
    async with open_flow_desk(connection) as desk:
        await said(desk, "hello", "name?")
        await said(desk, "Ann", "How many")
        await said(desk, "one or two", "How many")
        await said(desk, "Many", "budget")
        conversation = await said(desk, "250", "colleague")
        await eventually(lambda: _done(desk, conversation))
        steps = await replayed(desk, connection)
        assert [step.happened for step in steps] == [
            "began", "message «Ann»", "message «one or two»", "message «Many»", "message «250»",
        ]  # fmt: skip
        assert [step.differs for step in steps] == [()] * 5
        assert steps[-1].recorded.outcome == "hot"
        assert any(type(effect).__name__ == "Escalate" for effect in steps[-1].effects)


async def test_what_people_do_to_a_session_replays_too(connection: Connection) -> None:
    """Taking over, filling in, handing back, moving to a new version, stopping."""
    async with open_flow_desk(connection) as desk:
        conversation = await said(desk, "hello", "name?")
        act = desk.pipeline.turns.act
        await act(ANNA, conversation, Take(), "k1")
        await act(ANNA, conversation, FillAnswers(values={"name": "Ann"}), "k2")
        await act(ANNA, conversation, HandBack(to="bot"), "k3")
        await desk.publish("lead", LEAD.replace("Your budget?", "And your budget?"))
        desk.pipeline.flow_library._newest.clear()
        await act(ANNA, conversation, MoveFlow(), "k4")
        await act(ANNA, conversation, StopFlow(), "k5")
        steps = await replayed(desk, connection)
        assert [step.happened for step in steps] == [
            "began", "a person took over", "page with name", "came back to the bot", "moved to version 2", "was ended",
        ]  # fmt: skip
        assert [step.differs for step in steps] == [()] * 6


async def test_a_record_that_the_engine_would_not_make_is_named(connection: Connection) -> None:
    """The fields that differ, and at which Turn."""
    async with open_flow_desk(connection) as desk:
        await said(desk, "hello", "name?")
        await said(desk, "Ann", "How many")
        await connection.database["turns"].update_one({"seq": 2}, {"$set": {"session.answers.name.value": "Bob"}})
        steps = await replayed(desk, connection)
        assert [step.differs for step in steps] == [(), ("answers.name",)]
        with pytest.raises(NotFound):
            await replay_of(desk, connection).of(PROJECT, "none")


async def test_the_command_tells_each_turn(
    connection: Connection, embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happened, where it led, what it caused; 1 as the end when something differs, and for no session."""
    monkeypatch.setenv("HUB_MONGODB_URI", embedded.uri)
    monkeypatch.setenv("HUB_DATABASE", connection.database.name)
    await schema.check(connection.database)

    async def run(session: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, ["flows", "replay", session])

    async with open_flow_desk(connection) as desk:
        await said(desk, "hello", "name?")
        await said(desk, "Ann", "How many")
        (row,) = [row async for row in connection.database["flow_sessions"].find()]
        result = await run(row["_id"])
        assert result.exit_code == 0, result.output
        assert "began → asks name\n" in result.output
        assert "message «Ann» → asks size\n        * field name Ann\n" in result.output
        assert result.output.endswith("2 Turns replayed: all as recorded.\n")
        await connection.database["turns"].update_one({"seq": 2}, {"$set": {"session.score": 7}})
        result = await run(row["_id"])
        assert result.exit_code == 1
        assert "DIFFERS: score" in result.output
        result = await run("none")
        assert result.exit_code == 1
        assert result.stderr == "Session none does not exist.\n"


async def test_the_figures_of_a_flow_are_told(
    connection: Connection, embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started, finished, where they stopped; a flow or a channel that is none says which there are."""
    monkeypatch.setenv("HUB_MONGODB_URI", embedded.uri)
    monkeypatch.setenv("HUB_DATABASE", connection.database.name)
    await schema.check(connection.database)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, ["flows", "stats", *arguments])

    async with open_flow_desk(connection) as desk:
        await said(desk, "hello", "name?")
        await said(desk, "Ann", "How many")
        found = json.loads((await run("lead", "--json")).output)
        assert (found["started"], found["finished"], found["live"]) == (1, 0, 1)
        assert found["questions"] == [
            {"id": "name", "answered": 1, "open": 0, "left": 0},
            {"id": "size", "answered": 0, "open": 1, "left": 0},
            {"id": "budget", "answered": 0, "open": 0, "left": 0},
        ]
        told = await run("lead", "--since", "2020-01-01")
        assert told.output.startswith("lead: 1 started, 0 finished (0 %), 1 live\n")
        assert json.loads((await run("lead", "--json", "--until", "2020-01-01")).output)["started"] == 0
        refused = await run("tea")
        assert refused.exit_code == 2
        assert "tea is not published in Demo. There are: how, lead." in refused.stderr
        assert "has no channel none. There are: " in (await run("lead", "--channel", "none")).stderr


async def _done(desk: FlowDesk, conversation: ConversationId) -> bool:
    held = await desk.pipeline.conversations.any(conversation)
    return held is not None and held.control is Control.QUEUE
