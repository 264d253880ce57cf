"""A customer at the demo's webmail, an operator at the inbox, and IMAP and SMTP between them."""

from playwright.async_api import expect

from tests.end_to_end.mail_page import read_mail_as
from tests.end_to_end.stage import PHONE, Stage
from tests.end_to_end.test_accessibility import complaints


async def test_the_webmail_on_a_phone_in_both_languages_and_schemes(stage: Stage) -> None:
    """A letter with a picture is written with a thumb, read again, and nothing in it hinders anybody."""
    mail = await read_mail_as(stage, "Sample Customer 4", size=PHONE, bypass_csp=True)
    await mail.write("A picture from the phone", "Is this the lamp?", photo=True)
    picture = mail.letter("Is this the lamp?").get_by_role("img", name="lamp.jpg")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    for scheme in ("Dark theme", "Light theme"):
        await mail.page.get_by_role("button", name=scheme).click()
        assert not await complaints(mail.page)
    width = await mail.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]
    await mail.page.get_by_role("button", name="Русский").click()
    await expect(mail.letters.last.get_by_role("button", name="Ответить", exact=True)).to_be_visible()
    await mail.page.get_by_role("button", name="Назад").last.click()
    await expect(mail.page.get_by_role("button", name="Написать")).to_be_visible()
