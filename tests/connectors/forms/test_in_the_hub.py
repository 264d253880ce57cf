"""Forms of other sites in a whole hub: a conversation, a contact by a claimed address, and no harm to who is known."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from hub.model.contact import Contact, Field
from hub.model.conversation import Status
from hub.model.events import MessageReceived, Sender
from hub.model.task import TaskStatus
from hub.store.connection import Connection
from hub.store.tasks import TaskList
from tests.connectors.forms.sender import SECRET, SITE, payload
from tests.connectors.test_in_the_hub import OPERATOR, PROJECT, Site, site


async def sent(at: Site, data: Any, path: str = "") -> int:
    """Post to the channel's endpoint."""
    url = f"{at.hub.address}/hooks/forms/{at.channel.key}{path}"
    async with aiohttp.ClientSession() as session, session.post(url, data=data, headers={"Origin": SITE}) as answer:
        await answer.read()
        return answer.status


async def contacts(at: Site) -> list[Contact]:
    """Everybody who is known."""
    rows = at.hub.connection.database["contacts"].find({}).sort("created_at", 1)
    found = [await at.hub.pipeline.contacts.get(PROJECT, row["_id"]) async for row in rows]
    return [contact for contact in found if contact is not None]


async def test_submission_is_an_open_conversation_with_its_file(connection: Connection, tmp_path: Path) -> None:
    """Through HTTP, the pipeline and a real database; sent twice it is there once."""
    async with site(connection, tmp_path, "forms", settings={"sites": [SITE]}) as at:
        for _ in range(2):
            form = aiohttp.FormData()
            form.add_field("name", "Sample Buyer")
            form.add_field("phone", "8 912 345-67-89")
            form.add_field("message", "Twelve lamps, please")
            form.add_field("brief", b"Twelve.", filename="brief.txt")
            assert await sent(at, form) == 200
        [message] = await at.thread()
        assert message.text.startswith("Twelve lamps, please\n\nname: Sample Buyer")
        assert [(file.name, file.size_bytes) for file in message.attachments] == [("brief.txt", 7)]
        async with asyncio.timeout(10):
            while (place := await at.hub.pipeline.conversations.any(message.conversation)) is None:
                await asyncio.sleep(0.02)
        assert place.status is Status.OPEN
        [contact] = await contacts(at)
        assert contact.name == "Sample Buyer"
        assert contact.fields == (Field(name="phone", value="+79123456789"),)
        [address] = await at.hub.pipeline.contacts.addresses(contact.id)
        assert (address.kind, address.value, address.verified) == ("phone", "+79123456789", False)


async def test_claimed_address_finds_a_contact_and_changes_nothing_of_it(
    connection: Connection, tmp_path: Path
) -> None:
    """Whoever types somebody's e-mail adds a message; the number that is known there stays, and nobody is merged."""
    async with site(connection, tmp_path, "forms", settings={"sites": [SITE], "secret": SECRET}) as at:
        known = Sender(
            kind="email",
            value="buyer@example.org",
            name="Known Buyer",
            fields=(Field(name="phone", value="+74951234567"),),
        )
        event = MessageReceived(external_id="earlier", sender=known, text="Hello")
        await at.hub.supervisor.receive(at.channel, [event])
        assert await sent(at, {"phone": "+79123456789", "message": "Somebody else"}) == 200
        assert await sent(at, payload("tilda_request.txt"), f"/tilda?secret={SECRET}") == 200
        found = {contact.name: contact for contact in await contacts(at)}
        assert set(found) == {"Known Buyer", None}
        assert {field.name: field.value for field in found["Known Buyer"].fields} == {
            "phone": "+74951234567", "email": "buyer@example.org", "utm_source": "ya",
        }  # fmt: skip


async def test_body_that_cannot_be_read_is_parked_in_the_store(connection: Connection, tmp_path: Path) -> None:
    """It is kept as it came, for the page of parked things."""
    async with site(connection, tmp_path, "forms", settings={"sites": [SITE]}) as at:
        assert await sent(at, b"\xff\xfe") == 200
        [parked] = await at.hub.connection.database["parked"].find({}).to_list()
        assert bytes(parked["raw"]) == b"\xff\xfe"


async def test_submission_of_a_call_back_is_a_task_with_a_time(connection: Connection, tmp_path: Path) -> None:
    """Through HTTP to the task list: the contact's own words for the time, read in the zone of their number."""
    settings = {"sites": [SITE], "secret": SECRET, "call_back": {"within_s": 30}}
    async with site(connection, tmp_path, "forms", settings=settings) as at:
        lead = {"name": "Sample Buyer", "phone": "+7 343 200-00-00", "message": "Prices", "wanted": "31.12.2099 10:00"}
        assert await sent(at, {**lead, "phone": "+7 343 200-00-01", "wanted": ""}) == 200
        assert await sent(at, lead) == 200
        async with asyncio.timeout(10):
            while await at.hub.connection.database["tasks"].count_documents({}) < 2:
                await asyncio.sleep(0.02)
        tasks, _ = await at.hub.pipeline.tasks.list(OPERATOR, TaskList.TEAM, TaskStatus.OPEN)
        assert {task.zone for task in tasks} == {"Asia/Yekaterinburg"}
        soon, beyond = tasks
        assert (soon.due_at - soon.created_at).total_seconds() == 30
        assert (beyond.wanted, beyond.wanted_at) == ("31.12.2099 10:00", None), "a year ahead at the most"
        assert (beyond.contact_name, beyond.reason) == ("Sample Buyer", "Prices")
