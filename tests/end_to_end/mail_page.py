"""A customer at the demo's webmail."""

from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

from hub.demo.mail.in_the_hub import CHANNEL_KEY
from hub.store.channels import Channels
from tests.end_to_end.stage import Stage, until


class MailPage:
    """The webmail in the hands of one sample customer, in English."""

    def __init__(self, page: Page, customer: str) -> None:
        self.page, self.customer = page, customer
        self.letters = page.locator(".letter")

    async def open(self) -> None:
        """Open the customer's mailbox."""
        await self.page.get_by_role("navigation", name="Mailboxes").get_by_role("button", name=self.customer).click()
        await expect(self.page.get_by_role("heading", name=self.customer)).to_be_visible()

    async def write(self, subject: str, text: str, *, to: str = "", cc: str = "", photo: bool = False) -> None:
        """Write to the shop, or to somebody else."""
        await self.page.get_by_role("button", name="Write").click()
        form = self.page.get_by_role("form", name="New letter")
        await form.get_by_label("Subject").fill(subject)
        if to:
            await form.get_by_label("To").fill(to)
        if cc:
            await form.get_by_label("Cc").fill(cc)
        if photo:
            await form.get_by_role("button", name="Sample photo").click()
            await expect(form.get_by_text("lamp.jpg")).to_be_visible()
        await self._send(form, text, None)

    async def open_talk(self, subject: str) -> None:
        """Open the talk with this subject, once there is one."""
        await self.page.get_by_role("region", name="Letters").get_by_role("button", name=subject).click()

    async def forward(self, text: str) -> None:
        """Pass the newest letter on to the shop."""
        await self.letters.last.get_by_role("button", name="Forward", exact=True).click()
        await self._send(self.page.get_by_role("form", name="Forward"), text, None)

    async def answer(self, text: str, *, how: str = "Reply", file: Path | None = None) -> None:
        """Answer the newest letter above its quotation."""
        await self.letters.last.get_by_role("button", name=how, exact=True).click()
        await self._send(self.page.get_by_role("form", name=how), text, file)

    async def _send(self, form: Locator, text: str, file: Path | None) -> None:
        field = form.get_by_label("Text of the letter")
        await field.fill(text + await field.input_value())
        if file is not None:
            async with self.page.expect_file_chooser() as chooser:
                await form.get_by_role("button", name="Attach a file").click()
            await (await chooser.value).set_files(file)
        await form.get_by_role("button", name="Send", exact=True).click()
        await expect(form).to_have_count(0)
        # Not the last one: an answer may be there already.
        await expect(self.letter(text.split("\n", maxsplit=1)[0])).to_be_visible()

    def letter(self, text: str) -> Locator:
        """The newest letter with these words."""
        return self.letters.filter(has_text=text).last

    def written(self, text: str) -> Locator:
        """The customer's own letter with these words, which its answers quote."""
        return self.page.get_by_role("article", name="You:").filter(has_text=text)


async def read_mail_as(stage: Stage, customer: str, **options: Any) -> MailPage:
    """A browser with the webmail, the customer's mailbox open and the shop's channel running."""
    page = await stage.page(await stage.context(**options), [])
    await page.goto(f"{stage.line.origin}/demo/mail/")
    mail = MailPage(page, customer)
    await mail.open()
    channel = await Channels(stage.hub.connection.database).by_key(CHANNEL_KEY)
    assert channel is not None
    number = channel.id

    async def opened() -> bool:
        return stage.hub.supervisor.connector(number) is not None

    await until(opened, 60)
    return mail
