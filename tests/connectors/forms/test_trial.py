"""A mapping is tried on what came in before it is stored; each system has its own; parked bodies are read by it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.errors import PayloadInvalid
from connectors.forms.connector import LARGE_PARKED_PER_MINUTE, PARKED_BYTES, Forms
from hub.model.channel import Reopen, ReopenRule
from hub.model.events import MessageReceived
from hub.model.flow import StartOn, StartRule
from hub.model.operator import Membership, Role
from hub.model.project import Project
from hub.model.sample import Sample
from hub.store.connection import Connection
from hub.store.projects import Projects
from tests.connectors.doubles import NOON, channel_of
from tests.connectors.forms.sender import SECRET, SITE, forming
from tests.connectors.test_in_the_hub import PROJECT, Site, site

PASSWORD = "a long enough phrase"
LEAD = {"q1": "Twelve lamps", "q2": "8 912 345-67-89", "q3": "Perm"}
OWN = {"q1": "text", "q2": "phone", "q3": "contact.city"}


def mapping(**fields: str) -> list[dict[str, str]]:
    """A mapping as it is written."""
    return [{"field": name, "to": to} for name, to in fields.items()]


@dataclass
class Editor:
    """The hub, and an admin who sets the channel up."""

    site: Site
    session: aiohttp.ClientSession

    async def send(self, body: Any, path: str = "") -> int:
        """Somebody posts to the channel."""
        url = f"{self.site.hub.address}/hooks/forms/{self.site.channel.key}{path}"
        headers = {"X-Api-Key": SECRET} if path else {"Origin": SITE}
        async with self.site.client.session.post(url, json=body, headers=headers) as answer:
            return answer.status

    async def ask(self, path: str, body: Any) -> tuple[int, Any]:
        """The admin asks the API."""
        url = f"{self.site.hub.address}/api/v1{path}"
        async with self.session.post(url, json=body, headers={"X-Hub": "1"}) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def try_out(self, settings: dict[str, Any], **more: Any) -> tuple[int, Any]:
        """Try settings before they are saved."""
        return await self.ask(f"/channels/{self.site.channel.id}/trial", {"settings": settings, **more})

    async def count(self) -> int:
        """How many messages there are."""
        return await self.site.hub.connection.database["messages"].count_documents({"direction": "in"})


@asynccontextmanager
async def editing(connection: Connection, folder: Path, **more: Any) -> AsyncIterator[Editor]:
    """A form channel and its admin."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Demo project", created_at=NOON))
    rules = (StartRule(flow="lead", on=StartOn.FIRST_MESSAGE),)
    jar = aiohttp.CookieJar(unsafe=True)
    settings = {"sites": [SITE], "secret": SECRET, **more}
    async with (
        site(connection, folder, "forms", settings=settings, flows=rules) as at,
        aiohttp.ClientSession(cookie_jar=jar) as session,
    ):
        made = Editor(at, session)
        member = Membership(project=PROJECT, role=Role.ADMIN)
        await at.hub.people.accounts.add_operator("admin@example.org", "Demo Admin", PASSWORD, [member])
        assert (await made.ask("/session", {"email": "admin@example.org", "password": PASSWORD}))[0] == 200
        yield made


async def test_mapping_is_tried_on_the_last_submission_before_it_is_saved(
    connection: Connection, tmp_path: Path
) -> None:
    """The contact, the message and what would happen, by settings that nobody has stored; nothing is stored by it."""
    async with editing(connection, tmp_path) as at:
        assert await at.send(LEAD) == 200
        before = await at.count()
        status, guessed = await at.try_out({"sites": [SITE]})
        assert status == 200
        assert {one["name"]: one["to"] for one in guessed["fields"]} == dict.fromkeys(LEAD, "card")
        assert guessed["happens"] == ["new_contact", "new_conversation", "flow"]

        _, tried = await at.try_out({"sites": [SITE], "mapping": mapping(**OWN), "call_back": {}})
        assert [(one["name"], one["value"], one["to"]) for one in tried["fields"]] == [
            (name, LEAD[name], OWN[name]) for name in LEAD
        ]
        assert (tried["address_kind"], tried["address"]) == ("phone", "+79123456789")
        assert {one["name"]: one["value"] for one in tried["contact_fields"]} == {
            "phone": "+79123456789", "city": "Perm",
        }  # fmt: skip
        assert tried["text"] == "Twelve lamps\n\nq2: 8 912 345-67-89\nq3: Perm"
        assert tried["happens"] == ["new_contact", "new_conversation", "flow", "call_back"]
        assert tried["flow"] == "lead"
        assert json.loads(tried["raw"]) == LEAD
        assert await at.count() == before


