"""The Telegram connector: polling or webhook in, calls of the Bot API out."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
import structlog
from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings, unreadable
from connectors.errors import (
    ChannelConfigError,
    ChannelUnavailable,
    ConnectorError,
    MessageRejected,
    PayloadInvalid,
    SendUncertain,
)
from connectors.groups import GroupLimits
from connectors.http import WEBHOOK_BYTES, Refused, answering, bearer_of, read_body, same_secret
from connectors.reasons import why
from connectors.telegram.addresses import ADDRESS_KIND, BUSINESS_KIND, Chat
from connectors.telegram.bridged import chat_in, events_in, obey, read_report
from connectors.telegram.budget import Budget
from connectors.telegram.business import Accounts
from connectors.telegram.config import GroupShows, Mode, Settings
from connectors.telegram.faults import Refusal, too_late
from connectors.telegram.group import LIMITS, Group, look
from connectors.telegram.group_updates import concerns_group, group_event, update_name
from connectors.telegram.inspection import described
from connectors.telegram.lazy_models import import_aiogram
from connectors.telegram.message import optional
from connectors.telegram.outgoing import Outgoing
from connectors.telegram.parse import decoded, events_of, parse
from connectors.telegram.presses import Presses
from connectors.telegram.render import TEXT_UNITS, UPLOAD_BYTES, Call
from hub.model.channel import Channel
from hub.model.contact import Address
from hub.model.events import AddressMoved, InboundEvent, Receive, Sender, Unreadable
from hub.model.group import GroupEvent, GroupPost
from hub.model.ids import MessageId
from hub.model.why import Why

if TYPE_CHECKING:
    from connectors.telegram.api import Api

log = structlog.get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (the header's name)
BUSINESS_WINDOW_S = 24 * 3600.0
KINDS = frozenset({ADDRESS_KIND, BUSINESS_KIND})


class Telegram:
    """One bot. Besides what every connector does it has many of the `connectors.abilities`."""

    kind: ClassVar[str] = "telegram"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=TEXT_UNITS,
        attachment_bytes=UPLOAD_BYTES,
        buttons=100,
        edits=True,
        typing=True,
        one_reader=True,
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset({"token", "bridge_secret"})

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._settings = read_settings(Settings, channel)
        self._services = services
        self._secret = hmac.new(services.secret, b"telegram webhook", hashlib.sha256).hexdigest()
        self._api_opened: Api | None = None
        self._outgoing: Outgoing | None = None
        self._group: Group | None = None
        self._username = ""
        self._receive: Receive | None = None
        self._presses = Presses(self._answer)
        self._accounts = Accounts(services.marks, services.clock, self._business)

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The events in one raw update."""
        return parse(raw)

    @property
    def _api(self) -> "Api":
        assert self._api_opened is not None, "the channel is open"
        return self._api_opened

    async def open(self) -> None:
        """Check the token and say how updates are to come. Raises the `Channel...` errors."""
        self._api_opened = await self._connect()
        budget = Budget(self._settings.sends_per_s)
        self._outgoing = Outgoing(self._api, self._services.attachments, budget, self._note_move)
        self._group = Group(self._api, self._outgoing, int(self.group)) if self.group else None
        self._username = (await self._api.me()).username
        if self._settings.business:
            await self._accounts.open()
        await self._presses.open()
        match self._settings.mode:
            case Mode.POLLING:
                await self._api.delete_webhook()
            case Mode.WEBHOOK:
                await self._set_webhook()
            case Mode.BRIDGE:
                pass  # the other program reads the updates, by whichever way it has chosen

    async def _connect(self) -> "Api":
        # Its import takes a second of work: in a thread, other conversations go on meanwhile.
        module = await asyncio.to_thread(_api_module)
        api: Api = module.Api(self._settings.token, self._settings.api_url)
        return api

    async def _business(self, connection: str) -> dict[str, Any] | None:
        return await self._api.business(connection)

    async def inspect(self) -> Sequence[Why]:
        """GetMe and getWebhookInfo, in words."""
        api = await self._connect()
        try:
            group = await look(api, int(self.group)) if self.group else None
            accounts = await self._accounts.all()
            return described(await api.me(), await api.webhook(), self._settings, group, accounts)
        finally:
            await api.close()

    def notice(self) -> Sequence[Why]:
        """Business accounts in which nothing can be answered."""
        return self._accounts.notice() if self._settings.business else ()

    async def depart(self) -> None:
        """Take the webhook away: Telegram keeps updates until they are asked for. Raises the `Channel...` errors."""
        if self._settings.mode is Mode.WEBHOOK:
            await self._api.delete_webhook()

    def invitation(self, word: str) -> str:
        """The bot's deep link: https://core.telegram.org/bots/features#deep-linking."""
        return f"{self._settings.link_url}/{self._username}?start={word}"

    async def _set_webhook(self) -> None:
        base = self._settings.webhook_url or self._services.base_url
        try:
            url = f"{base}/hooks/telegram/{self.channel.key}"
            await self._api.set_webhook(url, self._secret, self._settings.max_connections)
        except Refusal as refusal:
            if isinstance(refusal.error, MessageRejected):
                raise ChannelConfigError(why("telegram_webhook", refusal, address=base)) from refusal
            raise refusal.error from refusal
        except SendUncertain as error:
            raise ChannelUnavailable(error.why) from error

    async def close(self) -> None:
        """Let go. The webhook stays: Telegram keeps updates for the hub that comes next."""
        await self._presses.close()
        if self._api_opened is not None:
            await self._api_opened.close()

    # In --------------------------------------------------------------------------------------------------------------

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The webhook, or the bridge, where there is one."""
        self._receive = receive
        if self._settings.mode is Mode.BRIDGE:
            return [web.post(f"/hooks/telegram/{self.channel.key}/bridge", answering(self._bridge))]
        if self._settings.mode is Mode.POLLING:
            return []

        async def webhook(request: web.Request) -> web.StreamResponse:
            if not same_secret(request.headers.get(SECRET_HEADER), self._secret):
                raise Refused(401, "wrong_secret", "This is not Telegram: the secret is missing or wrong.")
            raw = await read_body(request, limit_bytes=WEBHOOK_BYTES)
            try:
                update = decoded(raw)
                if await self._keep_for_group(update):
                    return web.Response()
                await self._accounts.note(update)
                events = events_of(update)
            except PayloadInvalid as error:
                events = [unreadable(raw, error)]
            await self._take(events, receive)
            return web.Response()

        return [web.post(f"/hooks/telegram/{self.channel.key}", answering(webhook))]

    async def _bridge(self, request: web.Request) -> web.StreamResponse:
        if not same_secret(bearer_of(request), self._settings.bridge_secret or ""):
            raise Refused(401, "wrong_secret", "The bridge secret is missing or wrong.")
        bridge, receive = self._services.bridge, self._receive
        assert bridge is not None
        assert receive is not None
        report = read_report(await read_body(request, limit_bytes=WEBHOOK_BYTES))
        update = optional(report, "update")
        if update is None:
            return web.json_response({"held": await bridge.held(*await obey(report, bridge))})
        await self._accounts.note(update)
        events = [event for event in events_in(update) if self._is_wanted(event)]
        received = await receive(events) if events else []
        address = chat_in(events)
        held = address is not None and await bridge.held(*address)
        if held:  # the bot is silent, so nobody else answers its buttons
            self._presses.pressed(events, received)
        return web.json_response({"held": held})

    async def listen(self, receive: Receive) -> None:
        """Ask for updates; store them; only then let Telegram forget them. Raises the `Channel...` errors."""
        self._receive = receive
        if self._settings.mode is not Mode.POLLING:
            return
        offset: int | None = None
        while True:
            updates = await self._api.updates(offset, self._settings.poll_timeout_s)
            others = [update for update in updates if not await self._keep_for_group(update.body)]
            for update in others:
                await self._accounts.note(update.body)
            await self._take([event for update in others for event in update.events()], receive)
            # Once nothing is left the offset is forgotten as well: after a quiet week ids may begin anew below it.
            offset = max(update.id for update in updates) + 1 if updates else None

    async def _take(self, events: Sequence[InboundEvent], receive: Receive) -> None:
        """Make events durable; raises what `receive` raises. Buttons are answered afterwards."""
        wanted = [event for event in events if self._is_wanted(event)]
        if not wanted:
            return
        self._presses.pressed(wanted, await receive(wanted))

    def _is_wanted(self, event: InboundEvent) -> bool:
        sender = None if isinstance(event, Unreadable) else event.sender
        if sender is not None and self.group is not None and sender.value == self.group:
            return False
        if sender is None or sender.kind not in KINDS:
            return True
        if sender.kind == BUSINESS_KIND:
            return self._settings.business
        return self._settings.groups or not sender.value.startswith("-")

    # The operators' group ---------------------------------------------------------------------------------------------

    @property
    def group(self) -> str | None:
        """The id of the operators' group, if there is one."""
        return self._settings.operators_group

    @property
    def group_limits(self) -> GroupLimits:
        """What a post of the group holds."""
        return LIMITS

    @property
    def member_kind(self) -> str:
        """Members write to the bot from the same addresses as contacts do."""
        return ADDRESS_KIND

    @property
    def group_shows_all(self) -> bool:
        """Whether every new conversation becomes a topic, and not only those that need a person."""
        return self._settings.group_shows is GroupShows.ALL

    def group_event(self, raw: bytes) -> GroupEvent | None:
        """What an update that was kept for the group means."""
        return group_event(raw, int(self.group or 0))

    async def _keep_for_group(self, update: Any) -> bool:
        """Keep an update that belongs to the group, before it is acknowledged; false for all others."""
        inbox = self._services.group
        if self.group is None or inbox is None or not concerns_group(update, int(self.group)):
            return False
        try:
            name, number = update_name(update)
            await inbox.keep(name, number, orjson.dumps(update))
        except (PayloadInvalid, TypeError):  # no number, or half a surrogate: parked like any other
            return False
        return True

    async def group_trouble(self) -> Why | None:
        """What keeps the hub from working in the group."""
        facts = await look(self._api, int(self.group or 0))
        return facts if isinstance(facts, Why) else facts.trouble()

    async def open_topic(self, name: str) -> str:
        """Open a topic; its id."""
        return await self._forum.open_topic(name)

    async def rename_topic(self, thread: str, name: str) -> None:
        """Give a topic another name."""
        await self._forum.rename(thread, name)

    async def close_topic(self, thread: str) -> None:
        """Close a topic."""
        await self._forum.close(thread)

    async def reopen_topic(self, thread: str) -> None:
        """Open a topic that is closed."""
        await self._forum.reopen(thread)

    async def post(self, thread: str, post: GroupPost) -> tuple[str, ...]:
        """Post into a topic; the ids of its parts."""
        return await self._forum.post(thread, post)

    async def change_post(self, parts: Sequence[str], post: GroupPost) -> None:
        """Show a post as it is now, in place."""
        await self._forum.change(parts, post)

    async def tell(self, chat: str, text: str) -> None:
        """Say something to a person in a chat of their own."""
        await self._forum.tell(chat, text)

    async def answer_press(self, query: str, text: str) -> None:
        """Show a short word to whoever pressed a button of the group."""
        await self._answer(query, text)

    @property
    def _forum(self) -> Group:
        assert self._group is not None, "the channel is open and has a group"
        return self._group

    # Buttons ---------------------------------------------------------------------------------------------------------

    def toast(self, message: MessageId, text: str) -> None:
        """Show a short word for the press that was received as `message`."""
        self._presses.word(message, text)

    async def _answer(self, query: str, text: str) -> None:
        answered = Call("AnswerCallbackQuery", {"callback_query_id": query, **({"text": text} if text else {})})
        try:
            await self._api.send(answered, ())
        except (Refusal, ConnectorError) as error:  # the button stops to glow by itself; the press is stored
            if not too_late(str(error)):
                log.warning("pressed button was not answered", error=type(error).__name__)

    # Out -------------------------------------------------------------------------------------------------------------

    def pause_s(self, message: OutgoingMessage) -> float:
        """How long until the bot's budget lets this message go. 0 reserves its place."""
        return self._out.pause_s(message)

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send it, in as many parts as it needs. What was sent of it before a fault is not sent again."""
        await self._accounts.check(self._out.chat(message))
        return await self._out.send(message)

    async def edit(self, message: OutgoingMessage) -> None:
        """Show the buttons of a sent message as they are now, in place."""
        await self._out.redraw(message)

    async def edit_text(self, message: OutgoingMessage) -> None:
        """Show the text of a sent message as it is now, in place."""
        await self._out.edit_text(message)

    async def delete(self, message: OutgoingMessage) -> None:
        """Take back what was sent. Raises the `Send...` errors."""
        await self._out.delete(message)

    async def show_typing(self, addresses: Sequence[Address]) -> None:
        """Let the contact see for five seconds that somebody writes. A fault of it is nobody's concern."""
        if not self._settings.typing:
            return
        try:
            await self._out.show_typing(addresses)
        except ConnectorError as error:
            log.debug("typing was not shown", error=type(error).__name__)

    def answer_window_s(self, addresses: Sequence[Address]) -> float | None:
        """A day in chats of business accounts: https://core.telegram.org/bots/api#businessbotrights."""
        kinds = {address.kind for address in addresses}
        return BUSINESS_WINDOW_S if BUSINESS_KIND in kinds and ADDRESS_KIND not in kinds else None

    async def _note_move(self, chat: Chat, to: int) -> None:
        if self._receive is not None:
            sender = Sender(kind=chat.kind, value=chat.value)
            await self._receive([AddressMoved(external_id=f"moved:{chat.id}", sender=sender, to=str(to))])

    @property
    def _out(self) -> Outgoing:
        assert self._outgoing is not None, "the channel is open"
        return self._outgoing

    async def fetch(self, source: str) -> AsyncIterator[bytes]:
        """The bytes of a file that came with a message. Raises `MessageRejected` where it will never be had."""
        async for piece in self._api.download(source):
            yield piece


def _api_module() -> ModuleType:
    import_aiogram()
    return import_module("connectors.telegram.api")
