"""HTTP as a channel may use it: calls to the project's webhooks, and files behind addresses that came from outside."""

from collections.abc import AsyncIterator, Sequence

import aiohttp

from connectors.errors import ChannelConfigError, ChannelThrottled, ChannelUnavailable, MessageRejected
from connectors.reasons import why
from hub.model.channel import Channel
from hub.model.message import Message
from hub.model.webhook import WebhookAttempt, WebhookStatus
from hub.model.why import Why
from hub.services.egress import AddressRefused, Network, guarded_session
from hub.services.errors import Conflict, NotFound
from hub.services.webhooks import Webhooks

DOWNLOAD_TIMEOUT_S = 60.0
PIECE_BYTES = 64 * 1024
REDIRECTS = 5


class ChannelCalls:
    """The `Calls` of `connectors.lent` for one channel."""

    def __init__(self, channel: Channel, webhooks: Webhooks) -> None:
        self._channel, self._webhooks = channel, webhooks

    async def call(self, webhook: str, message: Message, body: str) -> None:
        """Call once. Raises `ChannelConfigError`, `ChannelThrottled`, `MessageRejected`."""
        until = message.delivery.expires_at if message.delivery else None
        try:
            called, pause_s = await self._webhooks.call_with(self._channel.project, webhook, message.id, body, until)
        except NotFound:
            raise ChannelConfigError(why("webhook_missing", webhook=webhook)) from None
        except Conflict as error:
            raise ChannelConfigError(why("webhook_off", error.detail, webhook=webhook)) from None
        match called.status:
            case WebhookStatus.DELIVERED:
                return
            case WebhookStatus.PENDING:
                raise ChannelThrottled(pause_s, _why(webhook, called.attempts[-1]))
            case WebhookStatus.FAILED:
                raise MessageRejected("webhook_failed", _why(webhook, called.attempts[-1]))


class Downloads:
    """The `Egress` of `connectors.lent`."""

    def __init__(self, allowed: Sequence[Network], limit_bytes: int) -> None:
        self._allowed, self._limit_bytes = allowed, limit_bytes

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """The bytes behind an address. Raises `MessageRejected`, `ChannelUnavailable`."""
        size = 0
        try:
            async with (
                guarded_session(self._allowed, DOWNLOAD_TIMEOUT_S) as session,
                session.get(url, max_redirects=REDIRECTS) as answer,  # each address on the way is looked at
            ):
                _check_status(answer.status)
                async for piece in answer.content.iter_chunked(PIECE_BYTES):
                    size += len(piece)
                    if size > self._limit_bytes:
                        raise MessageRejected("file_too_big", why("file_too_big", bytes=self._limit_bytes))
                    yield piece
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                raise MessageRejected("address_refused", why("address_refused")) from error
            raise ChannelUnavailable(why("address_unreachable")) from error
        except (aiohttp.InvalidURL, aiohttp.TooManyRedirects) as error:
            raise MessageRejected("bad_address", why("address_wrong")) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelUnavailable(why("file_not_whole")) from error


def _check_status(status: int) -> None:
    if status in (408, 425, 429) or status >= 500:
        raise ChannelUnavailable(why("address_answered", status=status))
    if not 200 <= status < 300:
        raise MessageRejected("file_gone", why("address_answered", status=status))


def _why(webhook: str, attempt: WebhookAttempt) -> Why:
    if attempt.status is not None:
        return why("webhook_answered", webhook=webhook, status=attempt.status)
    return why("webhook_silent", attempt.error or "", webhook=webhook)
