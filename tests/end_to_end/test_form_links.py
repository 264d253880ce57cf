"""Links to forms on the page of their channel: made with a name, found in the list, taken back."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hub.model.operator import Role
from tests.end_to_end.stage import DESK, PHONE, Stage
from tests.end_to_end.test_accessibility import complaints


async def picture(page: Page, name: str) -> None:
    """Keep what it looks like, where somebody wants to see it."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
async def test_a_link_is_named_listed_and_taken_back(stage: Stage, size: tuple[int, int], scheme: str) -> None:
    """It opens the form while it counts; whoever took it back sees that it no longer does."""
    label = f"Letter of {scheme}"
    operator = await stage.operator(await stage.account(Role.ADMIN), size=size, scheme=scheme, bypass_csp=True)
    page = operator.page
    await page.goto(f"{stage.line.origin}/channels")
    await page.get_by_role("button", name="Edit Анкеты на сайте").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox", name="Questionnaire").click()
    await page.get_by_role("option").first.click()
    await dialog.get_by_label("What you call it").fill(label)
    await dialog.get_by_role("button", name="Make the link").click()
    links = dialog.get_by_role("region", name="Links that were made")
    row = links.get_by_role("listitem").filter(has_text=label)
    await expect(row).to_contain_text("works")
    address = next(text for text in await dialog.locator("code").all_inner_texts() if "?for=" in text)
    reader = await (await stage.context()).new_page()
    answer = await reader.goto(address)
    assert answer is not None
    assert answer.ok
    await row.scroll_into_view_if_needed()
    assert not await complaints(page)
    await picture(page, f"form-links-{scheme}")

    await row.get_by_role("button", name=f"Take back “{label}”").click()
    await expect(row).to_contain_text("taken back")
    await expect(row.get_by_role("button")).to_have_count(0)
