"""The audit log in a browser."""

import pytest
from playwright.async_api import expect

from hub.model.operator import Role
from tests.end_to_end.stage import Stage
from tests.end_to_end.test_accessibility import complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_audit_log_is_read_filtered_and_taken_along(stage: Stage, scheme: str) -> None:
    """What an admin does stands there at once; filters narrow it; the export is a file with the same lines."""
    account = await stage.account(Role.ADMIN)
    admin = await stage.operator(account, scheme=scheme, bypass_csp=True)
    page = admin.page
    await page.goto(f"{stage.line.origin}/settings")
    await page.get_by_role("textbox", name="Name of the token").fill("Audited script")
    await page.get_by_role("button", name="Create a token").click()
    await expect(page.get_by_text("Copy the token now")).to_be_visible()
    await page.goto(f"{stage.line.origin}/audit")
    line = page.get_by_role("listitem").filter(has_text="Audited script").filter(has_text=account.name)
    await expect(line).to_contain_text("Made an access token")
    await expect(line).to_contain_text("127.0.0.1")
    assert not await complaints(page)
    await page.get_by_role("combobox", name="Person").click()
    await page.get_by_role("option", name=account.email).click()
    await page.get_by_role("combobox", name="What").click()
    await page.get_by_role("option", name="Signed in").click()
    await expect(page.get_by_text("Audited script")).to_have_count(0)
    await expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export as CSV").click()
    text = (await (await download.value).path()).read_text("utf-8")
    assert text.splitlines()[0].startswith('"at","action","by"')
    assert len(text.splitlines()) == 2
    assert account.name in text
    await page.get_by_label("To").fill("2020-01-01")
    await expect(page.get_by_text("Nothing was done that fits.")).to_be_visible()
