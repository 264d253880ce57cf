"""Answers to all, and mail that a colleague has forwarded: through real servers."""

import asyncio
import email
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.reasons import sentence
from hub.model.ids import MessageId, new_id
from hub.model.message import DeliveryStatus, Direction, Message
from hub.services.commands import Reply
from hub.services.retries import Retries
from hub.store.connection import Connection
from hub.store.due_copies import DueCopies
from hub.store.outgoing import GONE_OUT
from tests.connectors.email.mails import bounce
from tests.connectors.email.shop import Shop, conversations, eventually, thread
from tests.connectors.email.test_mailbox import again, answer
from tests.connectors.test_in_the_hub import OPERATOR, Site, site

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def test_an_answer_goes_to_those_it_was_chosen_for(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The mailbox itself and the sender are no further recipients; without a choice only the sender gets the answer."""
    colleague = f"colleague-{new_id()[-8:]}@example.test"
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello", To=f"{shop.address}, {colleague}", Cc=f"Boss <boss@example.test>, {shop.customer}")
        [conversation] = await conversations(at)
        [asked] = await thread(at, conversation, 1)
        assert asked.details is not None
        assert asked.details.mail is not None
        assert asked.details.mail.others == (colleague, "boss@example.test")
        await answer(at, conversation, Reply(text="For you alone", seen_position=1))
        both = await answer(at, conversation, Reply(text="For both", seen_position=2, copies=(colleague,)))
        assert both.details is not None
        assert both.details.mail is not None
        assert both.details.mail.cc == (colleague,)
        alone, together = await shop.received(2)
        assert (alone.cc, [box.address for box in together.cc]) == ((), [colleague])
        [copied] = shop.servers.mails(colleague)
        assert b"For both" in copied


async def test_a_copy_that_is_refused_is_told_and_holds_up_nobody(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("gone@example.test",)))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        assert "gone@example.test did not get it" in (sent.delivery.reason or "")
        await shop.received(1)


async def test_what_the_customer_cannot_get_nobody_gets(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """Else a second try would reach the copies a second time."""
    colleague = f"colleague-{new_id()[-8:]}@example.test"
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello", From="gone@example.test")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=(colleague,)))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.FAILED
        # The connection is still good, and the next answer passes what was refused before.
        shop.write("Again", From=colleague)
        [_, second] = await conversations(at, 2)
        await answer(at, second, Reply(text="Only this", seen_position=1))
        [received] = shop.servers.mails(colleague)
        assert b"Only this" in received


async def test_a_forwarded_mail_names_its_author(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """What is needed to bring it in for them stands in the message."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        text = (
            "Please answer him.\n\n---------- Forwarded message ---------\nFrom: First Author <author@example.org>\n"
            "Date: Mon, Nov 23, 2026 at 10:00 AM\nSubject: A lamp\nTo: x@example.test\n\nDo you ship abroad?\n"
        )
        shop.write(text, Subject="Fwd: A lamp")
        [conversation] = await conversations(at)
        [outer] = await thread(at, conversation, 1)
        assert outer.direction is Direction.IN
        assert outer.details is not None
        assert outer.details.mail is not None
        assert outer.details.mail.forwarded == "First Author <author@example.org>"
        connector = at.hub.supervisor.connector(at.channel.id)
        assert connector is not None
        inner = connector.attributed(outer)  # type: ignore[attr-defined]  # of the e-mail connector
        assert (inner.sender.value, inner.sender.name, inner.text) == (
            "author@example.org", "First Author", "Do you ship abroad?",
        )  # fmt: skip
        assert inner.details.mail.subject == "A lamp"


@dataclass
class Relay:
    """A mail server that asks to come later with some, and counts who got what: address, Message-ID and date."""

    refusals: dict[str, list[str]] = field(default_factory=dict)
    got: list[tuple[str, str, str]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Each address has its answers, one after the other; then it is taken."""
        if left := self.refusals.get(address):
            return left.pop(0) if len(left) > 1 or left[0].startswith("4") else left[0]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take it."""
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content)
        self.got += [(address, str(mail["Message-ID"]), str(mail["Date"])) for address in envelope.rcpt_tos]
        return "250 2.0.0 OK"

    def those(self) -> list[str]:
        """Who got a mail, in order."""
        return [address for address, _, _ in self.got]


