"""JivoChat's Bot API: our flows answer inside JivoChat, and its agents are invited when the bot passes a client on.

JivoChat calls `/hooks/jivochat_bot/<key>/<token>` and wants 200 within 3 s; it tries twice more with the same id.
"""

import json
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar
from urllib.parse import quote

from aiohttp import web

from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings
from connectors.errors import ContactUnreachable, MessageRejected
from connectors.file_links import FileLinks
from connectors.http import answering
from connectors.jivochat.api import Api
from connectors.jivochat.bot_parse import ADDRESS_KIND, BotEvent, parse, read
from connectors.jivochat.bot_render import BUTTONS_OF_A_MESSAGE, TEXT_LIMIT, button_place, render
from connectors.jivochat.config import BotSettings
from connectors.jivochat.door import door
from connectors.reasons import why
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Receive

OPEN, JOINED, CLOSED = "open", "joined", "closed"
ENDED = "This chat in JivoChat has ended, or an agent there has taken it. Write again when the client does."


class JivoBot:
    """One bot provider of JivoChat: our flows in the chats of a site."""

    kind: ClassVar[str] = "jivochat_bot"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=TEXT_LIMIT,
        attachment_bytes=25 * 1024**2,
        buttons=BUTTONS_OF_A_MESSAGE,
        own_people=True,
        reads_threads=True,
    )
    secret_settings: ClassVar[frozenset[str]] = frozenset({"token"})

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._services = services
        self._settings = read_settings(BotSettings, channel)
        self._base = f"/hooks/jivochat_bot/{quote(channel.key, safe='')}"
        self._files = FileLinks(services, self._base)
        self._api: Api | None = None

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(BotSettings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The message in a call. Raises `PayloadInvalid`."""
        return parse(raw)

    async def open(self) -> None:
        """JivoChat has nothing to ask: the first call shows whether the token is right."""
        place = f"webhooks/{self._settings.provider_id}/{self._settings.token}"
        self._api = Api(f"{self._settings.api_url.rstrip('/')}/{place}")

    async def close(self) -> None:
        """Let go of the connections."""
        if self._api is not None:
            await self._api.close()

    async def listen(self, receive: Receive) -> None:
        """JivoChat calls us."""

    def fetch(self, source: str) -> AsyncIterator[bytes]:
        """The bytes of a file that a client sent."""
        return self._services.download(source)

    # In --------------------------------------------------------------------------------------------------------------

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """`/hooks/jivochat_bot/<key>/<token>`, and the files of what we said."""

        async def take(event: BotEvent) -> web.Response:
            await self._take(event, receive)
            return web.Response()

        entrance = door(self._settings.token, read, receive, take, stranger="unauthorized_client")
        return [
            web.post(f"{self._base}/{{token}}", entrance),
            web.get(f"{self._base}/files/{{file}}", answering(self._files.give)),
        ]

    async def _take(self, event: BotEvent, receive: Receive) -> None:
        state = await self._state(event.client)
        if event.message is not None:
            if state != (event.chat, OPEN):
                await self._note(event, OPEN)
            button = None if event.button is None else await self._pressed(event, event.button)
            await receive([event.message.model_copy(update={"button": button})])
        elif state is not None and state[0] == event.chat:  # else of a chat that the client has left for another
            await self._goes_on(event)

    async def _goes_on(self, event: BotEvent) -> None:
        """Whether an agent has the chat, decided there, is so here, too."""
        desk = self._services.desk
        if event.name == "AGENT_JOINED":
            await self._note(event, JOINED)
            if desk is not None:
                await desk.take(ADDRESS_KIND, event.client, event.id)
        elif event.name == "CHAT_CLOSED":
            await self._note(event, CLOSED)
            if desk is not None:
                await desk.close(ADDRESS_KIND, event.client, event.id)
        elif event.name == "AGENT_UNAVAILABLE" and desk is not None:
            await desk.hand_back(ADDRESS_KIND, event.client, event.id)

    async def _pressed(self, event: BotEvent, number: int) -> str | None:
        """The value of the button that was pressed, out of the message that showed it."""
        thread, position, place = button_place(number)
        for known in await self._services.history.threads(ADDRESS_KIND, event.client):
            if known.number == thread:
                shown = await self._services.history.after(known.id, position - 1, 1)
                buttons = shown[0].buttons if shown and shown[0].position == position else ()
                return buttons[place].value if place < len(buttons) else None
        return None

    async def _state(self, client: str) -> tuple[str, str] | None:
        """The client's newest chat, and how it stands; None before their first."""
        kept = await self._services.marks.get(f"chat:{client}")
        if kept is None:
            return None
        chat, state = json.loads(kept)
        return str(chat), str(state)

    async def _note(self, event: BotEvent, state: str) -> None:
        await self._services.marks.set(f"chat:{event.client}", json.dumps([event.chat, state]))

    # Out -------------------------------------------------------------------------------------------------------------

    async def send(self, message: OutgoingMessage) -> Sent:
        """Say it in the client's newest chat. Raises the `Send...` and `Channel...` errors."""
        for address in message.addresses:
            state = await self._state(address.value) if address.kind == ADDRESS_KIND else None
            if state is not None:
                return await self._say(message, address.value, *state)
        raise ContactUnreachable(why("jivo_stranger"))

    async def _say(self, message: OutgoingMessage, client: str, chat: str, state: str) -> Sent:
        if state != OPEN:
            raise MessageRejected("chat_closed", why("jivo_chat_over"))
        assert self._api is not None, "the channel is open"
        threads = await self._services.history.threads(ADDRESS_KIND, client)
        number = next((one.number for one in threads if one.id == message.message.conversation), 0)
        number_of_client = client.rpartition(":")[2]
        said = []
        for call in render(message.message, number_of_client, chat, number, self._files.of):
            await self._api.post(call)
            said.append(str(call["id"]))
        return Sent(tuple(said))
