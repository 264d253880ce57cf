"""The e-mail connector: follows folders by IMAP from where it left off, and sends by SMTP."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import ClassVar, NoReturn

import structlog
from aiohttp import web

from connectors.abilities import ShownHtml
from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.email.config import Security, Settings, WhenStored
from connectors.email.cursor import Cursor
from connectors.email.domains import for_the_wire
from connectors.email.html_view import html_view
from connectors.email.imap import ConnectionGone, Folder, Mailbox, TooMuch
from connectors.email.large_mails import AT_ONCE_BYTES
from connectors.email.oauth import AccessTokens
from connectors.email.parse import ADDRESS_KIND, attributed, parse
from connectors.email.reading import Meant, Reading
from connectors.email.render import Outgoing, letter, render, signature_of
from connectors.email.sending_limit import SLOT_S, SendingLimit
from connectors.email.sign_in import MailboxSignIn
from connectors.email.smtp import longest_s
from connectors.email.submission import IN_LINE_S, Submission
from connectors.email.threads import Tokens
from connectors.email.tidying import Tidying
from connectors.email.unsubscribing import Unsubscribing
from connectors.errors import (
    ChannelAuthError,
    ChannelConfigError,
    ChannelThrottled,
    ChannelUnavailable,
    MessageRejected,
    NotAccepting,
)
from connectors.lent import Signing
from connectors.reasons import why
from hub.model.attachment import AttachmentRef
from hub.model.channel import Channel
from hub.model.events import InboundEvent, MessageReceived, Receive
from hub.model.message import Direction, Message
from hub.model.why import Why

log = structlog.get_logger(__name__)

EARLIER = 50
ATTACHED_BYTES = 20 * 1024**2  # what the usual servers take, 25 MB, with the third that base64 adds
TEXT_BYTES = 1024**2
"""What a mail has beside its files, generously: the text twice, and what it quotes."""
KEEPS_TRYING_S = 48 * 3600.0
"""Mail servers that are away for a weekend's night are usual; senders try for days (RFC 5321, 4.5.4.1)."""
SENT_MARK = "sends"
STORED_AT_ONCE = 4
"""Batches. Of mails up to the limit of what is read ahead they take some 20 MB."""
EVENTS_AT_ONCE = 400
"""Behind so many no other batch is stored with them: what each takes of the event loop, others wait for."""
STEADY_S = 5.0
"""A connection that ended sooner than this was no connection: then the supervisor waits before the next."""


