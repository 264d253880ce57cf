"""Mail that no person wrote."""

import pytest

from connectors.email.automatic import OURS, Kind, automatic
from connectors.email.mime import read_mail
from connectors.reasons import sentence
from tests.connectors.email.mails import bounce, mail, raw


@pytest.mark.parametrize(
    ("status", "action", "kind", "hard", "words"),
    [
        ("5.1.1", "failed", Kind.BOUNCE, True, "does not exist"),
        ("5.2.2", "failed", Kind.BOUNCE, False, "full"),
        ("5.7.1", "failed", Kind.BOUNCE, False, "refuses"),
        ("4.4.1", "delayed", Kind.DELAY, False, "did not answer"),
        ("4.2.2", "failed", Kind.BOUNCE, False, "full"),
    ],
)
def test_a_report_says_whom_it_did_not_reach_and_why(
    status: str, action: str, kind: Kind, hard: bool, words: str
) -> None:
    """Only an address that is itself at fault is given up."""
    found = automatic(read_mail(bounce(status, action, diagnostic=f"550 {status} User unknown")))
    assert found is not None
    assert (found.kind, found.about, found.recipient) == (kind, "<sent@shop.example.org>", "gone@example.com")
    assert (found.status, found.hard) == (status, hard)
    assert words in sentence(found.why)


def test_a_report_of_success_is_no_bounce() -> None:
    found = automatic(read_mail(bounce("2.0.0", "delivered")))
    assert found is not None
    assert found.kind is Kind.OTHER


FREE_TEXTS = {
    "exim": ("Mail delivery failed: returning message to sender",
             "This message could not be delivered:\n  gone@example.com\n    550 5.1.1 User unknown\n"),
    "qmail": ("failure notice", "<gone@example.com>:\n550 5.1.1 no such user\n"),
    "russian": ("Недоставленное сообщение", "Адрес gone@example.com не существует: 550 5.1.1\n"),
    "exchange": ("Undeliverable: Offer", "Delivery has failed to gone@example.com\n#550 5.1.10 RecipNotFound\n"),
}  # fmt: skip


@pytest.mark.parametrize("server", FREE_TEXTS)
def test_a_bounce_in_free_text_is_understood(server: str) -> None:
    subject, text = FREE_TEXTS[server]
    message = mail(text, From="Mail Delivery System <mailer-daemon@mx.example.net>", Subject=subject, Return_Path="<>")
    found = automatic(read_mail(message.as_bytes()))
    assert found is not None
    assert (found.kind, found.recipient, found.hard) == (Kind.BOUNCE, "gone@example.com", True)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "auto-replied"}, Kind.REPLY),
        ({"Auto_Submitted": "auto-replied (vacation)"}, Kind.REPLY),
        ({"X_Autoreply": "yes"}, Kind.REPLY),
        ({"Subject": "Automatic reply: Price"}, Kind.REPLY),
        ({"Subject": "Автоответ: меня нет"}, Kind.REPLY),
        ({"Auto_Submitted": "auto-generated"}, Kind.OTHER),
        ({"Precedence": "bulk"}, Kind.OTHER),
        ({"Precedence": "list"}, Kind.LIST),
        ({"List_Id": "<news.example.com>"}, Kind.LIST),
        ({"Return_Path": "<>"}, Kind.OTHER),
        ({OURS.replace("-", "_"): "KEY"}, Kind.OURS),
        ({"Auto_Submitted": "no"}, None),
        ({OURS.replace("-", "_"): "ANOTHER"}, None),
        ({"Subject": "Is the office out of paper?"}, None),
        ({}, None),
    ],
)
def test_automatic_mail_is_told_from_a_persons(headers: dict[str, str], kind: Kind | None) -> None:
    found = automatic(read_mail(mail(**headers).as_bytes()), ours="KEY")
    assert (found and found.kind) == kind


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    """A subject alone makes no bounce."""
    content = raw(
        "From: customer@example.com", "Subject: Undelivered mail, please help", "Return-Path: <c@example.com>"
    )
    assert automatic(read_mail(content)) is None
