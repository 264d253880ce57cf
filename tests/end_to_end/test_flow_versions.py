"""An author's second look at a flow: its translations, what has changed between versions, and the way back."""

import re

from playwright.async_api import Page, expect

from hub.model.operator import Role
from tests.end_to_end.stage import Stage
from tests.end_to_end.test_flows import CARDS, author, new_flow, saved, write

TEXT = CARDS.replace("flow: cards", "flow: second_look")


async def publish(page: Page) -> None:
    """Publish what is on the screen."""
    await page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog", name="Publish")
    await dialog.get_by_role("button", name=re.compile(r"^Publish \d")).click()
    await expect(dialog).to_have_count(0)


async def part(page: Page, name: str) -> None:
    """Go to one part of the flow's page."""
    await page.get_by_role("navigation", name="Parts of the flow").get_by_role("link", name=name).click()


async def test_a_flow_is_translated_compared_and_rolled_back(stage: Stage) -> None:
    """The second language is typed beside the first, the difference of versions is shown, and the first comes back."""
    page = await author(stage, role=Role.ADMIN)
    await new_flow(page, "Second look")
    await write(page, TEXT)
    await saved(page)
    await publish(page)

    await part(page, "Translations")
    await page.get_by_role("button", name="Add a language").click()
    await page.get_by_role("menuitem", name="Russian").click()
    for key, text in (("one", "Первый?"), ("two", "Второй?")):
        await page.get_by_role("textbox", name=f"{key} in Russian").fill(text)
    await saved(page)
    await part(page, "Edit")
    await write(page, TEXT.replace("Two?", "Second?"))
    await saved(page)
    await publish(page)

    await part(page, "Versions")
    versions = page.get_by_role("list", name="Versions")
    await expect(versions.get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("button", name="What changed after").click()
    changed = page.get_by_role("region", name="What changed")
    await expect(changed).to_contain_text("Two?")
    await expect(changed).to_contain_text("Second?")

    await versions.get_by_role("button", name="Roll back").click()
    await page.get_by_role("dialog").get_by_role("button", name="Publish as").click()
    await expect(versions.get_by_role("listitem")).to_have_count(3)
    await expect(versions.get_by_role("listitem").first).to_contain_text("restores")
