"""Large mails on their way out: the same as the libraries would send, put together beside the loop."""

import email
import hashlib
import inspect
import random
import threading
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from aiosmtplib.protocol import PERIOD_REGEX, SMTPProtocol, normalize_message_line_endings

from connectors.email import large_mails
from connectors.email.config import Settings
from connectors.email.large_mails import AT_ONCE_BYTES, as_bytes
from connectors.email.oauth import AccessTokens
from connectors.email.submission import Submission
from tests.connectors.doubles import MarksDouble
from tests.connectors.email.shop import Shop
from tests.connectors.email.test_copies import through
from tests.connectors.email.test_sending import Server, running

CONTENT = random.Random(8).randbytes(3 * AT_ONCE_BYTES)


def with_file() -> EmailMessage:
    """A mail with a picture in its HTML, a large file, and many lines that begin with dots."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"], mail["From"], mail["To"] = "Large", "shop@example.test", "to@example.test"
    mail.set_content("..\r\n.\r\nHello\r\n" * AT_ONCE_BYTES, cte="7bit")
    mail.add_alternative("<p>Hello</p>", subtype="html")
    mail.add_attachment(CONTENT, maintype="application", subtype="octet-stream", filename="plan.bin")
    return mail


@pytest.mark.parametrize("seed", range(20))
def test_dots_are_doubled_as_the_library_doubles_them(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the parts end."""
    monkeypatch.setattr(large_mails, "AT_ONCE_BYTES", seed)
    rng = random.Random(seed)
    raw = b"".join(rng.choice([b".", b"a", b"\r\n", b"\r\n.", b"..\r\n"]) for _ in range(2_000)) + b"\r\n"
    parts = large_mails._dotted(raw)
    assert parts is not None
    assert b"".join(parts) == PERIOD_REGEX.sub(b"..", normalize_message_line_endings(raw))


@pytest.mark.parametrize("odd", [b"a\n.\nb\r\n", b"a\r.\rb\r\n", b"a\r\n.", b"a\n\r\r\nb\r\n"])
def test_what_has_other_ends_of_lines_is_left_to_the_library(odd: bytes) -> None:
    """Else a text could end itself and go on with commands."""
    assert large_mails._dotted(odd) is None


async def test_a_large_mail_is_put_together_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is what the library writes; a small one is not worth a thread."""
    threads, written = list[threading.Thread](), large_mails._written

    def noted(*arguments: object) -> bytes:
        threads.append(threading.current_thread())
        return written(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(large_mails, "_written", noted)
    mail = with_file()
    raw = await as_bytes(mail, SMTP)
    assert [thread is threading.main_thread() for thread in threads] == [False]
    assert raw == mail.as_bytes(policy=SMTP)
    assert email.message_from_bytes(raw).get_payload()[1].get_payload(decode=True) == CONTENT  # type: ignore[index,union-attr]
    small = EmailMessage(policy=SMTP)
    small.set_content("Hello")
    assert await as_bytes(small, SMTP) == small.as_bytes(policy=SMTP)
    assert len(threads) == 1


async def test_a_large_mail_arrives_as_it_was_written(shop: Shop) -> None:
    """Its lines of dots included; the connection is good for the next one."""
    async with running(Server()) as server:
        settings = Settings.model_validate(through(shop, server))
        way_out = Submission(settings, None, AccessTokens(settings, MarksDouble()))
        try:
            mail = with_file()
            for _ in range(2):
                await way_out.send(mail, "to@example.test")
        finally:
            await way_out.close()
    assert server.those() == ["to@example.test"] * 2
    assert [raw == mail.as_bytes(policy=SMTP) for raw in server.raw] == [True, True]


def test_the_library_sends_a_text_as_we_do() -> None:
    """A new version may do more there: then look at `send_text` first, and note the new digest after it."""
    found = hashlib.sha256(inspect.getsource(SMTPProtocol.execute_data_command).encode()).hexdigest()[:12]
    assert found == "a55f9634add2"
