"""axe finds nothing to complain about, on any screen, in light and in dark."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hub.model.operator import Role
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
FIND = """async rules => (await axe.run({rules, resultTypes: ["violations"]})).violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}\\n  ${node.failureSummary}`))"""


async def complaints(page: Page, *, but: str | None = None) -> str:
    """What axe finds on the page as it is, all rules but one."""
    if not await page.evaluate("'axe' in window"):
        await page.add_script_tag(path=AXE)
    return "\n".join(await page.evaluate(FIND, {but: {"enabled": False}} if but else {}))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_widget_is_accessible(stage: Stage, scheme: str) -> None:
    """Closed, open and empty, with a conversation and a file, on a desk and on a phone."""
    visitor = await stage.visitor(scheme=scheme, bypass_csp=True)
    await expect(visitor.launcher).to_be_visible()
    assert not await complaints(visitor.page)
    await visitor.open()
    assert not await complaints(visitor.page)
    await visitor.say("Is all of this accessible?")
    await expect(visitor.bubble("Is all of this accessible?")).to_contain_text("Sent")
    await expect(visitor.rows).to_have_count(2)
    assert not await complaints(visitor.page)
    await visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await expect(visitor.launcher).to_have_count(0)
    assert not await complaints(visitor.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_inbox_is_accessible(stage: Stage, scheme: str) -> None:
    """List, thread, note, dialogs and help."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say(f"Can you read me in {scheme}?")
    operator = await stage.operator(scheme=scheme, bypass_csp=True)
    page = operator.page
    await operator.item("Can you read me").first.wait_for()
    assert not await complaints(page)
    await page.get_by_role("searchbox").fill("sample")
    await operator.list.get_by_role("region", name="People").wait_for()
    await page.get_by_role("searchbox").fill("заказ")
    await operator.list.get_by_role("region", name="Messages").wait_for()
    assert not await complaints(page)
    await page.keyboard.press("Escape")
    await operator.open(f"Can you read me in {scheme}?")
    await operator.reply("Yes, very well.")
    await expect(visitor.bubble("Yes, very well.")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.keyboard.type("Draft of a note")
    assert not await complaints(page)
    await page.keyboard.press("Escape")
    for key, name in (("s", "Snooze"), ("a", "Assign"), ("l", "Tags"), ("?", "Keyboard shortcuts")):
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog", name=name)).to_be_visible()
        assert not await complaints(page), name
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name=name)).to_have_count(0)
    await page.get_by_role("button", name="More actions").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    # An open menu belongs to its button and lies outside of all landmarks, as a dialog does.
    assert not await complaints(page, but="region")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_other_pages_are_accessible(stage: Stage, scheme: str) -> None:
    """The log-in, the settings and the admin pages."""
    account = await stage.account(Role.ADMIN)
    door = await stage.page(await stage.context(scheme=scheme, bypass_csp=True), [NOT_SIGNED_IN])
    await door.goto(f"{stage.line.origin}/login")
    await expect(door.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not await complaints(door)
    operator = await stage.operator(account, scheme=scheme, bypass_csp=True)
    page = operator.page
    pages = {
        "settings": "Settings",
        "channels": "Channels",
        "canned-replies": "Canned replies",
        "parked": "Parked",
        "people": "People",
        "audit": "Audit log",
        "webhooks": "Webhooks",
    }
    for path, name in pages.items():
        await page.goto(f"{stage.line.origin}/{path}")
        await expect(page.get_by_role("heading", name=name).first).to_be_visible()
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert not await complaints(page), path
    await page.goto(f"{stage.line.origin}/channels")
    await page.get_by_role("button", name="New channel").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert not await complaints(page)
