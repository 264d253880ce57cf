"""The Bot API by aiogram's `Bot`, its types and exceptions. Imported when a channel opens: it takes a second."""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import orjson
from aiogram import Bot, exceptions, methods, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods.base import Response
from aiogram.types import InputFile

from connectors.base import OpenedFile
from connectors.errors import (
    ChannelAuthError,
    ChannelUnavailable,
    ConnectorError,
    ContactUnreachable,
    MessageRejected,
    SendUncertain,
)
from connectors.reasons import why
from connectors.telegram.faults import Moved, Refusal, error_of
from connectors.telegram.files import DOWNLOAD_BYTES, too_big_reason
from connectors.telegram.ingress import Undecodable, Update, only_update, updates_of
from connectors.telegram.inspection import Me
from connectors.telegram.parse import ALLOWED_UPDATES
from connectors.telegram.render import Call, media_kind

CALL_TIMEOUT_S = 60.0
POLL_SPARE_S = 15.0
BATCH = 100
CHUNK_BYTES = 64 * 1024
_STATUS = (
    (exceptions.TelegramRetryAfter, 429),
    (exceptions.TelegramUnauthorizedError, 401),
    (exceptions.TelegramForbiddenError, 403),
    (exceptions.TelegramNotFound, 404),
    (exceptions.TelegramConflictError, 409),
    (exceptions.TelegramEntityTooLarge, 413),
    (exceptions.TelegramServerError, 500),
    (exceptions.TelegramBadRequest, 400),
)

logging.getLogger("aiogram").setLevel(logging.WARNING)

# Built now, in the thread that imports this module (`lazy_models`), and held: pydantic forgets a `Response[...]` that
# nobody holds, and aiogram would make it anew in the middle of a call.
types.Message.model_rebuild()
_ANSWERS: tuple[type[Response[Any]], ...] = tuple(
    Response[method.__returning__]  # type: ignore[name-defined]  # a type that is known only here
    for method in (methods.SendMessage, methods.SendMediaGroup, methods.EditMessageText, methods.DeleteMessages)
)


class _Upload(InputFile):
    """A stored file on its way out, piece by piece."""

    def __init__(self, opened: OpenedFile) -> None:
        super().__init__(filename=opened.file.name)
        self._opened = opened

    async def read(self, bot: Bot) -> AsyncIterator[bytes]:  # type: ignore[override]  # aiogram's is a generator too
        async for piece in self._opened.pieces:
            yield piece


