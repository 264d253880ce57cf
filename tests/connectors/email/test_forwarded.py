"""Who wrote a mail that somebody passes on."""

import time

import pytest

from connectors.email.forwarded import forwarded, original_subject
from connectors.email.mime import Mailbox
from connectors.email.parse import attributed, parse
from connectors.email.reading import PARSE_S
from hub.model.events import MessageReceived
from hub.model.ids import ConversationId
from tests.connectors.doubles import outgoing

GMAIL = """Please answer her.

---------- Forwarded message ---------
From: Sample Customer <customer@example.org>
Date: Mon, Nov 23, 2026 at 10:00 AM
Subject: A lamp
To: Colleague <colleague@example.test>

Do you ship abroad?
"""
GMAIL_RU = """---------- Пересылаемое сообщение ---------
От: Покупатель 1 <buyer@example.org>
Дата: пн, 23 нояб. 2026 г. в 10:00
Тема: Чайник
Кому: <colleague@example.test>

Сколько стоит чайник?
"""
OUTLOOK = """FYI

From: Sample Customer <customer@example.org>
Sent: Monday, November 23, 2026 10:00 AM
To: Colleague <colleague@example.test>
Subject: A lamp

Do you ship abroad?
"""
APPLE_RU = """Начало переадресованного сообщения:

> От: Покупатель 1 <buyer@example.org>
> Тема: Чайник
> Дата: 23 ноября 2026 г. в 10:00
> Кому: colleague@example.test
>
> Сколько стоит чайник?
"""
CUSTOMER = Mailbox("customer@example.org", "Sample Customer")
BUYER = Mailbox("buyer@example.org", "Покупатель 1")


@pytest.mark.parametrize(
    ("subject", "text", "author", "says"),
    [
        ("Fwd: A lamp", GMAIL, CUSTOMER, "Do you ship abroad?"),
        ("Fwd: Чайник", GMAIL_RU, BUYER, "Сколько стоит чайник?"),
        ("FW: A lamp", OUTLOOK, CUSTOMER, "Do you ship abroad?"),
        ("Пересл: Чайник", APPLE_RU, BUYER, "Сколько стоит чайник?"),
        ("anything", GMAIL, CUSTOMER, "Do you ship abroad?"),
    ],
)
def test_the_author_and_the_text_are_found(subject: str, text: str, author: Mailbox, says: str) -> None:
    found = forwarded(subject, text)
    assert found is not None
    assert (found.author, found.text) == (author, says)


def test_what_was_written_above_is_kept_apart() -> None:
    found = forwarded("Fwd: A lamp", GMAIL)
    assert found is not None
    assert found.before == "Please answer her."


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: A lamp", OUTLOOK),  # an answer above what it quotes
        ("Fwd: A lamp", "From: me to you, with love"),
        ("Fwd: A lamp", "From: nobody\nSubject: A lamp\n\nText"),
        ("Fwd: A lamp", "From: a@b@c\nSubject: A lamp\n\nText"),
        ("Fwd: A lamp", ""),
    ],
)
def test_where_nobody_can_be_made_out_nothing_is_claimed(subject: str, text: str) -> None:
    assert forwarded(subject, text) is None


@pytest.mark.parametrize(
    "text",
    ["From: " + "a" * 500_000, "> " * 500_000, "From: <" + "a@" * 200_000, "\n" * 500_000, "-" * 500_000,
     "From: a" * 100_000, "- \n" * 200_000, "From: x\n" * 100_000],
)  # fmt: skip
def test_long_texts_cost_little(text: str) -> None:
    """Far less than what one mail may take, whatever somebody has written."""
    began = time.process_time()
    assert forwarded("Fwd: x", text) is None
    assert time.process_time() - began < PARSE_S / 2


@pytest.mark.parametrize("subject", ["Fwd: A lamp", "FW: A lamp", "Re: Fwd: A lamp", "Пересл: A lamp", "A lamp"])
def test_the_subject_is_the_first_authors(subject: str) -> None:
    assert original_subject(subject) == "A lamp"


def test_a_mail_that_is_passed_on_as_a_file_has_its_author_too() -> None:
    """Its text stands folded below the message, and is what the author's conversation begins with."""
    raw = (
        b"From: Colleague <colleague@example.test>\r\nTo: shop@example.test\r\nSubject: Please answer\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nFor you.\r\n'
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: Sample Customer <customer@example.org>\r\n"
        b"Subject: A lamp\r\n\r\nDo you ship abroad?\r\n--b--\r\n"
    )
    [event] = parse(raw)
    assert isinstance(event, MessageReceived)
    assert event.details is not None
    assert event.details.mail is not None
    assert event.details.mail.forwarded == "Sample Customer <customer@example.org>"
    said = outgoing(ConversationId("c"), "email", "colleague@example.test", event.text).message
    inner = attributed(said.model_copy(update={"details": event.details, "external_id": event.external_id}))
    assert inner is not None
    assert (inner.sender.value, inner.text) == ("customer@example.org", "Do you ship abroad?")
