"""JivoChat's events as ours: its chats, offline messages and calls come in, and its agents see what the hub knows.

JivoChat calls `/hooks/jivochat_events/<key>/<token>` and wants `{"result": "ok"}`; anything else is an error to it.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

from aiohttp import web
from pydantic import JsonValue

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.errors import MessageRejected, NotAccepting
from connectors.jivochat.config import EventSettings
from connectors.jivochat.door import door
from connectors.jivochat.events_parse import CALL, Told, parse, read
from connectors.reasons import why
from hub.model.channel import Channel
from hub.model.contact import Contact
from hub.model.events import InboundEvent, MessageReceived, Receive

NO_WAY_BACK = "JivoChat's events have no way back. Write to the address that the visitor gave, or answer in JivoChat."
SHOWN_FIELDS = 20
STRETCH_S = 600
OWN = frozenset({"email", "phone", "page"})


class JivoEvents:
    """The webhooks of one JivoChat account."""

    kind: ClassVar[str] = "jivochat_events"
    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=10_000, attachment_bytes=0)
    secret_settings: ClassVar[frozenset[str]] = frozenset({"token"})

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._services = services
        self._settings = read_settings(EventSettings, channel)

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(EventSettings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """What one event holds. Raises `PayloadInvalid`."""
        return parse(raw)

    async def open(self) -> None:
        """Nothing to check: JivoChat calls us."""

    async def close(self) -> None:
        """Nothing to close."""

    async def listen(self, receive: Receive) -> None:
        """JivoChat calls us."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """There is no way back. Raises `MessageRejected`."""
        raise MessageRejected("no_way_back", why("jivo_one_way"))

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """`/hooks/jivochat_events/<key>/<token>`."""

        async def take(told: Told) -> web.Response:
            if told.events:
                await receive([self._timed(event) for event in told.events])
            return _ok(**await self._known(told))

        entrance = door(self._settings.token, read, receive, take, parked=_ok)
        return [web.post(f"/hooks/jivochat_events/{quote(self.channel.key, safe='')}/{{token}}", entrance)]

    def _timed(self, event: InboundEvent) -> InboundEvent:
        """A call with the stretch of time it was told in: again within it is a repetition, later another call."""
        if not isinstance(event, MessageReceived) or not event.external_id.startswith(CALL):
            return event
        stretch = int(self._services.clock.now().timestamp() // STRETCH_S)
        return event.model_copy(update={"external_id": f"{event.external_id}:{stretch}"})

    async def _known(self, told: Told) -> Mapping[str, JsonValue]:
        """What the hub knows of the visitor, for the agent beside the chat. It never fails the event."""
        desk, sender = self._services.desk, told.sender
        if desk is None or sender is None or not told.asked or not self._settings.tell_agents:
            return {}
        try:
            contact = await desk.contact(sender.kind, sender.value)
        except NotAccepting:
            return {}
        return {} if contact is None else card(contact)


def card(contact: Contact) -> dict[str, JsonValue]:
    """A contact as JivoChat shows it: what its own fields are, and everything else as lines."""
    facts = {field.name: field.value for field in contact.fields}
    own: dict[str, JsonValue] = {
        name: value
        for name, value in (("name", contact.name), ("phone", facts.get("phone")), ("email", facts.get("email")))
        if value
    }
    lines: list[JsonValue] = [{"title": name, "content": value} for name, value in facts.items() if name not in OWN]
    if contact.stage:
        lines.insert(0, {"title": "stage", "content": contact.stage})
    shown: dict[str, JsonValue] = {}
    if own:
        shown["contact_info"] = own
    if lines:
        shown["custom_data"] = lines[:SHOWN_FIELDS]
    return shown


def _ok(**more: JsonValue) -> web.Response:
    return web.json_response({"result": "ok", **more}, headers={"Cache-Control": "no-store"})
