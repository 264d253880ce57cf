"""What becomes of a mail whose server stalls, hangs up, asks to come later, or knows no letters but its own."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.email.config import Settings
from connectors.email.oauth import AccessTokens
from connectors.email.smtp import HANG_UPS
from connectors.email.submission import Submission
from hub.model.conversation import Conversation
from hub.model.ids import new_id
from hub.model.message import DeliveryStatus, Message
from hub.services.commands import Reply
from hub.store.connection import Connection
from tests.connectors.doubles import MarksDouble, until
from tests.connectors.email.mails import mail
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.email.test_copies import (
    LONG_AGO,
    Relay,
    change_delivery,
    deferred,
    reason,
    settled,
    stored,
    through,
)
from tests.connectors.email.test_mailbox import answer
from tests.connectors.email.wire import wire_to
from tests.connectors.test_in_the_hub import OPERATOR, Site, reply, site

SOON_S = 60
WIRE_DOMAIN = "xn--e1afmkfd.xn--p1ai"  # пример.рф


@dataclass
class Server(Relay):
    """Takes a mail and then says nothing for `stalls` of them, or hangs up at so many recipients.

    `is_short`: it hangs up instead of beginning anew, too.
    """

    stalls: int = 0
    hangs_up: int = 0
    is_short: bool = False
    options: list[list[str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    patience: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender."""
        envelope.mail_from = address
        self.options.append(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or nobody."""
        if self.hangs_up:
            self.hangs_up -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Begin anew, or end."""
        if self.is_short:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take it, and say so or not."""
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        said = await super().handle_DATA(server, session, envelope)
        if self.stalls:
            self.stalls -= 1
            await self.patience.wait()
        return said


@asynccontextmanager
async def running(made: Server, *, utf8: bool = True) -> AsyncIterator[Server]:
    """The server while the body runs."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(made, loop=loop, enable_SMTPUTF8=utf8), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.patience.set()
        server.close()
        await server.wait_closed()


async def told(at: Site, conversation: Conversation, command: Reply) -> Message:
    """An operator answers; the message once anything is said of its delivery."""
    await at.hub.pipeline.turns.act(OPERATOR, conversation.id, command, new_id())

    async def once() -> Message | None:
        last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
        return last if last.delivery is not None and last.delivery.reason else None

    found: Message = await eventually(once)
    return found


async def test_a_mail_that_was_taken_without_a_word_goes_again_under_its_own_id(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Nobody knows whether the first has arrived: mail programs see one mail, and the operator the doubt."""
    async with (
        running(Server(stalls=1)) as server,
        site(connection, short_folder, "email", settings={**through(shop, server), "answer_within_s": 3}) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, reply("Good day"))
        assert sent.delivery is not None
        assert (sent.delivery.status, sent.delivery.may_repeat) == (DeliveryStatus.SENT, True)
        assert sent.delivery.attempts == 2
        first, second = server.got
        assert first == second
        assert (first[0], first[1]) == (shop.customer, sent.delivery.external_ids[0])
        assert len({re.sub(rb"={15}\d+==", b"", raw) for raw in server.raw}) == 1, "but for the marks between its parts"
        later = await answer(at, conversation, reply("And more"))
        assert later.delivery is not None
        assert (later.delivery.may_repeat, len(server.got)) == (False, 3), "the doubt was about the other"


async def test_a_server_that_hangs_up_before_the_text_leaves_no_doubt(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Nothing was handed over, so that nothing can arrive twice, and nobody is told that it may have."""
    async with (
        running(Server(hangs_up=2)) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, reply("Good day"))
        assert sent.delivery is not None
        assert (sent.delivery.status, sent.delivery.may_repeat) == (DeliveryStatus.SENT, False)
        assert server.those() == [shop.customer]


async def test_what_a_server_says_before_it_hangs_up_counts(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Somebody who is not there is written to once, not for two days."""
    async with (
        running(Server(is_short=True)) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        server.refusals[shop.customer] = ["550 5.1.1 User unknown"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        failed = await answer(at, conversation, reply("Good day"))
        assert failed.delivery is not None
        assert (failed.delivery.status, failed.delivery.attempts) == (DeliveryStatus.FAILED, 1)
        assert "User unknown" in reason(failed)


async def test_a_server_that_ends_at_a_copy_leaves_no_doubt(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """It said 421 and hung up before the text: the customer gets the mail at once, the copy soon, each of them once."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        server.refusals["boss@example.test"] = ["421 4.3.2 Shutting down"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Good day", seen_position=1, copies=("boss@example.test",)))
        assert sent.delivery is not None
        assert (sent.delivery.status, sent.delivery.may_repeat) == (DeliveryStatus.SENT, False)
        assert server.those() == [shop.customer]
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        done = await stored(at, sent, settled)
        assert done.delivery is not None
        assert not done.delivery.may_repeat
        assert server.those() == [shop.customer, "boss@example.test"]


async def test_copies_at_which_the_server_always_ends_hold_up_nobody(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The customer and the other copies get the mail, later answers too; those in question are tried by themselves."""
    bad = [f"bad-{number}@example.test" for number in range(HANG_UPS + 1)]
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        for copy in bad:
            server.refusals[copy] = ["421 4.7.0 Go away"] * 50
        shop.write("Hello")
        [conversation] = await conversations(at)
        copies = (bad[0], "boss@example.test")
        sent = await answer(at, conversation, Reply(text="Good day", seen_position=1, copies=copies))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        assert f"{bad[0]} has not got it yet; it is tried again. “4.7.0 Go away”" in reason(sent)
        assert server.those() == [shop.customer, "boss@example.test"]
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        twice = await stored(at, sent, lambda one: deferred(one) == 2)
        assert twice.delivery is not None
        assert not twice.delivery.may_repeat
        await answer(at, conversation, Reply(text="Another", seen_position=2, copies=(*bad, "boss@example.test")))
        assert server.those() == [shop.customer, "boss@example.test", shop.customer]


async def test_what_is_given_up_in_the_middle_does_not_answer_for_the_next_mail(shop: Shop) -> None:
    """The hub's own time-out ends it: the answer that comes in the end is not that to the next mail's sender."""
    async with running(Server(stalls=1)) as server, wire_to(server.port) as wire:
        settings = Settings.model_validate({**through(shop, server), "smtp_port": wire.port})
        way_out = Submission(settings, None, AccessTokens(settings, MarksDouble()))
        try:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3):
                    await way_out.send(mail("First"), "first@example.test")
            assert server.those() == ["first@example.test"]
            async with asyncio.TaskGroup() as group:
                second = group.create_task(way_out.send(mail("Second"), "second@example.test"))
                await until(lambda: wire.heard.count(b"MAIL FROM") == 2, SOON_S)
                server.patience.set()
            assert second.result().refused == ()
            assert server.those() == ["first@example.test", "second@example.test"]
            assert b"Second" in server.raw[1]
        finally:
            await way_out.close()


async def test_a_customer_whose_server_greylists_gets_the_mail_once(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Such servers want some minutes' pause, which grows, or is the one they name; what is said behind it waits."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        pauses = {"4.7.1 Greylisted": 60, "4.2.0 Greylisted still": 120, "Please try again in 15 minutes": 905}
        server.refusals[shop.customer] = [f"451 {words}" for words in pauses]
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await told(at, conversation, reply("Good day"))
        for tries, (words, pause_s) in enumerate(pauses.items(), start=1):
            sent = await stored(at, sent, lambda one, words=words: words in reason(one))  # type: ignore[misc]
            assert sent.delivery is not None
            assert (sent.delivery.status, sent.delivery.deferred) == (DeliveryStatus.QUEUED, tries)
            assert sent.delivery.due_at is not None
            wait_s = (sent.delivery.due_at - at.hub.pipeline.clock.now()).total_seconds()
            assert pause_s - SOON_S < wait_s <= pause_s * 1.2
            assert server.got == []
            await change_delivery(at, sent, due_at=LONG_AGO)
        done = await stored(at, sent, lambda one: one.delivery is not None and one.delivery.reason is None)
        assert done.delivery is not None
        assert (done.delivery.status, done.delivery.may_repeat) == (DeliveryStatus.SENT, False)
        assert server.those() == [shop.customer]


async def test_a_domain_in_other_letters_is_written_to_through_a_real_server(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """In ASCII, as every mail server takes it; the operator sees it as people write it."""
    name = f"sample-{new_id()[-8:]}"
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello", From=f"{name}@{WIRE_DOMAIN}")
        [conversation] = await conversations(at)
        [known] = await at.hub.pipeline.contacts.addresses(conversation.contact)
        assert known.value == f"{name}@пример.рф"
        sent = await answer(at, conversation, reply("Good day"))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        found = await eventually(lambda: asyncio.to_thread(shop.servers.mails, f"{name}@{WIRE_DOMAIN}"))
        assert f"To: {name}@{WIRE_DOMAIN}".encode() in found[0]


def from_other_letters(shop: Shop, local: str) -> bytes:
    """A mail whose sender's address is in no ASCII, as SMTPUTF8 brings it (RFC 6532)."""
    head = f"From: Образец <{local}@пример.рф>\r\nTo: {shop.address}\r\nMessage-ID: <{new_id()}@example.org>"
    return f"{head}\r\nSubject: Hello\r\n\r\nHello\r\n".encode()


async def test_an_address_in_other_letters_is_written_to_where_the_server_can(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The server is told beforehand, and the header is no encoded word, which an address may not be."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.deliver(from_other_letters(shop, "образец"))
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, reply("Добрый день"))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        assert server.those() == [f"образец@{WIRE_DOMAIN}"]
        assert "SMTPUTF8" in server.options[0]
        assert f"To: образец@{WIRE_DOMAIN}".encode() in server.raw[0]


async def test_an_address_in_other_letters_fails_in_words_where_the_server_cannot(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """At once, with what to do; it is no fault of the address, and the next mail to somebody else goes."""
    async with (
        running(Server(), utf8=False) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.deliver(from_other_letters(shop, "образец"))
        [conversation] = await conversations(at)
        failed = await answer(at, conversation, reply("Добрый день"))
        assert failed.delivery is not None
        assert (failed.delivery.status, failed.delivery.code) == (DeliveryStatus.FAILED, "address_unsupported")
        assert "образец@пример.рф cannot be written to" in reason(failed)
        assert "SMTPUTF8" in reason(failed)
        assert "Ask for another address" in reason(failed)
        [known] = await at.hub.pipeline.contacts.addresses(conversation.contact)
        assert known.unreachable is None
        shop.write("Hello")
        [_, other] = await conversations(at, 2)
        sent = await answer(at, other, reply("Good day"))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        assert server.those() == [shop.customer]


async def test_a_copy_in_other_letters_is_told_where_the_server_cannot(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The others get it, and their mail names nobody in a form that no mail program can answer."""
    async with (
        running(Server(), utf8=False) as server,
        site(connection, short_folder, "email", settings=through(shop, server)) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        copies = ("образец@пример.рф", "boss@example.test")
        sent = await answer(at, conversation, Reply(text="Good day", seen_position=1, copies=copies))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        assert sent.delivery is not None
        assert [one.code for one in sent.delivery.whys] == ["letters_of_recipient"]
        assert "the mail server lacks SMTPUTF8" in reason(sent)
        assert sorted(server.those()) == sorted([shop.customer, "boss@example.test"])
        assert b"Cc: boss@example.test\r\n" in server.raw[0]


@pytest.mark.parametrize("utf8", [True, False])
async def test_a_mailbox_in_other_letters_sends_where_its_server_can(
    connection: Connection, short_folder: Path, shop: Shop, utf8: bool
) -> None:
    """Else each mail says why it does not go."""
    own = f"магазин-{new_id()[-8:]}@пример.рф"
    async with running(Server(), utf8=utf8) as server:
        settings = {**through(shop, server), "address": own, "user": shop.address}
        async with site(connection, short_folder, "email", settings=settings) as at:
            shop.write("Hello")
            [conversation] = await conversations(at)
            sent = await answer(at, conversation, reply("Good day"))
            assert sent.delivery is not None
            if utf8:
                assert sent.delivery.status is DeliveryStatus.SENT
                assert f"From: {own.partition('@')[0]}@{WIRE_DOMAIN}".encode() in server.raw[0]
            else:
                assert sent.delivery.code == "address_unsupported"
                assert f"{own} cannot be written from" in reason(sent)
                assert server.got == []
