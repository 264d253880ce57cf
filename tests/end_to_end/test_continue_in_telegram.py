"""A visitor of the shop goes on in Telegram as the same person, by a link or by a QR code."""

from playwright.async_api import expect

from tests.end_to_end.stage import PHONE, Stage
from tests.end_to_end.telegram_phone import TelegramPhone, running, take_phone
from tests.end_to_end.test_accessibility import complaints


async def test_a_visitor_goes_on_in_telegram_as_the_same_person(stage: Stage) -> None:
    """Offered once there is somebody to go on; on a desk with a code for the phone's camera, which says the same."""
    await take_phone(stage, "Sample Customer 6")  # the demo's Telegram runs from now on
    visitor = await stage.visitor(bypass_csp=True)
    await visitor.open()
    link = visitor.panel.get_by_role("link", name="Continue in Telegram")
    await expect(link).to_have_count(0)
    await visitor.say("I have to leave the desk")
    await expect(link).to_be_visible()
    code = link.locator("img")
    await expect(code).to_be_hidden()
    await link.hover()
    await expect(code).to_be_visible()
    assert await code.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    assert not await complaints(visitor.page)

    async with visitor.page.context.expect_page() as opened:
        await link.click()
    page = await opened.value
    await running(stage.hub)
    phone = TelegramPhone(page, "Sample Customer 6")
    await phone.open()
    await phone.screen.get_by_role("button", name="Start", exact=True).click()
    await phone.say("Now from the train")
    first = await stage.conversation_with("I have to leave the desk")
    second = await stage.conversation_with("Now from the train")
    assert first.contact == second.contact
    assert first.channel != second.channel


async def test_on_a_phone_it_is_a_plain_link_in_the_visitor_s_language(stage: Stage) -> None:
    await take_phone(stage, "Sample Customer 2")
    visitor = await stage.visitor(size=PHONE, locale="ru-RU", path="index.html")
    await visitor.page.get_by_role("button", name="Открыть чат").click()
    await visitor.page.get_by_role("textbox", name="Напишите сообщение…").fill("Я с телефона")
    await visitor.page.keyboard.press("Enter")
    link = visitor.page.get_by_role("link", name="Продолжить в Telegram")
    await expect(link).to_be_visible()
    await expect(link.locator("img")).to_have_count(0)
    assert "/demo/telegram/" in (await link.get_attribute("href") or "")
