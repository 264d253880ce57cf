"""Webhooks: calls other programs, signed as Standard Webhooks say, until they answer or their time is over."""

import asyncio
import base64
import binascii
import hmac
import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
import structlog

from hub.model.ids import MessageId, ProjectId, new_id
from hub.model.webhook import Webhook, WebhookAttempt, WebhookDelivery, WebhookStatus
from hub.services.egress import AddressRefused, Network, guarded_session, vet
from hub.services.errors import Conflict, Invalid, NotFound
from hub.store.clock import DatabaseClock
from hub.store.webhooks import NameTaken, WebhookDeliveries
from hub.store.webhooks import Webhooks as WebhookStore

log = structlog.get_logger(__name__)

TIMEOUT_S = 15.0
ANSWER_BYTES = 64 * 1024
AT_ONCE = 8
POLL_S = 1.0
CLAIMED_S = 60.0
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.1
GONE = 410
NAME_CHARACTERS = 64
SWITCHED_OFF = "The webhook is switched off."


class Webhooks:
    """Delivers what is queued. Several hubs share the queue: each delivery is claimed by one of them."""

    def __init__(
        self,
        webhooks: WebhookStore,
        deliveries: WebhookDeliveries,
        clock: DatabaseClock,
        *,
        internal_networks: Sequence[Network] = (),
    ) -> None:
        self._webhooks, self._deliveries, self._clock = webhooks, deliveries, clock
        self._allowed = internal_networks

    # Looking after them ---------------------------------------------------------------------------------------------

    async def add(self, project: ProjectId, name: str, url: str) -> Webhook:
        """Make a webhook that flows may call by `name`, with a secret of its own. Raises `Invalid`, `Conflict`."""
        _check(name, url)
        self._check_reached(url)
        webhook = Webhook(
            id=new_id(), project=project, name=name, url=url, secrets=(new_secret(),), created_at=self._clock.now()
        )
        try:
            await self._webhooks.add(webhook)
        except NameTaken:
            raise Conflict("name_taken", f"There is a webhook called {name} already.") from None
        return webhook

    async def list(self, project: ProjectId) -> Sequence[Webhook]:
        """The project's webhooks, by name."""
        return await self._webhooks.of_project(project)

    async def change(
        self, project: ProjectId, name: str, *, url: str | None = None, enabled: bool | None = None
    ) -> Webhook:
        """Another address, on or off; switched on it is called again. Raises `Invalid`, `NotFound`."""
        known = await self._existing(project, name)
        values: dict[str, object] = {}
        if url is not None:
            _check(name, url)
            self._check_reached(url)
            values["url"] = url
        if enabled is not None:
            values |= {"enabled": enabled, "disabled_reason": None}
        return await self._webhooks.change(project, known.id, values) or known

    def _check_reached(self, url: str) -> None:
        """Where the address is a number. Where a name leads is looked at when it is called: it may change."""
        parts = urlsplit(url)
        try:
            vet(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), self._allowed)
        except AddressRefused as error:
            raise Invalid(
                "inner_url",
                "The hub does not call this address: it is of an inner network, or its port is neither 80 nor 443. "
                "Whoever runs the hub allows networks with HUB_INTERNAL_NETWORKS.",
            ) from error
        except ValueError:
            return

    async def rotate(self, project: ProjectId, name: str) -> Webhook:
        """A new secret. The one before it goes on signing beside it, until the next rotation. Raises `NotFound`."""
        known = await self._existing(project, name)
        kept = (new_secret(), known.secrets[0])
        return await self._webhooks.change(project, known.id, {"secrets": list(kept)}) or known

    async def delete(self, project: ProjectId, name: str) -> None:
        """Delete one. Raises `NotFound`."""
        await self._webhooks.delete(project, (await self._existing(project, name)).id)

    async def deliveries(self, project: ProjectId, name: str | None = None) -> Sequence[WebhookDelivery]:
        """The newest deliveries with their attempts."""
        return await self._deliveries.of_project(project, name)

    async def again(self, project: ProjectId, delivery: str) -> MessageId | None:
        """Try a failed delivery once more. Raises `NotFound`.

        That of a message is not called from here: the message is given back, to be put into the outbox again.
        """
        known = await self._deliveries.get(project, delivery)
        if known is not None and known.message is not None and known.status is WebhookStatus.FAILED:
            return known.message
        if not await self._deliveries.again(project, delivery, self._clock.now()):
            raise NotFound
        return None

    async def _existing(self, project: ProjectId, name: str) -> Webhook:
        known = await self._webhooks.by_name(project, name)
        if known is None:
            raise NotFound
        return known

    # Delivering -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        room = asyncio.Semaphore(AT_ONCE)
        async with guarded_session(self._allowed, TIMEOUT_S) as session, asyncio.TaskGroup() as group:
            while True:
                await room.acquire()
                delivery = await self._claimed()
                if delivery is None:
                    room.release()
                    await asyncio.sleep(POLL_S)
                else:
                    group.create_task(self._deliver_or_leave(session, delivery, room))

    async def _claimed(self) -> WebhookDelivery | None:
        try:
            return await self._deliveries.claim(self._clock.now(), for_s=CLAIMED_S)
        except Exception:  # the database is away, and the queue is in it: the next round finds the same
            log.warning("webhooks were not read", exc_info=True)
            return None

    async def _deliver_or_leave(
        self, session: aiohttp.ClientSession, delivery: WebhookDelivery, room: asyncio.Semaphore
    ) -> None:
        try:
            await self._deliver(session, delivery)
        except Exception:  # not settled: it is called again, under the same id, when the claim has run out
            log.warning("webhook was not settled", delivery=delivery.id, exc_info=True)
        finally:
            room.release()

    async def _deliver(self, session: aiohttp.ClientSession, delivery: WebhookDelivery) -> None:
        webhook = await self._webhooks.by_name(delivery.project, delivery.name)
        now = self._clock.now()
        if webhook is None or not webhook.enabled:
            why = no_such(delivery.name) if webhook is None else SWITCHED_OFF
            await self._settle(delivery, WebhookAttempt(at=now, error=why), WebhookStatus.FAILED)
            return
        await self._call(session, webhook, delivery, now)

    async def call_with(
        self, project: ProjectId, name: str, message: MessageId, body: str, until: datetime | None
    ) -> tuple[WebhookDelivery, float]:
        """Call with a message of a channel, once; the delivery after it, and the seconds until the next attempt.

        What was taken before is not called again. No attempt is due after `until`: then it has failed. Raises
        `NotFound` where there is no such webhook, `Conflict` where it is off.
        """
        webhook = await self._webhooks.by_name(project, name)
        if webhook is None:
            raise NotFound
        if not webhook.enabled:
            raise Conflict("webhook_off", webhook.disabled_reason or SWITCHED_OFF)
        now = self._clock.now()
        claimed = now + timedelta(seconds=CLAIMED_S)
        delivery = await self._deliveries.claim_one(
            WebhookDelivery(
                id=message, project=project, name=name, body=body, due_at=now, created_at=now, claimed_until=claimed,
                message=message,
            )
        )  # fmt: skip
        if delivery.status is WebhookStatus.DELIVERED:
            return delivery, 0.0
        async with guarded_session(self._allowed, TIMEOUT_S) as session:
            return await self._call(session, webhook, delivery, now, until)

    async def _call(
        self,
        session: aiohttp.ClientSession,
        webhook: Webhook,
        delivery: WebhookDelivery,
        now: datetime,
        until: datetime | None = None,
    ) -> tuple[WebhookDelivery, float]:
        attempt = await self._attempt(session, webhook, delivery, now)
        jitter = random.uniform(1, 1 + JITTER)  # noqa: S311  (spreading load, no secret)
        pause_s = PAUSES_S[min(len(delivery.attempts), len(PAUSES_S) - 1)] * jitter
        late = until is not None and self._clock.now() + timedelta(seconds=pause_s) > until
        if attempt.status is not None and 200 <= attempt.status < 300:
            status = WebhookStatus.DELIVERED
        elif attempt.status == GONE or late or len(delivery.attempts) >= len(PAUSES_S):
            status = WebhookStatus.FAILED
        else:
            status = WebhookStatus.PENDING
        if attempt.status == GONE:
            reason = {"enabled": False, "disabled_reason": "The other side answered 410: it wants no more calls."}
            await self._webhooks.change(webhook.project, webhook.id, dict(reason))
        await self._settle(delivery, attempt, status, pause_s)
        done = {"status": status, "attempts": (*delivery.attempts, attempt)}
        return delivery.model_copy(update=done), pause_s

    async def _settle(
        self, delivery: WebhookDelivery, attempt: WebhookAttempt, status: WebhookStatus, pause_s: float = 0.0
    ) -> None:
        due_at = self._clock.now() + timedelta(seconds=pause_s)
        await self._deliveries.settle(delivery, attempt, status, due_at)

    @staticmethod
    async def _attempt(
        session: aiohttp.ClientSession, webhook: Webhook, delivery: WebhookDelivery, now: datetime
    ) -> WebhookAttempt:
        body = delivery.body.encode()
        headers = {"Content-Type": "application/json", **signed(webhook.secrets, delivery.id, now, body)}
        try:
            async with session.post(webhook.url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.content.read(ANSWER_BYTES)
                return WebhookAttempt(at=now, status=answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Only that it was not reached: what answered there is nobody's to read.
            log.info("webhook was not reached", webhook=webhook.id, reason=type(error).__name__)
            return WebhookAttempt(at=now, error="It could not be reached.")


def no_such(name: str) -> str:
    """What an admin reads where a webhook is missing."""
    return f"There is no webhook called {name}."


def new_secret() -> str:
    """A fresh secret in the form that Standard Webhooks libraries read."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(keys: Sequence[str], identifier: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks: id, time, and a signature by each of `keys`."""
    stamp = str(int(at.timestamp()))
    content = b".".join((identifier.encode(), stamp.encode(), body))
    marks = [base64.b64encode(hmac.digest(_key(key), content, "sha256")).decode() for key in keys]
    return {
        "webhook-id": identifier,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return secret.encode()


def _check(name: str, url: str) -> None:
    if not name or len(name) > NAME_CHARACTERS or not name.replace("-", "_").isidentifier():
        raise Invalid("bad_name", "A webhook's name is a word of letters, digits, - and _.")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise Invalid("bad_url", "Give an address that begins with https:// and holds no user name.")
