"""JivoChat's Bot API: the contract, what comes in, what goes out, and how its faults are taken."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.errors import (
    ChannelAuthError,
    ChannelThrottled,
    ChannelUnavailable,
    ContactUnreachable,
    MessageRejected,
)
from connectors.jivochat.bot import JivoBot
from connectors.jivochat.bot_parse import ADDRESS_KIND, parse
from hub.model.events import MessageReceived
from hub.model.message import Button
from tests.connectors.contract import ConnectorContract, Running
from tests.connectors.doubles import HubDouble, channel_of, outgoing, served
from tests.connectors.jivochat.jivo import PROVIDER, TOKEN, Jivo, Service, jivochat, payload

SETTINGS = {"provider_id": PROVIDER, "token": TOKEN}
CLIENT = "123456:1233"


def event_of(message_id: str, text: str) -> dict[str, Any]:
    """A client's message."""
    return {
        "event": "CLIENT_MESSAGE", "id": message_id, "site_id": "123456", "client_id": "1233", "chat_id": "2037",
        "sender": {"id": 1233, "name": "Sample Buyer"},
        "message": {"type": "TEXT", "text": text, "timestamp": 1795449600},
    }  # fmt: skip


class Chatting:
    """A connector at work, with JivoChat on the other side."""

    def __init__(self, hub: HubDouble, connector: JivoBot, jivo: Jivo) -> None:
        self.hub, self.connector, self.jivo = hub, connector, jivo

    async def send(self, text: str = "Good day", **change: Any) -> None:
        """The hub says something to the client."""
        made = outgoing(self.hub.only_thread, ADDRESS_KIND, CLIENT, text)
        said = made.message.model_copy(update=change)
        await self.connector.send(type(made)(said, made.addresses))


@asynccontextmanager
async def chatting(**settings: Any) -> AsyncIterator[Chatting]:
    """A channel with these settings."""
    async with jivochat() as jivo:
        hub = HubDouble()
        connector = JivoBot(channel_of("jivochat_bot", **{**SETTINGS, "api_url": jivo.url, **settings}), hub.services())
        async with served(connector, hub) as url:
            jivo.hub_url = f"{url}/hooks/jivochat_bot/{connector.channel.key}/{TOKEN}"
            yield Chatting(hub, connector, jivo)


class TestJivoBot(ConnectorContract):
    """The contract."""

    kind = "jivochat_bot"
    unreadable = "parked"
    bad_settings = {"provider_id": "not a word"}  # noqa: RUF012  (the contract's own attribute)

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps(event_of(message_id, text)).encode()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Running]:
        async with chatting(**settings) as at:
            yield Running(at.hub, at.connector, Service(at.hub, at.jivo, event_of))


def only(name: str) -> MessageReceived:
    """The message in a payload."""
    [event] = parse(payload(name))
    assert isinstance(event, MessageReceived)
    return event


def test_ids_are_the_same_as_strings_and_as_numbers() -> None:
    """And a sender that is null is a client without a name."""
    words, numbers = only("bot_client_message"), only("bot_client_message_ids_are_numbers")
    assert words.sender.value == numbers.sender.value == CLIENT
    assert (words.sender.name, numbers.sender.name) == ("Sample Buyer", None)
    assert words.source_at == numbers.source_at
    assert [(one.name, one.value, one.verified) for one in words.sender.fields] == [
        ("page", "https://shop.example/p/1", False)
    ]


def test_photo_is_a_file_to_be_fetched_and_a_place_is_a_place() -> None:
    """Whatever type its size and degrees have."""
    [file] = only("bot_client_message_photo").attachments
    assert (file.name, file.size_bytes, file.status, file.source) == (
        "door.jpg", 1200, "pending", "https://files.example/1.jpg",
    )  # fmt: skip
    details = only("bot_client_message_place").details
    assert details is not None
    assert details.location is not None
    assert (details.location.latitude, details.location.longitude) == (55.75, 37.61)


@pytest.mark.parametrize("latitude", ["nan", "inf", "north"])
def test_a_place_that_is_nowhere_is_no_place(latitude: str) -> None:
    """What is no number in JSON would reach the inbox as nothing where it draws a map."""
    call = event_of("message-0001", "")
    call["message"] |= {"type": "location", "latitude": latitude, "longitude": "37.61"}
    [event] = parse(json.dumps(call).encode())
    assert isinstance(event, MessageReceived)
    assert (event.text, event.details) == ("[location]", None)


def test_event_that_says_how_the_chat_goes_on_holds_no_message() -> None:
    assert parse(payload("bot_chat_closed")) == []


async def test_event_of_the_future_is_parked_and_answered() -> None:
    """JivoChat must not hand every chat to an agent because it has learned something new."""
    async with chatting() as at:
        assert await at.jivo.call(payload("bot_event_of_the_future")) == 200
        [parked] = at.hub.parked.values()
        assert "CLIENT_TELEPORTED" in parked.reason


