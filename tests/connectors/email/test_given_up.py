"""A mail that is given up while it is handed over: what has not gone yet does not go afterwards."""

import asyncio
from collections.abc import Callable
from email.message import EmailMessage

import pytest
import uvloop

from connectors.email.config import Settings
from connectors.email.oauth import AccessTokens
from connectors.email.submission import Submission
from connectors.errors import SendUncertain
from tests.connectors.doubles import MarksDouble, until
from tests.connectors.email.mails import mail

LARGE_BYTES = 24 * 1024**2
"""More than the buffers of a line on this machine hold."""
SOON_S = 60


class Stuck:
    """A mail server that begins to read a mail's text and reads no more of it while `goes_on` is not set."""

    def __init__(self) -> None:
        self.begun, self.goes_on, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.text = bytearray()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        writer.write(b"220 ready\r\n")
        try:
            while line := await reader.readline():
                if line.upper().startswith(b"DATA"):
                    writer.write(b"354 go on\r\n")
                    self.text += await reader.read(65_536)
                    self.begun.set()
                    await self.goes_on.wait()
                    while part := await reader.read(65_536):
                        self.text += part
                    break
                writer.write(b"250 ok\r\n")
        except OSError:
            pass  # reset
        finally:
            writer.close()
            self.over.set()


async def given_up(*, by_hub: bool) -> None:
    """Hand a large mail to a stuck server, give it up, and let the server read on."""
    stuck = Stuck()
    server = await asyncio.start_server(stuck.serve, "127.0.0.1", 0, limit=65_536)
    port = server.sockets[0].getsockname()[1]
    settings = Settings.model_validate(
        {"address": "shop@example.org", "imap_host": "127.0.0.1", "imap_security": "none", "smtp_port": port,
         "smtp_security": "none"}
    )  # fmt: skip
    way_out = Submission(settings, None, AccessTokens(settings, MarksDouble()))
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_sent(way_out, large(), by_hub=by_hub))
            await until(stuck.begun.is_set, SOON_S)
            if by_hub:
                sending.cancel()
        stuck.goes_on.set()
        await until(stuck.over.is_set, SOON_S)
        assert bytes(stuck.text[-5:]) != b"\r\n.\r\n"
        assert len(stuck.text) < LARGE_BYTES
    finally:
        await way_out.close()
        server.close()


async def _sent(way_out: Submission, large: EmailMessage, *, by_hub: bool) -> None:
    if by_hub:
        await way_out.send(large, "a@example.org")
        return
    with pytest.raises(SendUncertain):
        await way_out.send(large, "a@example.org")


def large() -> EmailMessage:
    """A mail that no buffer holds."""
    made = mail("See the file")
    made.add_attachment(b"x" * LARGE_BYTES, "application", "octet-stream", filename="plan.bin")
    return made


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("by_hub", [True, False], ids=["the hub ends it", "the server says nothing"])
def test_a_mail_that_was_given_up_does_not_go_out_behind_it(
    monkeypatch: pytest.MonkeyPatch, loop: Callable[[], asyncio.AbstractEventLoop], *, by_hub: bool
) -> None:
    """Else it might arrive beside the one that is sent again."""
    monkeypatch.setattr("connectors.email.smtp._text_s", lambda settings, size_bytes: SOON_S if by_hub else 1.0)
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(given_up(by_hub=by_hub))
