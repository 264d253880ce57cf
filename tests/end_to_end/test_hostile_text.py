"""What strangers write is text: in messages, in names and in the names of files, on both sides."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.end_to_end.stage import Stage, sample, until

ATTACKS = (
    "<script>alert('script')</script>",
    '<img src="https://elsewhere.example.test/a.png" onerror="alert(1)">',
    "javascript:alert(2)",
    '"><svg onload=alert(3)>',
    "{{constructor.constructor('alert(4)')()}}",
    '[click](javascript:alert(5)) https://example.test/"onmouseover=alert(6)',
)


async def test_markup_in_messages_is_shown_as_text(stage: Stage) -> None:
    """Every attack arrives letter for letter on both sides; no dialog, no request elsewhere, no link with a script."""
    visitor, operator = await stage.visitor(), await stage.operator()
    await visitor.open()
    for attack in ATTACKS:
        await visitor.say(attack)
    await expect(visitor.bubble(ATTACKS[-1])).to_contain_text("Sent")
    await operator.item(ATTACKS[-1][:20]).click()
    for attack in ATTACKS:
        await expect(operator.message(attack)).to_be_visible()
        await operator.reply(attack)
        await expect(visitor.bubble(attack)).to_have_count(2)
    for page in (visitor.page, operator.page):
        for link in await page.get_by_role("link").all():
            assert not (await link.get_attribute("href") or "").startswith("javascript:")
    await expect(visitor.log.locator("img, script, svg[onload]")).to_have_count(0)


async def test_markup_in_names_is_shown_as_text(stage: Stage, folder: Path) -> None:
    """A file's name and a contact's name with markup stay names, and a page among the files is only downloaded."""
    visitor, operator = await stage.visitor(), await stage.operator()
    await visitor.open()
    name = "<img src=x onerror=alert(7)>.html"
    await visitor.say("A strange file", [sample(folder, name, b"<script>alert(8)</script>")])
    await operator.open("A strange file")
    link = operator.message("A strange file").get_by_role("link")
    await expect(link).to_contain_text("onerror=alert(7)")
    async with operator.page.expect_download():
        await link.click()
    await expect(visitor.log.get_by_role("link")).to_contain_text("onerror=alert(7)")

    await operator.page.get_by_role("button", name="Change the name").click()
    await operator.page.get_by_role("textbox", name="Name").fill(ATTACKS[1])
    await operator.page.keyboard.press("Enter")
    await expect(operator.item(ATTACKS[1])).to_be_visible()
    await expect(operator.page.get_by_role("heading", name=ATTACKS[1])).to_be_attached()


async def test_the_watch_sees_what_it_should(stage: Stage) -> None:
    """The tests above can fail: an error, a dialog, a forbidden script and a foreign server are all noticed."""
    page = await stage.page(await stage.context(), [])
    watch = stage.watches.pop()
    await page.goto(f"{stage.line.origin}/demo/shop/en.html")
    for deed in (
        "setTimeout(() => { throw new Error('oops') })",
        "setTimeout(() => alert('hello'))",
        "document.body.insertAdjacentHTML('beforeend', '<button onclick=\"alert(1)\">x</button>')",
        "void fetch('https://elsewhere.example.test/').catch(() => {})",
    ):
        before = len(watch.faults)
        await page.evaluate(deed)

        async def noticed(before: int = before) -> bool:
            return len(watch.faults) > before

        await until(noticed)
    with pytest.raises(AssertionError, match="oops"):
        watch.check()
