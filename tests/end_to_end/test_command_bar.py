"""The command bar: actions, pages, people and messages by keys alone."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from hub.demo.seed import PASSWORD
from hub.model.conversation import Status
from hub.model.ids import new_id
from hub.model.operator import Role
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints

LONG = 30_000


async def picture(page: Page, name: str) -> None:
    """A picture for whoever asks for it."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


async def bar(page: Page) -> Locator:
    """The bar, opened by its key."""
    await page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Command bar")
    await expect(field).to_be_focused()
    return field


async def test_everything_is_reached_by_keys_alone(stage: Stage) -> None:
    """A page, somebody by what they wrote, an action there, another dialog, and away again."""
    words = f"Zebra{new_id()[-6:]}"
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say(f"Do you have a {words} carpet?")
    conversation = await stage.conversation_with(f"Do you have a {words} carpet?")
    operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
    page = operator.page
    field = await bar(page)
    assert not await complaints(page)
    await picture(page, "command-desk")
    await field.fill("audit")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Audit log")).to_be_visible()

    field = await bar(page)
    await field.fill(words)
    found = page.get_by_role("group", name="Messages").get_by_role("option").filter(has_text=words)
    await found_by_search(page, field, words, found)
    assert not await complaints(page)
    await picture(page, "command-found")
    await page.keyboard.press("Enter")
    await expect(operator.message(words)).to_be_visible(timeout=LONG)
    assert conversation.id in page.url

    await (await bar(page)).fill("snooze")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("combobox", name="Snooze")).to_be_focused()
    await page.keyboard.press("Escape")
    await operator.reply_field.fill("In the middle of it")
    await (await bar(page)).fill("resolve")  # from the middle of what one writes
    await page.keyboard.press("Enter")

    async def resolved() -> bool:
        now = await stage.hub.pipeline.conversations.any(conversation.id)
        return now is not None and now.status is Status.RESOLVED

    await until(resolved, 30)
    await bar(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(operator.reply_field).to_be_focused()
    await expect(operator.reply_field).to_have_value("In the middle of it")


async def found_by_search(page: Page, field: Locator, words: str, found: Locator) -> None:
    """What was just written is found after a while: ask until it is."""

    async def there() -> bool:
        if await found.count():
            return True
        await field.fill(words[:-1])
        await page.wait_for_timeout(300)
        await field.fill(words)
        try:
            await expect(found).to_be_visible(timeout=5_000)
        except AssertionError:
            return False
        return True

    await until(there, 60)


async def test_who_may_only_read_is_offered_no_actions(stage: Stage) -> None:
    """An analyst sees what may be seen, and no page of those who manage."""
    operator = await stage.operator(await stage.account(Role.ANALYST))
    page = operator.page
    await operator.list.get_by_role("link").first.click()
    await expect(operator.messages.first).to_be_visible()
    await bar(page)
    await expect(page.get_by_role("option", name=re.compile("^Resolved"))).to_be_visible()
    await expect(page.get_by_role("option", name="Resolve or reopen")).to_have_count(0)
    await expect(page.get_by_role("option", name="Audit log")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_it_is_in_the_menu(stage: Stage, scheme: str) -> None:
    """In Russian; by a finger."""
    account = await stage.account(Role.ADMIN, "ru")
    context = await stage.context(size=PHONE, scheme=scheme, has_touch=True, bypass_csp=True)
    page = await stage.page(context, [NOT_SIGNED_IN])
    await page.goto(f"{stage.line.origin}/inbox/all")
    await OperatorAtWork(page, account).fill_in(account.email, PASSWORD)
    await page.get_by_role("button", name="Открыть меню").tap()
    await page.get_by_role("button", name=account.name).tap()
    await page.get_by_role("menuitem", name="Командная строка").tap()
    await expect(page.get_by_role("combobox", name="Командная строка")).to_be_visible()
    assert not await complaints(page)
    await picture(page, f"command-phone-{scheme}")
    await page.get_by_role("option", name="Отложенные события").tap()
    await expect(page.get_by_role("heading", name="Отложенные события")).to_be_visible()
