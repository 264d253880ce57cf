"""Notifications of call-back widgets by mail: who wants to be called, by the usual labels and those of the channel."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.email.config import LeadMails
from connectors.email.mime import read_mail
from connectors.email.parse import events_of
from hub.model.events import MessageReceived
from hub.model.task import TaskStatus
from hub.store.connection import Connection
from hub.store.tasks import TaskList
from tests.connectors.email.mails import mail
from tests.connectors.email.shop import Shop, eventually
from tests.connectors.test_in_the_hub import OPERATOR, site

SAMPLES = Path(__file__).with_name("lead_mails")
RULE = LeadMails(sender="@widget.example", subject="звонок", within_s=30)


def notification(name: str, **headers: str) -> EmailMessage:
    """A sample as a widget's mail."""
    text = (SAMPLES / name).read_text("utf-8")
    usual = {"From": "Widget <no-reply@widget.example>", "Subject": "Новый звонок", "Auto-Submitted": "auto-generated"}
    message = mail("" if name.endswith(".html") else text, **{**usual, **headers})
    if name.endswith(".html"):
        message.set_content(text, subtype="html")
    return message


def read(message: EmailMessage, *rules: LeadMails) -> MessageReceived:
    """The one event of a mail."""
    raw = message.as_bytes()
    [event] = events_of(raw, read_mail(raw), {}, leads=rules or (RULE,))
    assert isinstance(event, MessageReceived)
    return event


def wish(message: EmailMessage, *rules: LeadMails) -> dict[str, object] | None:
    """The call that a mail asks for."""
    details = read(message, *rules).details
    return details.call_back.model_dump(exclude={"wanted_at"}) if details and details.call_back else None


def test_lines_with_labels_are_a_lead_of_whoever_it_is_about() -> None:
    """Number, name, time, page and campaign; the contact is not the widget, and the mail asks for work."""
    event = read(notification("lines_in_russian.txt"))
    assert wish(notification("lines_in_russian.txt")) == {
        "phone": "+79123456789", "wanted": "25.11.2026 15:30", "reason": "Подбор светильников", "within_s": 30,
        "page": "https://shop.example/lamps?utm_source=ads&utm_campaign=autumn",
    }  # fmt: skip
    assert (event.sender.kind, event.sender.value, event.sender.name) == ("phone", "+79123456789", "Образец Покупатель")
    assert {field.name: field.value for field in event.sender.fields} == {
        "phone": "+79123456789", "utm_source": "ads", "utm_campaign": "autumn",
    }  # fmt: skip
    assert not event.sender.verified
    assert not event.automatic
    assert event.threading is None


def test_table_and_a_bare_sentence_are_read_too() -> None:
    """Cells beside one another, and the first number where nothing is labelled."""
    found = wish(notification("table_in_html.html"))
    assert found is not None
    assert (found["phone"], found["page"]) == ("+442079460958", "https://shop.example/offer")
    assert read(notification("table_in_html.html")).sender.name == "Sample Buyer"
    found = wish(notification("one_sentence.txt"))
    assert found is not None
    assert found["phone"] == "+79123456780"


def test_labels_of_the_channel_come_first() -> None:
    """What a widget calls things is said in the channel's settings."""
    text = "Абонент - 8 912 345-67-81\nТелефон: 8 800 555-00-00\nГород: Самара"
    rule = LeadMails(sender="no-reply@widget.example", labels={"Телефон": "text", "Абонент": "phone",
                                                               "город": "contact.city"})  # fmt: skip
    event = read(mail(text, From="no-reply@widget.example"), rule)
    assert event.details is not None
    assert event.details.call_back is not None
    assert event.details.call_back.phone == "+79123456781"
    assert ("city", "Самара") in [(field.name, field.value) for field in event.sender.fields]


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "Somebody <no-reply@other.example>"},
        {"From": "Somebody <no-reply@evil-widget.example.org>"},
        {"Subject": "Счёт"},
    ],
)
def test_other_mails_are_mails(headers: dict[str, str]) -> None:
    """Of other senders, or with other subjects."""
    assert wish(notification("lines_in_russian.txt", **headers)) is None


def test_notification_without_a_number_is_a_mail() -> None:
    """Nothing is lost: it is kept as what it is, and nobody is called."""
    event = read(notification("monthly_report.txt"))
    assert event.details is not None
    assert event.details.call_back is None
    assert event.sender.value == "no-reply@widget.example"


def test_forged_notification_is_a_mail() -> None:
    """Where our own server says that the sender is not who it claims to be."""
    message = notification("lines_in_russian.txt", Authentication_Results="mx.example.org; dmarc=fail")
    raw = message.as_bytes()
    [event] = events_of(raw, read_mail(raw), {}, leads=(RULE,), trusted_authserv="mx.example.org")
    assert isinstance(event, MessageReceived)
    assert event.details is not None
    assert event.details.call_back is None


@pytest.mark.parametrize("wrong", [{"sender": "widget"}, {"sender": "@w.example", "labels": {"a": "card"}}])
def test_rule_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LeadMails.model_validate(wrong)


async def test_notification_in_the_mailbox_is_a_call_to_make(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Through IMAP to the task list; the same request by two mails is one call."""
    rules = [{"sender": "@widget.example", "within_s": 30}]
    async with site(connection, short_folder, "email", settings=shop.settings(leads=rules)) as at:
        for number in (1, 2):
            shop.deliver(notification("one_sentence.txt", Message_ID=f"<{number}@widget.example>").as_bytes())

        async def come() -> bool:
            return await connection.database["messages"].count_documents({"direction": "in"}) == 2

        await eventually(come)

        async def made() -> bool:
            tasks, _ = await at.hub.pipeline.tasks.list(OPERATOR, TaskList.ALL, TaskStatus.OPEN)
            return len(tasks) == 1

        await eventually(made)
        [task] = (await at.hub.pipeline.tasks.list(OPERATOR, TaskList.ALL, TaskStatus.OPEN))[0]
        assert (task.phone, (task.due_at - task.created_at).total_seconds()) == ("+79123456780", 30)
