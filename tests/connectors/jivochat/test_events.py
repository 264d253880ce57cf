"""JivoChat's events: the contract, every event by its sample, and what its agents are told of a visitor."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.errors import MessageRejected
from connectors.jivochat.events import JivoEvents, card
from connectors.jivochat.events_parse import parse, phone_of
from hub.model.contact import Contact, Field
from hub.model.events import ConversationStarted, MessageReceived
from hub.model.ids import ContactId, new_id
from tests.connectors.contract import ConnectorContract, Running
from tests.connectors.doubles import NOON, PROJECT, HubDouble, channel_of, later, outgoing, served
from tests.connectors.jivochat.jivo import TOKEN, Jivo, Service, payload


class Telling:
    """A connector at work, and JivoChat that tells it what happens."""

    def __init__(self, hub: HubDouble, connector: JivoEvents, jivo: Jivo) -> None:
        self.hub, self.connector, self.jivo = hub, connector, jivo

    async def tell(self, raw: bytes) -> dict[str, Any]:
        """What JivoChat is answered; anything but `ok` is an error to it."""
        assert await self.jivo.once(raw) == 200
        answer: dict[str, Any] = json.loads(self.jivo.tries[-1][0])
        assert answer["result"] == "ok"
        return answer


@asynccontextmanager
async def telling(**settings: Any) -> AsyncIterator[Telling]:
    """A channel with these settings."""
    hub, jivo = HubDouble(), Jivo()
    connector = JivoEvents(channel_of("jivochat_events", **{"token": TOKEN, **settings}), hub.services())
    async with served(connector, hub) as url:
        jivo.hub_url = f"{url}/hooks/jivochat_events/{connector.channel.key}/{TOKEN}"
        yield Telling(hub, connector, jivo)


def offline(message_id: str, text: str) -> dict[str, Any]:
    """Somebody wrote while no agent was there."""
    return {
        "event_name": "offline_message", "widget_id": "3948", "visitor": {"number": "2198"},
        "message": text, "offline_message_id": message_id,
    }  # fmt: skip


class TestJivoEvents(ConnectorContract):
    """The contract."""

    kind = "jivochat_events"
    unreadable = "parked"

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps(offline(message_id, text)).encode()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Running]:
        async with telling(**settings) as at:
            yield Running(at.hub, at.connector, Service(at.hub, at.jivo, offline))


def message(name: str) -> MessageReceived:
    """The message in a payload."""
    [event] = parse(payload(name))
    assert isinstance(event, MessageReceived)
    return event


def facts(fields: tuple[Field, ...]) -> dict[str, str]:
    """What is learned of a contact."""
    assert not any(field.verified for field in fields)
    return {field.name: field.value for field in fields}


def test_visitor_is_the_same_whatever_types_the_event_has() -> None:
    """Ids as strings and as numbers, null and {} for nothing: the same person with the same facts, no message."""
    [words], [others] = parse(payload("events_chat_accepted")), parse(payload("events_chat_accepted_other_types"))
    assert isinstance(words, ConversationStarted)
    assert isinstance(others, ConversationStarted)
    assert words.sender == others.sender
    sender = words.sender
    assert (sender.kind, sender.value, sender.name, sender.verified) == (
        "email", "buyer@example.org", "Sample Buyer", False,
    )  # fmt: skip
    assert facts(sender.fields) == {
        "email": "buyer@example.org", "phone": "+79161234567", "city": "Moscow", "page": "https://shop.example/",
        "utm_source": "ya", "utm_medium": "cpc", "utm_campaign": "c",
    }  # fmt: skip


def test_finished_chat_is_one_message_that_nobody_waits_for() -> None:
    event = message("events_chat_finished")
    assert event.text == "Sample Buyer: Do you deliver?\nSample Agent: We do."
    assert event.automatic


def test_offline_message_is_work_and_its_number_in_milliseconds_a_time() -> None:
    event = message("events_offline_message")
    assert (event.text, event.automatic) == ("Call me, please", False)
    assert (event.sender.kind, event.sender.value) == ("phone", "+79161234567")
    assert event.source_at is not None
    assert event.source_at.isoformat() == "2026-11-23T16:00:00.726000+00:00"


def test_call_back_that_failed_is_a_wish_to_be_called() -> None:
    event = message("events_call_back_failed")
    assert event.details is not None
    assert event.details.call_back is not None
    assert event.details.call_back.phone == "+79161234567"
    assert not event.automatic


def test_call_that_was_had_is_kept_and_a_call_that_begins_is_not() -> None:
    ended = message("events_call_ended")
    assert ended.automatic
    assert "https://files.example/r.mp3" in ended.text
    assert parse(payload("events_call_started")) == []


def test_invalid_json_of_the_documentation_is_read_as_it_was_meant() -> None:
    """Commas that are missing or too many; those inside of words stay."""
    [event] = parse(payload("events_client_attribute_updated_invalid_json"))
    assert isinstance(event, ConversationStarted)
    assert (event.sender.name, event.sender.value) == ("Sample, Buyer", "buyer@example.org")


async def test_event_of_jivochats_own_funnel_is_answered_and_nothing_else() -> None:
    async with telling() as at:
        assert await at.tell(payload("events_crm_deal")) == {"result": "ok"}
        assert at.hub.offered == []


async def test_repeated_call_is_one_and_a_later_one_another() -> None:
    """JivoChat gives calls no id: the time at which it tells is what tells them apart."""
    async with telling() as at:
        for minutes in (0, 1, 30):
            at.hub.time = later(NOON, minutes=minutes)
            await at.tell(payload("events_call_back_failed"))
        assert len(at.hub.texts) == 2


async def test_agents_see_what_the_hub_knows_of_a_visitor() -> None:
    """Only where JivoChat asks for it, and only while the channel says so."""

    class Desk:
        async def contact(self, kind: str, value: str) -> Contact:
            assert (kind, value) == ("email", "buyer@example.org")
            fields = (Field(name="phone", value="+79161234567"), Field(name="lifetime_value", value="42000"))
            return Contact(
                id=ContactId(new_id()),
                project=PROJECT,
                name="Sample Buyer",
                fields=fields,
                stage="warm",
                created_at=NOON,
            )

        async def take(self, kind: str, value: str, key: str) -> None: ...
        async def hand_back(self, kind: str, value: str, key: str) -> None: ...
        async def close(self, kind: str, value: str, key: str) -> None: ...

    async with telling() as at:
        object.__setattr__(at.connector._services, "desk", Desk())
        assert await at.tell(payload("events_chat_accepted")) == {
            "result": "ok",
            "contact_info": {"name": "Sample Buyer", "phone": "+79161234567"},
            "custom_data": [{"title": "stage", "content": "warm"}, {"title": "lifetime_value", "content": "42000"}],
        }
        assert await at.tell(payload("events_chat_finished")) == {"result": "ok"}


def test_card_of_somebody_of_whom_nothing_is_known_is_empty() -> None:
    assert card(Contact(id=ContactId(new_id()), project=PROJECT, created_at=NOON)) == {}


async def test_event_is_answered_within_the_time_that_jivochat_waits() -> None:
    """Storing is all that it waits for."""
    async with telling() as at, asyncio.timeout(3):
        await at.tell(payload("events_offline_message"))


async def test_there_is_no_way_back() -> None:
    async with telling() as at:
        await at.tell(payload("events_offline_message"))
        with pytest.raises(MessageRejected):
            await at.connector.send(outgoing(at.hub.only_thread, "phone", "+79161234567"))


@pytest.mark.parametrize(
    ("written", "known"),
    [("+7 (916) 123-45-67", "+79161234567"), ("8 916 123-45-67", None), ("+0123456789", None), ("", None)],
)
def test_phone_is_an_address_only_with_its_country(written: str, known: str | None) -> None:
    assert phone_of(written) == known
