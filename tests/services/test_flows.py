"""Flows in the pipeline, against a real MongoDB: one Turn a step, effects once, the bot never over a person's head."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.session import By, State
from hub.model.conversation import Control, ControlReason, Priority, Status
from hub.model.events import ConversationStarted, Received, Sender
from hub.model.flow import FlowMark, StartOn, StartRule
from hub.model.ids import ConversationId
from hub.model.operator import Role
from hub.model.timer import Timer
from hub.model.turn import TurnKind
from hub.services.commands import (
    FillAnswers,
    HandBack,
    MoveFlow,
    Reply,
    Resolve,
    SetTags,
    StartFlow,
    StopFlow,
    Take,
)
from hub.services.errors import Invalid, NotAllowed, NotFound
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.funnel import Consents, StageLog
from hub.store.presence import Presences
from tests.services.desk import NOW, PROJECT, eventually, viewer
from tests.services.flow_desk import FIRST, LEAD, SALES, FlowDesk, open_flow_desk

ANNA, BORIS = viewer("a"), viewer("b")
NAME, SIZE, BUDGET = "What is your name?", "How many are you?", "Your budget?"


async def test_first_message_begins_the_flow_of_the_channel(connection: Connection) -> None:
    """The bot asks at once and holds the conversation; nobody waits in the queue."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
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
        conversation = await _asked(desk, "hello", NAME)
        await _answer(desk, conversation, "Ann", SIZE)
        await _answer(desk, conversation, "Many", BUDGET)
        await desk.says("250")
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
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
        moves = await StageLog(connection.database).of_contact(PROJECT, held.contact)
        assert [(move.before, move.stage) for move in moves] == [("engaged", "qualified"), (None, "engaged")]
        kinds = [turn["kind"] async for turn in connection.database["turns"].find().sort("seq", 1)]
        assert kinds == ["message"] * 4


async def test_outcome_without_a_person_leaves_no_work(connection: Connection) -> None:
    """A session that ended by itself resolves the conversation; what is written later goes to people."""
    async with open_flow_desk(connection) as desk:
        conversation = await _finished(desk)
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control) == (Status.RESOLVED, Control.NONE)
        assert await _last(desk, conversation) == "Thank you!"
        await desk.says("one more thing")
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))


