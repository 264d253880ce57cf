"""A system of somebody's, connected by an admin: a webhook, a channel that names it, and what became of the calls."""

import re

from playwright.async_api import expect

from hub.model.ids import new_id
from hub.model.operator import Role
from hub.model.webhook import WebhookAttempt, WebhookDelivery, WebhookStatus
from hub.store.channels import Channels
from hub.store.webhooks import WebhookDeliveries
from tests.end_to_end.stage import PHONE, Stage
from tests.end_to_end.test_accessibility import complaints


async def test_an_admin_connects_a_system_and_sees_its_calls(stage: Stage) -> None:
    """The secret is shown once; the channel names the webhook; a call that failed is opened and made again."""
    operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
    page = operator.page
    await page.goto(f"{stage.line.origin}/webhooks")
    await page.get_by_role("button", name="New webhook").click()
    await page.get_by_label("Name").fill("sms_gateway")
    await page.get_by_label("Address").fill("https://sms.example.org/hub")
    await page.get_by_role("button", name="Save").click()
    secret = page.get_by_role("dialog", name="The webhook's secret")
    await expect(secret.locator("code")).to_have_text(re.compile(r"^whsec_[A-Za-z0-9+/=]{44}$"))
    first = await secret.locator("code").inner_text()
    assert not await complaints(page)
    await secret.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name="New secret sms_gateway").click()
    assert await secret.locator("code").inner_text() != first
    await secret.get_by_role("button", name="Close").click()

    project = operator.account.memberships[0].project
    now = stage.hub.pipeline.clock.now()
    failed = WebhookDelivery(
        id=new_id(), project=project, name="sms_gateway", body='{"text":"Good day"}', status=WebhookStatus.FAILED,
        attempts=(WebhookAttempt(at=now, status=502), WebhookAttempt(at=now, error="It could not be reached.")),
        due_at=now, created_at=now,
    )  # fmt: skip
    await WebhookDeliveries(stage.hub.connection.database).add(failed)
    await page.reload()
    call = page.get_by_role("listitem").filter(has_text="Failed")
    await call.get_by_role("button", name="Show").click()
    await expect(call).to_contain_text('{"text":"Good day"}')
    await expect(call).to_contain_text("502")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert not await complaints(page)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await call.get_by_role("button", name="Call again").click()
    await expect(page.get_by_text("It is called again, with the same id and body.")).to_be_visible()
    await expect(call).to_have_count(0)

    await page.goto(f"{stage.line.origin}/channels")
    await page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox", name="Kind").click()
    await page.get_by_role("option", name="Any system (API)").click()
    await dialog.get_by_label("Name").fill("SMS")
    await dialog.get_by_role("combobox", name="Webhook for answers").click()
    await page.get_by_role("option", name="sms_gateway").click()
    assert not await complaints(page)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    [channel] = [one for one in await Channels(stage.hub.connection.database).enabled() if one.name == "SMS"]
    assert (channel.kind, channel.settings) == ("generic", {"webhook": "sms_gateway"})
    await page.get_by_role("button", name="Edit SMS").click()
    await expect(dialog.locator("code")).to_have_text(f"{stage.line.origin}/hooks/generic/{channel.key}")
