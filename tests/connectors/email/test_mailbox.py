"""A mailbox in a whole hub: real Dovecot, real Postfix, a real database."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.errors import NotAccepting
from connectors.registry import connector_class
from hub.app.hub import open_hub
from hub.model.attachment import AttachmentRef, NewFile
from hub.model.channel import Channel
from hub.model.conversation import Conversation, Status
from hub.model.ids import new_id
from hub.model.message import DeliveryStatus, Direction, Message
from hub.services.commands import Reply
from hub.settings import Settings
from hub.store.blobs import Blobs
from hub.store.connection import Connection
from tests.connectors.doubles import FilesDouble, HubDouble, channel_of
from tests.connectors.email.mails import bounce, mail
from tests.connectors.email.shop import Shop, conversations, eventually, thread
from tests.connectors.test_in_the_hub import OPERATOR, Site, reply, site
from tests.connectors.visitor import Client

MAILS = 500
"""So many come while the hub is down."""


async def answer(at: Site, conversation: Conversation, command: Reply) -> Message:
    """An operator answers; the message once its delivery is settled."""
    await at.hub.pipeline.turns.act(OPERATOR, conversation.id, command, new_id())

    async def settled() -> Message | None:
        last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
        assert last.delivery is not None
        return last if last.delivery.status in (DeliveryStatus.SENT, DeliveryStatus.FAILED) else None

    found: Message = await eventually(settled)
    return found


@asynccontextmanager
async def again(connection: Connection, folder: Path, channel: Channel, **knobs: Any) -> AsyncIterator[Site]:
    """The hub with the channel it had before; or, while that one runs, another hub of the same."""
    chosen: Any = {"sweep_s": 0.2, **knobs}
    settings = Settings(port=0, data_dir=folder, free_space_bytes=0, free_space_share=0, **chosen)
    async with open_hub(settings, connection=connection) as hub, aiohttp.ClientSession() as session:
        yield Site(hub, channel, Client(session, hub.address, channel.key))


async def texts_in_order(at: Site) -> Sequence[str]:
    """What every message of the mailbox says, in the order of their conversations."""
    database = at.hub.connection.database
    numbers = {row["_id"]: row["number"] async for row in database["conversations"].find({"channel": at.channel.id})}
    found = [(numbers[row["conversation"]], row["position"], row["text"]) async for row in database["messages"].find()]
    return [text for _, _, text in sorted(found)]


async def test_a_mail_its_answer_and_the_answer_to_that_are_one_conversation(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The customer's answer comes back by the token in our Reply-To, with what it quotes folded."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Сколько стоит чайник?\n\n--\nОбразец", Subject="Чайник")
        [conversation] = await conversations(at)
        [asked] = await thread(at, conversation, 1)
        assert asked.text == "Сколько стоит чайник?"
        assert asked.details is not None
        assert asked.details.mail is not None
        assert (asked.details.mail.subject, asked.details.mail.signature) == ("Чайник", "--\nОбразец")
        sent = await answer(at, conversation, reply("Пять рублей."))
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT

        [received] = await shop.received(1)
        assert received.subject == "Re: Чайник"
        assert received.header("in-reply-to") == asked.details.mail.message_id
        assert (received.text or "").startswith("Пять рублей.")
        assert "> Сколько стоит чайник?" in (received.text or "")

        back = EmailMessage()
        back["From"], back["To"], back["Subject"] = shop.customer, received.reply_to[0].address, "Re: Чайник"
        back["Message-ID"], back["In-Reply-To"] = "<back@example.test>", received.message_id
        back.set_content("Беру.\n\nпн, 23 нояб. 2026 г. в 10:00, Shop <shop@example.test>:\n> Пять рублей.\n")
        shop.deliver(back.as_bytes())
        last = (await thread(at, conversation, 3))[-1]
        assert (last.direction, last.text) == (Direction.IN, "Беру.")
        await conversations(at, 1)


async def test_a_mail_that_only_names_a_conversation_does_not_get_into_it(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Somebody who guessed a Message-ID begins a conversation of their own, which says what it claims."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Mine", Subject="Mine")
        [mine] = await conversations(at)
        [first] = await thread(at, mine, 1)
        assert first.details is not None
        assert first.details.mail is not None
        named = first.details.mail.message_id or ""
        guess = mail("Let me in", From="stranger@example.com", Message_ID="<guess@example.com>", References=named)
        shop.deliver(guess.as_bytes())
        found = await conversations(at, 2)
        other = next(one for one in found if one.id != mine.id)
        [claiming] = await thread(at, other, 1)
        assert claiming.details is not None
        assert claiming.details.mail is not None
        assert claiming.details.mail.claims == mine.id
        await thread(at, mine, 1)


async def test_two_mails_about_two_things_are_two_conversations(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Of the same person, at the same moment."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        for subject in ("Kettle", "Clock"):
            shop.write(f"About the {subject}", Subject=subject)
        found = await conversations(at, 2)
        assert {one.contact for one in found} == {found[0].contact}


async def test_mail_that_came_while_the_hub_was_down_is_all_there(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """From where it was left, however long ago; a new generation of UIDs brings nothing twice.

    Nor does it hide anything: in the restored folder the new mail's UID is lower than the last that was read.
    """
    settings = shop.settings()
    async with site(connection, short_folder, "email", settings=settings) as at:
        channel = at.channel
    mails = [
        mail(f"Mail {number}", From=shop.customer, Subject=f"Number {number}", Message_ID=f"<{number}@example.test>")
        for number in range(MAILS)
    ]
    raws = [one.as_bytes() for one in mails]
    raws.insert(MAILS // 2, b"\x00\xff no mail at all")
    await asyncio.to_thread(shop.servers.deliver_all, raws, shop.address)
    async with again(connection, short_folder, channel) as at:
        await conversations(at, MAILS)
        assert await texts_in_order(at) == [f"Mail {number}" for number in range(MAILS)]
    await asyncio.to_thread(shop.servers.new_generation, shop.address, lost=20)
    async with again(connection, short_folder, channel) as at:
        shop.write("After the restore", Subject="New")
        await conversations(at, MAILS + 1)
        assert len(await texts_in_order(at)) == MAILS + 1


async def test_mail_from_before_the_channel_stays_out_when_the_folder_is_restored(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """A channel begins with new mail. New UIDs do not make old mail new, however often the hub is started."""
    for number in range(3):
        shop.write(f"Of last year {number}", Subject=f"Old {number}")
    await asyncio.to_thread(shop.servers.age, shop.address, 300)
    async with site(connection, short_folder, "email", settings=shop.settings(since_now=True)) as at:
        channel = at.channel
        shop.write("First", Subject="First")
        await conversations(at, 1)
    shop.write("Meanwhile", Subject="Meanwhile")
    await asyncio.to_thread(shop.servers.new_generation, shop.address)
    async with again(connection, short_folder, channel) as at:
        await conversations(at, 2)
    async with again(connection, short_folder, channel) as at:
        shop.write("Last", Subject="Last")
        await conversations(at, 3)
        assert await texts_in_order(at) == ["First", "Meanwhile", "Last"]


async def test_the_server_may_die_while_we_wait_for_mail(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The connection is made anew, and what came meanwhile is there; nothing else would have looked for an hour."""
    settings = shop.settings(poll_s=3_600, renew_idle_s=1_500)

    async def idling() -> bool:
        return await asyncio.to_thread(shop.servers.idling, shop.address)

    async with site(connection, short_folder, "email", settings=settings) as at:
        shop.write("Before", Subject="Before")
        await conversations(at, 1)
        await eventually(idling)
        await asyncio.to_thread(shop.servers.crash)
        await asyncio.to_thread(shop.servers.start)
        shop.write("After", Subject="After")
        await conversations(at, 2)


