"""Which question a text is about: the one on the screen, the one that is quoted, or the answer before."""

from hub.model.conversation import Control, Status
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ConversationId
from hub.services.commands import Reply, Resolve
from hub.store.connection import Connection
from hub.store.flow_sessions import FlowSessions
from tests.services.desk import PROJECT, eventually, viewer
from tests.services.flow_desk import FlowDesk, open_flow_desk

NAME, COMPANY, CALL = "What is your name?", "Your company?", "Shall we call you?"
TWO_TEXTS = """\
flow: two
title: Two texts in a row
ask:
- name: text
  text: What is your name?
- company: text
  text: Your company?
- agree: yesno
  text: Shall we call you?
outcomes:
- done: else
"""
TWO = StartRule(flow="two", on=StartOn.FIRST_MESSAGE)


async def test_quick_answer_to_a_question_on_the_screen_is_not_put_behind_the_one_before(
    connection: Connection,
) -> None:
    """Whoever had the question before them when they began to write answers it, however fast they are."""
    async with open_flow_desk(connection, rules=(TWO,)) as desk:
        conversation = await _asked(desk, connection)
        await desk.says("Ann", channel=desk.phone)
        await _hears(desk, conversation, COMPANY)
        await desk.says("Sample Ltd", channel=desk.phone, seen=await _position(desk, conversation))
        await _hears(desk, conversation, CALL)
        assert await _values(desk, connection, conversation) == {"name": "Ann", "company": "Sample Ltd"}


async def test_quick_text_begun_before_the_question_was_seen_is_the_second_half_of_the_answer(
    connection: Connection,
) -> None:
    """A thought in two lines is one answer; whoever wrote it sees what it was taken for."""
    async with open_flow_desk(connection, rules=(TWO,)) as desk:
        conversation = await _asked(desk, connection)
        seen = await _position(desk, conversation)
        await desk.says("Ann", channel=desk.phone)
        await _hears(desk, conversation, COMPANY)
        await desk.says("of Sample Street", channel=desk.phone, seen=seen)
        await _hears(desk, conversation, "Ann of Sample Street")
        await _hears(desk, conversation, COMPANY)
        assert await _values(desk, connection, conversation) == {"name": "Ann\nof Sample Street"}


async def test_reply_that_quotes_an_answered_question_does_not_answer_the_open_one(connection: Connection) -> None:
    """A quote says which question is meant: an older one is offered for a change, the open one is answered."""
    async with open_flow_desk(connection, rules=(TWO,)) as desk:
        conversation = await _asked(desk, connection)
        name = await _sent_id(desk, conversation)
        await desk.says("Ann", channel=desk.phone)
        await _hears(desk, conversation, COMPANY)
        company = await _sent_id(desk, conversation)
        await desk.says("Anna", channel=desk.phone, quotes=name)
        await _hears(desk, conversation, "Ann")
        assert len((await desk.said(conversation))[-1].buttons) == 1
        assert await _values(desk, connection, conversation) == {"name": "Ann"}
        await desk.says("Sample Ltd", channel=desk.phone, quotes=company)
        await _hears(desk, conversation, CALL)
        assert await _values(desk, connection, conversation) == {"name": "Ann", "company": "Sample Ltd"}


async def _asked(desk: FlowDesk, connection: Connection) -> ConversationId:
    """A contact who was asked for their name."""
    await desk.publish("two", TWO_TEXTS)
    received = await desk.says("hello", channel=desk.phone)
    assert received.conversation is not None
    await _hears(desk, received.conversation, NAME)
    return received.conversation


async def _hears(desk: FlowDesk, conversation: ConversationId, words: str) -> None:
    """Wait until the newest message to the contact holds these words, and was sent."""

    async def told() -> bool:
        said = await desk.said(conversation)
        return bool(said and words in said[-1].text and said[-1].delivery and said[-1].delivery.sent_at)

    await eventually(told)


async def _position(desk: FlowDesk, conversation: ConversationId) -> int:
    return (await desk.said(conversation))[-1].position


async def _sent_id(desk: FlowDesk, conversation: ConversationId) -> str:
    """The service's id of the newest message."""
    delivery = (await desk.said(conversation))[-1].delivery
    assert delivery is not None
    return delivery.external_ids[0]


async def _values(desk: FlowDesk, connection: Connection, conversation: ConversationId) -> dict[str, object]:
    await desk.pipeline.turns.settle(conversation)
    place = await desk.pipeline.conversations.any(conversation)
    assert place is not None
    assert place.flow is not None
    session = await FlowSessions(connection.database).get(PROJECT, place.flow.session)
    assert session is not None
    return {key: answer.value for key, answer in session.session.answers.items()}


async def test_consent_that_came_before_its_question_is_none(connection: Connection) -> None:
    """Two messages at once: what was written before the first question stood there is not its answer."""
    first = StartRule(flow="agree", on=StartOn.FIRST_MESSAGE)
    async with open_flow_desk(connection, rules=(first,), decide=False) as desk:
        await desk.publish("agree", "flow: agree\ntitle: Agree\nask:\n- agree: consent\n  text: Do you agree?\n")
        received = await desk.says("hello")
        await desk.says("yes")
        assert received.conversation is not None
        assert await _values(desk, connection, received.conversation) == {}
        assert (await desk.told(received.conversation))[-1] == "Do you agree?"
        await desk.says("Yes.")
        assert await _values(desk, connection, received.conversation) == {"agree": True}


async def test_button_of_questions_that_are_over_gives_nobody_work(connection: Connection) -> None:
    """Old keyboards stay on phones: a press after the end is answered, and opens nothing, for its owner neither."""
    grade = StartRule(flow="how", on=StartOn.RESOLVED)
    async with open_flow_desk(connection, rules=(grade,)) as desk:
        conversation = (await desk.says("hello")).conversation
        assert conversation is not None
        await desk.pipeline.turns.settle(conversation)
        await desk.pipeline.turns.act(viewer("ann"), conversation, Reply(text="Hi", seen_position=1), "k1")
        await desk.pipeline.turns.act(viewer("ann"), conversation, Resolve(), "k2")
        await _hears(desk, conversation, "How was it")
        buttons = (await desk.said(conversation))[-1].buttons
        await desk.says("7", button=buttons[7].value, key="p1")
        await _hears(desk, conversation, "Thank you for the grade")
        await desk.says("9", button=buttons[9].value, key="p2")
        await _hears(desk, conversation, "over already")
        await desk.pipeline.turns.settle(conversation)
        place = await desk.pipeline.conversations.any(conversation)
        assert place is not None
        assert (place.status, place.control, place.waiting_since) == (Status.RESOLVED, Control.NONE, None)
        await desk.says("One more thing")
        await desk.pipeline.turns.settle(conversation)
        place = await desk.pipeline.conversations.any(conversation)
        assert place is not None
        assert (place.status, place.assignee) == (Status.OPEN, "ann")