@asynccontextmanager
async def relay(**refusals: list[str]) -> AsyncIterator[Relay]:
    """The server while the body runs; `boss="..."` stands for boss@example.test."""
    made = Relay({f"{name}@example.test": answers for name, answers in refusals.items()})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(made, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


def through(shop: Shop, server: Relay) -> dict[str, Any]:
    """The mailbox's settings with this way out."""
    out = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", "smtp_password": ""}
    return shop.settings(**out)


async def stored(at: Site, message: Message, look: Callable[[Message], bool]) -> Message:
    """The message once it is as `look` wants it."""

    async def once() -> Message | None:
        found = await at.hub.pipeline.messages.get(MessageId(message.id))
        assert found is not None
        return found if look(found) else None

    found: Message = await eventually(once)
    return found


def reason(message: Message) -> str:
    assert message.delivery is not None
    return message.delivery.reason or ""


def settled(message: Message) -> bool:
    """Nothing of it is to be tried again."""
    return message.delivery is not None and message.delivery.copies is None


def deferred(message: Message) -> int:
    """How often the servers of its copies have asked to come later."""
    copies = message.delivery.copies if message.delivery else None
    return copies.deferred if copies else 0


async def change_delivery(at: Site, message: Message, **values: Any) -> None:
    """What time would do."""
    fields = {f"delivery.{name.replace('__', '.')}": value for name, value in values.items()}
    await at.hub.connection.database["messages"].update_one({"_id": message.id}, {"$set": fields})


async def test_a_copy_that_is_deferred_gets_the_mail_later_and_nobody_gets_it_twice(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Two tries with a back-off; the same Message-ID and date; what was answered meanwhile did not wait."""
    async with (
        relay(boss=["452 4.2.2 Mailbox is full", "452 4.2.2 Mailbox is full"]) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        copies = ("boss@example.test", "other@example.test")
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=copies))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        await answer(at, conversation, Reply(text="And more", seen_position=2))
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        twice = await stored(at, sent, lambda one: deferred(one) == 2)
        assert twice.delivery is not None
        assert twice.delivery.copies is not None
        pause = twice.delivery.copies.due_at - at.hub.pipeline.clock.now()
        assert timedelta(seconds=60) < pause <= timedelta(seconds=144), "a longer one"
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        done = await stored(at, sent, settled)
        assert reason(done) == "", "all is well now"
        first = server.got[0][1]
        of_first = [(address, date) for address, message_id, date in server.got if message_id == first]
        assert sorted(address for address, _ in of_first) == sorted([shop.customer, *copies]), "each of them once"
        assert len({date for _, date in of_first}) == 1
        assert server.those().count(shop.customer) == 2, "the second answer"


async def test_a_greylisted_copy_waits_some_minutes_and_says_so(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Another copy that is refused for good is told beside it, and stays told when the waiting one has it."""
    async with (
        relay(boss=["451 4.7.1 Greylisted"], gone=["550 5.1.1 User unknown"]) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        copies = ("boss@example.test", "gone@example.test")
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=copies))
        assert "gone@example.test did not get it" in reason(sent)
        assert "boss@example.test has not got it yet; it is tried again. “4.7.1 Greylisted”" in reason(sent)
        assert sent.delivery is not None
        in_russian = " ".join(sentence(one, "ru") for one in sent.delivery.whys)
        assert "gone@example.test не получил копию. “5.1.1 User unknown”" in in_russian
        assert "boss@example.test ещё не получил копию" in in_russian
        assert sent.delivery is not None
        assert sent.delivery.copies is not None
        assert sent.delivery.sent_at is not None
        assert timedelta(seconds=60) <= sent.delivery.copies.due_at - sent.delivery.sent_at < timedelta(seconds=73)
        assert sent.delivery.copies.addresses == ("boss@example.test",)
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        done = await stored(at, sent, settled)
        assert "gone@example.test did not get it" in reason(done)
        assert "boss" not in reason(done)
        assert server.those() == [shop.customer, "boss@example.test"]


async def test_a_copy_that_no_server_takes_is_given_up_when_its_time_is_over(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Forty-eight hours for an e-mail; a refusal for good ends it at once."""
    async with (
        relay(boss=["451 4.7.1 Greylisted"], gone=["451 4.7.1 Greylisted", "550 5.1.1 User unknown"]) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
        assert sent.delivery is not None
        assert sent.delivery.expires_at is not None
        assert sent.delivery.expires_at - sent.created_at >= timedelta(hours=47)
        await change_delivery(at, sent, copies__due_at=LONG_AGO, expires_at=LONG_AGO)
        done = await stored(at, sent, settled)
        assert "boss@example.test did not get it: it was tried until its time was over. “4.7.1 Greylisted”" in reason(
            done
        )
        assert done.delivery is not None
        assert done.delivery.status is DeliveryStatus.SENT

        sent = await answer(at, conversation, Reply(text="Ho", seen_position=2, copies=("gone@example.test",)))
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        done = await stored(at, sent, settled)
        assert reason(done) == "gone@example.test did not get it. “5.1.1 User unknown”"
        assert server.those() == [shop.customer, shop.customer]


async def test_a_copy_that_waits_outlives_the_hub_and_not_what_was_erased(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The next hub tries it; what the contact had erased goes to nobody."""
    async with relay(boss=["451 4.7.1 Greylisted"], lady=["451 4.7.1 Greylisted"]) as server:
        async with site(connection, short_folder, "email", settings=through(shop, server)) as at:
            shop.write("Hello")
            [conversation] = await conversations(at)
            first = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
            second = await answer(at, conversation, Reply(text="Ho", seen_position=2, copies=("lady@example.test",)))
        database = connection.database["messages"]
        await database.update_one({"_id": first.id}, {"$set": {"delivery.copies.due_at": LONG_AGO}})
        await database.update_one({"_id": second.id}, {"$set": {"delivery.copies.due_at": LONG_AGO, "erased": True}})
        async with again(connection, short_folder, at.channel) as later:
            await stored(later, first, settled)
            await stored(later, second, settled)
        assert server.those() == [shop.customer, shop.customer, "boss@example.test"]


async def test_a_copy_that_a_hub_was_sending_when_it_died_may_come_twice_and_says_so(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Whether the server has taken it nobody knows: the next hub tries it again, and the operator reads the mark."""
    async with relay(boss=["451 4.7.1 Greylisted"]) as server:
        async with site(connection, short_folder, "email", settings=through(shop, server)) as at:
            shop.write("Hello")
            [conversation] = await conversations(at)
            sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
        assert sent.delivery is not None
        assert (sent.delivery.may_repeat, sent.delivery.fence is None) == (False, False)
        due = sent.delivery.copies
        assert due is not None
        await DueCopies(connection.database).claim(MessageId(sent.id), due, LONG_AGO, (sent.delivery.fence or 0) + 1)
        async with again(connection, short_folder, at.channel) as later:
            done = await stored(later, sent, settled)
        assert server.those() == [shop.customer, "boss@example.test"]
        assert done.delivery is not None
        assert done.delivery.may_repeat


async def test_a_failed_mail_that_is_sent_again_goes_only_to_copies_that_have_not_had_it(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """One has it, one had it when its server asked to come later, one has yet to get it; all are named in the mail."""
    others = ("boss@example.test", "lady@example.test", "late@example.test")
    async with (
        relay(lady=["451 4.7.1 Greylisted"], late=["451 4.7.1 Greylisted"] * 2) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=others))
        assert sent.delivery is not None
        [message_id] = sent.delivery.external_ids
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        await stored(at, sent, lambda one: deferred(one) == 2)
        assert sorted(server.those()) == sorted([shop.customer, "boss@example.test", "lady@example.test"])
        shop.deliver(bounce("5.1.1", recipient=shop.customer).replace(b"<sent@shop.example.org>", message_id.encode()))
        await stored(at, sent, lambda one: one.delivery is not None and one.delivery.status is DeliveryStatus.FAILED)

        pipeline = at.hub.pipeline
        retries = Retries(pipeline.outgoing, pipeline.clock, pipeline.outbox.wake, tried_s=3600)
        assert await retries.put_back(MessageId(sent.id)) is not None
        done = await stored(at, sent, lambda one: one.delivery is not None and one.delivery.status in GONE_OUT)
        assert server.those().count(shop.customer) == 2
        for copy in others:
            assert server.those().count(copy) == 1, copy
        assert done.delivery is not None
        assert (sorted(done.delivery.copied), done.delivery.copies) == (sorted(others), None)
        assert len({message_id for _, message_id, _ in server.got}) == 1


async def test_a_customer_who_is_deferred_gets_it_with_the_copies_each_once(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Nobody gets what the customer cannot have yet."""
    async with relay() as server, site(connection, short_folder, "email", settings=through(shop, server)) as at:
        server.refusals[shop.customer] = ["452 4.2.2 Mailbox is full"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        command = Reply(text="Hi", seen_position=1, copies=("boss@example.test",))
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, command, new_id())
        [_, waiting] = await thread(at, conversation, 2)
        waiting = await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.deferred == 1)
        assert server.those() == []
        await change_delivery(at, waiting, due_at=LONG_AGO)
        await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.sent_at is not None)
        assert sorted(server.those()) == sorted([shop.customer, "boss@example.test"])