async def test_trial_says_whom_the_address_finds(connection: Connection, tmp_path: Path) -> None:
    """Somebody who has written before is found; the message goes on in their conversation, unless it ended long ago."""
    async with editing(connection, tmp_path) as at:
        await at.send({"name": "Sample Buyer", "phone": "+79123456789", "message": "Hello"})
        async with asyncio.timeout(10):
            while not await connection.database["conversations"].count_documents({}):
                await asyncio.sleep(0.02)
        _, tried = await at.try_out({"mapping": mapping(**OWN)}, raw=json.dumps(LEAD))
        assert tried["known_as"] == "Sample Buyer"
        assert tried["happens"] == ["known_contact", "same_conversation"]

        rule = ReopenRule(rule=Reopen.REOPEN_WITHIN, within_days=14)
        await connection.database["channels"].update_one(
            {"_id": at.site.channel.id}, {"$set": {"reopen": rule.model_dump()}}
        )
        ended = {"status": "resolved", "control": "none", "resolved_at": datetime.now(UTC) - timedelta(days=15)}
        await connection.database["conversations"].update_one({}, {"$set": ended})
        _, tried = await at.try_out({"mapping": mapping(**OWN)}, raw=json.dumps(LEAD))
        assert tried["happens"] == ["known_contact", "new_conversation", "flow"]


async def test_each_door_has_its_own_sample(connection: Connection, tmp_path: Path) -> None:
    """What a site sent is no sample of a CRM's leads; settings that are wrong and bodies that are none say so."""
    async with editing(connection, tmp_path) as at:
        await at.send(LEAD)
        status, told = await at.try_out({}, source="json")
        assert (status, told["code"]) == (422, "no_sample")
        await at.send({"id": "7", **LEAD}, "/json")
        status, tried = await at.try_out({"mappings": {"json": mapping(q2="phone")}}, source="json")
        assert status == 200
        assert {one["name"]: one["to"] for one in tried["fields"]} == {"q1": "card", "q2": "phone", "q3": "card"}
        status, told = await at.try_out({"mapping": [{"field": "q1", "to": "nonsense"}]})
        assert (status, told["code"]) == (422, "sample_unreadable")
        assert "mapping.0.to" in told["detail"]
        assert (await at.try_out({}, raw="{}"))[1]["code"] == "sample_unreadable"
        assert (await at.ask("/channels/" + "0" * 32 + "/trial", {"settings": {}}))[0] == 404


async def test_two_systems_that_mean_different_things_by_one_name_share_a_channel() -> None:
    """A system with a mapping of its own goes by that alone; the others and the site's forms by the common one."""
    async with forming(mapping=mapping(q1="phone"), mappings={"json": mapping(q1="email")}) as at:
        await at.json({"q1": "+79123456789"})
        await at.post("q1=%2B79123456780", "application/x-www-form-urlencoded", f"/tilda?secret={SECRET}")
        await at.json({"q1": "buyer@example.org"}, "/json", X_Api_Key=SECRET)
        senders = [event.sender for event in at.hub.events if isinstance(event, MessageReceived)]
        assert [(one.kind, one.value) for one in senders] == [
            ("phone", "+79123456789"), ("phone", "+79123456780"), ("email", "buyer@example.org"),
        ]  # fmt: skip


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="q1"\r\n\r\nTwelve lamps\r\n'
    b'--b\r\nContent-Disposition: form-data; name="brief"; filename="brief.txt"\r\n\r\nTwelve.\r\n--b--\r\n'
)


