"""Raw payloads that are kept for some days: which go, which stay, and what is left of those that went."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from connectors.base import unreadable
from connectors.email.mime import read_mail
from hub.model.attachment import AttachmentRef, Encoded, NewFile
from hub.model.channel import Channel
from hub.model.content import Details, MailDetails
from hub.model.events import InboundEvent, MessageReceived, Sender
from hub.model.ids import AttachmentId, MessageId, ParkedId, derived_id, new_id
from hub.model.message import Message
from hub.model.operator import Role
from hub.services.attachments import Attachments
from hub.services.errors import Gone
from hub.services.parked import Parked
from hub.services.raw_retention import RawRetention
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.parked import ParkedEvents
from hub.store.raw_payloads import RawPayloads
from tests.services.desk import Desk, open_desk, viewer

ADMIN = viewer("admin", role=Role.ADMIN)


class Archive:
    """A channel with a rule, mails of some age in it, and the sweep."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self.database, self.desk = connection.database, desk
        self.channels = Channels(self.database)
        self.files = Attachments(
            AttachmentStore(self.database), Blobs(self.database), desk.pipeline.conversations, desk.pipeline.clock
        )
        self.retention = RawRetention(self.channels, RawPayloads(self.database), desk.pipeline.clock)

    async def channel(self, raw_days: int | None) -> Channel:
        known = self.desk.shop.model_copy(update={"id": new_id(), "key": new_id(), "raw_days": raw_days})
        await self.channels.add(known)
        return known

    async def file(self, name: str, content: bytes) -> AttachmentRef:
        async def pieces() -> AsyncIterator[bytes]:
            yield content

        return await self.files.take(self.desk.shop.project, "email:test", name, pieces())

    async def mail(self, channel: Channel, days: float) -> MessageId:
        """A mail with a file, which came so many days ago."""
        raw, plan = await self.file("message.eml", new_id().encode()), await self.file("plan.txt", new_id().encode())
        event = MessageReceived(
            external_id=new_id(), sender=Sender(kind="email", value=f"{new_id()}@example.org"), text="Hello",
            attachments=(plan, raw), details=Details(mail=MailDetails(subject="Hi", original=raw.id, html=True)),
        )  # fmt: skip
        [received] = await self.desk.pipeline.inbound.receive(channel, [event])
        assert received.message is not None
        earlier = self.desk.pipeline.clock.now() - timedelta(days=days)
        await self.database["messages"].update_one({"_id": received.message}, {"$set": {"created_at": earlier}})
        return received.message

    async def parked(self, channel: Channel, name: str, days: float, *, done: bool) -> ParkedId:
        """Something that was parked so many days ago."""
        store = ParkedEvents(self.database)
        parked = await store.park(channel, unreadable(b"raw", "Not readable.", name))
        if done:
            await store.done(parked)
        earlier = self.desk.pipeline.clock.now() - timedelta(days=days)
        await self.database["parked"].update_one({"_id": parked}, {"$set": {"first_at": earlier}})
        return parked

    async def message(self, message: MessageId) -> Message:
        found = await self.desk.pipeline.messages.get(message)
        assert found is not None
        return found


async def test_only_what_is_older_than_its_channel_says_goes(connection: Connection) -> None:
    """Text, files and subject stay; the message says that its original is kept no longer. Twice is nothing."""
    async with open_desk(connection) as desk:
        archive = Archive(connection, desk)
        month, ever = await archive.channel(30), await archive.channel(None)
        old, young = await archive.mail(month, 31), await archive.mail(month, 29)
        kept = await archive.mail(ever, 3_000)
        before = await archive.message(old)
        assert before.details is not None
        assert before.details.mail is not None
        original = before.details.mail.original
        assert await archive.retention.sweep() == 1
        assert await archive.retention.sweep() == 0

        after = await archive.message(old)
        assert after.details is not None
        assert after.details.mail is not None
        assert (after.details.mail.original, after.details.mail.original_gone) == (None, True)
        assert not after.details.mail.html
        assert (after.text, after.details.mail.subject) == ("Hello", "Hi")
        assert [file.name for file in after.attachments] == ["plan.txt"]
        assert after.revision > before.revision, "whoever looks at it is told"
        assert await connection.database["attachments"].find_one({"_id": original}) is None
        for message in (young, kept):
            left = (await archive.message(message)).details
            assert left is not None
            assert left.mail is not None
            assert left.mail.original is not None
            assert not left.mail.original_gone


async def test_the_bytes_go_with_the_next_sweep_of_files(connection: Connection) -> None:
    """Once nothing refers to them."""
    async with open_desk(connection) as desk:
        archive = Archive(connection, desk)
        message = await archive.mail(await archive.channel(1), 2)
        mail = (await archive.message(message)).details
        assert mail is not None
        assert mail.mail is not None
        found = await archive.files.of_project(desk.shop.project, AttachmentId(mail.mail.original or ""))
        assert found is not None
        await archive.retention.sweep()
        await archive.files.sweep()
        files = connection.database["blobs.files"]
        row = await files.find_one({"_id": found.sha256})
        assert row is not None
        assert row["condemned_at"] is not None


