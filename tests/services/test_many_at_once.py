"""Many threaded messages at once, as a full mailbox gives them: few commands, and yet each once and in its order."""

import asyncio
from collections import Counter

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.contact import Field
from hub.model.content import Details, MailDetails
from hub.model.events import MessageReceived, Received, Sender, Threading
from hub.model.ids import AttachmentId, ConversationId, new_id
from hub.services.numbers import conversation_id
from hub.store.connection import Connection
from hub.store.documents import Document
from hub.store.embedded import Embedded
from tests.services.desk import Desk, open_desk


class Commands(CommandListener):
    """What the driver sent: the names of the commands and of their collections."""

    def __init__(self) -> None:
        self.names: list[tuple[str, object]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keeps its name."""
        self.names.append((event.command_name, event.command[event.command_name]))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Of no interest."""


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
        times = [answer.at for answer in answers if answer.at is not None]
        assert times == sorted(set(times)), "lists show them in this order"


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


def letter(name: str, sender: str, *replies_to: str) -> MessageReceived:
    """A mail with a Message-ID, perhaps the answer to others."""
    who = Sender(kind="email", value=f"{sender}@example.org", verified=False)
    details = Details(mail=MailDetails(subject="Kettles", sender=who.value, message_id=name))
    thread = Threading(replies_to=replies_to)
    return MessageReceived(external_id=name, sender=who, text=name, threading=thread, details=details)


async def test_a_mail_may_answer_one_that_came_with_it(connection: Connection) -> None:
    """It joins that conversation; somebody else's only says that it belongs to it."""
    async with open_desk(connection) as desk:
        [before] = await received(desk, letter("<0>", "one"))
        answers = await received(
            desk, letter("<1>", "one"), letter("<2>", "one", "<1>"), letter("<3>", "two", "<2>"),
            letter("<4>", "one", "<0>"), letter("<5>", "one", "<2>", "<1>"), letter("<6>", "one"),
        )  # fmt: skip
        first, second, stranger, older, third, new = answers
        assert first.conversation == second.conversation == third.conversation
        assert (first.position, second.position, third.position) == (1, 2, 3)
        assert (older.conversation, older.position, older.number) == (before.conversation, 2, 1)
        assert (first.number, new.number, stranger.number) == (2, 3, 1)
        [message] = await desk.thread(ConversationId(stranger.conversation or ""))
        assert message.details is not None
        assert message.details.mail is not None
        assert message.details.mail.claims == first.conversation


async def test_one_that_cannot_be_stored_parts_nobody_from_their_order(connection: Connection) -> None:
    """It is parked; those before and behind it are stored as if it had not come."""
    async with open_desk(connection) as desk:
        bad = mail(3).model_copy(update={"text": "\ud800"})
        answers = await received(desk, mail(1), mail(2), bad, mail(4), mail(1, "other"))
        assert [one.parked for one in answers] == [False, False, True, False, False]
        assert [one.number for one in answers if not one.parked] == [1, 2, 3, 1]
        assert [one.external_id for one in desk.parked] == ["customer3"]


async def test_what_is_said_of_a_sender_is_learned_from_the_newest_of_many(connection: Connection) -> None:
    async with open_desk(connection) as desk:
        said = [
            mail(number).model_copy(
                update={"sender": mail(number).sender.model_copy(update={"fields": (Field(name="city", value=city),)})}
            )
            for number, city in enumerate(("Omsk", "Tomsk", "Perm"))
        ]
        await received(desk, *said)
        [contact] = [row async for row in connection.database["contacts"].find()]
        assert [field["value"] for field in contact["fields"]] == ["Perm"]


async def test_files_that_are_still_to_come_are_fetched(connection: Connection) -> None:
    """Of each message that waits for some, in whatever company it came."""
    async with open_desk(connection) as desk:
        file = AttachmentRef(id=AttachmentId(new_id()), name="plan.pdf", media_type="application/pdf", size_bytes=1,
                             status=AttachmentStatus.PENDING)  # fmt: skip
        answers = await received(desk, mail(1), mail(2).model_copy(update={"attachments": (file,)}))
        for answer in answers:
            conversation = ConversationId(answer.conversation or "")
            async with asyncio.timeout(30):
                while await desk.pipeline.turn_store.newest(conversation, fresh=True) is None:
                    await asyncio.sleep(0.02)


async def test_a_full_mailbox_takes_few_commands(connection: Connection, embedded: Embedded) -> None:
    """As many for fifty people as for two: none of them is asked for alone."""
    sent = Commands()
    client = AsyncMongoClient[Document](
        embedded.uri, w="majority", journal=True, readConcernLevel="majority", tz_aware=True, event_listeners=[sent]
    )
    watched = Connection(client, client, connection.database.name)
    async with client, open_desk(watched, decide=False) as desk:
        counts = []
        for people in (2, 50):
            sent.names.clear()
            await received(desk, *(mail(number, f"of{people}at{number}") for number in range(people)))
            counts.append(Counter(name for name, what in sent.names if what in ("messages", "addresses", "contacts")))
        assert counts[0] == counts[1]
        assert counts[0]["insert"] == 3
