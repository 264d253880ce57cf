"""Outgoing webhooks: where they go, and each delivery with every attempt."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import MessageId, ProjectId


class Webhook(Stored):
    """An address of another program that flows may call by `name`. `secrets`: the newest first; each signs.

    `disabled_reason` says why the hub stopped calling it by itself.
    """

    id: str
    project: ProjectId
    name: str
    url: str
    secrets: tuple[str, ...]
    enabled: bool = True
    disabled_reason: str | None = None
    created_at: Moment
    revision: int = 0


class WebhookStatus(StrEnum):
    """How far a delivery has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookAttempt(Stored):
    """One attempt: the status that was answered, or why there was none."""

    at: Moment
    status: int | None = None
    error: str | None = None


class WebhookDelivery(Stored):
    """One call. Its id is the `webhook-id` of every attempt, and the body never changes.

    `claimed_until` keeps two hubs from calling at once. With `message` it brings that message of a channel, and the
    outbox says when it is called again.
    """

    id: str
    project: ProjectId
    name: str
    body: str
    status: WebhookStatus = WebhookStatus.PENDING
    attempts: tuple[WebhookAttempt, ...] = ()
    due_at: Moment
    created_at: Moment
    claimed_until: Moment | None = None
    message: MessageId | None = None
