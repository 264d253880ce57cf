"""Outgoing webhooks of a project, which flows call by name, and what became of the calls."""

from typing import Annotated

from pydantic import StringConstraints

from hub.model.audit import AuditAction, AuditChange
from hub.model.base import Moment, Stored, Written
from hub.model.webhook import Webhook, WebhookAttempt, WebhookDelivery, WebhookStatus
from hub.services.audit import difference
from hub.web.context import Context
from hub.web.page import Page
from hub.web.route import Id

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
Address = Annotated[str, StringConstraints(min_length=8, max_length=2_000)]


class WebhookShown(Stored):
    """A webhook. `secret` is shown once, when it is made."""

    name: str
    url: str
    enabled: bool
    disabled_reason: str | None
    created_at: Moment
    secret: str | None = None


class NewWebhook(Written):
    """A webhook to be made."""

    name: Name
    url: Address


class WebhookChange(Written):
    """What changes."""

    url: Address | None = None
    enabled: bool | None = None


class DeliveriesQuery(Written):
    """Of which webhook; of all without it."""

    name: Name | None = None


class DeliveryShown(Stored):
    """One call and its attempts; `due_at` is the next one's time while it is pending."""

    id: str
    name: str
    status: WebhookStatus
    attempts: tuple[WebhookAttempt, ...]
    due_at: Moment
    created_at: Moment
    body: str


async def list_webhooks(context: Context) -> Page[WebhookShown]:
    """The project's webhooks, by name."""
    found = await context.parts.webhooks.list(context.viewer.project)
    return Page(items=tuple(_shown(webhook) for webhook in found), next=None)


async def create_webhook(context: Context, body: NewWebhook) -> WebhookShown:
    """Make a webhook; its secret is shown this once. 409 `name_taken`."""
    made = await context.parts.webhooks.add(context.viewer.project, body.name, body.url)
    await context.note(AuditAction.WEBHOOK_MADE, name=made.name)
    return _shown(made, secret=True)


async def change_webhook(context: Context, webhook: Name, body: WebhookChange) -> WebhookShown:
    """Another address, on or off."""
    parts, project = context.parts, context.viewer.project
    changed = await parts.webhooks.change(project, webhook, url=body.url, enabled=body.enabled)
    # An address may hold a key of whoever is called: that it changed is told, and no more.
    changes: list[AuditChange] = [AuditChange(name="url")] if body.url is not None else []
    changes += difference({}, {"enabled": body.enabled}) if body.enabled is not None else []
    await context.note(AuditAction.WEBHOOK_CHANGED, name=webhook, changes=changes)
    return _shown(changed)


async def rotate_secret(context: Context, webhook: Name) -> WebhookShown:
    """A new secret, shown this once. The one before it goes on signing beside it until the next rotation."""
    rotated = await context.parts.webhooks.rotate(context.viewer.project, webhook)
    await context.note(AuditAction.WEBHOOK_SECRET_CHANGED, name=webhook)
    return _shown(rotated, secret=True)


async def delete_webhook(context: Context, webhook: Name) -> None:
    """Delete a webhook; calls that wait for it fail."""
    await context.parts.webhooks.delete(context.viewer.project, webhook)
    await context.note(AuditAction.WEBHOOK_DELETED, name=webhook)


async def list_deliveries(context: Context, query: DeliveriesQuery) -> Page[DeliveryShown]:
    """The newest calls."""
    found = await context.parts.webhooks.deliveries(context.viewer.project, query.name)
    return Page(items=tuple(_delivery(one) for one in found), next=None)


async def repeat_delivery(context: Context, delivery: Id) -> None:
    """Try a failed call once more, with the same id and body."""
    message = await context.parts.webhooks.again(context.viewer.project, delivery)
    if message is not None:
        await context.parts.retries.put_back(message)


def _shown(webhook: Webhook, *, secret: bool = False) -> WebhookShown:
    shown = webhook.model_dump(include={"name", "url", "enabled", "disabled_reason", "created_at"})
    return WebhookShown(**shown, secret=webhook.secrets[0] if secret else None)


def _delivery(delivery: WebhookDelivery) -> DeliveryShown:
    return DeliveryShown(**delivery.model_dump(exclude={"project", "claimed_until"}))