async def test_conversation_without_rules_is_as_ever(connection: Connection) -> None:
    """A channel without rules knows nothing of flows."""
    async with open_flow_desk(connection, rules=()) as desk:
        conversation = _conversation(await desk.says("survey"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        assert await desk.told(conversation) == []
        assert await connection.database["flow_sessions"].count_documents({}) == 0


async def test_flow_that_is_not_published_leaves_the_contact_to_people(connection: Connection) -> None:
    """A rule may name what nobody has published yet: nothing ends in silence."""
    rule = StartRule(flow="missing", on=StartOn.FIRST_MESSAGE)
    async with open_flow_desk(connection, rules=(rule,)) as desk:
        conversation = _conversation(await desk.says("hello"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))


async def test_start_words_begin_a_flow_only_as_the_whole_message(connection: Connection) -> None:
    """The words of the rule, or else of the flow; a sentence that contains them is none."""
    rules = (StartRule(flow="lead", on=StartOn.WORDS), StartRule(flow="how", on=StartOn.WORDS, words=("Grade",)))
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = _conversation(await desk.says("is this a survey"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        assert await desk.told(conversation) == []
        await _answer(desk, conversation, "SURVEY!", NAME)
        other = _conversation(await desk.says("grade", who="other"))
        await eventually(lambda: _control(desk, other, Control.BOT))
        assert (await _mark(desk, other)).flow == "how"


async def test_open_question_wins_over_start_words(connection: Connection) -> None:
    """What answers the question is an answer, even if it is a start word; what does not may begin another flow."""
    rules = (FIRST, StartRule(flow="how", on=StartOn.WORDS, words=("grade",)))
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await _answer(desk, conversation, "grade", SIZE)
        assert (await _mark(desk, conversation)).flow == "lead"
        await _answer(desk, conversation, "Many", BUDGET)
        await desk.says("Grade")

        async def other() -> bool:
            return (await _mark(desk, conversation)).flow == "how"

        await eventually(other)
        sessions = await _sessions(connection)
        assert {name: one["state"] for name, one in sessions.items()} == {"lead": "stopped", "how": "active"}


async def test_pressing_start_begins_a_conversation_once(connection: Connection) -> None:
    """`/start` with its payload begins the flow of its rule, however often the service repeats it."""
    rules = (StartRule(flow="how", on=StartOn.START, payload="rate"), StartRule(flow="lead", on=StartOn.START))
    async with open_flow_desk(connection, rules=rules) as desk:
        await asyncio.gather(*(_start(desk, "s1", "rate") for _ in range(5)))
        conversation = _conversation(await _start(desk, "s1", "rate"))
        await eventually(lambda: _control(desk, conversation, Control.BOT))
        assert (await _mark(desk, conversation)).flow == "how"
        thread = await desk.thread(conversation)
        assert [(message.text, message.started) for message in thread[:1]] == [("/start rate", True)]
        await _start(desk, "s2", None)

        async def other() -> bool:
            return (await _mark(desk, conversation)).flow == "lead"

        await eventually(other)


async def test_pressing_start_without_a_rule_makes_no_conversation(connection: Connection) -> None:
    """Where nothing begins by it, only the contact is there."""
    async with open_flow_desk(connection) as desk:
        received = await _start(desk, "s1", None)
        assert received.conversation is None
        assert await connection.database["conversations"].count_documents({}) == 0


async def test_repeated_answer_is_one_step(connection: Connection) -> None:
    """The same message eight times at once moves the session once."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await asyncio.gather(*(desk.says("Ann", key="k") for _ in range(8)))
        await eventually(lambda: _asks(desk, conversation, SIZE))
        assert sum(NAME in text for text in await desk.told(conversation)) == 1
        assert sum(SIZE in text for text in await desk.told(conversation)) == 1


async def test_stale_button_does_not_advance(connection: Connection) -> None:
    """A button of an older question changes nothing and says so."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await _answer(desk, conversation, "Ann", SIZE)
        button = (await desk.said(conversation))[-1].buttons[1]
        await desk.says(button.label, button=button.value, key="p1")
        await eventually(lambda: _asks(desk, conversation, BUDGET))
        mark = await _mark(desk, conversation)
        await desk.says(button.label, button=button.value, key="p2")

        async def answered() -> bool:
            return "Many" in await _last(desk, conversation)

        await eventually(answered)
        after = await _mark(desk, conversation)
        assert (after.open, after.asked) == (mark.open, mark.asked)


async def test_flow_runs_once_with_two_hubs(connection: Connection) -> None:
    """Two hubs that share the work ask each question once, and their sessions are those of the Turns."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await _asked(one, "hello", NAME)
        await two.says("Ann")
        await eventually(lambda: _asks(one, conversation, SIZE))
        await one.says("Many")
        await eventually(lambda: _asks(one, conversation, BUDGET))
        await two.says("500")
        await eventually(lambda: _control(one, conversation, Control.QUEUE))
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
        conversation = await _asked(one, "hello", NAME)
        await _answer(one, conversation, "Ann", SIZE)
        await two.says("Many")
        one.pipeline.turns.wake(conversation)
        await eventually(lambda: _asks(one, conversation, BUDGET))


async def test_effects_of_a_dead_hub_are_carried_out_by_the_next(connection: Connection) -> None:
    """A crash after the commit and before the effects: the next hub does them, each once."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await _answer(desk, conversation, "Ann", SIZE)
        await _answer(desk, conversation, "Many", BUDGET)
        await desk.says("500")
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
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
        assert (await _sessions(connection))["lead"]["seq"] == last["seq"]


async def test_fault_of_the_engine_leaves_the_contact_to_people(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that fails is not tried for ever: a person sees the message, and the conversation goes on."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("flows.engine.hear", broken)
        await desk.says("Ann")
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        held = await desk.pipeline.conversations.any(conversation)
        assert held is not None
        assert held.control_reason is ControlReason.BOT_ERROR
        assert held.waiting_since is not None
        monkeypatch.undo()
        with pytest.raises(Invalid):
            await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", flow="missing"), "k0")
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", restart=True), "k1")
        await _answer(desk, conversation, "Beth", SIZE)


# People ---------------------------------------------------------------------------------------------------------------


async def test_take_over_silences_the_bot_and_hand_back_resumes(connection: Connection) -> None:
    """While a person holds it the bot is silent; handed back, it asks the open question again."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        assert (await _mark(desk, conversation)).state is State.WAITING_OPERATOR
        await desk.says("Is anybody there?")
        await eventually(lambda: _decided(desk, conversation))
        assert len(await desk.told(conversation)) == 1
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot"), "k2")
        told = await desk.told(conversation)
        assert len(told) == 2
        assert NAME in told[1]
        await _answer(desk, conversation, "Ann", SIZE)


async def test_first_reply_of_an_operator_takes_the_conversation_from_the_bot(connection: Connection) -> None:
    """Writing is taking over: the session waits, and what the contact says next is for the person."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="Hello, I am Anna", seen_position=2), "k1")
        mark = await _mark(desk, conversation)
        assert mark.state is State.WAITING_OPERATOR
        await desk.says("Ann")
        await eventually(lambda: _decided(desk, conversation))
        assert await _last(desk, conversation) == "Hello, I am Anna"


async def test_messages_that_the_bot_has_queued_are_cancelled_by_a_take_over(connection: Connection) -> None:
    """What was decided before a person took over is not sent afterwards."""
    async with open_flow_desk(connection) as desk:
        desk.service.up = False
        conversation = _conversation(await desk.says("hello", channel=desk.phone))
        await eventually(lambda: _asks(desk, conversation, NAME))
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        desk.service.up = True
        desk.pipeline.outbox.wake(conversation)
        (question,) = await desk.said(conversation)
        assert question.delivery is not None
        assert (question.delivery.status, question.delivery.code) == ("failed", "cancelled")
        assert desk.service.seen == []


async def test_take_over_and_answer_at_once_never_let_the_bot_speak_afterwards(connection: Connection) -> None:
    """Whichever comes first: no message of the bot was decided under a newer epoch than the take-over's."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        for n in range(5):
            who = f"v{n}"
            conversation = _conversation(await one.says("hello", who=who))
            await eventually(lambda c=conversation: _asks(one, c, NAME))  # type: ignore[misc]
            await asyncio.gather(two.pipeline.turns.act(ANNA, conversation, Take(), f"k{n}"), one.says("Ann", who=who))
            await eventually(lambda c=conversation: _decided(one, c))  # type: ignore[misc]
            newest = await one.pipeline.turn_store.newest(conversation, fresh=True)
            assert newest is not None
            assert newest.state.control is Control.OPERATOR
            for message in await one.said(conversation):
                assert message.control_epoch is not None
                assert message.control_epoch < newest.state.control_epoch


async def test_hand_back_with_another_flow_begins_it(connection: Connection) -> None:
    """A person chooses which questions come next; without any there is nothing to hand back to."""
    async with open_flow_desk(connection, rules=()) as desk:
        conversation = _conversation(await desk.says("hello"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        with pytest.raises(Invalid, match="Choose one"):
            await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot"), "k1")
        with pytest.raises(Invalid, match="not published"):
            await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", flow="nothing"), "k2")
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", flow="how"), "k3")
        assert (await _mark(desk, conversation)).flow == "how"
        acted = await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", restart=True), "k4")
        assert acted.turn is not None
        assert acted.turn.left is not None
        assert acted.turn.left.state is State.STOPPED


async def test_flow_begins_stops_and_is_corrected_by_an_operator(connection: Connection) -> None:
    """Over the API: begin with answers known, correct one, refuse nonsense, stop."""
    async with open_flow_desk(connection, rules=()) as desk:
        conversation = _conversation(await desk.says("hello"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        act = desk.pipeline.turns.act
        with pytest.raises(NotAllowed):
            await act(viewer("x", role=Role.ANALYST), conversation, StartFlow(flow="lead"), "k0")
        with pytest.raises(NotFound):
            await act(ANNA, conversation, FillAnswers(values={"name": "Ann"}), "k1")
        begin = StartFlow(flow="lead", prefill={"name": "Ann"})
        first, again = [await act(ANNA, conversation, begin, "k2") for _ in range(2)]
        assert first.turn is not None
        assert again.turn is not None
        assert first.turn.id == again.turn.id
        assert (first.turn.kind, (await _mark(desk, conversation)).open) == (TurnKind.FLOW, "size")
        with pytest.raises(Invalid) as refused:
            await act(ANNA, conversation, FillAnswers(values={"size": "plenty"}), "k3")
        assert refused.value.extra["faults"]
        await act(ANNA, conversation, Take(), "k4")
        await act(ANNA, conversation, FillAnswers(values={"size": "many", "name": "Beth"}), "k5")
        session = (await _sessions(connection))["lead"]["session"]
        assert {name: answer["value"] for name, answer in session["answers"].items()} == {
            "name": "Beth",
            "size": "many",
        }
        assert session["answers"]["size"]["by"] == By.OPERATOR
        assert session["state"] == State.WAITING_OPERATOR
        await act(ANNA, conversation, StopFlow(), "k6")
        assert (await _mark(desk, conversation)).state is State.STOPPED
        assert (await act(ANNA, conversation, StopFlow(), "k7")).turn is None
        assert len(await desk.told(conversation)) == 1


async def test_live_session_finishes_on_its_version_unless_it_is_moved(connection: Connection) -> None:
    """A new version is for new sessions; patched texts reach live ones; an operator may move one, answers kept."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        newer = LEAD.replace("- size: choice", "- town: text\n  text: Which town?\n- size: choice")
        assert await desk.publish("lead", newer) == "2"
        await _answer(desk, conversation, "Ann", SIZE)
        acted = await desk.pipeline.turns.act(ANNA, conversation, MoveFlow(), "k1")
        assert acted.turn is not None
        mark = await _mark(desk, conversation)
        assert (mark.version, mark.open) == (2, "town")
        assert acted.turn.session is not None
        assert acted.turn.session.answers["name"].value == "Ann"
        assert (await desk.pipeline.turns.act(ANNA, conversation, MoveFlow(), "k2")).turn is None


async def test_resolving_stops_the_flow(connection: Connection) -> None:
    """No work is left, so nothing is asked any more."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k1")
        assert (await _mark(desk, conversation)).state is State.STOPPED
        pending = {"status": "pending"}
        assert await connection.database["timers"].count_documents(pending) == 0
        await desk.says("Ann")
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))


async def test_resolved_conversation_is_asked_how_it_was(connection: Connection) -> None:
    """The rule for resolved conversations asks, and the answer leaves it resolved; other words are for the owner."""
    rules = (StartRule(flow="how", on=StartOn.RESOLVED),)
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = _conversation(await desk.says("hello"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k2")
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control, held.assignee) == (Status.RESOLVED, Control.BOT, "a")
        await desk.says("9")

        async def rated() -> bool:
            return (await _mark(desk, conversation)).outcome == "rated"

        await eventually(rated)
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control) == (Status.RESOLVED, Control.NONE)
        await desk.says("and thanks again")
        await eventually(lambda: _control(desk, conversation, Control.OPERATOR))


async def test_what_is_no_answer_to_how_it_was_opens_the_conversation(connection: Connection) -> None:
    """Something new comes back to whoever had it, and the bot does not insist on a grade."""
    rules = (StartRule(flow="how", on=StartOn.RESOLVED),)
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = _conversation(await desk.says("hello"))
        await eventually(lambda: _control(desk, conversation, Control.QUEUE))
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k2")
        told = len(await desk.told(conversation))
        await desk.says("one more question, please")
        await eventually(lambda: _control(desk, conversation, Control.OPERATOR))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.assignee) == (Status.OPEN, "a")
        assert held.waiting_since is not None
        assert (await _mark(desk, conversation)).state is State.STOPPED
        assert len(await desk.told(conversation)) == told


async def test_wish_to_be_left_alone_is_noted_whoever_holds_it(connection: Connection) -> None:
    """`stop` while a person holds it: nothing is said, the contact is marked, the operator sees it."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.says("STOP")

        async def noted() -> bool:
            return len(await desk.notes(conversation)) == 1

        await eventually(noted)
        assert len(await desk.told(conversation)) == 1
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert held.control is Control.OPERATOR
        contact = await desk.pipeline.contacts.get(PROJECT, held.contact)
        assert contact is not None
        assert contact.opted_out_at is not None
        consents = await Consents(connection.database).of_contact(PROJECT, held.contact)
        assert [(consent.topic, consent.given) for consent in consents] == [("messages", False)]


async def test_escalation_asks_who_is_on_duty(connection: Connection) -> None:
    """Somebody of the team is there: they take over; nobody is: other words, and it waits all the same."""
    text = LEAD.replace(
        "do: {stage: qualified, escalate: Sales, priority: high}", "do: {stage: qualified, escalate: Sales}"
    )
    async with open_flow_desk(connection) as desk:
        await desk.publish("lead", text)
        await connection.database["operators"].insert_one(_operator("a", SALES))
        told: dict[bool, list[str]] = {}
        for present in (False, True):
            if present:
                await Presences(connection.database).beat(PROJECT, ANNA.operator)
                await asyncio.sleep(0)
            who = f"v{present}"
            conversation = _conversation(await desk.says("hello", who=who))
            await eventually(lambda c=conversation: _asks(desk, c, NAME))  # type: ignore[misc]
            for said, question in (("Ann", SIZE), ("Many", BUDGET)):
                await desk.says(said, who=who)
                await eventually(lambda c=conversation, q=question: _asks(desk, c, q))  # type: ignore[misc]
            await desk.says("900", who=who)
            await eventually(lambda c=conversation: _control(desk, c, Control.QUEUE))  # type: ignore[misc]
            held = await desk.pipeline.conversations.get(ANNA, conversation)
            assert held is not None
            assert held.team == SALES
            told[present] = (await desk.told(conversation))[3:]
        assert told[False] != told[True]
        assert len(told[True]) == 1
        assert len(told[False]) == 2


# Consent and erasing --------------------------------------------------------------------------------------------------


async def test_consent_is_kept_with_its_text_and_refusal_erases_the_rest(connection: Connection) -> None:
    """Given: text, hash, version, channel and time. Refused: the fact of it, and nothing of what was said before."""
    text = (
        "flow: ask\ntitle: Ask\nask:\n- name: text\n  text: Name?\n  save: contact.city\n"
        "- agree: consent\n  text: May we keep it?\n- more: text\n  text: More?\noutcomes:\n- done: else\n"
    )
    async with open_flow_desk(connection, rules=(StartRule(flow="ask", on=StartOn.FIRST_MESSAGE),)) as desk:
        await desk.publish("ask", text)
        outcomes: dict[str, ConversationId] = {}
        for who, answer in (("yes", "Yes"), ("no", "No")):
            conversation = _conversation(await desk.says("hello", who=who))
            await eventually(lambda c=conversation: _asks(desk, c, "Name?"))  # type: ignore[misc]
            await desk.says("Secretville", who=who, key=f"{who}:1")
            await eventually(lambda c=conversation: _asks(desk, c, "May we keep it?"))  # type: ignore[misc]
            await desk.says(answer, who=who)
            outcomes[who] = conversation
        await eventually(lambda: _asks(desk, outcomes["yes"], "More?"))
        await eventually(lambda: _control(desk, outcomes["no"], Control.NONE))
        rows = [row async for row in connection.database["consents"].find()]
        assert {(row["topic"], row["given"], row["version"], row["channel"]) for row in rows} == {
            ("ask.agree", True, "1", "shop"), ("ask.agree", False, "1", "shop"),
        }  # fmt: skip
        assert all(row["text"] == "May we keep it?" and len(row["text_hash"]) == 64 for row in rows)
        for name in await connection.database.list_collection_names():
            for row in [row async for row in connection.database[name].find({"conversation": outcomes["no"]})]:
                assert "Secretville" not in str(row), name
        refused = await desk.pipeline.conversations.any(outcomes["no"])
        assert refused is not None
        contact = await desk.pipeline.contacts.get(PROJECT, refused.contact)
        assert contact is not None
        assert contact.fields == ()
        kept = [one for one in (await _all_sessions(connection)) if one["conversation"] == outcomes["no"]]
        assert list(kept[0]["session"]["answers"]) == ["agree"]


# Timers ---------------------------------------------------------------------------------------------------------------


async def test_reminder_and_closing_fire_once_with_two_hubs(connection: Connection) -> None:
    """Silence: one reminder, then the session is abandoned; a later word takes it up again."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await _asked(one, "hello", NAME)
        await _due(connection, "flow_remind")

        async def reminded() -> bool:
            return len(await one.told(conversation)) == 2

        await eventually(reminded)
        reminder = (await one.said(conversation))[1]
        assert reminder.automatic
        assert NAME in reminder.text
        await _due(connection, "flow_close")
        await eventually(lambda: _control(two, conversation, Control.NONE))
        mark = await _mark(one, conversation)
        assert (mark.state, mark.outcome) == (State.ABANDONED, "abandoned")
        causes = [turn["cause"] async for turn in connection.database["turns"].find({"kind": "timer"})]
        assert len(causes) == len(set(causes)) == 2
        await one.says("Ann")
        await eventually(lambda: _asks(one, conversation, SIZE))
        assert await _control(one, conversation, Control.BOT)


async def test_timer_of_an_answered_question_does_nothing(connection: Connection) -> None:
    """An answer that came in time: the reminder of its question never fires, even if it was read as due already."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        timer = await connection.database["timers"].find_one({"kind": "flow_remind"})
        assert timer is not None
        await _answer(desk, conversation, "Ann", SIZE)
        past = {"due_at": desk.pipeline.clock.now() - timedelta(seconds=1), "status": "pending"}
        await connection.database["timers"].update_one({"_id": timer["_id"]}, {"$set": past})

        async def cancelled() -> bool:
            row = await connection.database["timers"].find_one({"_id": timer["_id"]})
            return row is not None and row["status"] == "cancelled"

        await eventually(cancelled)
        assert len(await desk.told(conversation)) == 2


async def test_timer_that_was_cancelled_after_it_was_read_as_due_does_not_fire(connection: Connection) -> None:
    """A person took over and handed back meanwhile: the same question is open, with a reminder of its own."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        row = await connection.database["timers"].find_one({"kind": "flow_remind"})
        assert row is not None
        timer = Timer.model_validate({**row, "id": row["_id"]})
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot"), "k2")
        told = await desk.told(conversation)
        await desk.pipeline.turns._fire(timer)
        assert await desk.told(conversation) == told
        assert await connection.database["turns"].count_documents({"cause": f"timer:{timer.id}"}) == 0


async def test_flow_that_follows_later_begins_once(connection: Connection) -> None:
    """`start` with `after` is a timer; it begins unless a person holds the conversation or the contact opted out."""
    follow = (
        "flow: lead\ntitle: Lead\nask:\n- name: text\n  text: What is your name?\noutcomes:\n"
        "- done: else\n  do: {start: how, after: 14d}\n"
    )
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        await one.publish("lead", follow)
        await asyncio.sleep(2.1)  # a publication is seen within two seconds
        conversation = await _asked(one, "hello", NAME)
        await one.says("Ann")
        await eventually(lambda: _control(one, conversation, Control.NONE))
        other = _conversation(await two.says("hello", who="other"))
        await eventually(lambda: _asks(two, other, NAME))
        await two.says("Beth", who="other")
        await eventually(lambda: _control(two, other, Control.NONE))
        await one.pipeline.turns.act(ANNA, other, Take(), "k1")
        await _due(connection, "flow_start")
        await eventually(lambda: _asks(one, conversation, "How was it"))

        async def settled() -> bool:
            return await connection.database["timers"].count_documents({"status": "pending", "kind": "flow_start"}) == 0

        await eventually(settled)
        assert not any("How was it" in text for text in await one.told(other))
        assert sum("How was it" in text for text in await one.told(conversation)) == 1


async def test_tags_of_an_operator_survive_the_next_step(connection: Connection) -> None:
    """The state of the conversation is one: what a person sets is there after the bot's next step."""
    async with open_flow_desk(connection) as desk:
        conversation = await _asked(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, SetTags(tags=("vip",)), "k1")
        assert await _control(desk, conversation, Control.BOT)
        await _answer(desk, conversation, "Ann", SIZE)
        await desk.says("A few")
        await eventually(lambda: _control(desk, conversation, Control.NONE))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert held.tags == ("vip", "asked")


# What they do ---------------------------------------------------------------------------------------------------------


def _conversation(received: Received) -> ConversationId:
    assert received.conversation is not None
    return received.conversation


async def _asked(desk: FlowDesk, text: str, question: str) -> ConversationId:
    conversation = _conversation(await desk.says(text))
    await eventually(lambda: _asks(desk, conversation, question))
    return conversation


async def _answer(desk: FlowDesk, conversation: ConversationId, text: str, question: str) -> None:
    await desk.says(text)
    await eventually(lambda: _asks(desk, conversation, question))


async def _finished(desk: FlowDesk) -> ConversationId:
    conversation = await _asked(desk, "hello", NAME)
    await _answer(desk, conversation, "Ann", SIZE)
    await desk.says("A few")
    await eventually(lambda: _control(desk, conversation, Control.NONE))
    return conversation


async def _start(desk: FlowDesk, key: str, payload: str | None) -> Received:
    sender = Sender(kind="test", value="visitor", name="visitor")
    event = ConversationStarted(external_id=key, sender=sender, payload=payload)
    return (await desk.pipeline.inbound.receive(desk.shop, [event]))[0]


async def _last(desk: FlowDesk, conversation: ConversationId) -> str:
    told = await desk.told(conversation)
    return told[-1] if told else ""


async def _asks(desk: FlowDesk, conversation: ConversationId, question: str) -> bool:
    """Whether the question was put, and everything before it is done."""
    return question in await _last(desk, conversation) and await _decided(desk, conversation)


async def _control(desk: FlowDesk, conversation: ConversationId, control: Control) -> bool:
    held = await desk.pipeline.conversations.any(conversation)
    return held is not None and held.control is control


async def _mark(desk: FlowDesk, conversation: ConversationId) -> FlowMark:
    held = await desk.pipeline.conversations.any(conversation)
    assert held is not None
    assert held.flow is not None
    return held.flow


async def _decided(desk: FlowDesk, conversation: ConversationId) -> bool:
    return not await desk.pipeline.messages.undecided(conversation)


async def _all_sessions(connection: Connection) -> list[dict[str, Any]]:
    return [row async for row in connection.database["flow_sessions"].find()]


async def _sessions(connection: Connection) -> dict[str, dict[str, Any]]:
    return {str(row["flow"]): row for row in await _all_sessions(connection)}


async def _due(connection: Connection, kind: str) -> None:
    """Let the pending timers of a kind be due."""
    now = (await connection.client.admin.command("hello"))["localTime"]
    await connection.database["timers"].update_many({"kind": kind, "status": "pending"}, {"$set": {"due_at": now}})


def _operator(name: str, team: str) -> dict[str, object]:
    membership = {"project": PROJECT, "role": "operator", "scope": "all", "teams": [team]}
    return {
        "_id": name, "email": f"{name}@example.org", "name": name, "active": True, "memberships": [membership],
        "created_at": NOW,
    }  # fmt: skip
