"""A questionnaire goes on elsewhere: in another channel of its contact with the answers kept, or by its form's link."""

from hub.model.conversation import Control, Status
from hub.model.events import ConversationStarted, MessageReceived, Received, Sender
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ConversationId
from hub.model.message import Direction
from hub.services.commands import StartFlow, Take
from hub.store.connection import Connection
from tests.services.desk import PROJECT, eventually, viewer
from tests.services.flow_desk import FlowDesk, open_flow_desk
from tests.services.flow_steps import (
    BUDGET,
    NAME,
    SIZE,
    all_decided,
    all_sessions,
    answers,
    asks,
    begun,
    finished_flow,
    last_said,
    let_be_due,
    mark_of,
)

PHONE = Sender(kind="telegram", value="777", name="Sample")


async def follows(desk: FlowDesk, conversation: ConversationId, sender: Sender = PHONE) -> ConversationId:
    """Somebody presses start behind a link to go on with what they began in `conversation`."""
    word = desk.pipeline.links.going_on(PROJECT, conversation, desk.pipeline.clock.now())
    event = ConversationStarted(external_id=f"start:{sender.value}", sender=sender, payload=word)
    [received] = await desk.pipeline.inbound.receive(desk.phone, [event])
    assert received.conversation is not None
    await desk.pipeline.turns.settle(received.conversation)
    return received.conversation


async def says(desk: FlowDesk, text: str) -> Received:
    """The same person writes there."""
    event = MessageReceived(external_id=text, sender=PHONE, text=text)
    [received] = await desk.pipeline.inbound.receive(desk.phone, [event])
    assert received.conversation is not None
    await desk.pipeline.turns.settle(received.conversation)
    return received


async def test_session_goes_on_in_another_channel_with_its_answers(connection: Connection) -> None:
    """The open question is asked there, the first conversation has nothing left to do, and it is one session."""
    async with open_flow_desk(connection) as desk:
        first = await begun(desk, "hello", NAME)
        await answers(desk, first, "Ann", SIZE)
        there = await follows(desk, first)
        assert SIZE in await last_said(desk, there)
        await eventually(lambda: left(desk, first))
        held = await desk.pipeline.conversations.any(first)
        assert held is not None
        assert (held.status, held.control) == (Status.RESOLVED, Control.NONE)
        await says(desk, "Many")
        assert BUDGET in await last_said(desk, there)
        await says(desk, "250")
        [session] = await all_sessions(connection)
        assert (session["conversation"], session["state"], session["outcome"]) == (there, "done", "hot")
        assert {name: one["value"] for name, one in session["session"]["answers"].items()} == {
            "name": "Ann", "size": "many", "budget": 250,
        }  # fmt: skip
        thread = await desk.thread(there)
        assert {message.contact for message in thread} == {held.contact}
        await let_be_due(connection, "flow_remind")
        await desk.pipeline.turns.settle(first)
        assert [text for text in await desk.told(first) if SIZE in text] == [(await desk.told(first))[-1]]


async def left(desk: FlowDesk, conversation: ConversationId) -> bool:
    """Whether the conversation knows that its questions went on elsewhere."""
    return (await mark_of(desk, conversation)).moved is not None


async def test_whoever_is_known_there_goes_on_too(connection: Connection) -> None:
    """As themselves: contacts are not merged by a link, and the answers come along all the same."""
    async with open_flow_desk(connection, rules=()) as desk:
        await says(desk, "I wrote before")
        first = await started(desk)
        there = await follows(desk, first)
        assert NAME in await last_said(desk, there)


async def started(desk: FlowDesk) -> ConversationId:
    """A survey that an operator begins in the shop's chat."""
    received = await desk.says("hello")
    assert received.conversation is not None
    await desk.pipeline.turns.settle(received.conversation)
    await desk.pipeline.turns.act(viewer("a"), received.conversation, StartFlow(flow="lead"), "begin")
    return received.conversation


async def test_nothing_moves_over_a_persons_head(connection: Connection) -> None:
    """While an operator holds the conversation there, the questions stay where they are."""
    async with open_flow_desk(connection, rules=()) as desk:
        received = await says(desk, "Help me")
        assert received.conversation is not None
        await desk.pipeline.turns.act(viewer("a"), received.conversation, Take(), "take")
        first = await started(desk)
        there = await follows(desk, first)
        assert there == received.conversation
        assert await desk.told(there) == []
        assert (await mark_of(desk, first)).moved is None


async def test_what_was_finished_comes_along_as_a_card(connection: Connection) -> None:
    """From the last page: an operator reads the answers, the contact is told that they are here."""
    async with open_flow_desk(connection) as desk:
        first = await finished_flow(desk)
        there = await follows(desk, first)
        assert await desk.told(there) == ["We have your answers. Write here if you have a question."]
        [note] = await desk.notes(there)
        assert note.card is not None
        assert [line.value for line in note.card.lines] == ["Ann", "A few"]
        held = await desk.pipeline.conversations.any(there)
        assert held is not None
        assert held.control is Control.QUEUE


FORMED = """\
flow: lead
lang: en
title: Lead
start: {form: project}
ask:
- name: text
  text: What is your name?
- size: choice
  text: How many are you?
  options: {few: A few, many: Many}
outcomes:
- done: else
"""


TRANSLATED = """\
title: Заявка
name: Как вас зовут?
size: Сколько вас?
size.few: Немного
size.many: Много
"""