async def test_a_bounce_fails_the_message_it_is_about(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """With the reason, and no conversation of the mailer daemon's."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello", Subject="Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, reply("Good day"))
        assert sent.delivery is not None
        [message_id] = sent.delivery.external_ids
        shop.deliver(bounce("5.1.1", recipient=shop.customer).replace(b"<sent@shop.example.org>", message_id.encode()))

        async def failed() -> bool:
            last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
            return last.delivery is not None and last.delivery.status is DeliveryStatus.FAILED

        assert await eventually(failed)
        await conversations(at, 1)
        [known] = await at.hub.pipeline.contacts.addresses(conversation.contact)
        assert "does not exist" in (known.unreachable or "")


@pytest.mark.parametrize(("name", "reason"), [("full", "The mailbox is full"), ("gone", "does not exist")])
async def test_a_real_servers_report_fails_the_message(
    connection: Connection, short_folder: Path, shop: Shop, name: str, reason: str
) -> None:
    """Postfix takes the mail, meets a refusal further on, and reports it: a full quota is no end of an address."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello", From=f"{name}@elsewhere.test")
        [conversation] = await conversations(at)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply("Good day"), new_id())

        async def failed() -> Message | None:
            last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
            return last if last.delivery and last.delivery.status is DeliveryStatus.FAILED else None

        last: Message = await eventually(failed)
        assert last.delivery is not None
        assert last.delivery.external_ids  # it had been handed over
        assert reason in (last.delivery.reason or "")
        shop.write("Behind the report")
        await conversations(at, 2)
        [known] = await at.hub.pipeline.contacts.addresses(conversation.contact)
        # Of a report that overtakes the hub's own note of the sending, only the message is told (known limits).
        assert known.unreachable is None or name == "gone"


