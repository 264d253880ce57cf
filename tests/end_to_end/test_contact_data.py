"""A contact's data in a browser: taken along, and erased while a colleague looks at it."""

import json
import re
import zipfile

from playwright.async_api import expect

from hub.model.operator import Role
from tests.end_to_end.stage import Stage
from tests.end_to_end.test_accessibility import complaints


async def test_a_contact_is_taken_along_and_erased_from_the_panel(stage: Stage) -> None:
    """The file holds what was said; the button asks for a word; then the talk is gone from every screen."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Please forget that I was ever here.")
    admin = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True, expected=["status of 404"])
    colleague = await stage.operator(expected=["status of 404"])
    for operator in (admin, colleague):
        await operator.open("Please forget that I was ever here.")
    await expect(colleague.page.get_by_role("button", name="Erase the contact")).to_have_count(0)
    page = admin.page
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export everything").click()
    archive = zipfile.ZipFile(await (await download.value).path())
    [talk] = [name for name in archive.namelist() if name.startswith("conversations/")]
    assert "Please forget that I was ever here." in [one["text"] for one in json.loads(archive.read(talk))]
    await page.get_by_role("button", name="Erase the contact").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("listitem").filter(has_text="1 conversation")).to_be_visible()
    assert not await complaints(page)
    button = dialog.get_by_role("button", name="Erase for good")
    await expect(button).to_be_disabled()
    await dialog.get_by_label("Type “erase” to confirm").fill("Erase")
    await button.click()
    await expect(page.get_by_text(re.compile("The contact is (being )?erased"))).to_be_visible(timeout=60_000)
    for operator in (admin, colleague):
        gone = operator.list.get_by_text("Please forget that I was ever here.")
        await expect(gone).to_have_count(0, timeout=30_000)
    await visitor.page.reload()
    await expect(visitor.field).to_be_visible()
    await expect(visitor.page.get_by_text("Please forget that I was ever here.")).to_have_count(0)
    await visitor.say("Hello, I am new here.")
    await admin.open("Hello, I am new here.")
    await expect(admin.message("Hello, I am new here.")).to_be_visible()
    await expect(admin.page.get_by_text("Please forget")).to_have_count(0)
