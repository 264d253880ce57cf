"""Telegram in a whole hub, as a person with a phone and an operator see it."""

import asyncio
from pathlib import Path

from hub.demo.telegram.faults import What
from hub.model.attachment import AttachmentStatus
from hub.model.message import DeliveryStatus
from hub.store.connection import Connection
from tests.connectors.telegram.rig import picture
from tests.connectors.telegram.site import OPERATOR, PROJECT, reply, site


async def test_a_person_and_an_operator_talk(connection: Connection, tmp_path: Path) -> None:
    """Question, answer, edit, reaction, reply with a quote: each seen by the other side."""
    async with site(connection, tmp_path) as at:
        asked = at.person.say("How mach?")
        await at.until(lambda thread: len(thread) == 1)
        at.person.edit(asked, "How much?")
        await at.act(reply("100"))
        thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status == "sent")
        answer = at.person.last
        assert answer["text"] == "100"
        at.person.react(answer, "👍")
        at.person.say("Thank you", reply_to=answer)
        thread = await at.until(lambda thread: len(thread) == 3 and thread[1].reactions)
        assert [one.text for one in thread] == ["How much?", "100", "Thank you"]
        assert [earlier.text for earlier in thread[0].edits] == ["How mach?"]
        assert thread[1].reactions == ("👍",)
        assert thread[2].details is not None
        assert thread[2].details.quote is not None
        assert thread[1].delivery is not None
        assert thread[2].details.quote.external_id == thread[1].delivery.external_ids[0]


async def test_a_file_that_is_exchanged_stands_beside_the_first(connection: Connection, tmp_path: Path) -> None:
    """Nothing that came is lost; a caption that alone changes adds no file."""
    async with site(connection, tmp_path) as at:
        sent = at.person.send_file("photo", picture(40), caption="The receipt")
        await at.until(lambda thread: len(thread) == 1)
        changed = at.person.exchange(sent, "photo", picture(60), caption="The receipt")
        thread = await at.until(lambda thread: len(thread[0].attachments) == 2)
        assert len(thread) == 1
        at.person.edit(changed, "The right receipt")
        thread = await at.until(lambda thread: thread[0].text == "The right receipt" and all(
            one.status is AttachmentStatus.STORED for one in thread[0].attachments
        ))  # fmt: skip
        first, second = thread[0].attachments
        assert first.size_bytes < second.size_bytes
        assert [one.text for one in thread[0].edits] == ["The receipt"]


async def test_files_are_fetched_after_their_message(connection: Connection, tmp_path: Path) -> None:
    """The message is there at once with a file that is pending; its bytes come, in the size and type they have."""
    async with site(connection, tmp_path) as at:
        fault = at.simulator.faults.add(What.SERVER_ERROR, "getFile")
        at.person.send_file("photo", picture(40), caption="The receipt")
        thread = await at.until(lambda thread: thread)
        assert [file.status for file in thread[0].attachments] == [AttachmentStatus.PENDING]
        fault.times = 0
        thread = await at.until(lambda thread: thread[0].attachments[0].status is AttachmentStatus.STORED)
        [file] = thread[0].attachments
        assert (file.media_type, file.size_bytes, file.source) == ("image/png", len(picture(40)), None)
        assert file.name.endswith(".png")
        stored = await at.hub.pipeline.connection.database["attachments"].find_one({"_id": file.id})
        assert stored is not None
        assert (stored["project"], stored["conversation"]) == (PROJECT, thread[0].conversation)


async def test_a_file_over_the_limit_says_so(connection: Connection, tmp_path: Path) -> None:
    async with site(connection, tmp_path) as at:
        at.person.send_file("video", b"x", "tour.mp4", size_bytes=30 * 1024**2)
        thread = await at.until(lambda thread: thread)
        [file] = thread[0].attachments
        assert file.status is AttachmentStatus.FAILED
        assert "20 MB" in (file.reason or "")


async def test_an_album_is_one_message_with_all_its_files(connection: Connection, tmp_path: Path) -> None:
    async with site(connection, tmp_path) as at:
        at.person.send_album([("photo", picture(n + 5)) for n in range(4)], "receipts")
        at.person.say("that is all")
        thread = await at.until(
            lambda thread: len(thread) == 2 and all(f.status == "stored" for f in thread[0].attachments)
        )
        assert [one.text for one in thread] == ["receipts", "that is all"]
        assert len(thread[0].attachments) == 4


async def test_a_shared_phone_is_verified(connection: Connection, tmp_path: Path) -> None:
    """And somebody else's contact is not."""
    async with site(connection, tmp_path) as at:
        at.person.send_contact("79990000000", "Sample Friend", user_id=1)
        at.person.share_contact()
        thread = await at.until(lambda thread: len(thread) == 2)
        contact = await at.hub.pipeline.contacts.get(PROJECT, thread[0].contact)
        assert contact is not None
        assert {(f.name, f.value, f.verified) for f in contact.fields} == {
            ("telegram_username", "sample", True),
            ("phone", "+79161234567", True),
        }


async def test_a_block_is_shown_and_taken_back(connection: Connection, tmp_path: Path) -> None:
    """The operator's message fails with a sentence; after the contact came back the next one arrives."""
    async with site(connection, tmp_path) as at:
        at.person.say("Hello")
        await at.until(lambda thread: thread)
        at.person.block()
        await at.act(reply("Are you there?"))
        thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status == "failed")
        assert thread[-1].delivery is not None
        assert "blocked the bot" in (thread[-1].delivery.reason or "")
        at.person.unblock()
        async with asyncio.timeout(10):
            while any(one.unreachable for one in await at.hub.pipeline.contacts.addresses(thread[0].contact)):
                await asyncio.sleep(0.05)
        await at.act(reply("Welcome back"))
        await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status is DeliveryStatus.SENT)


async def test_the_contact_sees_that_an_operator_types(connection: Connection, tmp_path: Path) -> None:
    async with site(connection, tmp_path) as at:
        at.person.say("Hello")
        await at.until(lambda thread: thread)
        [conversation] = await at.conversations()
        at.hub.presence.desk(OPERATOR).look(conversation, typing=True)
        async with asyncio.timeout(10):
            while not at.simulator.journal.of("sendChatAction"):
                await asyncio.sleep(0.05)
