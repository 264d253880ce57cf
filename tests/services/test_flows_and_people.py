"""Flows and operators: the bot is silent over a person, and what people do to a session."""

import asyncio

import pytest

from flows.session import By, State
from hub.model.conversation import Control, Status
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ConversationId
from hub.model.operator import Role
from hub.model.turn import TurnKind
from hub.services.commands import (
    FillAnswers,
    HandBack,
    MoveFlow,
    Reopen,
    Reply,
    Resolve,
    StartFlow,
    StopFlow,
    Take,
)
from hub.services.errors import Invalid, NotAllowed, NotFound
from hub.store.connection import Connection
from hub.store.funnel import Consents
from hub.store.presence import Presences
from tests.services.desk import PROJECT, eventually, viewer
from tests.services.faults import Faulty
from tests.services.flow_desk import LEAD, SALES, FlowDesk, open_flow_desk
from tests.services.flow_steps import (
    ANNA,
    BUDGET,
    NAME,
    SIZE,
    all_decided,
    answers,
    asks,
    begun,
    conversation_of,
    has_control,
    last_said,
    mark_of,
    operator_of,
    sessions_by_flow,
)


async def test_take_over_silences_the_bot_and_hand_back_resumes(connection: Connection) -> None:
    """While a person holds it the bot is silent; handed back, it asks the open question again."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        assert (await mark_of(desk, conversation)).state is State.WAITING_OPERATOR
        await desk.says("Is anybody there?")
        await eventually(lambda: all_decided(desk, conversation))
        assert len(await desk.told(conversation)) == 1
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot"), "k2")
        told = await desk.told(conversation)
        assert len(told) == 2
        assert NAME in told[1]
        await answers(desk, conversation, "Ann", SIZE)


async def test_first_reply_of_an_operator_takes_the_conversation_from_the_bot(connection: Connection) -> None:
    """Writing is taking over: the session waits, and what the contact says next is for the person."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="Hello, I am Anna", seen_position=2), "k1")
        mark = await mark_of(desk, conversation)
        assert mark.state is State.WAITING_OPERATOR
        await desk.says("Ann")
        await eventually(lambda: all_decided(desk, conversation))
        assert await last_said(desk, conversation) == "Hello, I am Anna"


async def test_messages_that_the_bot_has_queued_are_cancelled_by_a_take_over(connection: Connection) -> None:
    """What was decided before a person took over is not sent afterwards."""
    async with open_flow_desk(connection) as desk:
        desk.service.up = False
        conversation = conversation_of(await desk.says("hello", channel=desk.phone))
        await eventually(lambda: asks(desk, conversation, NAME))
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
            conversation = conversation_of(await one.says("hello", who=who))
            await eventually(lambda c=conversation: asks(one, c, NAME))  # type: ignore[misc]
            await asyncio.gather(two.pipeline.turns.act(ANNA, conversation, Take(), f"k{n}"), one.says("Ann", who=who))
            await eventually(lambda c=conversation: all_decided(one, c))  # type: ignore[misc]
            newest = await one.pipeline.turn_store.newest(conversation, fresh=True)
            assert newest is not None
            assert newest.state.control is Control.OPERATOR
            for message in await one.said(conversation):
                assert message.control_epoch is not None
                assert message.control_epoch < newest.state.control_epoch


