"""JivoChat's Chat API: the contract, what its agents say, and what our contacts say to them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.errors import ChannelAuthError, ContactUnreachable, MessageRejected, PayloadInvalid
from connectors.jivochat.agents import JivoAgents
from connectors.jivochat.agents_parse import ADDRESS_KIND, read
from connectors.lent import Waiting
from connectors.reasons import why
from hub.model.contact import Contact
from hub.model.ids import ContactId, ConversationId, new_id
from tests.connectors.contract import ConnectorContract, Running
from tests.connectors.doubles import NOON, PROJECT, HubDouble, channel_of, outgoing, served
from tests.connectors.jivochat.jivo import PAYLOADS, TOKEN, Jivo, Service, jivochat, payload


class RelayDouble:
    """Conversations of other channels, in memory."""

    def __init__(self) -> None:
        self.places: list[Waiting] = []
        self.replies: dict[str, tuple[ConversationId, str]] = {}
        self.notes: dict[str, str] = {}
        self.closed: list[ConversationId] = []

    async def waiting(self, channels: Any) -> list[Waiting]:
        return list(self.places)

    async def introduce(self, contact: ContactId, kind: str, value: str) -> None: ...

    async def reply(self, conversation: ConversationId, text: str, key: str) -> None:
        self.replies[key] = conversation, text

    async def note(self, conversation: ConversationId, text: str, key: str) -> None:
        self.notes[key] = text

    async def close(self, conversation: ConversationId, key: str) -> None:
        self.closed.append(conversation)


class Serving:
    """A connector at work, with JivoChat's agents on the other side."""

    def __init__(self, hub: HubDouble, connector: JivoAgents, jivo: Jivo, relay: RelayDouble) -> None:
        self.hub, self.connector, self.jivo, self.relay = hub, connector, jivo, relay


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Serving]:
    """A channel with these settings."""
    async with jivochat() as jivo:
        hub, relay = HubDouble(), RelayDouble()
        channel = channel_of(
            "jivochat_agents",
            **{"chat_url": f"{jivo.url}/random/sample", "token": TOKEN, "channels": [new_id()], **settings},
        )
        connector = JivoAgents(channel, hub.services(relay=relay))
        async with served(connector, hub) as url:
            jivo.hub_url = f"{url}/hooks/jivochat_agents/{channel.key}/{TOKEN}"
            yield Serving(hub, connector, jivo, relay)


def said(message_id: Any, text: str, **more: Any) -> dict[str, Any]:
    """What an agent says."""
    message = {"type": "text", "id": message_id, "date": 1795449605, "text": text, **more}
    return {"sender": {"id": "agent", "name": "Sample Agent"}, "recipient": {"id": "user-1"}, "message": message}


class TestJivoAgents(ConnectorContract):
    """The contract."""

    kind = "jivochat_agents"
    unreadable = "parked"

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps(said(message_id, text)).encode()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Running]:
        async with serving(**settings) as at:
            yield Running(at.hub, at.connector, Service(at.hub, at.jivo, said))


