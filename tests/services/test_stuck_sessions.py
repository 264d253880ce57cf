"""The watchdog's list: sessions that will not come to their end by themselves, why, and how they go on."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hub.model.flow import Stuck, StuckSession
from hub.model.ids import ConversationId
from hub.services.commands import HandBack, StopFlow, Take
from hub.services.stuck_sessions import StuckSessions
from hub.store.connection import Connection
from hub.store.flow_sessions import FlowSessions
from tests.services.desk import eventually
from tests.services.flow_desk import FlowDesk, open_flow_desk
from tests.services.flow_steps import ANNA, NAME, SIZE, all_decided, answers, begun, last_said


async def stuck(desk: FlowDesk, connection: Connection, flow: str | None = None) -> Sequence[StuckSession]:
    pipeline = desk.pipeline
    watchdog = StuckSessions(
        FlowSessions(connection.database), pipeline.conversations, pipeline.messages, pipeline.flow_library,
        pipeline.clock,
    )  # fmt: skip
    return await watchdog.of(ANNA, flow)


async def reasons(desk: FlowDesk, connection: Connection) -> list[Stuck]:
    return [one.why for one in await stuck(desk, connection)]


async def asked_again(desk: FlowDesk, conversation: ConversationId, key: str = "again") -> str:
    """What the bot says when an operator lets it ask once more."""
    await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", again=True), key)
    await eventually(lambda: all_decided(desk, conversation))
    return await last_said(desk, conversation)


async def test_a_session_that_waits_for_its_contact_or_a_person_is_not_stuck(connection: Connection) -> None:
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        assert await reasons(desk, connection) == []
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        assert await reasons(desk, connection) == []


async def test_a_question_that_did_not_reach_the_contact_is_stuck_until_it_is_asked_again(
    connection: Connection,
) -> None:
    """With the service's word for it; asking again puts a new message, and then nothing is stuck."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "Ann", SIZE)
        asked = (await desk.said(conversation))[-1]
        failed = {"delivery.status": "failed", "delivery.reason": "The bot was blocked"}
        await connection.database["messages"].update_one({"_id": asked.id}, {"$set": failed})
        (found,) = await stuck(desk, connection, "lead")
        assert (found.why, found.reason, found.question) == (Stuck.NOT_DELIVERED, "The bot was blocked", "size")
        assert found.conversation == conversation
        assert await stuck(desk, connection, "how") == []
        assert SIZE in await asked_again(desk, conversation)
        assert await reasons(desk, connection) == []


async def test_a_session_that_asks_nothing_is_stuck(connection: Connection) -> None:
    """Such a one is made by a fault only; here its row in the list says so."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await connection.database["flow_sessions"].update_many({}, {"$set": {"session.open": None}})
        assert await reasons(desk, connection) == [Stuck.ASKS_NOTHING]
        assert NAME in await asked_again(desk, conversation)
        assert await reasons(desk, connection) == []


@pytest.mark.parametrize(("days", "late"), [(3, False), (5, True)])
async def test_a_session_that_should_have_been_closed_long_ago_is_stuck(
    connection: Connection, days: int, late: bool
) -> None:
    """Its `silence` closes after three days; a day more is given."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        long_ago = desk.pipeline.clock.now() - timedelta(days=days)
        await connection.database["flow_sessions"].update_many({}, {"$set": {"session.open.asked_at": long_ago}})
        assert await reasons(desk, connection) == ([Stuck.TOO_LONG] if late else [])
        await desk.pipeline.turns.act(ANNA, conversation, StopFlow(), "stop")
        assert await reasons(desk, connection) == []


async def test_a_session_whose_flow_cannot_be_run_is_stuck_and_goes_on_when_it_can(connection: Connection) -> None:
    """A version that no longer compiles: people have the conversation, and the bot asks again when they say so."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        versions = connection.database["flow_versions"]
        kept = await versions.find_one({"flow": "lead"})
        assert kept is not None
        broken = [{**source, "text": "flow: ["} for source in kept["sources"]]
        await versions.update_one({"_id": kept["_id"]}, {"$set": {"sources": broken}})
        desk.pipeline.flow_library._compiled.clear()
        await desk.says("Ann")
        await eventually(lambda: all_decided(desk, conversation))
        assert await reasons(desk, connection) == [Stuck.BOT_FAILED]
        await versions.update_one({"_id": kept["_id"]}, {"$set": {"sources": kept["sources"]}})
        assert NAME in await asked_again(desk, conversation)
        assert await reasons(desk, connection) == []
