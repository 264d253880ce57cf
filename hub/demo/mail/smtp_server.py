"""The way into the demo's mailboxes: SMTP on the loopback interface, for the addresses that exist."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.demo.mail.post_office import LETTER_BYTES, SERVER, PostOffice

RECIPIENTS = 50


class _Desk:
    """What the server asks about each mail."""

    def __init__(self, office: PostOffice, trusted: str) -> None:
        self._office, self._trusted = office, trusted

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or say that there is none of this name."""
        if self._office.box_of(address) is None:
            return f"550 5.1.1 <{address}>: there is no such mailbox here"
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Bring the mail to its mailboxes."""
        content = envelope.content
        assert isinstance(content, bytes)
        verdict = "pass" if (envelope.mail_from or "").lower() == self._trusted else "none"
        try:
            self._office.deliver(content, envelope.rcpt_tos, verdict)
        except OSError:
            return "452 4.3.1 the disk has no room for it"
        return "250 2.0.0 delivered"


@asynccontextmanager
async def smtp_server(office: PostOffice, trusted: str) -> AsyncIterator[int]:
    """Listen on the loopback interface while the body runs; gives the port. `trusted` is the hub's own address."""
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions[:] = [one for one in sessions if one.transport is not None]
        made = SMTP(
            _Desk(office, trusted), data_size_limit=LETTER_BYTES, enable_SMTPUTF8=True, hostname=SERVER, loop=loop
        )
        sessions.append(made)
        return made

    server = await loop.create_server(session, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for one in sessions:
            if isinstance(one.transport, asyncio.Transport):
                one.transport.abort()
        await server.wait_closed()
