"""The screens of a phone: one thing at a time, and nothing wider than the screen."""

from playwright.async_api import Page, expect

from tests.end_to_end.stage import PHONE, Stage


async def fits(page: Page) -> bool:
    """Whether nothing sticks out at the side."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_the_widget_covers_a_phone(stage: Stage) -> None:
    """Opened it takes the whole screen and holds the page still; closed it gives both back."""
    visitor = await stage.visitor(size=PHONE, has_touch=True, is_mobile=True)
    await visitor.launcher.tap()
    await expect(visitor.panel).to_be_visible()
    assert await visitor.panel.bounding_box() == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}
    await expect(visitor.launcher).to_have_count(0)
    assert await visitor.page.evaluate("document.documentElement.style.overflow") == "hidden"
    await visitor.say("From a phone")
    await expect(visitor.bubble("From a phone")).to_contain_text("Sent")
    assert await fits(visitor.page)
    await visitor.panel.get_by_role("button", name="Close chat").tap()
    await expect(visitor.launcher).to_be_visible()
    assert await visitor.page.evaluate("document.documentElement.style.overflow") == ""


async def test_the_inbox_shows_one_screen_after_the_other(stage: Stage) -> None:
    """On a phone: list, then thread, then contact, and back the same way; views come from a menu."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("To a phone")
    operator = await stage.operator(size=PHONE, has_touch=True, is_mobile=True)
    page = operator.page
    assert await fits(page)
    await operator.item("To a phone").tap()
    await expect(operator.message("To a phone")).to_be_visible()
    await expect(operator.list).to_have_count(0)
    assert await fits(page)
    await operator.reply("Hello, phone")
    await expect(visitor.bubble("Hello, phone")).to_be_visible()

    await page.get_by_role("button", name="Unnamed visitor").tap()
    await expect(page.get_by_role("heading", name="Contact")).to_be_visible()
    await expect(operator.thread).to_have_count(0)
    assert await fits(page)
    await page.get_by_role("button", name="Back to the conversation").tap()
    await expect(operator.message("Hello, phone")).to_be_visible()
    await page.get_by_role("button", name="Back to the list").tap()
    await expect(operator.list).to_be_visible()

    await page.get_by_role("button", name="Open the menu").tap()
    await page.get_by_role("link", name="Mine").tap()
    await expect(page.get_by_role("heading", name="Mine")).to_be_visible()
    await expect(operator.item("Hello, phone")).to_be_visible()
    assert await fits(page)
    for path in ("settings", "canned-replies"):
        await page.goto(f"{stage.line.origin}/{path}")
        await expect(page.get_by_role("heading", level=2).first).to_be_visible()
        assert await fits(page), path