def test_ids_are_the_same_as_strings_and_as_numbers() -> None:
    words, numbers = (read(json.dumps(said(name, "Good day")).encode()) for name in ("17", 17))
    assert words == numbers
    assert words.message is not None
    assert words.message.automatic


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"type": "keyboard", "text": "Which?", "keyboard": [{"id": 1, "text": "Red"}, {"id": "2", "text": "Blue"}]},
         "Which?\n1. Red\n2. Blue"),
        ({"type": "document", "text": None, "file": "https://files.example/1.pdf", "file_name": "bill.pdf"},
         "bill.pdf\nhttps://files.example/1.pdf"),
        ({"type": "location", "text": None, "latitude": "55.75", "longitude": 37.5},
         "https://www.openstreetmap.org/?mlat=55.75&mlon=37.5"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_told_as_one(message: dict[str, Any], told: str) -> None:
    call = {**said("a1", ""), "message": {"id": "a1", "date": 1795449605, **message}}
    assert read(json.dumps(call).encode()).told == told


SAMPLES = {
    "agents_text": "Good day", "agents_text_ids_are_numbers": "Good day", "agents_keyboard": "Which?\n1. Red\n2. Blue",
    "agents_document_without_text": "bill.pdf\nhttps://files.example/1.pdf",
    "agents_place_in_strings": "https://www.openstreetmap.org/?mlat=55.75&mlon=37.5",
    "agents_has_done_with_nulls": "", "agents_is_writing": "",
    "agents_type_of_the_future": PayloadInvalid, "agents_to_nobody": PayloadInvalid,
}  # fmt: skip
"""What the contact reads of each sample; nothing, or that it is parked."""


def test_every_sample_is_told_says_nothing_or_is_parked() -> None:
    assert {path.stem for path in PAYLOADS.glob("agents_*.json")} == SAMPLES.keys()
    for name, told in SAMPLES.items():
        if isinstance(told, str):
            found = read(payload(name))
            assert (found.told, found.message is not None) == (told, bool(told)), name
        else:
            with pytest.raises(PayloadInvalid):
                read(payload(name))
    assert read(payload("agents_has_done_with_nulls")).over
    assert read(payload("agents_text_ids_are_numbers")).contact == "1001"


@pytest.mark.parametrize("kind", ["seen", "typein", "start", "rate"])
def test_signs_of_life_say_nothing(kind: str) -> None:
    assert read(json.dumps(said("a1", "", type=kind)).encode()).message is None


async def test_what_waits_is_brought_in_its_order_with_what_was_said_before() -> None:
    """An introduction, each message once with who wrote it, and nothing of the operators' notes."""
    async with serving() as at:
        contact = Contact(id=ContactId(new_id()), project=PROJECT, name="Sample Buyer", created_at=NOON)
        place = ConversationId(new_id())
        at.hub.reply(place, "Hello, what can we do?")
        at.hub.reply(place, "Only for us", note=True)
        for text in ("I want a lamp", "A blue one"):
            at.hub.says(place, text)
        at.relay.places = [Waiting(place, contact, 4)]
        await at.hub.during(at.connector.listen(at.hub.receive), lambda: len(at.jivo.chats) == 2)
        before, message = at.jivo.chats
        assert (
            before["message"]["text"] == "Оператор / Operator: Hello, what can we do?\nКлиент / Client: I want a lamp"
        )
        assert message["message"]["text"] == "A blue one"
        assert message["sender"]["id"] == contact.id
        assert message["sender"]["crm_link"] == f"http://hub.example.test/inbox/all/{place}"
        at.hub.says(place, "Or a red one")
        at.relay.places = [Waiting(place, contact, 5)]
        await at.hub.during(at.connector.listen(at.hub.receive), lambda: len(at.jivo.chats) == 3)
        assert at.jivo.chats[2]["message"]["text"] == "Or a red one"

        assert await at.jivo.agent_says("We have blue ones.", contact.id) == 200
        assert await at.jivo.agent_says("We have blue ones.", contact.id) == 200
        assert list(at.relay.replies.values()) == [(place, "We have blue ones.")]
        assert await at.jivo.call(said("a2", "", type="stop") | {"recipient": {"id": contact.id}}) == 200
        assert at.relay.closed == [place]


async def test_message_that_jivochat_refuses_is_told_to_the_operators() -> None:
    """4xx is never sent again, and what comes behind it arrives; 5xx is sent again until it is taken."""
    async with serving() as at:
        contact = Contact(id=ContactId(new_id()), project=PROJECT, created_at=NOON)
        place = ConversationId(new_id())
        for text in ("First", "Second"):
            at.hub.says(place, text)
        await at.connector._services.marks.set(f"brought:{place}", "0")
        at.relay.places = [Waiting(place, contact, 2)]
        at.jivo.refusals = [(200, {}), (422, {})]
        await at.hub.during(at.connector.listen(at.hub.receive), lambda: at.relay.notes)
        [note] = at.relay.notes.values()
        assert "Not now." in note


async def test_agents_are_written_to_in_the_contacts_name() -> None:
    async with serving() as at:
        await at.jivo.agent_says("Good day", "user-1")
        await at.connector.send(outgoing(at.hub.only_thread, ADDRESS_KIND, "user-1", "Any news?"))
        [call] = at.jivo.chats
        assert (call["sender"], call["message"]["text"]) == ({"id": "user-1"}, "Any news?")
        at.jivo.refusals = [(400, {}), (401, {})]
        with pytest.raises(MessageRejected, match="Not now"):
            await at.connector.send(outgoing(at.hub.only_thread, ADDRESS_KIND, "user-1"))
        with pytest.raises(ChannelAuthError):
            await at.connector.send(outgoing(at.hub.only_thread, ADDRESS_KIND, "user-1"))
        with pytest.raises(ContactUnreachable):
            await at.connector.send(outgoing(at.hub.only_thread, "email", "user-1"))


async def test_connection_test_says_whether_an_agent_is_there() -> None:
    async with serving() as at:
        assert await at.connector.inspect() == [why("jivo_agents_online")]
        at.jivo.online = False
        assert await at.connector.inspect() == [why("jivo_nobody_online")]


async def test_channel_without_others_brings_nothing() -> None:
    async with serving(channels=[]) as at, asyncio.timeout(10):
        await at.connector.listen(at.hub.receive)
        assert not at.jivo.chats