async def test_hub_that_cannot_store_is_asked_three_times() -> None:
    """The same event each time; then the chat is an agent's."""
    async with chatting() as at:
        at.hub.accepting = False
        assert await at.jivo.says("Hello") == 503
        assert len(at.jivo.tries) == 3
        assert at.jivo.agents_took_over
        assert len({event.external_id for event in at.hub.offered}) == 1


async def test_answer_is_given_as_an_empty_body() -> None:
    async with chatting() as at:
        await at.jivo.says("Hello")
        assert at.jivo.tries == [("", 200)]


async def test_bot_speaks_with_buttons_and_a_press_comes_back_as_its_value() -> None:
    """Ids in the calls are strings although the client's came as numbers; an old button still has its value."""
    async with chatting() as at:
        await at.jivo.says("Hello", client=1233, chat=2037)
        buttons = (Button(label="Yes", value="3:delivery:yes"), Button(label="No", value="3:delivery:no"))
        shown = at.hub.reply(at.hub.only_thread, "Deliver?", buttons=buttons)
        await at.send(**shown.model_dump(include={"id", "position", "text"}), buttons=buttons)
        [call] = at.jivo.calls
        assert (call["event"], call["client_id"], call["chat_id"]) == ("BOT_MESSAGE", "1233", "2037")
        assert call["message"]["type"] == "BUTTONS"
        assert call["message"]["text"] == "Deliver?\n\n1. Yes\n2. No"
        await at.jivo.says("No", button=at.jivo.buttons["No"])
        await at.jivo.says("No", button=99)
        pressed = [event.button for event in at.hub.events if isinstance(event, MessageReceived)]
        assert pressed == [None, "3:delivery:no", None]


async def test_long_text_is_several_messages_and_a_repetition_has_the_same_ids() -> None:
    async with chatting() as at:
        await at.jivo.says("Hello")
        made = outgoing(at.hub.only_thread, ADDRESS_KIND, CLIENT, "A sentence. " * 150)
        sent = await at.connector.send(made)
        assert len(sent.external_ids) == 2
        assert await at.connector.send(made) == sent
        assert [call["id"] for call in at.jivo.calls] == [*sent.external_ids, *sent.external_ids]


async def test_handover_invites_an_agent() -> None:
    """The words of the handover are ours and not the client's to read."""
    async with chatting() as at:
        await at.jivo.says("Hello")
        await at.send("Please take over", handover=True)
        [call] = at.jivo.calls
        assert (call["event"], "message" in call) == ("INVITE_AGENT", False)


@pytest.mark.parametrize("event", ["CHAT_CLOSED", "AGENT_JOINED"])
async def test_nothing_is_written_after_an_agent_has_the_chat(event: str) -> None:
    """Until the client writes to the bot again, in this chat or another."""
    async with chatting() as at:
        await at.jivo.says("Hello")
        assert await at.jivo.event(event, chat=2037) == 200
        with pytest.raises(MessageRejected, match="has ended"):
            await at.send()
        await at.jivo.says("Hello again", chat="2038")
        await at.send()
        assert at.jivo.calls[-1]["chat_id"] == "2038"
        assert await at.jivo.event("CHAT_CLOSED", chat="2037") == 200
        await at.send()


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (401, {}, ChannelAuthError), (403, {}, ChannelAuthError), (404, {}, MessageRejected),
        (400, {}, MessageRejected),
        (429, {"Retry-After": "7"}, ChannelThrottled), (500, {}, ChannelUnavailable), (405, {}, MessageRejected),
    ],
)  # fmt: skip
async def test_refusals_are_told_in_our_words(status: int, headers: dict[str, str], error: type[Exception]) -> None:
    """And JivoChat's own sentence is among them."""
    async with chatting() as at:
        await at.jivo.says("Hello")
        at.jivo.refusals = [(status, headers)]
        with pytest.raises(error) as caught:
            await at.send()
        if isinstance(caught.value, ChannelThrottled):
            assert caught.value.retry_after_s == 7
        else:
            assert "Not now." in str(caught.value) or status == 429


async def test_wrong_token_of_ours_stops_the_channel() -> None:
    async with chatting(provider_id="somebody_else") as at:
        await at.jivo.says("Hello")
        with pytest.raises(ChannelAuthError, match="The provider is not known"):
            await at.send()


async def test_contact_without_a_chat_here_is_not_reached() -> None:
    async with chatting() as at:
        await at.jivo.says("Hello")
        with pytest.raises(ContactUnreachable):
            await at.connector.send(outgoing(at.hub.only_thread, ADDRESS_KIND, "999:1"))
