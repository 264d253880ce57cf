"""What an operator does in the inbox."""

from pathlib import Path

from playwright.async_api import Locator, Page, expect

from hub.model.operator import Operator


class OperatorAtWork:
    """Somebody at the inbox, in English."""

    def __init__(self, page: Page, account: Operator) -> None:
        self.page, self.account = page, account
        self.list = page.get_by_role("region", name="Conversations:")
        self.thread = page.get_by_role("region", name="Messages")
        self.messages = self.thread.get_by_role("article")
        self.reply_field = page.get_by_role("textbox", name="Reply to the customer")
        self.banner = page.get_by_text("Reconnecting…")
        self.notices = page.get_by_role("region", name="Notices")

    async def sign_in(self, password: str) -> None:
        """From the log-in page to the list."""
        await self.fill_in(self.account.email, password)
        await expect(self.list.or_(self.page.get_by_role("heading", name="One more step"))).to_be_visible()

    async def fill_in(self, email: str, password: str) -> None:
        """Send the log-in form."""
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    def item(self, text: str) -> Locator:
        """The conversation in the list whose row says this."""
        return self.list.get_by_role("link").filter(has_text=text)

    async def open(self, text: str) -> None:
        """Open the conversation whose row says this."""
        await self.item(text).click()
        await expect(self.message(text)).to_be_visible()

    def message(self, text: str) -> Locator:
        """The message of the open thread with these words."""
        return self.messages.filter(has_text=text)

    async def reply(self, text: str, files: list[Path] | None = None) -> None:
        """Write and send."""
        if files:
            await self.page.locator("input[type=file]").set_input_files(files)
        await self.reply_field.fill(text)
        send = self.page.get_by_role("button", name="Send", exact=True)
        await expect(send).to_be_enabled()
        await send.click()

    async def texts(self) -> list[str]:
        """What the open thread shows, in its order."""
        return await self.messages.locator("p[class*=_text_]").all_inner_texts()
