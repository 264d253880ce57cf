"""Flows in the pipeline, against a real MongoDB: they begin by rules, one Turn a step, effects once."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.session import State
from hub.model.conversation import Control, ControlReason, Priority, Status
from hub.model.flow import StartOn, StartRule
from hub.services.commands import (
    HandBack,
)
from hub.services.errors import Invalid
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.flow_figures import FlowFigures
from hub.store.funnel import StageLog
from tests.services.desk import PROJECT, eventually
from tests.services.flow_desk import FIRST, LEAD, SALES, open_flow_desk
from tests.services.flow_steps import (
    ANNA,
    BUDGET,
    NAME,
    SIZE,
    answers,
    asks,
    begun,
    conversation_of,
    finished_flow,
    has_control,
    last_said,
    mark_of,
    pressed_start,
    sessions_by_flow,
)


async def test_first_message_begins_the_flow_of_the_channel(connection: Connection) -> None:
    """The bot asks at once and holds the conversation; nobody waits in the queue."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.control, held.control_reason) == (Control.BOT, ControlReason.FLOW_STARTED)
        assert held.waiting_since is None
        assert held.flow is not None
        assert (held.flow.flow, held.flow.version, held.flow.open, held.flow.state) == ("lead", 1, "name", "active")
        assert [message.ask.question for message in await desk.said(conversation) if message.ask] == ["name"]


async def test_answers_lead_to_an_outcome_and_to_a_person(connection: Connection) -> None:
    """One Turn per answer; the last one saves, moves the stage, escalates, and shows the answers as a card."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "Ann", SIZE)
        await answers(desk, conversation, "Many", BUDGET)
        await desk.says("250")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.team, held.priority, held.control_reason) == (SALES, Priority.HIGH, ControlReason.FLOW_ESCALATED)
        assert held.tags == ("asked",)
        assert held.waiting_since is not None
        assert held.flow is not None
        assert (held.flow.state, held.flow.outcome, held.flow.score) == (State.DONE, "hot", 50)
        assert held.flow.stage == "qualified"
        (note,) = await desk.notes(conversation)
        assert note.card is not None
        assert [(line.label, line.value) for line in note.card.lines] == [
            (NAME, "Ann"), (SIZE, "Many"), (BUDGET, "250"),
        ]  # fmt: skip
        assert f"{NAME}: Ann" in note.text
        contact = await desk.pipeline.contacts.get(PROJECT, held.contact)
        assert contact is not None
        assert (contact.name, contact.stage) == ("Ann", "qualified")
        moves = await StageLog(connection.database).of_contact(PROJECT, [held.contact])
        assert [(move.before, move.stage) for move in moves] == [("engaged", "qualified"), (None, "engaged")]
        kinds = [turn["kind"] async for turn in connection.database["turns"].find().sort("seq", 1)]
        assert kinds == ["message"] * 4


async def test_figures_count_whoever_goes_back_once(connection: Connection) -> None:
    """A question that is open again was asked once: never more are asked it than answered the one before."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "Ann", SIZE)
        await answers(desk, conversation, "Many", BUDGET)
        await answers(desk, conversation, "back", SIZE)

        async def counted() -> bool:
            found = await FlowFigures(connection.database).of(PROJECT, "lead")
            return (found.answered, found.open) == ({"name": 1, "size": 1}, {})

        await eventually(counted)
        await desk.says("stop")

        async def left() -> bool:
            return (await FlowFigures(connection.database).of(PROJECT, "lead")).left == {"size": 1}

        await eventually(left)


async def test_card_shows_questions_as_they_were_asked(connection: Connection) -> None:
    """Colleagues read "Your budget, Ann?", and never `{name}`."""
    async with open_flow_desk(connection) as desk:
        await desk.publish("lead", LEAD.replace("Your budget?", "Your budget, {name}?"))
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "Hello, my name is Ann", SIZE)
        await answers(desk, conversation, "Many", "Your budget, Ann?")
        await desk.says("250")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        (note,) = await desk.notes(conversation)
        assert note.card is not None
        assert [line.label for line in note.card.lines] == [NAME, SIZE, "Your budget, Ann?"]


async def test_outcome_without_a_person_leaves_no_work(connection: Connection) -> None:
    """A session that ended by itself resolves the conversation; what is written later goes to people."""
    async with open_flow_desk(connection) as desk:
        conversation = await finished_flow(desk)
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control) == (Status.RESOLVED, Control.NONE)
        assert await last_said(desk, conversation) == "Thank you!"
        await desk.says("one more thing")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))


