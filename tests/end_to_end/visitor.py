"""What a visitor does with the chat on a page."""

from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Locator, Page, expect


class Visitor:
    """Somebody at a page with the widget, in English."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.get_by_role("button", name="Open chat")
        self.panel = page.get_by_role("dialog", name="Chat")
        self.log = self.panel.get_by_role("log")
        self.field = self.panel.get_by_role("textbox", name="Write a message…")
        self.rows = self.log.locator(".row")

    async def open(self) -> None:
        """Open the chat and wait until the hub has welcomed us."""
        await self.launcher.click()
        await expect(self.log).to_have_attribute("aria-busy", "false")

    async def say(self, text: str, files: Sequence[Path] = ()) -> None:
        """Write and send."""
        if files:
            await self.panel.locator("input[type=file]").set_input_files(files)
            await expect(self.panel.locator(".composer progress")).to_have_count(0)
        await self.field.fill(text)
        await self.field.press("Enter")

    def bubble(self, text: str) -> Locator:
        """The row with these words."""
        return self.rows.filter(has=self.page.locator(".bubble", has_text=text))

    async def texts(self) -> list[str]:
        """All that the thread says, in its order."""
        return await self.log.locator(".bubble").all_inner_texts()
