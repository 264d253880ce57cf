"""The mails that we send, as they go over the wire."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from connectors.email.config import Settings
from connectors.email.mime import read_mail
from connectors.email.render import MessageIds, Outgoing, render
from connectors.email.threads import Tokens
from hub.model.ids import ConversationId, new_id
from hub.model.message import Actor, ActorKind, Direction
from tests.connectors.doubles import NOON, outgoing

IDS = [f"<{letter * 32}.{'b' * 39}@mail.example.org>" for letter in "cde"]


def test_message_ids_are_written_as_they_are() -> None:
    """Longer than a usual line, and yet in no encoded words: else no mail program would find the thread."""
    mail = EmailMessage(policy=SMTP)
    mail["In-Reply-To"], mail["References"] = MessageIds("In-Reply-To", IDS[-1:]), MessageIds("References", IDS)
    mail.set_content("Hello")
    wire = mail.as_bytes(policy=SMTP)
    assert f"In-Reply-To: {IDS[2]}\r\n".encode() in wire
    assert f"References: {IDS[0]}\r\n {IDS[1]}\r\n {IDS[2]}\r\n".encode() in wire


def made(*files: tuple[str, str, bytes], address: str = "shop@example.org", to: str = "a@example.org") -> bytes:
    """The mail that says hello, as bytes."""
    message = outgoing(ConversationId(new_id()), "email", to).message
    settings = Settings(address=address, imap_host="imap.example.org")
    mail = render(Outgoing(message, to, (), files), settings, Tokens(b"k" * 32, "example.org"), "mark", NOON)
    return mail.as_bytes(policy=SMTP)


def test_pictures_are_shown_in_the_mail_and_other_files_below_it() -> None:
    """What the HTML shows is found in the mail; a picture that is too large for that is a file like others."""
    large = ("plan.png", "image/png", b"x" * (3 * 1024**2))
    mail = read_mail(made(("лампа.png", "image/png", b"PNG"), ("a.pdf", "application/pdf", b"PDF"), large))
    assert mail.html is not None
    [shown] = [file for file in mail.files if file.inline]
    assert (shown.name, shown.content) == ("лампа.png", b"PNG")
    assert f'<img src="cid:{shown.content_id}" alt="лампа.png"' in mail.html
    assert [file.name for file in mail.files if not file.inline] == ["a.pdf", "plan.png"]
    assert mail.text == "Hello\n"


@pytest.mark.parametrize(("kind", "quotes"), [(ActorKind.OPERATOR, True), (ActorKind.BOT, False)])
def test_only_what_a_person_writes_quotes_the_contact(kind: ActorKind, quotes: bool) -> None:
    """Whoever forges a sender would have an automatic answer bring their words, and links, to somebody else."""
    message = outgoing(ConversationId(new_id()), "email", "a@example.org").message
    words = {"direction": Direction.IN, "author": Actor(kind=ActorKind.CONTACT), "text": "Win: https://example.test/x"}
    answer = message.model_copy(update={"author": Actor(kind=kind)})
    settings = Settings(address="shop@example.org", imap_host="imap.example.org")
    out = Outgoing(answer, "a@example.org", (message.model_copy(update=words),))
    mail = render(out, settings, Tokens(b"k" * 32, "example.org"), "mark", NOON)
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    assert ["example.test" in part for part in parts] == [quotes, quotes]


def test_a_mailbox_in_other_letters_writes_in_ascii() -> None:
    head = made(address="shop@пример.рф").partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert b"From: shop@xn--e1afmkfd.xn--p1ai" in head