async def test_hand_back_with_another_flow_begins_it(connection: Connection) -> None:
    """A person chooses which questions come next; without any there is nothing to hand back to."""
    async with open_flow_desk(connection, rules=()) as desk:
        conversation = conversation_of(await desk.says("hello"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        with pytest.raises(Invalid, match="Choose one"):
            await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot"), "k1")
        with pytest.raises(Invalid, match="not published"):
            await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", flow="nothing"), "k2")
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", flow="how"), "k3")
        assert (await mark_of(desk, conversation)).flow == "how"
        acted = await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot", restart=True), "k4")
        assert acted.turn is not None
        assert acted.turn.left is not None
        assert acted.turn.left.state is State.STOPPED


async def test_flow_begins_stops_and_is_corrected_by_an_operator(connection: Connection) -> None:
    """Over the API: begin with answers known, correct one, refuse nonsense, stop."""
    async with open_flow_desk(connection, rules=()) as desk:
        conversation = conversation_of(await desk.says("hello"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
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
        assert (first.turn.kind, (await mark_of(desk, conversation)).open) == (TurnKind.FLOW, "size")
        with pytest.raises(Invalid) as refused:
            await act(ANNA, conversation, FillAnswers(values={"size": "plenty"}), "k3")
        assert refused.value.extra["faults"]
        await act(ANNA, conversation, Take(), "k4")
        await act(ANNA, conversation, FillAnswers(values={"size": "many", "name": "Beth"}), "k5")
        session = (await sessions_by_flow(connection))["lead"]["session"]
        assert {name: answer["value"] for name, answer in session["answers"].items()} == {
            "name": "Beth",
            "size": "many",
        }
        assert session["answers"]["size"]["by"] == By.OPERATOR
        assert session["state"] == State.WAITING_OPERATOR
        await act(ANNA, conversation, StopFlow(), "k6")
        assert (await mark_of(desk, conversation)).state is State.STOPPED
        assert (await act(ANNA, conversation, StopFlow(), "k7")).turn is None
        assert len(await desk.told(conversation)) == 1


async def test_live_session_finishes_on_its_version_unless_it_is_moved(connection: Connection) -> None:
    """A new version is for new sessions; patched texts reach live ones; an operator may move one, answers kept."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        newer = LEAD.replace("- size: choice", "- town: text\n  text: Which town?\n- size: choice")
        assert await desk.publish("lead", newer) == "2"
        await answers(desk, conversation, "Ann", SIZE)
        acted = await desk.pipeline.turns.act(ANNA, conversation, MoveFlow(), "k1")
        assert acted.turn is not None
        mark = await mark_of(desk, conversation)
        assert (mark.version, mark.open) == (2, "town")
        assert acted.turn.session is not None
        assert acted.turn.session.answers["name"].value == "Ann"
        assert (await desk.pipeline.turns.act(ANNA, conversation, MoveFlow(), "k2")).turn is None


async def test_resolving_stops_the_flow(connection: Connection) -> None:
    """No work is left, so nothing is asked any more."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k1")
        assert (await mark_of(desk, conversation)).state is State.STOPPED
        pending = {"status": "pending"}
        assert await connection.database["timers"].count_documents(pending) == 0
        await desk.says("Ann")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))


async def test_resolved_conversation_is_asked_how_it_was(connection: Connection) -> None:
    """The rule for resolved conversations asks, and the answer leaves it resolved; other words are for the owner."""
    rules = (StartRule(flow="how", on=StartOn.RESOLVED),)
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = conversation_of(await desk.says("hello"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k2")
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control, held.assignee) == (Status.RESOLVED, Control.BOT, "a")
        await desk.says("9")

        async def rated() -> bool:
            return (await mark_of(desk, conversation)).outcome == "rated"

        await eventually(rated)
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control) == (Status.RESOLVED, Control.NONE)
        await desk.says("and thanks again")
        await eventually(lambda: has_control(desk, conversation, Control.OPERATOR))
        told = await desk.told(conversation)
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k3")
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.control) == (Status.RESOLVED, Control.NONE)
        assert await desk.told(conversation) == told, "nobody is asked twice a day"


