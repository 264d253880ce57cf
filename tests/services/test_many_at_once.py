"""Many threaded messages at once, as a full mailbox gives them: few commands, and yet each once and in its order."""

import asyncio

from hub.model.events import MessageReceived, Received, Sender, Threading
from hub.model.ids import ConversationId
from hub.services.effects import conversation_id
from hub.store.connection import Connection
from tests.services.desk import Desk, open_desk


def mail(number: int, sender: str = "customer") -> MessageReceived:
    """A mail that begins a conversation."""
    who = Sender(kind="email", value=f"{sender}@example.org", verified=False)
    return MessageReceived(external_id=f"{sender}{number}", sender=who, text=f"{number}", threading=Threading())


async def received(desk: Desk, *events: MessageReceived) -> list[Received]:
    return list(await desk.pipeline.inbound.receive(desk.shop, events))


async def test_a_senders_mails_begin_conversations_in_their_order(connection: Connection) -> None:
    async with open_desk(connection) as desk:
        mails = [mail(number, sender) for number in range(20) for sender in ("one", "two")]
        answers = await received(desk, *mails)
        for sender in (0, 1):
            assert [answer.number for answer in answers[sender::2]] == list(range(1, 21))
        assert {answer.position for answer in answers} == {1}


async def test_a_mail_that_comes_again_begins_nothing(connection: Connection) -> None:
    """Within one batch, in the next one, and after a restart; the next one's number follows."""
    async with open_desk(connection) as desk:
        first, twin, second = await received(desk, mail(1), mail(1), mail(2))
        assert (first.repeated, twin.repeated, second.repeated) == (False, True, False)
        assert (twin.message, twin.number) == (first.message, 1)
        again = await received(desk, mail(1), mail(2), mail(3))
        assert [(one.number, one.repeated) for one in again] == [(1, True), (2, True), (3, False)]
    async with open_desk(connection) as desk:
        answers = await received(desk, mail(3), mail(4))
        assert [(one.number, one.repeated) for one in answers] == [(3, True), (4, False)]


async def test_two_hubs_that_begin_the_same_conversation_make_two(connection: Connection) -> None:
    """What one of them remembers is wrong by then: its mail finds another place, and nobody's mail is joined to it."""
    async with open_desk(connection) as one, open_desk(connection) as two:
        await received(one, mail(1), mail(2))
        await received(two, mail(3), mail(4))
        answers = await received(one, mail(5), mail(6))
        assert [answer.number for answer in answers] == [5, 6]
        assert {answer.position for answer in answers} == {1}
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(received(desk, *(mail(number) for number in range(start, start + 10))))
                for desk, start in ((one, 10), (two, 20))
            ]
        numbers = [answer.number for task in tasks for answer in task.result()]
        assert sorted(number or 0 for number in numbers) == list(range(7, 27))


async def test_the_first_turn_of_each_is_decided_once(connection: Connection) -> None:
    async with open_desk(connection, greeting="Hello!") as desk:
        answers = await received(desk, *(mail(number) for number in range(10)))
        contact = (await desk.pipeline.messages.first(ConversationId(answers[0].conversation or ""))).contact  # type: ignore[union-attr]
        for number in range(1, 11):
            conversation = conversation_id(desk.shop.id, contact, number)
            async with asyncio.timeout(20):
                while (turn := await desk.pipeline.turn_store.newest(conversation, fresh=True)) is None:
                    await asyncio.sleep(0.02)
            assert turn.seq == 1
        assert await connection.database["turns"].count_documents({}) == 10
