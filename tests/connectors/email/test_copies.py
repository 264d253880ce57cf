"""Answers to all, and mail that a colleague has forwarded: through real servers."""

from pathlib import Path

from hub.model.ids import new_id
from hub.model.message import DeliveryStatus, Direction
from hub.services.commands import Reply
from hub.store.connection import Connection
from tests.connectors.email.shop import Shop, conversations, thread
from tests.connectors.email.test_mailbox import answer
from tests.connectors.test_in_the_hub import site


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
