"""The mails that we send, as they go over the wire."""

from email.message import EmailMessage
from email.policy import SMTP

from connectors.email.render import MessageIds

IDS = [f"<{letter * 32}.{'b' * 39}@mail.example.org>" for letter in "cde"]


def test_message_ids_are_written_as_they_are() -> None:
    """Longer than a usual line, and yet in no encoded words: else no mail program would find the thread."""
    mail = EmailMessage(policy=SMTP)
    mail["In-Reply-To"], mail["References"] = MessageIds("In-Reply-To", IDS[-1:]), MessageIds("References", IDS)
    mail.set_content("Hello")
    wire = mail.as_bytes(policy=SMTP)
    assert f"In-Reply-To: {IDS[2]}\r\n".encode() in wire
    assert f"References: {IDS[0]}\r\n {IDS[1]}\r\n {IDS[2]}\r\n".encode() in wire