async def test_contact_who_asks_for_the_form_gets_its_link(connection: Connection) -> None:
    """In the middle of a dialog; the question stays open, and a reminder names the link too."""
    async with open_flow_desk(connection) as desk:
        await desk.publish("lead", FORMED)
        first = await begun(desk, "hello", NAME)
        await desk.says("Form")
        await eventually(lambda: all_decided(desk, first))
        link = (await last_said(desk, first)).rpartition(" ")[2]
        assert link == desk.pipeline.form_links.url("project", first)
        assert desk.pipeline.form_links.conversation(link.rpartition("/")[2]) == first
        assert (await mark_of(desk, first)).open == "name"
        await let_be_due(connection, "flow_remind")

        async def reminded() -> bool:
            return link in await last_said(desk, first) and NAME in await last_said(desk, first)

        await eventually(reminded)
        await answers(desk, first, "Ann", SIZE)


async def test_reminder_names_the_link_in_the_language_of_the_questions(connection: Connection) -> None:
    """Not in that of the flow, which may have another one first."""
    sender = Sender(kind="test", value="visitor", name="visitor", language="ru")
    async with open_flow_desk(connection) as desk:
        await desk.publish("lead", FORMED, ru=TRANSLATED)
        event = MessageReceived(external_id="first", sender=sender, text="hello")
        [received] = await desk.pipeline.inbound.receive(desk.shop, [event])
        first = received.conversation
        assert first is not None
        await eventually(lambda: asks(desk, first, "Как вас зовут?"))
        await let_be_due(connection, "flow_remind")

        async def reminded() -> bool:
            return len(await desk.told(first)) == 2

        await eventually(reminded)
        link = desk.pipeline.form_links.url("project", first)
        assert (await last_said(desk, first)).endswith(f"\n\nОтветить на все вопросы сразу можно здесь: {link}")


async def test_form_starts_its_flow_where_the_contact_can_answer(connection: Connection) -> None:
    """The best channel that they have; a form that is sent again starts it once; without another channel, people."""
    rule = StartRule(flow="lead", on=StartOn.WORDS, words=("survey", "form one", "form two"))
    async with open_flow_desk(connection, rules=(rule,), shop_kind="forms") as desk:
        await says(desk, "I am known")
        sender = Sender(kind="telegram", value="777", verified=False)
        form = ConversationId("")
        for key in ("one", "two"):
            event = MessageReceived(external_id=key, sender=sender, text=f"Form {key}")
            [received] = await desk.pipeline.inbound.receive(desk.shop, [event])
            assert received.conversation is not None
            await desk.pipeline.turns.settle(received.conversation)
            form = received.conversation
        there = (await says(desk, "hm")).conversation
        assert there is not None
        await eventually(lambda: was_asked(desk, there))
        assert sum(NAME in text for text in await desk.told(there)) <= 2  # asked, and again after "hm"
        notes = [message.text for message in await desk.thread(form)
                 if message.direction is Direction.NOTE]  # fmt: skip
        assert any("begins where the contact has a conversation already" in text for text in notes)
        assert len(await all_sessions(connection)) == 1


async def was_asked(desk: FlowDesk, conversation: ConversationId) -> bool:
    """Whether the first question was put."""
    return any(NAME in text for text in await desk.told(conversation))


async def test_reminder_of_a_form_goes_where_the_contact_reads_it(connection: Connection) -> None:
    """With the form's link, once; on the form itself nothing is said that nobody could read."""
    async with open_flow_desk(connection, rules=(), shop_kind="forms") as desk:
        await desk.publish("lead", FORMED)
        there = (await says(desk, "I am known")).conversation
        assert there is not None
        begins = ConversationStarted(external_id="form:1", sender=PHONE, payload="lead", text="Lead")
        [received] = await desk.pipeline.inbound.receive(desk.shop, [begins])
        assert received.conversation is not None
        await desk.pipeline.turns.settle(received.conversation)
        assert (await mark_of(desk, received.conversation)).open == "name"
        before = await desk.told(received.conversation)
        await let_be_due(connection, "flow_remind")
        link = desk.pipeline.form_links.url("project", received.conversation)

        async def reminded() -> bool:
            return link in await last_said(desk, there)

        await eventually(reminded)
        assert len(await desk.told(there)) == 1
        assert await desk.told(received.conversation) == before


async def test_no_reminder_of_a_form_over_a_persons_head(connection: Connection) -> None:
    """An operator who holds the other conversation is not talked over."""
    async with open_flow_desk(connection, rules=(), shop_kind="forms") as desk:
        await desk.publish("lead", FORMED)
        there = (await says(desk, "I am known")).conversation
        assert there is not None
        await desk.pipeline.turns.act(viewer("a"), there, Take(), "take")
        begins = ConversationStarted(external_id="form:1", sender=PHONE, payload="lead", text="Lead")
        [received] = await desk.pipeline.inbound.receive(desk.shop, [begins])
        assert received.conversation is not None
        await desk.pipeline.turns.settle(received.conversation)
        await let_be_due(connection, "flow_remind")

        async def over() -> bool:
            rows = await connection.database["timers"].find({"kind": "form_remind"}).to_list()
            return bool(rows) and all(row["status"] == "cancelled" for row in rows)

        await eventually(over)
        assert await desk.told(there) == []
