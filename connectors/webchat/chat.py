"""The visitor's side of a conversation, whatever it travels over: who they are, what they send, what they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.base import Services
from connectors.errors import NotAccepting
from connectors.lent import Thread
from connectors.limits import Buckets
from connectors.webchat.config import Settings
from connectors.webchat.identity import Identity, IdentityError, Visitor, known_as
from connectors.webchat.parse import FormInvalid, Page, Send, Session, event_of, fields_of, page_fields
from connectors.webchat.render import (
    Ack,
    Elsewhere,
    Nack,
    NackCode,
    VisitorMessage,
    Welcome,
    config_of,
    render,
    stored_position,
    visible_position,
)
from hub.model.attachment import AttachmentRef
from hub.model.base import as_given
from hub.model.channel import Channel
from hub.model.contact import Field as ContactField
from hub.model.events import Receive
from hub.model.ids import AttachmentId, ConversationId
from hub.model.message import Message

_ACK = as_given(Ack)
"""A frame and a stored message are valid."""
WINDOW = 100  # messages shown at once; the client asks for more


class Nacked(Exception):
    """The message was not stored; `nack` says why."""

    def __init__(self, nack: Nack) -> None:
        super().__init__(nack.code)
        self.nack = nack


class TooManyVisitors(Exception):
    """Too many new visitors came from this address: try again after `retry_after_s`."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"{retry_after_s:g}")
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class Guest:
    """One visitor as one socket or request knows them. `threads` are their conversations, oldest first.

    `seen` is the newest visible position that they had before their eyes, `began` the same when they began to write
    what is not sent yet; None where the client did not say.
    """

    visitor: Visitor
    language: str | None = None
    page: Page | None = None
    threads: list[Thread] = field(default_factory=list)
    seen: int | None = None
    began: int | None = None


