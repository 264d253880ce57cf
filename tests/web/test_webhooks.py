"""Webhooks over HTTP: made, changed and deleted by those who manage the project; secrets are shown once."""

from hub.model.ids import new_id
from hub.model.operator import Role
from hub.model.webhook import WebhookDelivery, WebhookStatus
from hub.store.webhooks import WebhookDeliveries
from tests.web.house import FOREIGN, MINE, House


async def test_secret_of_a_webhook_is_shown_once(house: House) -> None:
    """At the beginning and after a rotation; never in a list."""
    admin = await house.as_role(Role.ADMIN)
    status, made = await admin.ask("POST", "/webhooks", {"name": "crm", "url": "https://example.org/hook"})
    assert (status, made["enabled"], made["secret"][:6]) == (201, True, "whsec_")
    assert (await admin.ask("POST", "/webhooks", {"name": "crm", "url": "https://example.org/hook"}))[0] == 409
    status, rotated = await admin.ask("POST", "/webhooks/crm/secret", {})
    assert status == 200
    assert rotated["secret"] != made["secret"]
    listed = {one["name"]: one["secret"] for one in (await admin.ask("GET", "/webhooks"))[1]["items"]}
    assert "crm" in listed  # among those that other tests of the one project made
    assert set(listed.values()) == {None}
    status, changed = await admin.ask("PATCH", "/webhooks/crm", {"enabled": False})
    assert (status, changed["enabled"]) == (200, False)
    assert (await admin.ask("PATCH", "/webhooks/crm", {"url": "ftp://example.org"}))[0] == 422
    assert (await admin.ask("DELETE", "/webhooks/crm"))[0] == 204
    assert (await admin.ask("PATCH", "/webhooks/crm", {"enabled": True}))[0] == 404


async def test_webhooks_of_another_project_do_not_exist(house: House) -> None:
    """Neither the webhook nor its deliveries; a failed delivery is repeated by its own project alone."""
    mine, foreign = await house.as_role(Role.ADMIN), await house.as_role(Role.ADMIN, project=FOREIGN)
    await mine.ask("POST", "/webhooks", {"name": "crm", "url": "https://example.org/hook"})
    now = house.pipeline.clock.now()
    delivery = WebhookDelivery(
        id=new_id(), project=MINE, name="crm", body="{}", status=WebhookStatus.FAILED, due_at=now, created_at=now
    )
    await WebhookDeliveries(house.pipeline.connection.database).add(delivery)
    assert (await foreign.ask("GET", "/webhooks"))[1]["items"] == []
    assert (await foreign.ask("GET", "/webhook-deliveries"))[1]["items"] == []
    assert (await foreign.ask("POST", "/webhooks/crm/secret", {}))[0] == 404
    assert (await foreign.ask("POST", f"/webhook-deliveries/{delivery.id}/repeat", {}))[0] == 404
    listed = (await mine.ask("GET", "/webhook-deliveries?name=crm"))[1]["items"]
    assert [(one["id"], one["status"]) for one in listed] == [(delivery.id, "failed")]
    assert (await mine.ask("POST", f"/webhook-deliveries/{delivery.id}/repeat", {}))[0] in (200, 204)
    operator = await house.as_role(Role.OPERATOR)
    assert (await operator.ask("GET", "/webhooks"))[0] == 403
