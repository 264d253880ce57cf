"""Mails that are marked as read or moved once they are stored: at a real Dovecot, which is killed in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.email.connector import Email
from connectors.errors import ChannelConfigError, ChannelUnavailable, NotAccepting
from hub.app.background import background
from hub.model.events import InboundEvent, Received
from hub.store.connection import Connection
from tests.connectors.doubles import HubDouble, MarksDouble, channel_of, until
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.test_in_the_hub import site
from tests.mail_servers import MailServers

MOVED = {"when_stored": "move", "move_to": "Taken & в работе"}
WIRE_NAME = "Taken &- &BDI- &BEAEMAQxBD4EQgQ1-"


class Reader:
    """A channel that is opened anew as often as a test wants, with the marks of before."""

    def __init__(self, shop: Shop, **settings: Any) -> None:
        self.hub, self.marks = HubDouble(), MarksDouble()
        self.channel = channel_of("email", **shop.settings(**settings))

    def email(self) -> Email:
        return Email(self.channel, replace(self.hub.services(), marks=self.marks))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Email]:
        """The channel while it reads."""
        email = self.email()
        await email.open()
        try:
            async with background(lambda: self._listen(email)):
                yield email
        finally:
            await email.close()

    async def _listen(self, email: Email) -> None:
        while True:
            try:
                await email.listen(self.hub.receive)
            except (ChannelUnavailable, NotAccepting):
                await asyncio.sleep(0.1)

    @property
    def texts(self) -> Sequence[str]:
        return [getattr(event, "text", "") for event in self.hub.events]


async def told(servers: MailServers, address: str, folder: str, count: int) -> dict[int, str]:
    """The flags of a folder once it has so many mails."""

    async def look() -> tuple[dict[int, str]] | None:
        found = await asyncio.to_thread(servers.flags, address, folder)
        return (found,) if len(found) == count else None

    found: tuple[dict[int, str]] = await eventually(look)
    return found[0]


async def all_seen(shop: Shop) -> None:
    """Wait until every mail in the INBOX is marked as read."""

    async def look() -> bool:
        return all("Seen" in one for one in (await asyncio.to_thread(shop.servers.flags, shop.address)).values())

    assert await eventually(look)


async def test_by_default_nothing_changes_in_the_mailbox(shop: Shop) -> None:
    """Another program sees each mail as if nobody had read it."""
    reader = Reader(shop)
    shop.write("One", Subject="One")
    async with reader.reading():
        await until(lambda: reader.texts == ["One"], 60)
    assert "Seen" not in str(shop.servers.flags(shop.address))
    assert [name for name in reader.marks.values if "tidied" in name] == []


async def test_what_is_stored_is_marked_as_read_and_what_is_parked_is_not(shop: Shop) -> None:
    """So a person finds in the mailbox what the hub could not read. A mail from before the setting stays as it was."""
    reader = Reader(shop, when_stored="mark_read", since_now=True)
    shop.write("Before", Subject="Before")
    async with reader.reading():
        shop.write("One", Subject="One")
        shop.deliver(b"\x00\xff no mail at all")
        shop.write("Two", Subject="Two")
        await until(lambda: reader.texts == ["One", "Two"] and len(reader.hub.parked) == 1, 60)
        await until(
            lambda: any(value.endswith(":4") for name, value in reader.marks.values.items() if "tidied" in name)
        )
    flags = shop.servers.flags(shop.address)
    assert ["Seen" in flags[uid] for uid in sorted(flags)] == [False, True, False, True]


async def test_what_is_stored_is_moved_to_a_folder_that_is_made(shop: Shop) -> None:
    """Under any name, in the order of their coming; the cursor goes on, and the next mail is read as ever."""
    reader = Reader(shop, **MOVED)
    for number in range(60):
        shop.write(f"Mail {number}", Subject=f"Number {number}")
    async with reader.reading():
        await told(shop.servers, shop.address, WIRE_NAME, 60)
        shop.write("After", Subject="After")
        assert "Seen" not in str(await told(shop.servers, shop.address, WIRE_NAME, 61))
    assert reader.texts == [*(f"Mail {number}" for number in range(60)), "After"]
    moved = shop.servers.mails(shop.address, WIRE_NAME)
    assert [b"Number 0" in moved[0], b"Number 59" in moved[59], b"After" in moved[60]] == [True] * 3
    assert shop.servers.flags(shop.address) == {}
    assert reader.marks.values["INBOX"].endswith(":61")


@pytest.mark.parametrize("setting", ["mark_read", "move"])
async def test_nothing_changes_before_it_is_stored(shop: Shop, setting: str) -> None:
    """While the hub takes nothing, every look at the mailbox finds it as it was."""
    reader = Reader(shop, when_stored=setting, move_to="Taken")
    reader.hub.accepting = False
    shop.write("One", Subject="One")
    async with reader.reading():
        await until(lambda: len(reader.hub.offered) >= 3, 60)
        assert "Seen" not in str(await told(shop.servers, shop.address, "INBOX", 1))
        reader.hub.accepting = True
        if setting == "move":
            await told(shop.servers, shop.address, "Taken", 1)
        else:
            await all_seen(shop)
    assert reader.texts == ["One"]


@pytest.mark.parametrize("setting", ["mark_read", "move"])
async def test_a_crash_between_storing_and_marking_loses_neither(shop: Shop, setting: str) -> None:
    """The hub has stored them and is gone before it says so: the next one does it, and stores none twice."""
    settings = {"when_stored": setting, "move_to": "Taken"}
    reader = Reader(shop, **settings)
    for number in range(5):
        shop.write(f"Mail {number}", Subject=f"Number {number}")

    async def receive(events: Sequence[InboundEvent]) -> Sequence[Received]:
        received = await reader.hub.receive(events)
        await asyncio.to_thread(shop.servers.crash)  # from here on no command reaches the mailbox
        return received

    email = reader.email()
    await email.open()
    with pytest.raises(ChannelUnavailable):
        await email.listen(receive)
    await email.close()
    assert reader.marks.values["INBOX"].endswith(":5")
    await asyncio.to_thread(shop.servers.start)
    assert len(await told(shop.servers, shop.address, "INBOX", 5)) == 5
    assert "Seen" not in str(shop.servers.flags(shop.address))

    async with reader.reading():
        if setting == "move":
            await told(shop.servers, shop.address, "Taken", 5)
        else:
            await all_seen(shop)
        shop.write("After", Subject="After")
        await until(lambda: len(reader.texts) == 6, 60)
    assert reader.texts == [*(f"Mail {number}" for number in range(5)), "After"]
    assert len(reader.hub.offered) >= 11, "they came a second time and were known"


@pytest.mark.parametrize("settings", [{"when_stored": "mark_read"}, MOVED])
async def test_marking_again_changes_nothing(shop: Shop, settings: dict[str, str]) -> None:
    """After a crash behind the marking, before it was written down."""
    folder = WIRE_NAME if settings is MOVED else "INBOX"
    reader = Reader(shop, **settings)
    shop.write("One", Subject="One")
    async with reader.reading():
        await until(lambda: reader.marks.values.get("tidied:INBOX", "").endswith(":1"), 60)
    reader.marks.values["tidied:INBOX"] = reader.marks.values["tidied:INBOX"][:-1] + "0"
    async with reader.reading():
        shop.write("Two", Subject="Two")
        await until(lambda: reader.marks.values["tidied:INBOX"].endswith(":2"), 60)
    assert reader.texts == ["One", "Two"]
    assert len(shop.servers.flags(shop.address, folder)) == 2


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 IDLE UIDPLUS", "IMAP4rev1 IDLE"])
async def test_an_old_server_moves_by_copying(servers: MailServers, shop: Shop, capabilities: str) -> None:
    """Each mail is there once, also after a crash between copying and taking out."""
    reader = Reader(shop, **MOVED)
    shop.write("First", Subject="First")
    async with reader.reading():
        await told(servers, shop.address, WIRE_NAME, 1)
    with servers.announcing(capabilities):
        for number in range(3):
            shop.write(f"Mail {number}", Subject=f"Number {number}")
        async with reader.reading():
            await told(servers, shop.address, WIRE_NAME, 4)
            await told(servers, shop.address, "INBOX", 0)
        assert reader.texts == ["First", "Mail 0", "Mail 1", "Mail 2"]

        # As a crash behind the copying leaves one: it bears its flag and is only taken out.
        shop.write("Copied", Subject="Copied")
        servers.flag(shop.address, "1:*", r"\Deleted")
        async with reader.reading():
            await told(servers, shop.address, "INBOX", 0)
        assert reader.texts[-1] == "Copied"
        assert len(servers.flags(shop.address, WIRE_NAME)) == 4


@pytest.mark.parametrize(("capabilities", "left"), [("IMAP4rev1 IDLE UIDPLUS", 1), ("IMAP4rev1 IDLE", 2)])
async def test_what_others_have_deleted_is_not_taken_out_with_ours(
    servers: MailServers, shop: Shop, capabilities: str, left: int
) -> None:
    """Without UIDPLUS a server takes out all or none: then ours stay, hidden by their flag."""
    with servers.announcing(capabilities):
        shop.write("A person's", Subject="Theirs")
        servers.flag(shop.address, "1", r"\Deleted")
        reader = Reader(shop, since_now=True, **MOVED)
        async with reader.reading():
            shop.write("Ours", Subject="Ours")
            await told(servers, shop.address, WIRE_NAME, 1)
            await until(lambda: reader.marks.values.get("tidied:INBOX", "").endswith(":2"), 60)
        flags = servers.flags(shop.address)
        assert len(flags) == left
        assert all("Deleted" in one for one in flags.values())


async def test_a_folder_that_was_deleted_meanwhile_is_made_again(shop: Shop) -> None:
    """The mail waits for nobody."""
    reader = Reader(shop, **MOVED)
    async with reader.reading() as email:
        shop.servers.remove_folder(shop.address, WIRE_NAME)
        shop.write("One", Subject="One")
        await told(shop.servers, shop.address, WIRE_NAME, 1)
        assert not email.notice()


async def test_a_mailbox_that_takes_no_change_is_read_all_the_same(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The channel's page says why; once it is possible again, all of them are moved."""
    folder = shop.servers.folder / "mail" / shop.address / ".Taken"
    async with site(
        connection, short_folder, "email", settings=shop.settings(when_stored="move", move_to="Taken")
    ) as at:
        for path in (folder / "cur", folder / "new", folder / "tmp"):
            path.chmod(0o000)
        folder.chmod(0o000)
        shop.write("One", Subject="One")
        shop.write("Two", Subject="Two")
        await conversations(at, 2)

        async def noticed(wanted: bool) -> bool:
            row = await at.hub.connection.database["channels"].find_one({"_id": at.channel.id})
            notice = (row or {})["health"].get("notice")
            return (notice is not None and "cannot be moved" in notice) if wanted else notice is None

        assert await eventually(lambda: noticed(True))
        folder.chmod(0o700)
        for path in (folder / "cur", folder / "new", folder / "tmp"):
            path.chmod(0o700)
        await told(shop.servers, shop.address, "Taken", 2)
        assert await eventually(lambda: noticed(False))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"when_stored": "move"}, "name the folder"),
        ({"when_stored": "move", "move_to": "inbox"}, "is read itself"),
        ({"when_stored": "throw_away"}, "when_stored"),
    ],
)
def test_settings_that_cannot_work_are_refused(shop: Shop, settings: dict[str, Any], said: str) -> None:
    """When the channel is saved, with what to do."""
    with pytest.raises(ChannelConfigError, match=said):
        Email.check(channel_of("email", **shop.settings(**settings)))


async def test_a_folder_that_cannot_be_made_stops_the_channel_with_the_servers_reason(shop: Shop) -> None:
    """Before any mail is read."""
    email = Reader(shop, when_stored="move", move_to="a//b").email()
    try:
        with pytest.raises(ChannelConfigError, match="none can be made"):
            await email.open()
    finally:
        await email.close()