class Chat:
    """What visitors of one channel may do. Nothing is stored for a visitor before their first message."""

    def __init__(self, channel: Channel, settings: Settings, services: Services) -> None:
        self._channel, self.settings, self._services = channel, settings, services
        self.identity = Identity(
            services.secret, settings.identity_generation, accept_previous=settings.identity_accept_previous
        )
        self._may_ask = bool(settings.prechat or settings.offline_form or settings.keep_page)
        limits = settings.limits
        self._messages = Buckets(limits.messages_per_minute, 60)
        self._newcomers = Buckets(limits.visitors_per_address_minute, 60)

    @property
    def asks_newcomers(self) -> bool:
        """Whether it matters that a message is a visitor's first: there is a form before it, or the page is kept."""
        return self._may_ask and (bool(self.settings.form(online=self.online)) or self.settings.keep_page)

    @property
    def online(self) -> bool:
        """Whether it is business hours."""
        return self.settings.online(self._services.clock.now())

    # Who it is -------------------------------------------------------------------------------------------------------

    async def greet(self, session: Session, address: str) -> Guest:
        """The visitor behind a hello; a new one without a token that counts.

        A visitor who has a token is never refused for their address. Raises `IdentityError`, `TooManyVisitors`.
        """
        known = self.identity.visitor(session.token, self._services.clock.now()) if session.token else None
        visitor = self._identified(known, session.identity)
        if visitor is None:
            if self.settings.identity_required:
                raise IdentityError("This chat is only for visitors who are signed in.")
            wait_s = self._newcomers.take(address)
            if wait_s:
                raise TooManyVisitors(wait_s)
            visitor = self.identity.new_visitor()
        guest = Guest(visitor, session.language, session.page)
        await self._find_threads(guest)
        return guest

    def _identified(self, known: Visitor | None, identity: str | None) -> Visitor | None:
        """Who it is by token and identity; None for somebody new."""
        if self.settings.identity_required and known is not None and known.user is None:
            known = None
        if identity is None:
            return known
        now = self._services.clock.now()
        try:
            signed = self.identity.signed(identity, now)
        except IdentityError as error:
            # A widget that reconnects has only the identity its page was loaded with. The token says the same, longer.
            if error.code == "identity_expired" and known is not None and known.user is not None:
                return known
            raise
        return known_as(signed, known or self.identity.new_visitor(), now)

    def guest_of(self, token: str | None) -> Guest:
        """The visitor of a request by its token. Raises `IdentityError`."""
        visitor = self.identity.visitor(token or "", self._services.clock.now())
        if visitor is None or (self.settings.identity_required and visitor.user is None):
            raise IdentityError("This token does not count (any more): begin a session anew.")
        return Guest(visitor)

    async def _find_threads(self, guest: Guest) -> None:
        guest.threads = list(await self._services.history.threads(*guest.visitor.address))

    # What they are shown ---------------------------------------------------------------------------------------------

    async def welcome(self, guest: Guest, position: int) -> Welcome:
        """The answer to a hello, with what follows after the visitor's position."""
        messages, more = await self.after(guest, position)
        online = self.online
        return Welcome(
            token=self.identity.token(guest.visitor),
            position=messages[-1].position if messages else position,
            messages=tuple(messages),
            more=more,
            conversation=bool(guest.threads),
            online=online,
            config=config_of(self.settings, online=online, elsewhere=await self._elsewhere(guest)),
        )

    @property
    def invites(self) -> bool:
        """Whether visitors can go on elsewhere."""
        invitations = self._services.invitations
        return self.settings.elsewhere and invitations is not None and invitations.address("") is not None

    async def _elsewhere(self, guest: Guest) -> Elsewhere | None:
        """Where a visitor who has written can go on as the same person."""
        invitations = self._services.invitations
        if not self.invites or invitations is None:
            return None
        # The contact is known with the first message, a moment before its conversation is listed.
        word = await invitations.word(*guest.visitor.address)
        url = invitations.address(word) if word else None
        if word is None or url is None:
            return None
        russian = (guest.language or self.settings.locale).startswith("ru")
        qr = f"chat/v1/{self._channel.key}/qr/{word}"
        return Elsewhere(label="Продолжить в Telegram" if russian else "Continue in Telegram", url=url, qr=qr)

    async def after(self, guest: Guest, position: int) -> tuple[Sequence[VisitorMessage], bool]:
        """Messages after a visible position, over all conversations, and whether there are more."""
        number, within = stored_position(position)
        found: list[VisitorMessage] = []
        for thread in guest.threads:
            if thread.number < number:
                continue
            start = within if thread.number == number else 0
            messages = await self._services.history.after(thread.id, start, WINDOW + 1 - len(found))
            found += [self.shown(message, thread.number) for message in messages]
            if len(found) > WINDOW:
                return found[:WINDOW], True
        return found, False

    async def refresh(self, guest: Guest) -> None:
        """Look up the visitor's conversations."""
        await self._find_threads(guest)

    def shown(self, message: Message, number: int) -> VisitorMessage:
        """A message as the visitor sees it."""
        return render(message, number, self._file_url)

    def _file_url(self, attachment: str) -> str:
        link = self.identity.link(attachment, self._services.clock.now())
        return f"{self._services.base_url}/chat/v1/{self._channel.key}/attachments/{attachment}?t={link}"

    # What they send --------------------------------------------------------------------------------------------------

    async def send(self, guest: Guest, send: Send, receive: Receive) -> Ack:
        """Store a message; the answer is only given when that is done. Raises `Nacked`."""
        self._check_size(send)
        wait_s = self._messages.take(guest.visitor.id)
        if wait_s:
            raise nacked(send, "rate", "Too many messages. Please wait a moment.", retry_after_s=wait_s)
        fields = self._fields(guest, send) if send.form or self._may_ask else ()
        files = await self._files(guest, send) if send.attachments else ()
        seen = _seen(guest)
        event = event_of(send, guest.visitor, files=files, fields=fields, language=guest.language, seen=seen)
        try:
            [received] = await receive([event])
            if received.conversation is None or received.position is None:
                raise NotAccepting(5, "The message could not be stored. Please try again.")
            number = await self._number(guest, received.conversation, received.number)
        except NotAccepting as error:
            raise nacked(send, "busy", error.detail, retry_after_s=error.retry_after_s) from error
        return _ACK(
            id=send.id,
            position=visible_position(number, received.position),
            at=received.at or self._services.clock.now(),
        )

    def _check_size(self, send: Send) -> None:
        if len(send.text) > self.settings.text_limit:
            raise nacked(send, "too_long", f"A message has at most {self.settings.text_limit} characters.")
        if not send.text.strip() and not send.attachments and send.button is None:
            raise nacked(send, "empty", "There is nothing in this message.")

    def _fields(self, guest: Guest, send: Send) -> tuple[ContactField, ...]:
        first = not guest.threads
        asked = self.settings.form(online=self.online)
        try:
            fields = fields_of(send.form or {}, asked, region=self.settings.phone_region, required=first)
        except FormInvalid as error:
            detail = "Some fields are missing or wrong."
            raise nacked(send, "form_invalid", detail, extra={"fields": dict(error.fields)}) from error
        return (*fields, *page_fields(guest.page)) if first and self.settings.keep_page else fields

    async def _files(self, guest: Guest, send: Send) -> Sequence[AttachmentRef]:
        files = []
        for attachment in dict.fromkeys(send.attachments):
            file = await self._services.attachments.uploaded(AttachmentId(attachment), guest.visitor.uploader)
            if file is None:
                raise nacked(send, "attachment_unknown", "A file is not there any more. Please attach it again.")
            files.append(file)
        return files

    async def _number(self, guest: Guest, conversation: ConversationId, told: int | None) -> int:
        """Which of the visitor's conversations this is, if nobody has `told`. One that is not listed is the newest."""
        if told is not None:
            if all(thread.id != conversation for thread in guest.threads):
                guest.threads.append(Thread(conversation, told))
            return told
        for look_again in (False, True):
            if look_again:
                await self._find_threads(guest)
            for thread in guest.threads:
                if thread.id == conversation:
                    return thread.number
        number = max((thread.number for thread in guest.threads), default=0) + 1
        guest.threads.append(Thread(conversation, number))
        return number


def _seen(guest: Guest) -> int | None:
    """The position in their newest conversation that they had seen when they began to write this message."""
    visible = guest.seen if guest.began is None else guest.began
    guest.began = None
    number, position = stored_position(visible or 0)
    return position if guest.threads and number == guest.threads[-1].number else None


def nacked(send: Send, code: NackCode, detail: str, **more: object) -> Nacked:
    """The refusal of a message, to be raised."""
    return Nacked(Nack.model_validate({"id": send.id, "code": code, "detail": detail, **more}))