class Api:
    """One bot's calls. Each raises our errors; a refusal by Telegram is `Refusal`."""

    def __init__(self, token: str, api_url: str) -> None:
        server = TelegramAPIServer.from_base(api_url)
        session = AiohttpSession(api=server, json_loads=orjson.loads, timeout=CALL_TIMEOUT_S)
        self._bot = Bot(token, session=session)
        self._session, self._server, self._token = session, server, token

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    async def me(self) -> Me:
        """Who the bot is. Raises `ChannelAuthError`, `ChannelUnavailable`."""
        user = await self.opening(methods.GetMe())
        return Me(
            user.id,
            user.username or "",
            user.full_name,
            bool(user.can_read_all_group_messages),
            bool(user.can_connect_to_business),
        )

    async def webhook(self) -> dict[str, Any]:
        """What Telegram says of the webhook."""
        info = await self.opening(methods.GetWebhookInfo())
        shown: dict[str, Any] = info.model_dump(mode="json", exclude_none=True)
        return shown

    async def group(self, group: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """What Telegram says of a group, and of the bot in it. Raises `Refusal`, and our errors."""
        chat = await self.invoke(methods.GetChat(chat_id=group))
        member = await self.invoke(methods.GetChatMember(chat_id=group, user_id=self._bot.id))
        return _plain(chat), _plain(member)

    async def business(self, connection: str) -> dict[str, Any] | None:
        """What Telegram says of a business connection; None where it says nothing. Raises our errors."""
        try:
            return _plain(await self.invoke(methods.GetBusinessConnection(business_connection_id=connection)))
        except Refusal as refusal:
            if isinstance(refusal.error, MessageRejected | ContactUnreachable):
                return None
            raise refusal.error from refusal

    async def create_topic(self, group: int, name: str) -> int:
        """Open a topic of a forum; its id. Raises `Refusal`, and our errors."""
        topic = _plain(await self.invoke(methods.CreateForumTopic(chat_id=group, name=name)))
        return int(topic["message_thread_id"])

    async def set_webhook(self, url: str, secret: str, max_connections: int) -> None:
        """Have Telegram call `url`. Raises `Refusal` with its reason."""
        await self.invoke(
            methods.SetWebhook(
                url=url,
                secret_token=secret,
                max_connections=max_connections,
                allowed_updates=list(ALLOWED_UPDATES),
                drop_pending_updates=False,
            )
        )

    async def delete_webhook(self) -> None:
        """Have Telegram keep updates until they are asked for."""
        await self.opening(methods.DeleteWebhook(drop_pending_updates=False))

    async def opening(self, method: Any) -> Any:
        """A call about the bot as a whole: a refusal is the channel's fault."""
        try:
            return await self.invoke(method)
        except Refusal as refusal:
            if isinstance(refusal.error, MessageRejected):
                raise ChannelUnavailable(why("telegram_refused_call", refusal.description)) from refusal
            raise refusal.error from refusal
        except SendUncertain as error:
            raise ChannelUnavailable(error.why) from error

    async def send(self, call: Call, opened: Sequence[OpenedFile]) -> list[int]:
        """Make a call that sends; the ids of the messages it made. Raises `Moved`, `Refusal`, and our errors."""
        arguments = dict(call.arguments)
        if call.file_key is not None:
            arguments[call.file_key] = _Upload(opened[0])
        elif opened:
            caption = {name: arguments.pop(name) for name in ("caption", "caption_entities") if name in arguments}
            arguments["media"] = [
                {"type": media_kind(one.file), "media": _Upload(one), **(caption if index == 0 else {})}
                for index, one in enumerate(opened)
            ]
        result = await self.invoke(getattr(methods, call.method)(**arguments))
        return _ids(result)

    async def invoke(self, method: Any) -> Any:
        """One call by aiogram. Raises `Moved`, `Refusal`, `ChannelUnavailable`, `SendUncertain`."""
        try:
            return await self._bot(method)
        except exceptions.TelegramMigrateToChat as error:
            raise Moved(error.migrate_to_chat_id) from error
        except exceptions.TelegramNetworkError as error:
            raise _network(error) from error
        except exceptions.ClientDecodeError as error:
            if isinstance(error.data, dict) and error.data.get("ok") is True:
                return error.data.get("result")  # it was done; only aiogram's model of the answer is older
            raise SendUncertain(why("telegram_unreadable")) from error
        except exceptions.TelegramAPIError as error:
            status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
            retry_after = error.retry_after if isinstance(error, exceptions.TelegramRetryAfter) else None
            raise Refusal(error_of(status, error.message, retry_after), error.message) from error

    # In: as raw bytes, since one update that a library cannot decode would hide all behind it ------------------------

    async def updates(self, offset: int | None, timeout_s: int) -> list[Update]:
        """The next updates from `offset` on; those before are confirmed. Raises the `Channel...` errors."""
        try:
            return updates_of(*await self._get_updates(offset, BATCH, timeout_s))
        except Undecodable:
            status, body = await self._get_updates(offset, 1, 0)
        try:
            return updates_of(status, body)
        except Undecodable:
            return [only_update(body)]

    async def _get_updates(self, offset: int | None, limit: int, timeout_s: int) -> tuple[int, bytes]:
        session = await self._session.create_session()
        wanted = {"limit": limit, "timeout": timeout_s, "allowed_updates": list(ALLOWED_UPDATES)}
        if offset is not None:
            wanted["offset"] = offset
        url = self._server.api_url(token=self._token, method="getUpdates")
        try:
            timeout = aiohttp.ClientTimeout(total=timeout_s + POLL_SPARE_S)
            async with session.post(url, json=wanted, timeout=timeout) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelUnavailable(why("telegram_unreachable", type(error).__name__)) from error

    async def download(self, file_id: str) -> AsyncIterator[bytes]:
        """A file's bytes, piece by piece. Raises `MessageRejected` where Telegram will never give it."""
        try:
            file = await self.invoke(methods.GetFile(file_id=file_id))
        except Refusal as refusal:
            if "too big" in refusal.description.lower():
                raise MessageRejected("too_big", too_big_reason(None)) from refusal
            raise refusal.error from refusal
        except SendUncertain as error:
            raise ChannelUnavailable(error.why) from error
        url = self._server.file_url(self._token, file.file_path or "")
        size = 0
        try:
            async for piece in self._session.stream_content(url, chunk_size=CHUNK_BYTES, timeout=int(CALL_TIMEOUT_S)):
                size += len(piece)
                if size > DOWNLOAD_BYTES:
                    raise MessageRejected("too_big", too_big_reason(None))
                yield piece
        except aiohttp.ClientResponseError as error:
            if error.status in (401, 403):
                raise ChannelAuthError(why("telegram_token")) from error
            raise ChannelUnavailable(why("telegram_file_refused", status=error.status)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelUnavailable(why("telegram_file_not_whole", type(error).__name__)) from error


def _network(error: exceptions.TelegramNetworkError) -> ConnectorError:
    """A connection that never stood has sent nothing; anything later may have arrived."""
    if isinstance(error.__cause__, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return ChannelUnavailable(why("telegram_unreachable"))
    return SendUncertain(why("telegram_late"))


def _plain(answer: Any) -> dict[str, Any]:
    """An answer as plain values, also where aiogram's model of it is older."""
    shown: dict[str, Any] = answer if isinstance(answer, dict) else answer.model_dump(mode="json", exclude_none=True)
    return shown


def _ids(result: Any) -> list[int]:
    sent = result if isinstance(result, list) else [result]
    ids = (one.get("message_id") if isinstance(one, dict) else getattr(one, "message_id", None) for one in sent)
    return [one for one in ids if isinstance(one, int)]