async def test_a_forged_bounce_gives_nobody_up(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """A customer knows the Message-ID of the mail they got; the address of another customer is not theirs to end.

    A report about a mail that was never sent is a mail like others, with its label.
    """
    victim = f"victim-{new_id()[-8:]}@example.test"
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.write("Hello", From=victim)
        [theirs] = await conversations(at)
        await answer(at, theirs, reply("Good day"))
        shop.write("Hello")
        [_, own] = await conversations(at, 2)
        sent = await answer(at, own, reply("Good day"))
        assert sent.delivery is not None
        [message_id] = sent.delivery.external_ids
        forged = bounce("5.1.1", recipient=victim)
        shop.deliver(forged)
        shop.deliver(forged.replace(b"<sent@shop.example.org>", message_id.encode()))
        shop.write("And then?", Subject="Another")
        [*_, last] = await conversations(at, 4)  # behind both: they were read before it
        assert [one.text for one in await thread(at, last, 1)] == ["And then?"]
        for conversation in (theirs, own):
            [known] = await at.hub.pipeline.contacts.addresses(conversation.contact)
            assert known.unreachable is None
        [first, second] = await at.hub.pipeline.messages.window(theirs.id)
        assert second.delivery is not None
        assert second.delivery.status is DeliveryStatus.SENT
        assert first.delivery is None


@pytest.mark.parametrize("address", ["gone@example.test", "full@example.test", "grey@example.test"])
async def test_a_refused_recipient_is_told_in_words(
    connection: Connection, short_folder: Path, shop: Shop, address: str
) -> None:
    """A mailbox that is gone fails at once; a server that asks to come later is asked later."""
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        shop.deliver(mail("Hello", From=address, Message_ID=f"<{new_id()}@example.test>").as_bytes())
        [conversation] = await conversations(at)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply("Good day"), new_id())

        async def told() -> Message | None:
            last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
            return last if last.delivery is not None and last.delivery.reason else None

        last: Message = await eventually(told)
        assert last.delivery is not None
        [known] = await at.hub.pipeline.contacts.addresses(conversation.contact)
        if address.startswith(("gone", "full")):
            assert last.delivery.status is DeliveryStatus.FAILED
            assert ("User unknown" if address.startswith("gone") else "Mailbox full") in (last.delivery.reason or "")
            # A mailbox that is full today takes the next mail; one that is not there is written to no more.
            assert (known.unreachable is not None) is address.startswith("gone")
        else:
            assert last.delivery.status is DeliveryStatus.QUEUED
            assert "come again later" in (last.delivery.reason or "")
            assert last.delivery.expires_at is not None
            assert last.delivery.expires_at - last.created_at == timedelta(hours=48)


async def test_automatic_mail_is_kept_and_asks_nobody_for_anything(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Resolved from the start, not greeted, with a label."""
    async with site(connection, short_folder, "email", settings=shop.settings(), greeting="Thank you!") as at:
        shop.write("I am away", Subject="Out of office", Auto_Submitted="auto-replied")
        [conversation] = await conversations(at)
        assert (conversation.status, conversation.waiting_since) == (Status.RESOLVED, None)
        [message] = await thread(at, conversation, 1)
        assert message.details is not None
        assert message.details.mail is not None
        assert message.details.mail.automatic == "auto_reply"


async def test_the_original_of_a_mail_with_a_large_file_is_what_was_received(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Byte by byte as the server gives it, though what the file holds is stored once."""
    written = mail("See the plan", From=shop.customer, To=shop.address)
    plan = random.Random(3).randbytes(900_000)
    written.add_attachment(plan, maintype="application", subtype="pdf", filename="plan.pdf")
    shop.deliver(written.as_bytes(policy=SMTP))
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        [message] = await thread(at, (await conversations(at))[0], 1)
        assert [file.name for file in message.attachments] == ["plan.pdf", "message.eml"]
        assert [await content(connection, file.id) for file in message.attachments] == [
            plan, (await asyncio.to_thread(shop.servers.mails, shop.address))[0],
        ]  # fmt: skip
        chunks = connection.database["blobs.chunks"]
        assert sum([len(row["data"]) async for row in chunks.find()]) < len(plan) * 1.1


async def content(connection: Connection, attachment: str) -> bytes:
    row = await connection.database["attachments"].find_one({"_id": attachment})
    assert row is not None
    return b"".join([piece async for piece in Blobs(connection.database).open(row["sha256"], row["size_bytes"])])


class FullDisk(FilesDouble):
    """Takes no file."""

    async def store(self, name: str, uploader: str, pieces: AsyncIterator[bytes]) -> AttachmentRef:
        raise NotAccepting(7)

    async def store_all(self, uploader: str, files: Sequence[NewFile]) -> Sequence[AttachmentRef | None]:
        raise NotAccepting(7)


async def test_what_a_store_refuses_reaches_the_supervisor_as_it_is(shop: Shop) -> None:
    """The files of a batch are stored at once, and yet it is no group of errors, which nobody would know."""
    for number in range(3):
        shop.write(f"Mail {number}", Subject="Hello")
    hub = HubDouble()
    services = replace(hub.services(), attachments=FullDisk(hub))
    connector = connector_class("email")(channel_of("email", **shop.settings()), services)
    await connector.open()
    try:
        with pytest.raises(NotAccepting):
            await connector.listen(hub.receive)
    finally:
        await connector.close()
    assert not hub.offered
