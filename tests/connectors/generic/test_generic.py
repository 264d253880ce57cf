"""A generic channel: what a system may say, what it is told, and what its webhook gets."""

import base64
import json
from typing import Any

import pytest

from connectors.base import OutgoingMessage
from connectors.errors import ChannelConfigError, ContactUnreachable
from hub.model.attachment import AttachmentStatus
from hub.model.events import MessageReceived, ReceiptReceived
from hub.model.message import Button, DeliveryStatus
from tests.connectors.doubles import later, outgoing
from tests.connectors.generic.system import System, message, talking


def only(at: System) -> MessageReceived:
    """The one message that was received."""
    [event] = at.hub.events
    assert isinstance(event, MessageReceived)
    return event


def to_contact(at: System, text: str = "Good day", **change: Any) -> OutgoingMessage:
    """A message to the contact who wrote."""
    sender = only(at).sender
    made = outgoing(at.hub.only_thread, sender.kind, sender.value, text)
    return OutgoingMessage(made.message.model_copy(update=change), made.addresses)


async def test_message_brings_its_contact_with_what_is_claimed() -> None:
    """The id is where answers go; phone, e-mail and facts are fields that nobody has proven."""
    said = {"id": "7", "name": "Sample  Buyer", "phone": "+79161234567", "language": "ru", "fields": {"city": "Perm"}}
    async with talking() as at:
        assert (await at.post(message(contact=said, button="yes", at="2026-03-04T11:59:00Z"))).status == 200
        event = only(at)
        assert event.sender.value == f"{at.connector.channel.key}:7"
        assert (event.sender.name, event.sender.language, event.button) == ("Sample Buyer", "ru", "yes")
        assert {(one.name, one.value, one.verified) for one in event.sender.fields} == {
            ("phone", "+79161234567", False), ("city", "Perm", False),
        }  # fmt: skip
        assert event.source_at == later(at.hub.now(), minutes=-1)


async def test_files_come_by_address_or_with_their_content() -> None:
    """An address is fetched after the message is durable; content is stored with it."""
    files = [
        {"name": "plan.txt", "content": base64.b64encode(b"the plan").decode()},
        {"name": "photo.jpg", "url": "https://files.example/photo.jpg"},
    ]
    async with talking() as at:
        assert (await at.post(message(attachments=files))).status == 200
        stored, pending = only(at).attachments
        assert at.hub.files[stored.id][2] == b"the plan"
        assert (pending.status, pending.source) == (AttachmentStatus.PENDING, "https://files.example/photo.jpg")
        assert [piece async for piece in at.connector.fetch(pending.source or "")] == [
            b"https://files.example/photo.jpg"
        ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"text": ""}, "a text, a file or a button"),
        ({"text": 5}, "text"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"contact": {}}, "contact.id"),
        ({"contact": {"id": "7", "stage": "won"}}, "contact.stage"),
        ({"attachments": [{"name": "a"}]}, "url or the content"),
        ({"attachments": [{"name": "a", "url": "file:///etc/passwd"}]}, "attachments.0.url"),
        ({"at": "yesterday"}, "at"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_does_not_fit_is_named(change: dict[str, Any], named: str) -> None:
    """Nothing is offered, and the system is told which field is wrong."""
    async with talking() as at:
        told = await at.post({**message(), **change})
        assert told.status == 400
        assert named in told.json["detail"]
        assert at.hub.offered == []


async def test_answer_goes_to_the_webhook_with_buttons_and_files() -> None:
    """Under the message's id; a file has an address that works for a week and for nobody who guesses."""
    content = base64.b64encode(b"the plan").decode()
    async with talking() as at:
        await at.post(message(attachments=[{"name": "plan.txt", "content": content}]))
        sent = to_contact(at, attachments=only(at).attachments, buttons=(Button(label="Yes", value="y"),))
        assert (await at.connector.send(sent)).external_ids == (sent.message.id,)
        [(webhook, identifier, body)] = at.calls.made
        assert (webhook, identifier) == ("sms", sent.message.id)
        call = json.loads(body)
        data = call["data"]
        assert (call["type"], data["contact"], data["text"]) == ("message.created", {"id": "7"}, "Good day")
        assert data["buttons"] == [{"label": "Yes", "value": "y"}]
        [file] = data["attachments"]
        path = file["url"].removeprefix(f"http://hub.example.test/hooks/generic/{at.connector.channel.key}")
        async with at.session.get(at.url + path) as answer:
            assert (answer.status, await answer.read()) == (200, b"the plan")
            assert answer.headers["Content-Type"] == "application/octet-stream"
        for wrong in (path[:-1] + ("0" if path[-1] != "0" else "1"), path.replace("until=1", "until=2")):
            async with at.session.get(at.url + wrong) as answer:
                assert answer.status == 404
        at.hub.time = later(at.hub.time, days=8)
        async with at.session.get(at.url + path) as answer:
            assert answer.status == 404


async def test_contact_of_another_channel_is_not_reached() -> None:
    """Two systems may both call somebody 7."""
    async with talking() as at, talking() as other:
        await at.post(message())
        with pytest.raises(ContactUnreachable):
            await other.connector.send(to_contact(at))
        assert other.calls.made == []


async def test_channel_without_webhook_says_what_to_do() -> None:
    """The message waits until one is chosen."""
    async with talking(webhook=None) as at:
        await at.post(message())
        with pytest.raises(ChannelConfigError, match="Choose one"):
            await at.connector.send(to_contact(at))


async def test_receipts_are_told_by_the_call_of_the_message() -> None:
    """Delivered, read, or failed with a reason."""
    async with talking() as at:
        assert (
            await at.post({"message": "m", "status": "failed", "reason": "Unknown number"}, "/receipts")
        ).status == 200
        [event] = at.hub.events
        assert isinstance(event, ReceiptReceived)
        assert (event.target, event.status, event.reason) == ("m", DeliveryStatus.FAILED, "Unknown number")
        assert (await at.post({"message": "m", "status": "sent"}, "/receipts")).status == 400


async def test_system_that_sends_too_much_is_asked_to_wait() -> None:
    """Over the limit nothing is stored, and the answer says for how long."""
    async with talking(messages_per_minute=2) as at:
        told = [await at.post(message(f"m-{number}")) for number in range(3)]
        assert [one.status for one in told] == [200, 200, 429]
        assert 0 < int(told[2].headers["Retry-After"]) <= 60
        assert len(at.hub.texts) == 2


async def test_channel_without_secret_takes_nothing_at_its_own_door() -> None:
    """A secret is required, never checked if set."""
    async with talking(secret=None) as at:
        told = await at.post(message(), secret=None)
        assert (told.status, told.json["code"]) == (403, "no_secret")
