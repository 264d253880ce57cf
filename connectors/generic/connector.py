"""The generic connector: whatever can make an HTTP call brings messages in, and gets answers by a signed webhook.

In by `POST /api/v1/channels/<id>/messages` with a token of the hub, or by `/hooks/generic/<key>/messages` with the
channel's own secret. Out by the webhook that the settings name (`docs/channels/generic.md`).
"""

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar
from urllib.parse import quote

from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.errors import ChannelConfigError, ContactUnreachable
from connectors.file_links import FileLinks
from connectors.generic.config import Settings
from connectors.generic.parse import ADDRESS_KIND, contact_of, message_event, parse, read, receipt_event
from connectors.generic.render import render
from connectors.http import Handler, Refused, answering, bearer_of, read_json_bytes, same_secret
from connectors.limits import Buckets
from connectors.reasons import why
from connectors.text import clean_name
from hub.model.attachment import AttachmentRef
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Receive, Received
from hub.model.generic import ChannelMessage, ChannelReceipt

BODY_BYTES = 1024**2
SECRETLESS = "Set a secret on the channel's page, then give it to the system; or use the API with a token."
NO_WEBHOOK = "This channel names no webhook, so there is no way to the contact. Choose one on the channel's page."


class Generic:
    """One system of yours as a channel."""

    kind: ClassVar[str] = "generic"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=20_000, attachment_bytes=25 * 1024**2, buttons=100, receipts=True, idempotent_send=True
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset({"secret"})

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._services = services
        self._settings = read_settings(Settings, channel)
        self._base = f"/hooks/generic/{quote(channel.key, safe='')}"
        self._files = FileLinks(services, self._base)
        self._pace = Buckets(self._settings.messages_per_minute, 60)

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The message in a raw body. Raises `PayloadInvalid`."""
        return parse(raw)

    async def open(self) -> None:
        """Nothing to check: the system calls us."""

    async def close(self) -> None:
        """Nothing to close."""

    async def listen(self, receive: Receive) -> None:
        """Messages come to us."""

    # In --------------------------------------------------------------------------------------------------------------

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The channel's own door: `/hooks/generic/<key>/messages`, `/receipts`, and the files of its messages."""
        base = self._base

        async def message(request: web.Request) -> web.StreamResponse:
            said = read(await read_json_bytes(request, limit_bytes=BODY_BYTES), ChannelMessage)
            return _answer(await self.take(said, receive))

        async def receipt(request: web.Request) -> web.StreamResponse:
            said = read(await read_json_bytes(request, limit_bytes=BODY_BYTES), ChannelReceipt)
            return _answer(await self.take(said, receive))

        return [
            web.post(f"{base}/messages", answering(self._trusted(message))),
            web.post(f"{base}/receipts", answering(self._trusted(receipt))),
            web.get(f"{base}/files/{{file}}", answering(self._files.give)),
        ]

    async def take(self, said: ChannelMessage | ChannelReceipt, receive: Receive) -> Received:
        """Make it durable. Raises `Refused` (429), `PayloadInvalid`, `NotAccepting`."""
        if wait_s := self._pace.take(""):
            raise Refused(429, "rate", "This channel gets too many messages. Wait, then send it again.",
                          retry_after_s=wait_s)  # fmt: skip
        if isinstance(said, ChannelReceipt):
            [received] = await receive([receipt_event(said)])
        else:
            [received] = await receive([message_event(said, self.channel.key, await self._stored(said))])
        return received

    async def _stored(self, said: ChannelMessage) -> list[AttachmentRef]:
        uploader, files = f"channel:{self.channel.id}", self._services.attachments
        return [
            await files.store(clean_name(one.name) or "file", uploader, _pieces(one.content))
            for one in said.attachments
            if one.content
        ]

    def fetch(self, source: str) -> AsyncIterator[bytes]:
        """The bytes behind an address that came with a message."""
        return self._services.download(source)

    def _trusted(self, handler: Handler) -> Handler:
        async def trusted(request: web.Request) -> web.StreamResponse:
            if self._settings.secret is None:
                raise Refused(403, "no_secret", SECRETLESS)
            if not same_secret(bearer_of(request) or request.headers.get("X-Api-Key"), self._settings.secret):
                raise Refused(401, "bad_secret", "The secret is not that of the channel.")
            return await handler(request)

        return trusted

    # Out -------------------------------------------------------------------------------------------------------------

    async def send(self, message: OutgoingMessage) -> Sent:
        """Call the webhook once; the outbox repeats it with the same id by the table of Standard Webhooks."""
        values = [contact_of(self.channel.key, one.value) for one in message.addresses if one.kind == ADDRESS_KIND]
        address = next(filter(None, values), None)
        if address is None:
            raise ContactUnreachable(why("generic_stranger"))
        if self._settings.webhook is None or self._services.calls is None:
            raise ChannelConfigError(why("generic_no_webhook"))
        body = render(message.message, address, self._files.of)
        await self._services.calls.call(self._settings.webhook, message.message, body)
        return Sent((message.message.id,))


def _answer(received: Received) -> web.Response:
    return web.Response(body=received.model_dump_json(), content_type="application/json",
                        headers={"Cache-Control": "no-store"})  # fmt: skip


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