class Email:
    """One mailbox."""

    kind: ClassVar[str] = "email"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=100_000,
        attachment_bytes=ATTACHED_BYTES,
        receipts=True,
        copies=True,
        reads_threads=True,
        one_reader=True,
        keeps_trying_s=KEEPS_TRYING_S,
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset(
        {"password", "smtp_password", "token", "client_secret", "refresh_token"}
    )

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel, self._services = channel, services
        self._settings = settings = read_settings(Settings, channel)
        domain = settings.sender.partition("@")[2]
        self._tokens = Tokens(services.secret, domain)
        self._context = _tls(settings)
        tls_out = self._context if settings.smtp_security is not Security.NONE else None
        self._access = AccessTokens(settings, services.marks)
        self._submission = Submission(settings, tls_out, self._access)
        self._readings = {name: Reading(channel, settings, services, self._tokens) for name in settings.folders}
        self._lost: dict[str, Why] = {}
        self._limit = SendingLimit(settings.sends_per_hour, settings.sends_per_day)
        self._cursors = {
            name: Cursor(name, services.marks, services.clock, channel.created_at, since_now=settings.since_now)
            for name in settings.folders
        }
        self._tidying = {name: Tidying(settings, services.marks, name) for name in settings.folders}
        self._unsubscribing = Unsubscribing(services.secret, services.base_url, channel.key)

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The events in a raw mail. Raises `PayloadInvalid`."""
        return parse(raw)

    @classmethod
    def html(cls, raw: bytes, *, remote_images: bool) -> ShownHtml | None:
        """The HTML of a raw mail, cleaned. Raises `PayloadInvalid`."""
        return html_view(raw, remote_images=remote_images)

    @classmethod
    def attributed(cls, message: Message) -> MessageReceived | None:
        """The customer's mail that a colleague passes on."""
        return attributed(message)

    @classmethod
    def provider_sign_in(cls, channel: Channel) -> MailboxSignIn | None:
        """The sign-in at Google, Microsoft or another provider; None for a mailbox with a password."""
        settings = read_settings(Settings, channel)
        return MailboxSignIn(settings) if settings.oauth is not None else None

    async def open(self) -> None:
        """Log in both ways, and look at each folder."""
        if self._limit:
            self._limit.counted(await self._tally(0, self._services.clock.now()), reserved=False)
        mailbox = await self._mailbox()
        try:
            if self._settings.when_stored is WhenStored.MOVE:
                await mailbox.ensure(self._settings.move_to)
            for folder in self._settings.folders:
                opened = await self._select(mailbox, folder)
                # Here, so that nothing is lost of what comes between "running" and the first reading.
                await self._cursors[folder].begin(opened.validity, opened.next_uid)
        except ConnectionGone as error:
            raise ChannelUnavailable(why("mailbox_lost", error)) from error
        finally:
            mailbox.drop()
        await self._submission.check()

    async def inspect(self) -> Sequence[Why]:
        """What the mailbox is like, for whoever sets it up. Raises the `Channel...` errors."""
        mailbox = await self._mailbox()
        try:
            for folder in self._settings.folders:
                await self._select(mailbox, folder)
        except ConnectionGone as error:
            raise ChannelUnavailable(why("mailbox_lost", error)) from error
        finally:
            mailbox.drop()
        await self._submission.check()
        await self._submission.close()
        (host, port), imap = self._settings.submission, self._settings.imap_host
        told = why("imap_tells", host=imap)
        asked = why("imap_is_asked", host=imap, seconds=f"{self._settings.poll_s:g}")
        return [told if mailbox.idles else asked, why("smtp_takes", where=f"{host}:{port}")]

    async def _select(self, mailbox: Mailbox, folder: str) -> Folder:
        opened = await mailbox.select(folder)
        if self._tidying[folder].wanted and not opened.writable:
            raise ChannelConfigError(why("folder_only_read", folder=folder))
        return opened

    def notice(self) -> Sequence[Why]:
        """What keeps mails from being read and sent, and stored ones from being marked or moved."""
        troubles = (self._submission.trouble, *self._lost.values(), *(one.trouble for one in self._tidying.values()))
        return [trouble for trouble in troubles if trouble]

    async def close(self) -> None:
        """Say goodbye to the way out; the way in is dropped by whoever reads."""
        await self._submission.close()

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """Where those who want no more mail say so."""
        return self._unsubscribing.routes(receive)

    # In --------------------------------------------------------------------------------------------------------------

    async def listen(self, receive: Receive) -> None:
        """Follow every folder until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for folder in self._settings.folders:
                    group.create_task(self._follow(folder, receive))
                # Inside: a group that is being left when a task fails would leave us marked as cancelled (until 3.13).
                await asyncio.Event().wait()
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None

    async def _follow(self, folder: str, receive: Receive) -> NoReturn:
        """Read one folder on a connection of its own; a connection that is lost is made anew."""
        while True:
            began = asyncio.get_running_loop().time()
            mailbox = await self._mailbox()
            try:
                await self._read(mailbox, folder, receive)
            except ConnectionGone as error:
                log.info("mailbox connection is made anew", folder=folder, reason=str(error))
                self._lost[folder] = reason = _why_lost(error)
                if asyncio.get_running_loop().time() - began < STEADY_S:
                    raise ChannelUnavailable(reason) from error
            finally:
                mailbox.drop()

    async def _read(self, mailbox: Mailbox, folder: str, receive: Receive) -> NoReturn:
        opened = await mailbox.select(folder)
        tidying = self._tidying[folder]
        cursor = await self._cursors[folder].begin(opened.validity, opened.next_uid)
        cursor = await tidying.begin(opened.validity, cursor)
        while True:
            for uids in tidying.portions(await mailbox.uids_after(cursor)):
                cursor = await self._take_in(mailbox, folder, opened.validity, uids, receive)
                await tidying.tidy(mailbox, opened.validity, cursor)
            await tidying.tidy(mailbox, opened.validity, cursor)  # what was refused before
            self._lost.pop(folder, None)
            if mailbox.idles:
                await mailbox.wait(min(self._settings.renew_idle_s, max(self._settings.poll_s, 1.0) * 5))
            else:
                await asyncio.sleep(self._settings.poll_s)
                await mailbox.noop()

    async def _take_in(
        self, mailbox: Mailbox, folder: str, validity: int, uids: Sequence[int], receive: Receive
    ) -> int:
        """Make mails durable, in the order of their UIDs; the next ones are fetched meanwhile. The last UID of all.

        What has been read while others were stored is stored together: the disk is waited for as often for one batch.
        """
        cursor, ours = self._cursors[folder], await self._cursors[folder].ours(mailbox, uids)
        meant: asyncio.Queue[Meant | None] = asyncio.Queue(STORED_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._readings[folder].run(mailbox, validity, ours, meant))
                marking: asyncio.Task[None] | None = None
                while batches := await _waiting(meant):
                    if events := [event for batch in batches for event in batch.events]:
                        await receive(events)
                    if marking is not None:
                        await marking
                    # Only now are they ours: after a crash the same mails come again and are known by their bytes.
                    marking = group.create_task(cursor.passed(validity, batches[-1].last))
                    for batch in batches:
                        self._tidying[folder].add(batch.understood)
                        meant.task_done()
        except ExceptionGroup as faults:  # whoever follows the folder knows its errors, and no groups of them
            raise faults.exceptions[0] from None
        if len(ours) < len(uids):
            await cursor.passed(validity, uids[-1])
        return uids[-1]

    # Out -------------------------------------------------------------------------------------------------------------

    def pause_s(self, message: OutgoingMessage) -> float:
        """How long until the mailbox may send this one."""
        if wait_s := self._submission.wait_s():
            return wait_s
        now = self._services.clock.now()
        wait_s = self._limit.wait_s(now, mailing=message.message.unasked)
        if not wait_s and self._limit:
            self._limit.reserve(now)
        return wait_s

    def why_it_waits(self, message: OutgoingMessage) -> Why:
        """What the operator reads about a mail that waits for the limit."""
        return self._limit.why(mailing=message.message.unasked)

    def attempt_s(self, message: OutgoingMessage) -> float:
        """How long it may take to hand a mail over: with its files, which base64 makes larger by a third."""
        said = message.message
        size_bytes = TEXT_BYTES + 4 * sum(file.size_bytes for file in said.attachments) // 3
        copies = said.details.mail.cc if said.details and said.details.mail else ()
        return IN_LINE_S + longest_s(self._settings, size_bytes, 1 + len(copies))

    async def send(self, message: OutgoingMessage) -> Sent:
        """Hand it to the mail server. The Message-ID is the same in every attempt."""
        mail, to, copies = await self._placed(message)
        had = message.message.delivery.copied if message.message.delivery else ()
        async with self._counted(mailing=message.message.unasked):
            handed = await self._submission.send(mail, to, [copy for copy in copies if copy not in had])
        return Sent((str(mail["Message-ID"]),), handed.refused, handed.later, handed.copied)

    async def send_copies(self, message: OutgoingMessage, copies: Sequence[str]) -> Sent:
        """Hand the same mail to the mail server again, with these of its copies as the only recipients."""
        mail, _, _ = await self._placed(message)
        async with self._counted(mailing=message.message.unasked):
            handed = await self._submission.send_copies(mail, copies)
        return Sent((), handed.refused, handed.later, handed.copied)

    async def _placed(self, message: OutgoingMessage) -> tuple[EmailMessage, str, Sequence[str]]:
        """As `_mail`, whose place within the limit another mail may have where it comes to nothing."""
        try:
            return await self._mail(message)
        except BaseException:
            self._limit.give_back()
            raise

    async def _mail(self, message: OutgoingMessage) -> tuple[EmailMessage, str, Sequence[str]]:
        """The mail, its recipient, and who gets copies. It is the same in every attempt, its date that of its writing.

        A date is of when a mail was written, not of when it went (RFC 5322, 3.6.1).
        """
        said = message.message
        earlier = await self._services.history.after(said.conversation, max(0, said.position - EARLIER - 1), EARLIER)
        earlier = [one for one in earlier if one.position < said.position]
        to = _answered(earlier) or message.address(ADDRESS_KIND)
        if to is None:
            raise MessageRejected("no_address", why("no_address"))
        files = [(file.name, file.media_type, await self._content(file)) for file in said.attachments]
        copies = [one for one in (said.details.mail.cc if said.details and said.details.mail else ()) if one != to]
        to, copies = for_the_wire(to), [for_the_wire(one) for one in copies]
        outgoing = Outgoing(said, to, earlier, files, copies, await self._signature(said))
        making = partial(render, outgoing, self._settings, self._tokens, self.channel.key, said.created_at)
        large = sum(len(content) for _, _, content in files) > AT_ONCE_BYTES
        mail = await asyncio.to_thread(making) if large else making()
        if said.unasked:
            for name, value in self._unsubscribing.headers(to):
                mail[name] = value
        return mail, to, copies

    @asynccontextmanager
    async def _counted(self, *, mailing: bool = False, waits: bool = True) -> AsyncIterator[None]:
        """Count a mail before it goes: one that was counted and not sent costs less than one too many.

        It counts no more where the server was not reached, or had no room: it may be tried a hundred times meanwhile.
        With `waits`, raises `ChannelThrottled` where others have sent for this mailbox meanwhile as much as it may.
        """
        if not self._limit:
            yield
            return
        now = self._services.clock.now()
        self._limit.counted(await self._tally(1, now), reserved=waits)
        try:
            if waits and (wait_s := self._limit.over_s(self._services.clock.now(), mailing=mailing)):
                raise ChannelThrottled(min(wait_s, SLOT_S), self._limit.why(mailing=mailing))
            yield
        except (ChannelUnavailable, ChannelThrottled, ChannelAuthError):
            with contextlib.suppress(ChannelUnavailable):  # the database's outage: then it counts
                self._limit.counted(await self._tally(-1, now), reserved=False)
            raise

    async def _tally(self, more: int, at: datetime) -> Mapping[int, int]:
        slot, oldest = self._limit.slots(at)
        try:
            return await self._services.marks.tally(SENT_MARK, slot, oldest, more)
        except NotAccepting as error:
            raise ChannelUnavailable(error.detail) from error

    async def write(self, to: str, subject: str, text: str, key: str) -> None:
        """Hand a letter of the hub's own to the mail server. It counts, and does not wait for the limit."""
        to = for_the_wire(to)
        mail = letter(to, subject, text, self._settings, self.channel.key, self._services.clock.now(), key)
        async with self._counted(waits=False):
            await self._submission.send(mail, to)

    async def _signature(self, message: Message) -> str:
        signing = Signing(operator=message.author.name or "")
        if self._services.signatures is not None:
            signing = await self._services.signatures.signing(message)
        return signature_of(message, self._settings, signing, self.channel.name)

    async def _content(self, file: AttachmentRef) -> bytes:
        opened = await self._services.attachments.open(file.id)
        if opened is None:
            raise MessageRejected("file_gone", why("file_gone", name=file.name))
        return b"".join([piece async for piece in opened.pieces])

    async def _mailbox(self) -> Mailbox:
        settings = self._settings
        context = self._context if settings.imap_security is Security.TLS else None
        token = await self._access.get()
        mailbox = Mailbox(settings.imap_host, settings.imap_port, context, settings.timeout_s)
        try:
            await mailbox.open(settings.login, settings.password, token)
        except ChannelAuthError:
            mailbox.drop()
            if not self._access.renewable:
                raise
            # Taken back before its time, as after a change of the password: a new one tells whether all access is.
            self._access.forget()
            mailbox = Mailbox(settings.imap_host, settings.imap_port, context, settings.timeout_s)
            await mailbox.open(settings.login, settings.password, await self._access.get())
        return mailbox


async def _waiting(meant: "asyncio.Queue[Meant | None]") -> Sequence[Meant]:
    """The batches that wait to be stored, once there are any; none when there will be no more."""
    batches: list[Meant] = []
    while (batch := await meant.get()) is not None:
        batches.append(batch)
        if meant.empty() or sum(len(one.events) for one in batches) >= EVENTS_AT_ONCE:
            return batches
    if batches:
        meant.put_nowait(None)  # for the next time
    return batches


def _why_lost(error: ConnectionGone) -> Why:
    if isinstance(error, TooMuch):
        return why("imap_too_much", bytes=error.announced)
    return why("mailbox_unsteady", error)


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ChannelConfigError(why("ca_file", error, file=settings.ca_file)) from error


def _answered(earlier: Sequence[Message]) -> str | None:
    """Where the contact's last mail wants its answer."""
    for message in reversed(earlier):
        if message.direction is Direction.IN and message.details and message.details.mail and not message.automatic:
            return message.details.mail.reply_to
    return None
