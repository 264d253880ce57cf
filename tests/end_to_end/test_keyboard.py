"""Everything that matters can be done without a mouse, and the focus is never lost."""

from playwright.async_api import Locator, Page, expect

from hub.model.operator import Role
from tests.end_to_end.stage import Stage


async def tab_to(page: Page, target: Locator, most: int = 40) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await target.evaluate("element => element.getRootNode().activeElement === element"):
            return
    raise AssertionError(f"Tab does not lead to {target}")


async def test_a_visitor_chats_by_keyboard(stage: Stage) -> None:
    """Tab to the launcher, open, write, leave with Escape: the focus is back on the launcher."""
    visitor = await stage.visitor()
    page = visitor.page
    await expect(visitor.launcher).to_be_visible()
    await tab_to(page, visitor.launcher)
    await page.keyboard.press("Enter")
    await expect(visitor.field).to_be_focused()
    await page.keyboard.type("No mouse here")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("nor there")
    await page.keyboard.press("Enter")
    await expect(visitor.bubble("No mouse here")).to_contain_text("Sent")
    await expect(visitor.field).to_be_focused()
    await expect(visitor.field).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(visitor.panel).to_have_count(0)
    await expect(visitor.launcher).to_be_focused()


async def test_an_operator_works_by_keyboard(stage: Stage) -> None:
    """From the list into a thread, take, reply, note, resolve and reopen, and on to another view."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Keys only, please")
    operator = await stage.operator()
    page, keys = operator.page, operator.page.keyboard
    await expect(operator.item("Keys only, please")).to_be_visible()
    await keys.press("j")
    await expect(operator.message("Keys only, please")).to_be_visible()
    await keys.press("t")
    await expect(page.get_by_text("You are answering")).to_be_visible()
    await keys.press("r")
    await expect(operator.reply_field).to_be_focused()
    await keys.type("By keys, then.")
    await keys.press("Enter")
    await expect(visitor.bubble("By keys, then.")).to_be_visible()
    await keys.press("Escape")
    await keys.press("n")
    await expect(page.get_by_role("textbox", name="Note for colleagues")).to_be_focused()
    await keys.type("Likes keys")
    await keys.press("Enter")
    await expect(operator.message("Likes keys")).to_be_visible()
    await expect(visitor.bubble("Likes keys")).to_have_count(0)
    await keys.press("Escape")
    await keys.press("e")
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await keys.press("e")
    await expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    await keys.press("g")
    await keys.press("m")
    await expect(page.get_by_role("heading", name="Mine")).to_be_visible()


async def test_a_canned_reply_is_inserted_by_keyboard(stage: Stage) -> None:
    """A slash in the composer offers the canned replies; Enter takes one, and sends nothing yet."""
    visitor, operator = await stage.visitor(), await stage.operator()
    await visitor.open()
    await visitor.say("Anything canned?")
    await operator.open("Anything canned?")
    await operator.page.keyboard.press("r")
    await operator.page.keyboard.type("/hel")
    await expect(operator.page.get_by_role("option", name="hello")).to_be_visible()
    await operator.page.keyboard.press("Enter")
    await expect(operator.reply_field).to_have_value("Hello! Thank you for writing to us. How can I help?")
    await operator.page.keyboard.press("Enter")
    await expect(visitor.bubble("How can I help?")).to_be_visible()


async def test_the_keys_are_listed(stage: Stage) -> None:
    """The question mark shows all keys; Escape closes the list and the keys work again."""
    operator = await stage.operator()
    await expect(operator.page.locator("[data-conversation]").first).to_be_visible()  # J walks through what is there
    await operator.page.keyboard.press("?")
    dialog = operator.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_contain_text("Take over")
    await operator.page.keyboard.press("j")
    await expect(operator.page.get_by_role("heading", name="Choose a conversation").or_(dialog)).to_be_visible()
    await operator.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await operator.page.keyboard.press("/")
    await expect(operator.page.get_by_role("searchbox", name="Search people and messages")).to_be_focused()
    await operator.page.keyboard.press("Escape")
    await operator.page.keyboard.press("j")
    await expect(operator.messages.first).to_be_visible()


async def test_the_focus_goes_back_to_what_opened_a_dialog(stage: Stage) -> None:
    """Whether it is left by Escape or by its work: the next Tab goes on where one was."""
    colleague, admin = await stage.account(), await stage.operator(await stage.account(Role.ADMIN))
    page = admin.page
    await page.goto(f"{stage.line.origin}/people")
    invite = page.get_by_role("button", name="Invite")
    await invite.press("Enter")
    await expect(page.get_by_role("dialog").get_by_label("E-mail")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(invite).to_be_focused()
    edit = page.get_by_role("button", name=f"Edit {colleague.name}", exact=True)
    await edit.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Save").press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(edit).to_be_focused()
