"""SMTP: one connection, kept while the server lets us, on which mails are handed over; what became of each."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import cast

import aiosmtplib

from connectors.email.certificates import tls_trouble
from connectors.email.config import Security, Settings
from connectors.email.domains import as_written
from connectors.email.large_mails import as_bytes, send_text
from connectors.email.oauth import AccessTokens
from connectors.email.refusals import NO_UTF8, Handed, handed, in_short, refusal
from connectors.errors import ChannelAuthError, ChannelUnavailable, MessageRejected, SendUncertain
from connectors.reasons import why

IDLE_S = 60.0
"""Servers hang up after some minutes of silence; a connection older than this is made anew."""
SLOWEST_BYTES_S = 8 * 1024
"""A line that takes a mail more slowly than this is given up."""
BEFORE_THE_TEXT = 10
"""Steps before the sender is named, each within `timeout_s`: token, connection, greeting, TLS, log-in."""
HANG_UPS = 3
"""So often a server may end the connection at a copy's address until the recipient gets the mail without copies."""


class _HungUp(Exception):
    """The server has ended the connection at the address of a copy (421), before anybody got anything."""

    def __init__(self, copy: str, said: tuple[int, str]) -> None:
        super().__init__(copy)
        self.copy, self.said = copy, said


def longest_s(settings: Settings, size_bytes: int, recipients: int) -> float:
    """How long it may take to hand a mail over (RFC 5321, 4.5.3.2), the way to the server included."""
    return (BEFORE_THE_TEXT + 1 + recipients) * settings.timeout_s + _text_s(settings, size_bytes)


def _text_s(settings: Settings, size_bytes: int) -> float:
    """How long from DATA to the answer: the upload, and the server's own work on the mail, such as a filter's."""
    return size_bytes / SLOWEST_BYTES_S + settings.answer_within_s