async def test_parked_body_is_read_by_the_channels_mapping_with_its_files() -> None:
    """What was broken when it came is read by the door it came by; its file is stored."""
    async with forming(mapping=mapping(q1="text")) as at:
        kind = "multipart/form-data; boundary=wrong"
        assert (await at.post(MULTIPART, kind)).json["status"] == "parked"
        [parked] = at.hub.parked.values()
        assert parked.hint == f"- {kind}"
        with pytest.raises(PayloadInvalid):
            await at.connector.reread(parked.raw, parked.hint)
        [event] = await at.connector.reread(parked.raw, "- multipart/form-data; boundary=b")
        assert isinstance(event, MessageReceived)
        assert event.text.startswith("Twelve lamps")
        [file] = event.attachments
        assert at.hub.files[file.id][2] == b"Twelve."
        assert [
            one.external_id for one in await at.connector.reread(parked.raw, "- multipart/form-data; boundary=b")
        ] == [event.external_id]


async def test_parked_lead_of_a_system_is_read_by_that_system() -> None:
    """Typeform's answers have titles, whichever way they come in the end."""
    async with forming(mappings={"json": mapping(note="text")}) as at:
        [event] = await at.connector.reread(b'{"id": "7", "note": "Hello"}', "json application/json")
        assert isinstance(event, MessageReceived)
        assert (event.text, event.external_id[:5]) == ("Hello", "id:7:")


async def test_large_body_is_parked_whole_a_few_times_a_minute() -> None:
    """Beyond that only its beginning is kept: whoever sends such all the time must not fill the disk."""
    async with forming(posts_per_minute=100) as at:
        for number in range(LARGE_PARKED_PER_MINUTE + 1):
            body = f"{number}".encode() + b"a" * (PARKED_BYTES + 10)
            told = await at.post(body, "multipart/form-data; boundary=b", X_Test_Address=f"192.0.2.{number + 2}")
            assert told.status == 200
        sizes = sorted(len(event.raw) for event in at.hub.parked.values())
        assert sizes == [PARKED_BYTES, *[PARKED_BYTES + 11] * LARGE_PARKED_PER_MINUTE]


def test_trial_is_of_the_settings_that_are_given() -> None:
    """Labels of the source, long values cut, controls of the script left out."""
    channel = channel_of("forms", mapping=mapping(a="text"))
    raw = json.dumps({"a": "x" * 2_000, "b": "y", "_stamp": "z"}).encode()
    tried = Forms.try_sample(channel, Sample(source="", content_type="application/json", raw=raw))
    assert [(one.name, len(one.value), one.to) for one in tried.fields] == [("a", 500, "text"), ("b", 1, "card")]


async def test_replay_from_the_inbox_uses_the_mapping_and_stores_the_files(
    connection: Connection, tmp_path: Path
) -> None:
    """A body that can be read by now becomes a message as if it had just come."""
    async with editing(connection, tmp_path, mapping=mapping(q1="contact.wish")) as at:
        url = f"{at.site.hub.address}/hooks/forms/{at.site.channel.key}"
        headers = {"Content-Type": "multipart/form-data; boundary=wrong", "Origin": SITE}
        async with at.site.client.session.post(url, data=MULTIPART, headers=headers) as answer:
            assert (await answer.json())["status"] == "parked"
        [parked] = await connection.database["parked"].find({}).to_list()
        status, told = await at.ask(f"/parked/{parked['_id']}/replay", {"key": "first"})
        assert (status, told["code"]) == (409, "still_unreadable")
        right = {"$set": {"hint": "- multipart/form-data; boundary=b"}}
        await connection.database["parked"].update_one({"_id": parked["_id"]}, right)
        for _ in range(2):
            assert (await at.ask(f"/parked/{parked['_id']}/replay", {"key": "second"}))[1]["status"] == "done"
        assert await _wishes(at) == ["Twelve lamps"]
        [message] = await at.site.thread()
        assert [file.name for file in message.attachments] == ["brief.txt"]


async def _wishes(at: Editor) -> list[str]:
    contacts = await at.site.hub.connection.database["contacts"].find({}).to_list()
    return [field["value"] for contact in contacts for field in contact["fields"] if field["name"] == "wish"]