async def test_conversation_without_rules_is_as_ever(connection: Connection) -> None:
    """A channel without rules knows nothing of flows."""
    async with open_flow_desk(connection, rules=()) as desk:
        conversation = conversation_of(await desk.says("survey"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        assert await desk.told(conversation) == []
        assert await connection.database["flow_sessions"].count_documents({}) == 0


async def test_flow_that_is_not_published_leaves_the_contact_to_people(connection: Connection) -> None:
    """A rule may name what nobody has published yet: nothing ends in silence."""
    rule = StartRule(flow="missing", on=StartOn.FIRST_MESSAGE)
    async with open_flow_desk(connection, rules=(rule,)) as desk:
        conversation = conversation_of(await desk.says("hello"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))


async def test_start_words_begin_a_flow_only_as_the_whole_message(connection: Connection) -> None:
    """The words of the rule, or else of the flow; a sentence that contains them is none."""
    rules = (StartRule(flow="lead", on=StartOn.WORDS), StartRule(flow="how", on=StartOn.WORDS, words=("Grade",)))
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = conversation_of(await desk.says("is this a survey"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        assert await desk.told(conversation) == []
        await answers(desk, conversation, "SURVEY!", NAME)
        other = conversation_of(await desk.says("grade", who="other"))
        await eventually(lambda: has_control(desk, other, Control.BOT))
        assert (await mark_of(desk, other)).flow == "how"


async def test_start_words_win_over_a_rule_for_any_first_message(connection: Connection) -> None:
    """Whoever asks for a flow by its words gets it, wherever in the list the rule for everybody else stands."""
    rules = (FIRST, StartRule(flow="how", on=StartOn.WORDS, words=("grade",)))
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = await begun(desk, "Grade!", "How was it, 0 to 10?")
        assert (await mark_of(desk, conversation)).flow == "how"


async def test_open_question_wins_over_start_words(connection: Connection) -> None:
    """What answers the question is an answer, even if it is a start word; what does not may begin another flow."""
    rules = (FIRST, StartRule(flow="how", on=StartOn.WORDS, words=("grade",)))
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "grade", SIZE)
        assert (await mark_of(desk, conversation)).flow == "lead"
        await answers(desk, conversation, "Many", BUDGET)
        await desk.says("Grade")

        async def other() -> bool:
            return (await mark_of(desk, conversation)).flow == "how"

        await eventually(other)
        sessions = await sessions_by_flow(connection)
        assert {name: one["state"] for name, one in sessions.items()} == {"lead": "stopped", "how": "active"}


async def test_pressing_start_begins_a_conversation_once(connection: Connection) -> None:
    """`/start` with its payload begins the flow of its rule, however often the service repeats it."""
    rules = (StartRule(flow="how", on=StartOn.START, payload="rate"), StartRule(flow="lead", on=StartOn.START))
    async with open_flow_desk(connection, rules=rules) as desk:
        await asyncio.gather(*(pressed_start(desk, "s1", "rate") for _ in range(5)))
        conversation = conversation_of(await pressed_start(desk, "s1", "rate"))
        await eventually(lambda: has_control(desk, conversation, Control.BOT))
        assert (await mark_of(desk, conversation)).flow == "how"
        thread = await desk.thread(conversation)
        assert [(message.text, message.started) for message in thread[:1]] == [("/start rate", True)]
        await pressed_start(desk, "s2", None)

        async def other() -> bool:
            return (await mark_of(desk, conversation)).flow == "lead"

        await eventually(other)


async def test_pressing_start_without_a_rule_makes_no_conversation(connection: Connection) -> None:
    """Where nothing begins by it, only the contact is there."""
    async with open_flow_desk(connection) as desk:
        received = await pressed_start(desk, "s1", None)
        assert received.conversation is None
        assert await connection.database["conversations"].count_documents({}) == 0


async def test_repeated_answer_is_one_step(connection: Connection) -> None:
    """The same message eight times at once moves the session once."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await asyncio.gather(*(desk.says("Ann", key="k") for _ in range(8)))
        await eventually(lambda: asks(desk, conversation, SIZE))
        assert sum(NAME in text for text in await desk.told(conversation)) == 1
        assert sum(SIZE in text for text in await desk.told(conversation)) == 1


async def test_stale_button_does_not_advance(connection: Connection) -> None:
    """A button of an older question changes nothing and says so."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "Ann", SIZE)
        button = (await desk.said(conversation))[-1].buttons[1]
        await desk.says(button.label, button=button.value, key="p1")
        await eventually(lambda: asks(desk, conversation, BUDGET))
        mark = await mark_of(desk, conversation)
        await desk.says(button.label, button=button.value, key="p2")

        async def answered() -> bool:
            return "Many" in await last_said(desk, conversation)

        await eventually(answered)
        after = await mark_of(desk, conversation)
        assert (after.open, after.asked) == (mark.open, mark.asked)


async def test_flow_runs_once_with_two_hubs(connection: Connection) -> None:
    """Two hubs that share the work ask each question once, and their sessions are those of the Turns."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await begun(one, "hello", NAME)
        await two.says("Ann")
        await eventually(lambda: asks(one, conversation, SIZE))
        await one.says("Many")
        await eventually(lambda: asks(one, conversation, BUDGET))
        await two.says("500")
        await eventually(lambda: has_control(one, conversation, Control.QUEUE))
        told = await one.told(conversation)
        assert [text for text in told if NAME in text or SIZE in text or BUDGET in text] == told[:3]
        assert len(await one.notes(conversation)) == 1
        assert await connection.database["stage_log"].count_documents({}) == 2


async def test_answer_at_a_hub_whose_clock_is_behind_is_no_early_one(connection: Connection) -> None:
    """Order is position: an answer that stands behind the question counts, whatever the clocks of two hubs say."""

    async def behind() -> datetime:
        now: datetime = (await connection.client.admin.command("hello"))["localTime"]
        return now.astimezone(UTC) - timedelta(seconds=5)

    slow = DatabaseClock(connection.database, read=behind)
    async with open_flow_desk(connection) as one, open_flow_desk(connection, decide=False, clock=slow) as two:
        conversation = await begun(one, "hello", NAME)
        await answers(one, conversation, "Ann", SIZE)
        await two.says("Many")
        one.pipeline.turns.wake(conversation)
        await eventually(lambda: asks(one, conversation, BUDGET))


async def test_effects_of_a_dead_hub_are_carried_out_by_the_next(connection: Connection) -> None:
    """A crash after the commit and before the effects: the next hub does them, each once."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await answers(desk, conversation, "Ann", SIZE)
        await answers(desk, conversation, "Many", BUDGET)
        await desk.says("500")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        before = [message.text for message in await desk.thread(conversation)]
    database = connection.database
    last = await database["turns"].find_one({"conversation": conversation}, sort=[("seq", -1)])
    assert last is not None
    await database["turns"].update_one({"_id": last["_id"]}, {"$set": {"applied": False}})
    await database["messages"].delete_many({"turn": last["_id"]})
    await database["stage_log"].delete_many({"turn": last["_id"]})
    await database["flow_sessions"].delete_many({})
    async with open_flow_desk(connection) as desk:

        async def done() -> bool:
            return await database["turns"].count_documents({"applied": False}) == 0

        await eventually(done)
        assert [message.text for message in await desk.thread(conversation)] == before
        assert await database["stage_log"].count_documents({}) == 2
        assert (await sessions_by_flow(connection))["lead"]["seq"] == last["seq"]


async def test_fault_of_the_engine_leaves_the_contact_to_people(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that fails is not tried for ever: a person sees the message, and the conversation goes on."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("flows.engine.hear", broken)
        await desk.says("Ann")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        held = await desk.pipeline.conversations.any(conversation)
        assert held is not None
        assert held.control_reason is ControlReason.BOT_ERROR
        assert held.waiting_since is not None
        monkeypatch.undo()
        with pytest.raises(Invalid):
            await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", flow="missing"), "k0")
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", restart=True), "k1")
        await answers(desk, conversation, "Beth", SIZE)


async def test_flow_promises_a_call(connection: Connection) -> None:
    """A `call_back` is a task of the escalation's team at the time that was chosen."""
    text = """\
flow: lead
ask:
- phone: phone
  text: Your number?
- hours: choice
  text: When?
  options: {morning: Morning, evening: Evening}
outcomes:
- call: else
  do:
    call_back: {phone: phone, time: hours, times: {morning: "10:00", evening: "18:00"}, within: 30s}
    escalate: Sales
"""
    async with open_flow_desk(connection) as desk:
        await desk.publish("lead", text)
        conversation = conversation_of(await desk.says("hello"))
        for said in ("+44 20 7946 0958", "Evening"):
            await desk.pipeline.turns.settle(conversation)
            await desk.says(said)
        await desk.pipeline.turns.settle(conversation)
        [task] = await desk.pipeline.tasks.open_of(conversation)
        assert (task.phone, task.team) == ("+442079460958", SALES)
        assert task.due_at.astimezone(ZoneInfo("Europe/London")).strftime("%H:%M") == "18:00"
        assert task.wanted_at == task.due_at
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert held.team == SALES