async def test_resolving_that_is_taken_back_ends_the_survey(connection: Connection) -> None:
    """Nobody is to be graded yet: the question is answered by nothing, and whoever waited waits."""
    rules = (StartRule(flow="how", on=StartOn.RESOLVED),)
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = conversation_of(await desk.says("hello"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        before = await desk.pipeline.conversations.get(ANNA, conversation)
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k1")
        closed = await desk.pipeline.conversations.get(ANNA, conversation)
        assert before is not None
        assert closed is not None
        assert (await mark_of(desk, conversation)).live
        await desk.pipeline.turns.act(ANNA, conversation, Reopen(undo=closed.seq), "k2")
        after = await desk.pipeline.conversations.get(ANNA, conversation)
        assert after is not None
        assert (after.status, after.control, after.waiting_since) == (Status.OPEN, Control.QUEUE, before.waiting_since)
        assert (await mark_of(desk, conversation)).state is State.STOPPED


async def test_what_is_no_answer_to_how_it_was_opens_the_conversation(connection: Connection) -> None:
    """Something new comes back to whoever had it, and the bot does not insist on a grade."""
    rules = (StartRule(flow="how", on=StartOn.RESOLVED),)
    async with open_flow_desk(connection, rules=rules) as desk:
        conversation = conversation_of(await desk.says("hello"))
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, Resolve(), "k2")
        told = len(await desk.told(conversation))
        await desk.says("one more question, please")
        await eventually(lambda: has_control(desk, conversation, Control.OPERATOR))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.status, held.assignee) == (Status.OPEN, "a")
        assert held.waiting_since is not None
        assert (await mark_of(desk, conversation)).state is State.STOPPED
        assert len(await desk.told(conversation)) == told


async def test_wish_to_be_left_alone_is_noted_whoever_holds_it(connection: Connection) -> None:
    """`stop` while a person holds it: nothing is said, the contact is marked, the operator sees it."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
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
        consents = await Consents(connection.database).of_contact(PROJECT, [held.contact])
        assert [(consent.topic, consent.given) for consent in consents] == [("messages", False)]


async def test_escalation_asks_who_is_on_duty(connection: Connection) -> None:
    """Somebody of the team is there: they take over; nobody is: other words, and it waits all the same."""
    text = LEAD.replace(
        "do: {stage: qualified, escalate: Sales, priority: high}", "do: {stage: qualified, escalate: Sales}"
    )
    async with open_flow_desk(connection) as desk:
        await desk.publish("lead", text)
        await connection.database["operators"].insert_one(operator_of("a", SALES))
        told: dict[bool, list[str]] = {}
        for present in (False, True):
            if present:
                await Presences(connection.database).beat(PROJECT, ANNA.operator)
                await asyncio.sleep(0)
            who = f"v{present}"
            conversation = conversation_of(await desk.says("hello", who=who))
            await eventually(lambda c=conversation: asks(desk, c, NAME))  # type: ignore[misc]
            for said, question in (("Ann", SIZE), ("Many", BUDGET)):
                await desk.says(said, who=who)
                await eventually(lambda c=conversation, q=question: asks(desk, c, q))  # type: ignore[misc]
            await desk.says("900", who=who)
            await eventually(lambda c=conversation: has_control(desk, c, Control.QUEUE))  # type: ignore[misc]
            held = await desk.pipeline.conversations.get(ANNA, conversation)
            assert held is not None
            assert held.team == SALES
            told[present] = (await desk.told(conversation))[3:]
        assert told[False] != told[True]
        assert len(told[True]) == 1
        assert len(told[False]) == 2


async def test_take_over_goes_before_what_a_contact_wrote_in_a_flood(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator waits for the step under way, not for all that was written to the bot; and the rest is decided."""
    monkeypatch.setattr("hub.services.turns.COMMAND_WAITS_S", 0.0)
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        writer = desk.pipeline.turn_store._writer
        turns = Faulty(writer._collection, "insert_many")
        writer._collection = turns  # type: ignore[assignment]
        turns.hold()
        for number in range(12):
            await desk.says(f"flood {number}")
        await turns.met.wait()
        async with asyncio.TaskGroup() as group:
            taking = group.create_task(desk.pipeline.turns.act(ANNA, conversation, Take(), "k1"))
            await eventually(lambda: _is_wanted(desk, conversation))
            turns.held.set()
        turn = taking.result().turn
        assert turn is not None
        first = await connection.database["turns"].count_documents({"seq": {"$lt": turn.seq}})
        assert first <= 3  # the start, and the step under way
        await eventually(lambda: all_decided(desk, conversation))
        assert (await mark_of(desk, conversation)).state is State.WAITING_OPERATOR


async def _is_wanted(desk: FlowDesk, conversation: ConversationId) -> bool:
    return desk.pipeline.turns._in_order.is_wanted(conversation)
