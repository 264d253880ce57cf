"""A customer at the demo's webmail, an operator at the inbox, and IMAP and SMTP between them."""

from pathlib import Path

from playwright.async_api import expect

from tests.end_to_end.mail_page import read_mail_as
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import PHONE, Stage, sample, until
from tests.end_to_end.telegram_phone import HANDED_OVER
from tests.end_to_end.test_accessibility import complaints


async def test_the_webmail_on_a_phone_in_both_languages_and_schemes(stage: Stage) -> None:
    """A letter with a picture is written with a thumb, read again, and nothing in it hinders anybody."""
    mail = await read_mail_as(stage, "Sample Customer 4", size=PHONE, bypass_csp=True)
    await mail.write("A picture from the phone", "Is this the lamp?", photo=True)
    picture = mail.written("Is this the lamp?").get_by_role("img", name="lamp.jpg")
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


async def _open(stage: Stage, operator: OperatorAtWork, text: str) -> None:
    """Open the conversation that a mail with these words began."""
    conversation = await stage.conversation_with(text)
    await operator.page.goto(f"{stage.line.origin}/inbox/all/{conversation.id}")
    await expect(operator.message(text).first).to_be_visible()


async def test_from_a_customers_mail_over_a_flow_to_an_operator_and_back(stage: Stage, folder: Path) -> None:
    """The whole way: mail, questions by mail, a person asked for, an answer with a file, and the answer to that."""
    mail, operator = await read_mail_as(stage, "Sample Customer 2"), await stage.operator()
    await mail.write("A lamp for my desk", "Do you ship lamps abroad?")
    await expect(mail.letter("Do you agree to personal data processing?")).to_be_visible(timeout=20_000)
    await mail.answer("yes")
    await expect(mail.letter("What is your role?")).to_be_visible(timeout=20_000)
    await expect(mail.letter("What is your role?")).to_contain_text("How many employees do you have?")
    await mail.answer("operator")
    await expect(mail.letters.last).to_contain_text(HANDED_OVER, timeout=20_000)

    await _open(stage, operator, "Do you ship lamps abroad?")
    await expect(operator.message("Do you ship lamps abroad?").first).to_contain_text("sender verified")
    await operator.reply("We do. Here is the price list.", [sample(folder, "прайс 2026.txt", b"Lamp: 10")])
    answered = mail.letter("We do. Here is the price list.")
    await expect(answered).to_be_visible(timeout=20_000)
    async with mail.page.expect_download() as download:
        await answered.get_by_role("link", name="прайс 2026.txt").click()
    assert (await (await download.value).path()).read_bytes() == b"Lamp: 10"

    await mail.answer("Thank you, I take two.")
    back = operator.message("Thank you, I take two.")
    await expect(back).to_be_visible(timeout=20_000)
    await expect(back.locator("summary")).to_have_text("Quoted text")
    talks = mail.page.locator(".thread").filter(has_text="A lamp for my desk")
    assert await talks.count() == 1, "all of it is one talk in the customer's mailbox"


async def test_the_operator_chooses_to_answer_all(stage: Stage) -> None:
    """Nobody beside the customer gets the answer until the operator says so; whoever did may join in."""
    mail, operator = await read_mail_as(stage, "Sample Customer 4"), await stage.operator()
    boss = await read_mail_as(stage, "Sample Ltd")
    await mail.write("Chairs for the office", "Which chairs do you have?", cc="office@example.net")
    await _open(stage, operator, "Which chairs do you have?")
    await expect(operator.message("Which chairs do you have?")).to_contain_text("Cc: office@example.net")
    await operator.reply("All of them.")
    await expect(mail.letter("All of them.")).to_be_visible(timeout=20_000)
    page, stored = operator.page, stage.hub.connection.database["drafts"]
    await page.get_by_role("button", name="Reply to all: 1 more").click()
    await until(lambda: stored.find_one({"copies": "office@example.net"}), 30)
    await page.reload()  # as on another device: who gets a copy is part of what was begun
    await expect(page.get_by_text("office@example.net", exact=True).last).to_be_visible()
    await expect(operator.message("All of them.")).to_be_visible()
    await operator.reply("In every colour.")
    await expect(operator.message("In every colour.")).to_contain_text("Cc: office@example.net")
    await until(lambda: stored.find_one({"operator": operator.account.id, "text": "", "copies": []}), 30)

    await boss.open_talk("Chairs for the office")
    await expect(boss.letter("In every colour.")).to_be_visible(timeout=20_000)
    await expect(boss.letter("All of them.")).to_have_count(0)
    await boss.answer("Then fifty black ones.", how="Reply to all")
    await expect(operator.message("Then fifty black ones.")).to_be_visible(timeout=20_000)
    await expect(mail.letter("Then fifty black ones.")).to_be_visible(timeout=20_000)
    await expect(operator.page.get_by_role("button", name="Add a copy")).to_be_visible()


async def test_a_forwarded_mail_is_answered_to_its_author_by_one_click(stage: Stage) -> None:
    """The colleague's conversation says where it went; no flow writes to somebody who has not written to us."""
    author, colleague = await read_mail_as(stage, "Sample Customer 4"), await read_mail_as(stage, "Sample Ltd")
    operator = await stage.operator()
    await author.write("A rug", "Is the rug made of wool?", to="office@example.net")
    await colleague.open_talk("A rug")
    await colleague.forward("Please answer this one.")
    await _open(stage, operator, "Please answer this one.")
    await expect(operator.message("Please answer this one.")).to_contain_text(
        "passes on what Sample Customer 4 <customer4@example.com> wrote"
    )
    await operator.page.get_by_role("button", name="Answer the author").click()
    await expect(operator.message("Please answer this one.")).to_have_count(0, timeout=20_000)
    await expect(operator.message("Is the rug made of wool?")).to_be_visible(timeout=20_000)
    await operator.reply("Pure wool.")
    await expect(author.page.get_by_role("button", name="Re: A rug")).to_be_visible(timeout=20_000)
    assert await operator.texts() == ["Is the rug made of wool?", "Pure wool."]
