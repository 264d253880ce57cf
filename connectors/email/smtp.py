"""SMTP: hands mails over on one connection, kept while the server lets us, and reads what became of each."""

import asyncio
import re
import ssl
from collections.abc import Sequence
from email.message import EmailMessage

import aiosmtplib

from connectors.email.config import Security, Settings
from connectors.email.mime import text_of
from connectors.email.oauth import AccessTokens
from connectors.errors import (
    ChannelAuthError,
    ChannelConfigError,
    ChannelThrottled,
    ChannelUnavailable,
    ContactUnreachable,
    MessageRejected,
    SendUncertain,
)

IDLE_S = 60.0
"""Servers hang up after some minutes of silence; a connection older than this is made anew."""
GREYLISTED_S = 300.0
_STATUS = re.compile(r"\b5\.(1\.[1236]|1\.10|2\.1)\b")


class Submission:
    """The way out of one mailbox. One mail at a time."""

    def __init__(self, settings: Settings, context: ssl.SSLContext | None, access: AccessTokens) -> None:
        self._settings, self._context, self._access = settings, context, access
        self._client: aiosmtplib.SMTP | None = None
        self._used_at = 0.0
        self._alone = asyncio.Lock()

    async def check(self) -> None:
        """Connect and log in once. Raises the `Channel...` errors."""
        async with self._alone:
            await self._connected()

    async def close(self) -> None:
        """Say goodbye."""
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def send(self, mail: EmailMessage, recipient: str, copies: Sequence[str] = ()) -> Sequence[str]:
        """Hand the mail over; a sentence for each copy that was refused. Raises the `Send...` and `Channel...` errors.

        What the recipient does not get, nobody gets. A time-out after the text was sent is `SendUncertain`: the next
        try has the same Message-ID.
        """
        async with self._alone:
            client = await self._connected()
            sender = self._settings.sender
            try:
                if copies:
                    await self._ask_about(client, recipient)
                refused, _ = await client.send_message(mail, sender=sender, recipients=[recipient, *copies])
            except aiosmtplib.SMTPRecipientsRefused as error:
                response = error.recipients[0]
                raise _refusal(response.code, response.message, recipient) from error
            except aiosmtplib.SMTPRecipientRefused as error:
                raise _refusal(error.code, error.message, recipient) from error
            except aiosmtplib.SMTPResponseException as error:
                await self._drop()
                raise _refusal(error.code, error.message, recipient) from error
            except UnicodeEncodeError as error:
                raise MessageRejected(
                    "address_unsupported", f"The mail server cannot write to {recipient}: it lacks SMTPUTF8."
                ) from error
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
                await self._drop()
                raise SendUncertain("The connection to the mail server broke while the mail was sent.") from error
            if recipient in refused:
                code, message = refused[recipient]
                raise _refusal(code, message, recipient)
            self._used_at = asyncio.get_running_loop().time()
            return [f"{copy} did not get it: {_in_short(message)}" for copy, (_, message) in refused.items()]

    async def _ask_about(self, client: aiosmtplib.SMTP, recipient: str) -> None:
        """Whether the server takes this recipient, before anybody gets a copy: a later try would double those."""
        if recipient.isascii():
            await client.mail(self._settings.sender)
            try:
                await client.rcpt(recipient)
            finally:
                await client.rset()

    async def _connected(self) -> aiosmtplib.SMTP:
        now = asyncio.get_running_loop().time()
        if self._client is not None and self._client.is_connected and now - self._used_at < IDLE_S:
            return self._client
        await self._drop()
        settings = self._settings
        host, port = settings.submission
        where = f"{host}:{port}"
        client = aiosmtplib.SMTP(
            hostname=host, port=port, timeout=settings.timeout_s,
            use_tls=settings.smtp_security is Security.TLS,
            start_tls=settings.smtp_security is Security.STARTTLS,  # None would go on in clear where it is not offered
            tls_context=self._context,
        )  # fmt: skip
        try:
            await client.connect()
            await self._log_in(client)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            self._access.forget()
            raise ChannelAuthError(
                f"{where} does not accept the log-in of {settings.login}: {_in_short(error.message)}"
            ) from error
        except (ssl.SSLCertVerificationError, aiosmtplib.SMTPConnectError) as error:
            client.close()
            cause = error if isinstance(error, ssl.SSLCertVerificationError) else error.__cause__
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise ChannelConfigError(
                    f"The certificate of {where} does not count: {cause.verify_message}. Check the host's name; for a "
                    "server with its own authority name its file in ca_file."
                ) from error
            raise ChannelUnavailable(f"{where} cannot be reached: {error}.") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise ChannelUnavailable(f"{where} cannot be used: {error}.") from error
        self._client, self._used_at = client, now
        return client

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        settings = self._settings
        user = settings.smtp_user or settings.login
        password = settings.password if settings.smtp_password is None else settings.smtp_password
        if token := await self._access.get():
            await client.auth_xoauth2(user, token)
        elif password:
            await client.login(user, password)

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _refusal(
    code: int, message: str, recipient: str
) -> MessageRejected | ContactUnreachable | ChannelThrottled | ChannelUnavailable:
    """What a refusal means: 4xx comes again later, 5xx never; an address that is itself at fault is given up."""
    said = _in_short(message)
    if 400 <= code < 500:
        if code in (450, 451):  # greylisting: the same mail is taken a few minutes later
            return ChannelThrottled(GREYLISTED_S, f"The mail server asks to come again later: {said}")
        return ChannelUnavailable(f"The mail server does not take it now: {code} {said}")
    if _STATUS.search(said):
        return ContactUnreachable(f"{recipient} cannot be reached: {said}")
    return MessageRejected(f"smtp_{code}", f"The mail server refused the mail to {recipient}: {code} {said}")


def _in_short(message: str) -> str:
    """What a server says, which is in its own charset at times: the library hands those bytes on as surrogates."""
    return " ".join(text_of(message.encode("utf-8", "surrogateescape"), None).split())[:300]
