"""Outgoing webhooks and their deliveries, which are the queue as well as the log."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.model.ids import ProjectId
from hub.model.webhook import Webhook, WebhookAttempt, WebhookDelivery, WebhookStatus
from hub.store.connection import Database
from hub.store.documents import from_document, plain, to_document

AT_MOST = 200


class NameTaken(Exception):
    """The project has a webhook of this name."""


class Webhooks:
    """The webhooks of all projects."""

    def __init__(self, database: Database) -> None:
        self._collection = database["webhooks"]

    async def add(self, webhook: Webhook) -> None:
        """Store a new one. Raises `NameTaken`."""
        try:
            await self._collection.insert_one(to_document(webhook))
        except DuplicateKeyError as error:
            raise NameTaken(webhook.name) from error

    async def by_name(self, project: ProjectId, name: str) -> Webhook | None:
        """The webhook, or None."""
        document = await self._collection.find_one({"project": project, "name": name})
        return from_document(Webhook, document) if document else None

    async def of_project(self, project: ProjectId) -> Sequence[Webhook]:
        """The project's webhooks, by name."""
        rows = await self._collection.find({"project": project}).sort("name", 1).limit(AT_MOST).to_list()
        return [from_document(Webhook, row) for row in rows]

    async def change(self, project: ProjectId, webhook: str, values: dict[str, object]) -> Webhook | None:
        """Set fields; the webhook after it, or None when the project has no such one."""
        document = await self._collection.find_one_and_update(
            {"_id": webhook, "project": project},
            {"$set": plain(values), "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return from_document(Webhook, document) if document else None

    async def delete(self, project: ProjectId, webhook: str) -> None:
        """Delete one; deliveries that wait for it fail."""
        await self._collection.delete_one({"_id": webhook, "project": project})


class WebhookDeliveries:
    """The deliveries of all projects."""

    def __init__(self, database: Database) -> None:
        self._collection = database["webhook_deliveries"]

    async def add(self, delivery: WebhookDelivery) -> None:
        """Queue a delivery; the same id again changes nothing."""
        document = to_document(delivery)
        await self._collection.update_one({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True)

    async def claim(self, now: datetime, for_s: float) -> WebhookDelivery | None:
        """The delivery that has been due for longest and that nobody works on, for `for_s` seconds; or None.

        One atomic update: two hubs never get the same. Those of messages are the outbox's.
        """
        document = await self._collection.find_one_and_update(
            {
                "status": WebhookStatus.PENDING.value,
                "due_at": {"$lte": now},
                "message": None,
                "$or": [{"claimed_until": None}, {"claimed_until": {"$lte": now}}],
            },
            {"$set": {"claimed_until": now + timedelta(seconds=for_s)}},
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return from_document(WebhookDelivery, document) if document else None

    async def claim_one(self, delivery: WebhookDelivery) -> WebhookDelivery:
        """This delivery of a message, made if it is new, claimed until its `claimed_until`: one atomic update.

        Whoever holds the sending of its conversation is the only one who asks for it.
        """
        document = to_document(delivery)
        identifier, until = document.pop("_id"), document.pop("claimed_until")
        stored = await self._collection.find_one_and_update(
            {"_id": identifier},
            {"$setOnInsert": document, "$set": {"claimed_until": until}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return from_document(WebhookDelivery, stored or {})  # it was made where it was not there

    async def get(self, project: ProjectId, delivery: str) -> WebhookDelivery | None:
        """The delivery, or None."""
        document = await self._collection.find_one({"_id": delivery, "project": project})
        return from_document(WebhookDelivery, document) if document else None

    async def settle(
        self, delivery: WebhookDelivery, attempt: WebhookAttempt, status: WebhookStatus, due_at: datetime
    ) -> None:
        """Note an attempt, and what became of the delivery; only by whoever holds the claim."""
        await self._collection.update_one(
            {"_id": delivery.id, "claimed_until": delivery.claimed_until},
            {
                "$set": {"status": status.value, "due_at": due_at, "claimed_until": None},
                "$push": {"attempts": plain(attempt.model_dump())},
            },
        )

    async def of_project(self, project: ProjectId, name: str | None = None) -> Sequence[WebhookDelivery]:
        """The newest deliveries, of one webhook or of all."""
        query = {"project": project} | ({"name": name} if name else {})
        rows = self._collection.find(query).sort("created_at", -1).limit(AT_MOST)
        return [from_document(WebhookDelivery, row) for row in await rows.to_list()]

    async def again(self, project: ProjectId, delivery: str, now: datetime) -> bool:
        """Queue a failed delivery once more; whether there was one."""
        result = await self._collection.update_one(
            {"_id": delivery, "project": project, "status": WebhookStatus.FAILED.value, "message": None},
            {"$set": {"status": WebhookStatus.PENDING.value, "due_at": now}},
        )
        return result.modified_count == 1