async def test_a_file_stays_for_as_long_as_an_original_that_holds_it(connection: Connection) -> None:
    """Whoever goes first; and when both are gone, all of it goes with one sweep."""
    async with open_desk(connection) as desk:
        archive = Archive(connection, desk)
        files, project = archive.files, desk.shop.project
        plan, raw, encoded = holding_a_file()
        stored = await files.take_all(
            project, "email:test", [NewFile("plan.pdf", plan), NewFile("message.eml", raw, encoded)]
        )
        ids = [ref.id for ref in stored if ref]
        original = await files.of_project(project, ids[1])
        assert original is not None
        await connection.database["attachments"].delete_one({"_id": ids[0]})
        for _ in range(2):
            await swept(connection, files)
        assert b"".join([piece async for piece in files.open(original)]) == raw
        await connection.database["attachments"].delete_one({"_id": ids[1]})
        await swept(connection, files)
        await swept(connection, files)
        assert await connection.database["blobs.files"].count_documents({}) == 0
        assert await connection.database["blobs.chunks"].count_documents({}) == 0


async def test_a_file_outlives_an_original_that_held_it(connection: Connection) -> None:
    """Days after the original went by its age, the attachment is there."""
    async with open_desk(connection) as desk:
        archive = Archive(connection, desk)
        files, project = archive.files, desk.shop.project
        plan, raw, encoded = holding_a_file()
        stored = await files.take_all(
            project, "email:test", [NewFile("plan.pdf", plan), NewFile("message.eml", raw, encoded)]
        )
        ids = [ref.id for ref in stored if ref]
        await connection.database["attachments"].delete_one({"_id": ids[1]})
        for _ in range(3):
            await swept(connection, files)
        assert await connection.database["blobs.files"].count_documents({}) == 1
        kept = await files.of_project(project, ids[0])
        assert kept is not None
        assert b"".join([piece async for piece in files.open(kept)]) == plan


def holding_a_file() -> tuple[bytes, bytes, list[Encoded]]:
    """A file, a mail with it, and where it stands there."""
    plan = new_id().encode() * 57 * 400
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"] = f"{new_id()}@example.org", "Plan"
    mail.add_attachment(plan, maintype="application", subtype="pdf", filename="plan.pdf")
    raw = mail.as_bytes()
    [file] = read_mail(raw).files
    assert file.encoded
    return file.content, raw, list(file.encoded)


async def swept(connection: Connection, files: Attachments) -> None:
    """A sweep; afterwards a day passes."""
    await files.sweep()
    earlier: list[dict[str, object]] = [{"$set": {"condemned_at": {"$subtract": ["$condemned_at", 24 * 3_600_000]}}}]
    await connection.database["blobs.files"].update_many({"condemned_at": {"$type": "date"}}, earlier)


async def test_a_crash_in_between_is_made_good(connection: Connection) -> None:
    """The file is gone and its message does not know yet: the next sweep tells it."""
    async with open_desk(connection) as desk:
        archive = Archive(connection, desk)
        message = await archive.mail(await archive.channel(1), 2)
        details = (await archive.message(message)).details
        assert details is not None
        assert details.mail is not None
        await connection.database["attachments"].delete_one({"_id": details.mail.original})
        assert await archive.retention.sweep() == 1
        after = (await archive.message(message)).details
        assert after is not None
        assert after.mail is not None
        assert after.mail.original_gone


async def test_what_waits_for_a_person_is_never_removed(connection: Connection) -> None:
    """Of what was parked only what is done goes; then a replay says so, and the same event again is still known."""
    async with open_desk(connection) as desk:
        archive = Archive(connection, desk)
        month = await archive.channel(30)
        await archive.parked(month, "waits", 3_000, done=False)
        done = await archive.parked(month, "done", 31, done=True)
        await archive.parked(month, "young", 29, done=True)
        assert await archive.retention.sweep() == 1
        assert await archive.retention.sweep() == 0
        rows = {row["external_id"]: row async for row in connection.database["parked"].find({"channel": month.id})}
        assert {name: row["raw"] for name, row in rows.items()} == {"waits": b"raw", "done": b"", "young": b"raw"}

        async def load(_: str) -> Channel | None:
            return month

        def parse(kind: str, raw: bytes) -> list[InboundEvent]:
            raise AssertionError("there is nothing to read")

        parked = Parked(ParkedEvents(connection.database), load, parse)
        with pytest.raises(Gone, match="no longer kept"):
            await parked.replay(ADMIN, done, desk.pipeline.inbound.receive)
        assert await ParkedEvents(connection.database).park(month, unreadable(b"raw", "Again.", "done")) == done
        again = await connection.database["parked"].find_one({"_id": derived_id("parked", month.id, "done")})
        assert again is not None
        assert (again["raw"], again["status"]) == (b"", "done")
