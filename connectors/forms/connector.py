"""The forms connector: it takes no calls itself, for the hub serves the pages; and there is no way back to a form."""

import json
from collections.abc import Sequence
from typing import ClassVar

from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.errors import MessageRejected, PayloadInvalid
from connectors.forms.config import Settings
from hub.model.channel import Channel
from hub.model.events import InboundEvent, MessageReceived, Receive, Sender

ADDRESS_KIND = "form"
NO_WAY_BACK = "A form cannot be answered. Write to the e-mail address or call the number that the contact gave."


class Forms:
    """The hosted forms of a project."""

    kind: ClassVar[str] = "forms"
    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=10_000, attachment_bytes=0, idempotent_send=True)
    secret_settings: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        read_settings(Settings, channel)

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """A page as it would be parked: a JSON object of texts. Raises `PayloadInvalid`."""
        try:
            fields = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise PayloadInvalid("This is no JSON.", "bad_json") from error
        if not isinstance(fields, dict) or not isinstance(fields.get("id"), str):
            raise PayloadInvalid("This is no page of a form.", "no_form")
        text = "\n".join(f"{name}: {value}" for name, value in fields.items() if name != "id")
        sender = Sender(kind=ADDRESS_KIND, value=fields["id"], verified=False)
        return [MessageReceived(external_id=fields["id"], sender=sender, text=text)]

    async def open(self) -> None:
        """Nothing to check."""

    async def close(self) -> None:
        """Nothing to close."""

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """Nothing calls a form but its own pages (`hub/web/forms`)."""
        return ()

    async def listen(self, receive: Receive) -> None:
        """Pages come to us."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """What the flow says at its end stands on the page; anything else has no way."""
        if message.message.turn is not None and message.message.author.id is None:
            return Sent()
        raise MessageRejected("no_way_back", NO_WAY_BACK)
