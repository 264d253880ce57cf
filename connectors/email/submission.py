"""The way out of one mailbox: a few connections, so that a mail whose server takes its time holds up no other."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage

from connectors.email.config import Settings
from connectors.email.oauth import AccessTokens
from connectors.email.refusals import Handed
from connectors.email.smtp import SmtpConnection
from connectors.errors import ChannelAuthError, ChannelThrottled, ChannelUnavailable
from connectors.reasons import why
from hub.model.why import Why

SLOW_S = 5.0
"""A mail that takes longer than this may take minutes, as one that a filter looks at: nobody waits for its end."""
AGAIN_S = 5.0
IN_LINE_S = 10.0


class Submission:
    """Hands mails over, on as many connections as the mailbox may have; each is made when the others are busy."""

    def __init__(self, settings: Settings, context: ssl.SSLContext | None, access: AccessTokens) -> None:
        self._settings, self._context, self._access = settings, context, access
        self._idle: list[SmtpConnection] = []
        self._busy: dict[SmtpConnection, float] = {}
        self._left: set[SmtpConnection] = set()
        self._room = asyncio.Semaphore(settings.smtp_connections)
        self.trouble: Why | None = None
        """Why there is no way out at present, since it was last tried."""

    def wait_s(self) -> float:
        """How long a mail should wait before it asks for a connection; 0 while there is one, or soon will be."""
        if not self._room.locked():
            return 0.0
        now = asyncio.get_running_loop().time()
        if any(now - since < SLOW_S for since in self._busy.values()):
            return 0.0
        return random.uniform(AGAIN_S / 2, AGAIN_S)  # noqa: S311  (spreading load, no secret)

    async def check(self) -> None:
        """Connect and log in once. Raises the `Channel...` errors."""
        async with self._connection():
            pass

    async def close(self) -> None:
        """Say goodbye; mails under way are handed over first."""
        self._left |= self._busy.keys()
        idle, self._idle = self._idle, []
        async with asyncio.TaskGroup() as group:
            for connection in idle:
                group.create_task(connection.close())

    async def send(self, mail: EmailMessage, recipient: str, copies: Sequence[str] = ()) -> Handed:
        """Hand the mail over, as `SmtpConnection.send`. Raises `ChannelThrottled`, too, where nothing is free."""
        async with self._connection() as connection:
            return await connection.send(mail, recipient, copies)

    async def send_copies(self, mail: EmailMessage, copies: Sequence[str]) -> Handed:
        """Hand a mail that its recipient has to copies alone. Raises as `send`."""
        async with self._connection() as connection:
            return await connection.send_copies(mail, copies)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SmtpConnection]:
        """A connection that stands, for one mail alone. Raises the `Channel...` errors."""
        try:
            async with asyncio.timeout(IN_LINE_S):
                await self._room.acquire()
        except TimeoutError:
            raise ChannelThrottled(self.wait_s() or 1.0, why("mail_busy")) from None
        # The one used last: what a quiet time does not need grows old and is closed by the server.
        connection = self._idle.pop() if self._idle else SmtpConnection(self._settings, self._context, self._access)
        self._busy[connection] = asyncio.get_running_loop().time()
        try:
            await self._open(connection)
            yield connection
        finally:
            del self._busy[connection]
            self._room.release()
            if connection in self._left:
                self._left.discard(connection)
                connection.drop()
            else:
                self._idle.append(connection)

    async def _open(self, connection: SmtpConnection) -> None:
        try:
            await connection.open()
        except (ChannelAuthError, ChannelUnavailable) as error:
            if len(self._busy) == 1:  # else there is a way out, which the server lets us go only so many times at once
                self.trouble = error.why
            raise
        self.trouble = None
