"""A customer at the demo phone, an operator at the inbox, and the real Telegram connector between them."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.end_to_end.stage import LINK_LOST, Stage, sample
from tests.end_to_end.telegram_phone import TelegramPhone, bot_says, running, take_phone
from tests.end_to_end.test_accessibility import complaints


async def test_a_customer_in_telegram_and_an_operator_talk(stage: Stage) -> None:
    """What the customer writes shows up in the inbox, two ticks say so, and the answer arrives on the phone."""
    phone, operator = await take_phone(stage, "Sample Customer 2"), await stage.operator(view="unassigned")
    await phone.start_with_a_person()
    await phone.say("Do you ship lamps abroad?")
    await expect(phone.message("Do you ship lamps abroad?").get_by_label("The bot has it")).to_be_visible()

    await operator.open("Do you ship lamps abroad?")
    await operator.reply("We do: where to?")
    await expect(phone.message("We do: where to?")).to_be_visible()

    await phone.act("We do: where to?", "Reply")
    await phone.say("To Sample City")
    await expect(phone.message("To Sample City")).to_contain_text("We do: where to?")
    await expect(operator.message("To Sample City")).to_be_visible()

    await phone.act("To Sample City", "Edit")
    await phone.field.fill("To Example Town")
    await phone.field.press("Enter")
    await expect(operator.message("To Example Town")).to_be_visible()


async def test_photos_contacts_and_places_reach_the_operator(stage: Stage) -> None:
    """A photo as a picture, the own number and a place as words that can be read."""
    phone, operator = await take_phone(stage, "Sample Customer 4"), await stage.operator(view="unassigned")
    await phone.start_with_a_person()
    await phone.say("I send you some things")
    await operator.open("I send you some things")
    await phone.attach("Sample photo")
    picture = operator.thread.get_by_role("img", name=".jpg")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")

    await phone.attach("My number")
    await expect(operator.message("12025550104").last).to_be_visible()
    await phone.attach("Place")
    await phone.screen.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(operator.message("51.507").last).to_be_visible()


async def test_a_stale_button_and_the_keyboard_of_the_bot(stage: Stage) -> None:
    """A button that nobody waits for stops to glow; a keyboard for one use is folded away by its use."""
    phone = await take_phone(stage, "Покупатель 3")
    await phone.start_with_a_person()
    keyboard = {"keyboard": [[{"text": "Share my number", "request_contact": True}, {"text": "No, thanks"}]],
                "one_time_keyboard": True, "resize_keyboard": True}  # fmt: skip
    await bot_says(stage.hub, "sendMessage", chat_id=5003, text="How can we reach you?", reply_markup=keyboard)
    await phone.screen.get_by_role("button", name="No, thanks").click()
    await expect(phone.message("No, thanks")).to_be_visible()
    await expect(phone.screen.get_by_role("button", name="Share my number")).to_have_count(0)

    buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "sample:1:yes"}]]}
    await bot_says(
        stage.hub, "sendMessage", chat_id=5003, text="<b>Happy</b> with <i>us</i>?", parse_mode="HTML",
        reply_markup=buttons,
    )  # fmt: skip
    await expect(phone.message("Happy with us?").locator("strong")).to_have_text("Happy")
    button = phone.log.get_by_role("button", name="Yes")
    await button.click()
    await expect(button).to_have_class("key waiting")
    await expect(button).to_have_class("key")


async def test_who_blocks_the_bot_cannot_be_reached(stage: Stage) -> None:
    """The operator reads why the answer did not arrive; unblocked, the customer gets the next one."""
    phone, operator = await take_phone(stage, "Покупатель 1"), await stage.operator(view="unassigned")
    await phone.start_with_a_person()
    await phone.say("I will leave now")
    await operator.open("I will leave now")
    await phone.chat_menu("Stop and block")
    await expect(phone.log.get_by_text("You have blocked the bot.")).to_be_visible()
    await operator.reply("Are you still there?")
    await expect(operator.message("Are you still there?")).to_contain_text("Not delivered")

    await phone.screen.get_by_role("button", name="Unblock").click()
    await phone.say("I am back")
    await expect(operator.message("I am back")).to_be_visible()


async def test_a_whole_survey_in_the_phone_ends_at_an_operator(stage: Stage, folder: Path) -> None:
    """Buttons, ticks, numbers, dates, a file, the place and the number: a hot contact reaches a person, who answers."""
    phone, operator = await take_phone(stage, "Sample Customer 5"), await stage.operator()
    await phone.start()
    await phone.answer("Do you agree to personal data processing?", "Yes")
    await phone.answer("What is your role?", "Owner")
    await phone.answer("How many employees do you have?", text="250")
    await phone.answer("What do you use to talk to customers?", "Email", "Telegram", "Done")
    await phone.answer("When do you want to go live?", "In a week")
    await phone.answer("What is the yearly budget", text="2 000 000")
    await phone.answer("What matters most?", "Calling", "Integration", "Done")
    await phone.answer("Describe the task in your own words", text="Answer everybody within a minute")

    await expect(phone.message("Have a brief? Send the file")).to_be_visible()
    async with phone.page.expect_file_chooser() as chooser:
        await phone.attach("File")
    await (await chooser.value).set_files(sample(folder, "brief.pdf", b"%PDF-1.4 sample"))

    await expect(phone.message("Where is your office?")).to_be_visible()
    await (
        phone.screen.get_by_role("button", name="place")
        .or_(phone.screen.get_by_role("button", name="location"))
        .first.click()
    )
    await phone.screen.get_by_role("dialog").get_by_role("button", name="Share").click()
    await expect(phone.message("Your phone number?")).to_be_visible()
    await phone.screen.get_by_role("button", name="number").first.click()
    await phone.screen.get_by_role("dialog").get_by_role("button", name="Share").click()
    await phone.answer("Email for the proposal?", text="buyer@example.org")
    await expect(phone.message("A specialist will contact you within an hour")).to_be_visible()

    await operator.list.get_by_role("link").filter(has_text=re.compile(r"Sample Customer 5(?!\d)")).click()
    await expect(operator.message("buyer@example.org").first).to_be_visible()
    await operator.reply("Good day! I have read your brief.")
    await expect(phone.message("Good day! I have read your brief.")).to_be_visible()
    await phone.say("That was quick")
    await expect(operator.message("That was quick")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_phone_is_accessible(stage: Stage, scheme: str) -> None:
    """The list, a chat with all kinds of messages, its menus and dialogs, on a desk and on a phone."""
    phone = await take_phone(stage, "Sample Customer 4", scheme=scheme, bypass_csp=True)
    await phone.screen.get_by_role("button", name="Back to the chats").click()
    assert not await complaints(phone.page)
    await phone.open()
    if await phone.screen.get_by_role("button", name="Start", exact=True).count():
        await phone.start_with_a_person()
    for what in ("Sample photo", "My number"):
        await phone.attach(what)
    buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await bot_says(
        stage.hub, "sendMessage", chat_id=5004, text="*Sure*? ||No||", parse_mode="MarkdownV2", reply_markup=buttons
    )
    await expect(phone.message("Sure?")).to_be_visible()
    assert not await complaints(phone.page)
    await phone.screen.get_by_role("button", name="Attach").click()
    assert not await complaints(phone.page)
    await phone.screen.get_by_role("button", name="Place", exact=True).click()
    assert not await complaints(phone.page)
    await phone.screen.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await phone.page.set_viewport_size({"width": 390, "height": 780})
    assert not await complaints(phone.page)


async def test_a_link_to_the_bot_opens_the_phone(stage: Stage) -> None:
    """With what the link carries, as t.me would do."""
    page = await stage.page(await stage.context(), [])
    await page.goto(f"{stage.line.origin}/demo/telegram/aurora_home_bot?start=ad42")
    await running(stage.hub)
    phone = TelegramPhone(page, "Sample Customer 2")
    await phone.open()
    await phone.screen.get_by_role("button", name="Start", exact=True).click()
    await expect(phone.message("/start ad42")).to_be_visible()


async def test_a_phone_without_a_line_says_so_and_loses_nothing(stage: Stage) -> None:
    """What was typed stays in the field; what arrived meanwhile is shown when the line is back."""
    line = await stage.own_line()
    phone = await take_phone(stage, "Sample Customer 4", line=line, expected=[LINK_LOST])
    if await phone.screen.get_by_role("button", name="Start", exact=True).count():
        await phone.start_with_a_person()
    line.cut()
    await expect(phone.screen.get_by_text("The hub cannot be reached")).to_be_visible()
    await phone.field.fill("Written without a line")
    await phone.field.press("Enter")
    await expect(phone.screen.get_by_text("That did not work").first).to_be_visible()
    await expect(phone.field).to_have_value("Written without a line")
    await bot_says(stage.hub, "sendMessage", chat_id=5004, text="Said meanwhile")
    line.mend()
    await expect(phone.message("Said meanwhile")).to_be_visible(timeout=20_000)
    await expect(phone.screen.get_by_text("The hub cannot be reached")).to_have_count(0)
    await expect(phone.field).to_have_value("Written without a line")
    await phone.field.press("Enter")
    await expect(phone.message("Written without a line")).to_be_visible()
