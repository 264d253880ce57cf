"""The widget in pages that are not made for it: their styles, shortcuts, scripts and policies are their own."""

import re
import time

import jwt
from playwright.async_api import expect

from hub.model.operator import Role
from tests.end_to_end.site import site
from tests.end_to_end.stage import Stage

HOSTILE = """
<style>
  html { direction: rtl; font-size: 40px }
  body { display: flex; justify-content: space-between; transform: translateZ(0); min-height: 3000px }
  * { all: unset !important; color: red !important; font-size: 40px !important }
  script, style, title, head { display: none !important }
  switchboard-chat { display: none !important }
</style>
"""
SHORTCUTS = """
<input id="search">
<script>
  document.addEventListener("keydown", (event) => {
    if (/INPUT|TEXTAREA/.test(event.target.tagName)) return;
    if (event.key === "/" || event.key === " ") event.preventDefault();
    if (event.key === "/") document.querySelector("#search").focus();
  });
</script>
"""
HEX = re.compile(r"^[0-9a-f]{64}$")


async def test_the_pages_style_does_not_reach_the_chat(stage: Stage) -> None:
    """Not its resets, sizes, colours, direction or layout; and the chat moves nothing in the page."""
    async with site(stage) as opened:
        visitor = await opened(HOSTILE)
        await visitor.open()
        await visitor.say("<b>plain</b>")
        bubble = visitor.bubble("<b>plain</b>")
        await expect(bubble).to_contain_text("Sent")
        await expect(bubble.locator(".bubble")).to_have_css("font-size", "15px")
        await expect(bubble.locator(".bubble")).to_have_css("direction", "ltr")
        box = await visitor.page.locator("switchboard-chat .launcher").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900, "the launcher is out of sight"


async def test_what_is_typed_into_the_chat_is_no_shortcut_of_the_page(stage: Stage) -> None:
    """A page that searches on "/" and scrolls on space sees neither while somebody writes."""
    async with site(stage) as opened:
        visitor = await opened(SHORTCUTS)
        await visitor.open()
        await visitor.field.press_sequentially("a / b")
        await expect(visitor.field).to_have_value("a / b")
        await expect(visitor.page.locator("#search")).to_have_value("")


async def test_the_chat_outlives_a_body_that_the_page_replaces(stage: Stage) -> None:
    """Pages that load each other without a fresh start put a new body in the place of the old one."""
    async with site(stage) as opened:
        visitor = await opened("")
        await visitor.open()
        await visitor.say("On the first page")
        await expect(visitor.bubble("On the first page")).to_contain_text("Sent")
        await visitor.page.evaluate("document.body.replaceWith(document.createElement('body'))")
        await visitor.say("On the second page")
        await expect(visitor.bubble("On the second page")).to_contain_text("Sent")


async def test_a_policy_without_sockets_leaves_plain_http(stage: Stage) -> None:
    """`connect-src` with the hub's http address alone forbids the socket: the chat works over HTTP, and soon."""
    hub = stage.line.origin
    async with site(stage, policy=f"default-src 'none'; script-src {hub}; connect-src {hub}") as opened:
        visitor = await opened("")
        await visitor.launcher.click()
        await expect(visitor.log).to_have_attribute("aria-busy", "false", timeout=30_000)
        await visitor.say("Over plain HTTP")
        await expect(visitor.bubble("Over plain HTTP")).to_contain_text("Sent", timeout=30_000)


async def test_a_key_of_no_channel_is_told(stage: Stage) -> None:
    """To the visitor that there is no chat here, to the page's developer why."""
    async with site(stage, key="no-such-channel") as opened:
        visitor = await opened("")
        errors: list[str] = []
        visitor.page.on("pageerror", lambda error: errors.append(str(error)))
        await visitor.launcher.click()
        told = visitor.panel.get_by_text("The chat is not available here.")
        await expect(told).to_be_visible(timeout=30_000)
        await expect(visitor.field).to_have_count(0)
        assert len(errors) == 1
        assert "data-channel" in errors[0]


async def test_a_visitor_whom_the_site_signs_in_finds_the_talk_on_another_device(stage: Stage) -> None:
    """The admin takes the key from the channels page; what is signed with it counts, with another key it does not."""
    admin = await stage.operator(await stage.account(Role.ADMIN))
    await admin.page.goto(f"{stage.line.origin}/channels")
    await admin.page.get_by_role("button", name="Key for signed-in visitors Сайт Aurora Home").click()
    shown = admin.page.locator("code", has_text=HEX)
    await expect(shown).to_have_text(HEX)
    claims = {"sub": "customer-17", "name": "Sample Customer 17", "exp": time.time() + 300}
    token = jwt.encode(claims, await shown.inner_text(), algorithm="HS256")
    async with site(stage) as phone, site(stage) as desk, site(stage) as elsewhere:
        visitor = await phone(f'<script>window.switchboard = [["identify", "{token}"]]</script>')
        await visitor.open()
        await visitor.say("Written on the phone")
        await expect(visitor.bubble("Written on the phone")).to_contain_text("Sent")
        again = await desk(f'<script>window.switchboard = [["identify", "{token}"]]</script>')
        await again.open()
        await expect(again.bubble("Written on the phone")).to_be_visible()
        forged = jwt.encode(claims, "f" * 64, algorithm="HS256")
        stranger = await elsewhere(f'<script>window.switchboard = [["identify", "{forged}"]]</script>')
        await stranger.open()
        await stranger.say("Who am I?")
        await expect(stranger.bubble("Who am I?")).to_contain_text("Sent")
        await expect(stranger.bubble("Written on the phone")).to_have_count(0)
