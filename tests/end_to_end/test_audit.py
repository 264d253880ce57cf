"""The audit log in a browser."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hub.model.audit import AuditAction, AuditChange, Via
from hub.model.operator import Role
from hub.services.audit import By
from tests.end_to_end.stage import Stage
from tests.end_to_end.test_accessibility import complaints


async def picture(page: Page, name: str) -> None:
    """A picture for whoever asks for it."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled", full_page=True)


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


async def test_a_line_names_what_it_is_about_and_leads_there(stage: Stage) -> None:
    """Teams and contacts by name; what is gone is said to be, and nothing is counted that was not there."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Soon forgotten")
    conversation = await stage.conversation_with("Soon forgotten")
    admin = await stage.operator(await stage.account(Role.ADMIN))
    page, colleague = admin.page, await stage.account(Role.OPERATOR)
    await page.goto(f"{stage.line.origin}/people")
    await page.get_by_role("button", name=f"Edit {colleague.name}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox", name="Teams").focus()
    await page.keyboard.press("ArrowDown")
    team = page.get_by_role("option").first
    name = await team.inner_text()
    await team.click()
    await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    database = stage.hub.connection.database
    await stage.hub.people.audit.note(
        By(admin.account.id, Via.SESSION), AuditAction.CONTACT_EXPORTED, [conversation.project],
        about=conversation.contact,
    )  # fmt: skip
    await stage.hub.people.audit.note(
        By(admin.account.id, Via.SESSION), AuditAction.CONTACT_ERASED, [conversation.project], about="0" * 32,
        changes=[AuditChange(name="messages", before="3"), AuditChange(name="files", before="0")],
    )  # fmt: skip
    await page.goto(f"{stage.line.origin}/audit")
    moved = page.get_by_role("listitem").filter(has_text="Changed a role").filter(has_text=colleague.name).first
    await expect(moved).to_contain_text(f"Teams: {name}")
    await expect(moved.get_by_role("link", name=colleague.name)).to_be_visible()
    erased = page.get_by_role("listitem").filter(has_text="Erased a contact").first
    await expect(erased).to_contain_text("Contact · deleted")
    await expect(erased).to_contain_text("Messages: 3")
    await expect(erased).not_to_contain_text("Files")
    await expect(page.get_by_role("main")).not_to_contain_text("0" * 32)
    await picture(page, "audit")
    exported = page.get_by_role("listitem").filter(has_text="Exported a contact").first
    await exported.get_by_role("link").click()
    await expect(admin.message("Soon forgotten")).to_be_visible()
    assert await database["audit"].count_documents({"object": conversation.contact}) == 1
