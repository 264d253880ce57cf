"""What the widget costs a page whose visitor never opens it."""

from playwright.async_api import expect

from tests.end_to_end.stage import Stage
from tests.end_to_end.visitor import Visitor


async def test_before_it_is_opened_the_widget_asks_once_and_stores_nothing(stage: Stage) -> None:
    """One request, for the script; no cookie, no storage, no socket. The token is kept with the first message only."""
    context = await stage.context()
    page = await stage.page(context, [])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    await page.goto(f"{stage.line.origin}/demo/shop/en.html")
    visitor = Visitor(page)
    await expect(visitor.launcher).to_be_visible()
    await page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/demo/shop/" not in url] == [f"{stage.line.origin}/widget.js"]
    kept = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert await page.evaluate(kept) == [0, 0, ""]
    assert await context.cookies() == []

    await visitor.open()
    assert await page.evaluate("localStorage.length") == 0
    await visitor.say("Now keep it")
    await expect(visitor.bubble("Now keep it")).to_contain_text("Sent")
    assert await page.evaluate("localStorage.length") > 0
    assert await context.cookies() == []


async def test_an_answer_to_a_visitor_who_left_waits_at_the_launcher(stage: Stage) -> None:
    """A returning visitor sees on the closed launcher how many answers came, and finds them when opening it."""
    visitor, operator = await stage.visitor(), await stage.operator()
    await visitor.open()
    await visitor.say("I will be back")
    await expect(visitor.rows).to_have_count(2)
    await operator.open("I will be back")
    await visitor.page.keyboard.press("Escape")
    await visitor.page.goto("about:blank")
    await operator.reply("We shall be here.")
    await expect(operator.message("We shall be here.")).to_contain_text("Sent")
    await visitor.page.goto(f"{stage.line.origin}/demo/shop/en.html")
    await expect(visitor.launcher).to_have_accessible_name("Open chat: 1 new")
    await visitor.launcher.click()
    await expect(visitor.bubble("We shall be here.")).to_be_visible()
    await expect(operator.message("We shall be here.")).to_contain_text("Read")