class SmtpConnection:
    """One connection, made anew where it has gone. One mail at a time."""

    def __init__(self, settings: Settings, context: ssl.SSLContext | None, access: AccessTokens) -> None:
        self._settings, self._context, self._access = settings, context, access
        self._client: aiosmtplib.SMTP | None = None
        self._line: asyncio.Transport | None = None
        self._used_at = 0.0
        self._text_sent = False

    async def open(self) -> None:
        """Connect and log in, unless it is so. Raises the `Channel...` errors."""
        await self._connected()

    async def close(self) -> None:
        """Say goodbye."""
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def send(self, mail: EmailMessage, recipient: str, copies: Sequence[str] = ()) -> Handed:
        """Hand the mail over. What the recipient does not get, nobody gets.

        Raises the `Send...` and `Channel...` errors. A time-out after the text was sent is `SendUncertain`: the next
        try has the same Message-ID.
        """
        try:
            return handed(copies, await self._transaction(mail, recipient, copies))
        except aiosmtplib.SMTPResponseException as error:
            raise refusal(error.code, error.message, recipient) from error

    async def send_copies(self, mail: EmailMessage, copies: Sequence[str]) -> Handed:
        """Hand a mail that its recipient has to copies alone. Raises as `send`."""
        try:
            return handed(copies, await self._transaction(mail, None, copies))
        except aiosmtplib.SMTPResponseException as error:  # of the sender, or the text: it is one answer for all
            return handed(copies, dict.fromkeys(copies, (error.code, error.message)))

    async def _transaction(
        self, mail: EmailMessage, recipient: str | None, copies: Sequence[str]
    ) -> Mapping[str, tuple[int, str]]:
        """One mail transaction (RFC 5321, 3.3); which copies were refused, and how.

        A server that ends the connection at a copy gets the mail again without that one, which counts as refused: it
        may always do so, and others wait behind this mail. Raises `SMTPResponseException` where nobody gets it: the
        recipient is refused, or the text, or the sender.
        """
        left, out = list(copies), dict[str, tuple[int, str]]()
        while recipient is not None or left:
            try:
                return {**await self._attempt(mail, recipient, left), **out}
            except _HungUp as hung_up:
                out[hung_up.copy] = hung_up.said
                if len(out) >= HANG_UPS:
                    out |= dict.fromkeys(left, hung_up.said)
                left = [copy for copy in left if copy not in out]
        return out

    async def _attempt(
        self, mail: EmailMessage, recipient: str | None, copies: Sequence[str]
    ) -> Mapping[str, tuple[int, str]]:
        client = await self._connected()
        self._text_sent = False
        try:
            refused = await self._handed_over(client, mail, recipient, copies)
        except (aiosmtplib.SMTPRecipientRefused, MessageRejected):
            raise  # the connection is still good
        except _HungUp:
            self.drop()
            raise
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            self.drop()
            if not self._text_sent:
                raise ChannelUnavailable(why("mail_not_begun")) from error
            silent = isinstance(error, aiosmtplib.SMTPTimeoutError)
            raise SendUncertain(why("mail_unanswered") if silent else why("mail_cut_off")) from error
        except BaseException:
            # Cancelled, too, as by the hub's own time-out: an answer that is still to come would be taken for that to
            # the next mail's first command, and so on.
            self.drop()
            raise
        self._used_at = asyncio.get_running_loop().time()
        return refused

    async def _handed_over(
        self, client: aiosmtplib.SMTP, mail: EmailMessage, recipient: str | None, copies: Sequence[str]
    ) -> Mapping[str, tuple[int, str]]:
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        utf8 = client.supports_extension("smtputf8")
        refused = {} if utf8 else {copy: (553, NO_UTF8) for copy in copies if not copy.isascii()}
        if not utf8:
            _check_letters(self._settings.sender, recipient)
            _leave_out_other_letters(mail)
        left = [copy for copy in copies if copy not in refused]
        wide = utf8 and not "".join((self._settings.sender, recipient or "", *copies)).isascii()
        raw = await as_bytes(mail, SMTPUTF8 if wide else SMTP)
        encoding = "utf-8" if wide else "ascii"
        await client.mail(self._settings.sender, options=_options(client, len(raw), wide=wide), encoding=encoding)
        try:
            if recipient is not None:
                await client.rcpt(recipient, encoding=encoding)
            for copy in left:
                try:
                    await client.rcpt(copy, encoding=encoding)
                except aiosmtplib.SMTPRecipientRefused as error:
                    if not client.is_connected:
                        raise _HungUp(copy, (error.code, error.message)) from error
                    refused[copy] = error.code, error.message
            if recipient is None and len(refused) == len(copies):
                await client.rset()
            else:
                self._text_sent = True
                await send_text(client, raw, _text_s(self._settings, len(raw)))
        except aiosmtplib.SMTPRecipientRefused:
            try:
                await client.rset()
            except (aiosmtplib.SMTPException, OSError):  # it has hung up, and what it said before counts
                self.drop()
            raise
        return refused

    async def _connected(self) -> aiosmtplib.SMTP:
        now = asyncio.get_running_loop().time()
        if self._client is not None and self._client.is_connected and now - self._used_at < IDLE_S:
            return self._client
        self.drop()
        self._client = await self._connection()
        # Kept, for the library forgets it when an answer is late. Of uvloop it is no `asyncio.Transport` by its type.
        self._line, self._used_at = cast("asyncio.Transport | None", self._client.transport), now
        return self._client

    async def _connection(self) -> aiosmtplib.SMTP:
        """Another connection, protected and logged in. Raises the `Channel...` errors, each with what to do."""
        settings = self._settings
        host, port = settings.submission
        where = f"{host}:{port}"
        client = aiosmtplib.SMTP(
            hostname=host, port=port, timeout=settings.timeout_s,
            use_tls=settings.smtp_security is Security.TLS, start_tls=False, tls_context=self._context,
        )  # fmt: skip
        try:
            await client.connect()
            if settings.smtp_security is Security.STARTTLS:
                await _start_tls(client, where)
            await self._log_in(client)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            self._access.forget()
            refused = why("smtp_log_in", in_short(error.message), where=where, user=settings.login)
            raise ChannelAuthError(refused) from error
        except (ssl.SSLError, aiosmtplib.SMTPConnectError) as error:
            client.close()
            cause = error if isinstance(error, ssl.SSLError) else error.__cause__
            if isinstance(cause, ssl.SSLError):
                setting = "smtp_host" if settings.smtp_host else "imap_host"
                raise ChannelUnavailable(tls_trouble(where, cause, setting)) from error
            raise ChannelUnavailable(why("server_unreachable", error, where=where)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise ChannelUnavailable(why("server_unusable", error, where=where)) from error
        except BaseException:  # no STARTTLS; cancelled
            client.close()
            raise
        return client

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        settings = self._settings
        user = settings.smtp_user or settings.login
        password = settings.password if settings.smtp_password is None else settings.smtp_password
        if token := await self._access.get():
            await client.auth_xoauth2(user, token)
        elif password:
            await client.login(user, password)

    def drop(self) -> None:
        """Be without a connection. What was not sent yet is not sent: else a mail that was given up would arrive."""
        client, self._client = self._client, None
        if client is not None:
            if self._line is not None:  # the library only closes: what waits in the line would go out all the same
                self._line.abort()
            client.close()


async def _start_tls(client: aiosmtplib.SMTP, where: str) -> None:
    """Protect the connection. Raises `ChannelUnavailable` where the server will not: nothing goes on in clear."""
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    if not client.supports_extension("starttls"):
        raise ChannelUnavailable(why("no_starttls", where=where))
    try:
        await client.starttls()
    except aiosmtplib.SMTPResponseException as error:
        raise ChannelUnavailable(why("starttls_refused", in_short(error.message), where=where)) from error


def _check_letters(sender: str, recipient: str | None) -> None:
    """Raises `MessageRejected` where either address needs SMTPUTF8 (RFC 6531), for a server that lacks it."""
    if not sender.isascii():
        raise MessageRejected("address_unsupported", why("letters_of_sender", address=as_written(sender)))
    if recipient is not None and not recipient.isascii():
        raise MessageRejected("address_unsupported", why("letters_of_recipient", address=as_written(recipient)))


def _leave_out_other_letters(mail: EmailMessage) -> None:
    """Name only copies that ASCII can write: an address may hold no encoded word (RFC 2047, section 5)."""
    named = str(mail["Cc"] or "").split(", ")
    if not "".join(named).isascii():
        del mail["Cc"]
        if kept := [one for one in named if one.isascii()]:
            mail["Cc"] = ", ".join(kept)


def _options(client: aiosmtplib.SMTP, size_bytes: int, *, wide: bool) -> Sequence[str]:
    """What the server is told of a mail beforehand, where it knows that: RFC 1870, RFC 6152, RFC 6531."""
    told = {"size": f"SIZE={size_bytes}", "8bitmime": "BODY=8BITMIME"}
    return [*(option for name, option in told.items() if client.supports_extension(name)), *(["SMTPUTF8"] * wide)]
