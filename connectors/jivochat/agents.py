"""JivoChat's Chat API: its agents are the people of our contacts, whatever channel those write from.

What waits for a person on the channels that the settings name is brought to JivoChat, each conversation in its order;
what an agent says there is a reply here. JivoChat calls `/hooks/jivochat_agents/<key>/<token>`.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar
from urllib.parse import quote

import structlog
from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.errors import (
    ChannelThrottled,
    ChannelUnavailable,
    ContactUnreachable,
    MessageRejected,
    NotAccepting,
    SendUncertain,
)
from connectors.file_links import FileLinks
from connectors.http import answering
from connectors.jivochat.agents_parse import ADDRESS_KIND, AgentEvent, parse, read
from connectors.jivochat.agents_render import Call, introduction, render, sender_of
from connectors.jivochat.api import Api
from connectors.jivochat.config import AgentSettings
from connectors.jivochat.door import door
from connectors.lent import Relay, Waiting
from connectors.reasons import as_said, why
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Receive
from hub.model.ids import ConversationId
from hub.model.message import Direction, Message
from hub.model.why import Why

log = structlog.get_logger(__name__)

LOOK_S = 1.0
EARLIER, AT_ONCE = 30, 50
"""Messages that introduce a conversation, and that are read of one at a time."""
REMEMBERED = 10_000
"""Conversations whose mark is kept in memory, about 2 MB; of others it is read."""
PAUSE_S, LONGEST_S = 3.0, 60.0
"""JivoChat wants to be asked again after 3 to 60 s."""
REFUSED = "JivoChat did not take this message: {reason}. Its agents have not seen it."


class JivoAgents:
    """JivoChat's agents as the people of other channels."""

    kind: ClassVar[str] = "jivochat_agents"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=10_000, attachment_bytes=25 * 1024**2, idempotent_send=True, reads_threads=True, one_reader=True
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset({"token", "chat_url"})

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._services = services
        self._settings = read_settings(AgentSettings, channel)
        self._base = f"/hooks/jivochat_agents/{quote(channel.key, safe='')}"
        self._files = FileLinks(services, self._base)
        self._api: Api | None = None
        self._brought: OrderedDict[ConversationId, int] = OrderedDict()

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(AgentSettings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The message in a call. Raises `PayloadInvalid`."""
        return parse(raw)

    async def open(self) -> None:
        """Nothing is asked: a channel whose agents are away works, too."""
        self._api = Api(self._settings.chat_url.rstrip("/"))

    async def close(self) -> None:
        """Let go of the connections."""
        if self._api is not None:
            await self._api.close()

    async def inspect(self) -> Sequence[Why]:
        """Whether an agent is there (`GET .../status`)."""
        api = Api(self._settings.chat_url.rstrip("/"))
        try:
            known = {"0": why("jivo_nobody_online"), "1": why("jivo_agents_online")}
            return [known.get(said := await api.get(), as_said(said[:40]))]
        except (MessageRejected, SendUncertain) as error:
            raise ChannelUnavailable(why("jivo_wrong_address", error)) from error
        finally:
            await api.close()

    def fetch(self, source: str) -> AsyncIterator[bytes]:
        """The bytes of a file that an agent sent."""
        return self._services.download(source)

    # To JivoChat -----------------------------------------------------------------------------------------------------

    async def listen(self, receive: Receive) -> None:
        """Bring what waits, until cancelled. Raises the `Channel...` errors that only an admin can answer."""
        relay, pause_s = self._services.relay, PAUSE_S
        while relay is not None and self._settings.channels:
            try:
                for place in await relay.waiting(self._settings.channels):
                    await self._bring(relay, place)
            except ChannelThrottled as error:
                await asyncio.sleep(error.retry_after_s)
            except (ChannelUnavailable, SendUncertain, NotAccepting) as error:
                log.warning("conversations wait for JivoChat", channel=self.channel.id, reason=type(error).__name__)
                await asyncio.sleep(random.uniform(PAUSE_S, pause_s))  # noqa: S311  (spreading load, no secret)
                pause_s = min(LONGEST_S, pause_s * 2)
            else:
                pause_s = PAUSE_S
                await asyncio.sleep(LOOK_S)

    async def _bring(self, relay: Relay, place: Waiting) -> None:
        """Say to JivoChat what it has not had of a conversation, and note how far it has come after each message."""
        done = await self._brought_to(place.conversation)
        if done >= place.position:
            return
        sender = sender_of(place.contact, f"{self._services.base_url}/inbox/all/{place.conversation}")
        await relay.introduce(place.contact.id, ADDRESS_KIND, place.contact.id)
        await self._services.marks.set(f"place:{place.contact.id}", place.conversation)
        first = done == 0
        if first:
            done = await self._introduce(place, sender)
        while messages := await self._services.history.after(place.conversation, done, AT_ONCE):
            for message in messages:
                if message.direction is Direction.IN:
                    await self._say(relay, place, message, sender)
                done = message.position
                await self._services.marks.set(_mark_of(place.conversation), str(done))
                self._note_brought(place.conversation, done)

    async def _brought_to(self, conversation: ConversationId) -> int:
        """The position up to which JivoChat has had the conversation."""
        done = self._brought.get(conversation)
        if done is None:
            done = int(await self._services.marks.get(_mark_of(conversation)) or 0)
        self._note_brought(conversation, done)
        return done

    def _note_brought(self, conversation: ConversationId, position: int) -> None:
        self._brought[conversation] = position
        self._brought.move_to_end(conversation)
        if len(self._brought) > REMEMBERED:
            self._brought.popitem(last=False)

    async def _introduce(self, place: Waiting, sender: Call) -> int:
        """Tell the agents what was said before the contact's last message; the position up to which that is."""
        since = max(0, place.position - EARLIER)
        earlier = list(await self._services.history.after(place.conversation, since, EARLIER))
        last = next((at for at in reversed(range(len(earlier))) if earlier[at].direction is Direction.IN), len(earlier))
        call = introduction(earlier[:last], sender)
        if call is not None:
            await self._post(call)
        return earlier[last - 1].position if last else since

    async def _say(self, relay: Relay, place: Waiting, message: Message, sender: Call) -> None:
        try:
            for call in render(message, sender, self._files.of):
                await self._post(call)
        except MessageRejected as error:  # it would be refused again: the operators here are told
            await relay.note(place.conversation, REFUSED.format(reason=error.reason), message.id)

    async def send(self, message: OutgoingMessage) -> Sent:
        """Say something to the agents in the contact's name. Raises the `Send...` and `Channel...` errors."""
        contact = message.address(ADDRESS_KIND)
        if contact is None:
            raise ContactUnreachable(why("jivo_stranger"))
        calls = list(render(message.message, {"id": contact}, self._files.of))
        for call in calls:
            await self._post(call)
        return Sent((message.message.id,))

    async def _post(self, call: Call) -> None:
        assert self._api is not None, "the channel is open"
        await self._api.post(call)

    # From JivoChat ---------------------------------------------------------------------------------------------------

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """`/hooks/jivochat_agents/<key>/<token>`, and the files of what we brought."""

        async def take(event: AgentEvent) -> web.Response:
            await self._take(event, receive)
            return web.Response()

        return [
            web.post(f"{self._base}/{{token}}", door(self._settings.token, read, receive, take)),
            web.get(f"{self._base}/files/{{file}}", answering(self._files.give)),
        ]

    async def _take(self, event: AgentEvent, receive: Receive) -> None:
        """Keep what an agent said, then say it to the contact where they wrote from."""
        if event.message is not None:
            await receive([event.message])
        relay, place = self._services.relay, await self._services.marks.get(f"place:{event.contact}")
        if relay is None or place is None:
            return
        conversation = ConversationId(place)
        if event.told and event.message is not None:
            await relay.reply(conversation, event.told, event.message.external_id)
        elif event.over:
            await relay.close(conversation, event.id or f"{conversation}:{await self._brought_to(conversation)}")


def _mark_of(conversation: ConversationId) -> str:
    return f"brought:{conversation}"
