"""What is set up about mail in a browser: signatures, what becomes of stored mails, and for how long originals stay."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from hub.demo.seed import PASSWORD
from hub.model.channel import Channel
from hub.model.content import Details, MailDetails
from hub.model.events import MessageReceived, Sender
from hub.model.ids import ChannelId, ConversationId, new_id
from hub.model.operator import Role
from hub.services.attachments import Attachments
from hub.services.raw_retention import RawRetention
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.channels import Channels
from hub.store.raw_payloads import RawPayloads
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage, until


async def picture(page: Page, name: str) -> None:
    """A picture for whoever asks for it, of all that a page has to show."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled", full_page=True)


async def mailbox(stage: Stage) -> Channel:
    """A mailbox that is switched off: nobody answers at its address."""
    demo = await stage.hub.people.accounts.by_email("admin@example.test")
    assert demo is not None
    channel = Channel(
        id=ChannelId(new_id()), project=demo.memberships[0].project, kind="email", name=f"Mail {new_id()[-6:]}",
        key=new_id(), enabled=False, created_at=stage.hub.pipeline.clock.now(),
        settings={"address": "shop@example.org", "imap_host": "imap.example.org", "password": "secret",
                  "smtp_port": 2525},
    )  # fmt: skip
    await Channels(stage.hub.connection.database).add(channel)
    return channel


async def old_mail(stage: Stage, channel: Channel, subject: str) -> ConversationId:
    """A mail of two days ago, with its original."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"From: sample@example.org\r\n\r\nHello"

    database = stage.hub.connection.database
    files = Attachments(
        AttachmentStore(database), Blobs(database), stage.hub.pipeline.conversations, stage.hub.pipeline.clock
    )
    file = await files.take(channel.project, f"email:{channel.id}", "message.eml", pieces())
    event = MessageReceived(
        external_id=new_id(), sender=Sender(kind="email", value=f"{new_id()}@example.org", name="Sample Customer"),
        text=f"About {subject}", attachments=(file,),
        details=Details(mail=MailDetails(subject=subject, original=file.id, html=True)),
    )  # fmt: skip
    [received] = await stage.hub.pipeline.inbound.receive(channel, [event])
    assert received.conversation is not None
    before = stage.hub.pipeline.clock.now() - timedelta(days=2)
    await database["messages"].update_one({"_id": received.message}, {"$set": {"created_at": before}})
    return received.conversation


async def stored(stage: Stage, channel: Channel) -> Channel:
    """The channel once somebody has saved it."""

    async def look() -> Channel | None:
        found = await Channels(stage.hub.connection.database).get(channel.id)
        return found if found and found.revision > channel.revision else None

    return await until(look, 30)


async def test_signatures_are_written_with_a_preview(stage: Stage) -> None:
    """One's own, and the project's by those who manage it; a variable that there is not is told before it is saved."""
    admin = await stage.operator(await stage.account(Role.ADMIN))
    page = admin.page
    await page.goto(f"{stage.line.origin}/settings")
    mine = page.locator("form", has=page.get_by_role("textbox", name="Signature", exact=True)).first
    await mine.get_by_role("textbox").fill("{operator}\n{surname}")
    await expect(mine.get_by_text("{surname} stands for nothing.")).to_be_visible()
    await expect(mine.get_by_role("button", name="Save")).to_be_disabled()
    await mine.get_by_role("textbox").fill("{operator}\n{project}, https://example.org/shop")
    await expect(mine.locator("figure")).to_contain_text(f"-- {admin.account.name}")
    await expect(mine.get_by_role("link", name="https://example.org/shop")).to_be_visible()
    await picture(page, "signatures")
    await mine.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved").first).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("textbox", name="Signature", exact=True).first).to_have_value(
        "{operator}\n{project}, https://example.org/shop"
    )
    await expect(page.get_by_role("textbox", name="Signature", exact=True)).to_have_count(2)

    account = await stage.account(Role.OPERATOR, locale="ru")
    phone = await stage.page(await stage.context(size=PHONE, scheme="dark", locale="ru-RU"), [NOT_SIGNED_IN])
    await phone.goto(f"{stage.line.origin}/settings")
    await phone.get_by_label("Эл. почта").fill(account.email)
    await phone.get_by_label("Пароль", exact=True).fill(PASSWORD)
    await phone.get_by_role("button", name="Войти").click()
    await expect(phone.get_by_role("textbox", name="Подпись", exact=True)).to_have_count(1)
    await phone.get_by_role("textbox", name="Подпись", exact=True).fill("С уважением,\n{operator}")
    await phone.locator("figure").scroll_into_view_if_needed()
    await picture(phone, "signature_phone")
    assert await phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_mailbox_is_told_what_to_do_with_stored_mails(stage: Stage) -> None:
    """And for how many days originals are kept; what was stored is what was chosen, or was there before."""
    channel = await mailbox(stage)
    admin = await stage.operator(await stage.account(Role.ADMIN))
    page = admin.page
    await page.goto(f"{stage.line.origin}/channels/{channel.id}")
    await expect(page.get_by_role("combobox", name="SMTP port")).to_have_value("2525")
    await page.get_by_role("combobox", name="Stored mails in the mailbox").click()
    await page.get_by_role("option", name="Move them to a folder").click()
    await page.get_by_label("Folder for stored mails").fill("Taken")
    await page.get_by_label("Sign automatic mails, too").check()
    await page.get_by_label("Days to keep originals").fill("90")
    await picture(page, "mailbox")
    await page.get_by_role("button", name="Save").click()
    after = await stored(stage, channel)
    assert (after.settings["when_stored"], after.settings["move_to"]) == ("move", "Taken")
    assert after.settings["smtp_port"] == 2525
    assert (after.settings["sign_automatic"], after.settings["password"], after.raw_days) == (True, "secret", 90)


async def test_the_mails_of_a_call_back_widget_are_described(stage: Stage) -> None:
    """Its sender, how soon to call, and what its labels mean; what is edited again is what was stored."""
    channel = await mailbox(stage)
    admin = await stage.operator(await stage.account(Role.ADMIN))
    page = admin.page
    await page.goto(f"{stage.line.origin}/channels/{channel.id}")
    await page.get_by_role("button", name="Add a sender").click()
    rule = page.get_by_role("region", name="Sender 1")
    await rule.get_by_label("Sender", exact=True).fill("widget.example")
    await expect(rule.get_by_text("Write an address, or a domain as @widget.example.")).to_be_visible()
    await rule.get_by_label("Sender", exact=True).fill("@widget.example")
    await rule.get_by_label("Words of the subject").fill("звонок")
    await rule.get_by_label("Call within, seconds").fill("30")
    await rule.get_by_label("Country of numbers").fill("kz")
    for number, (label, meaning) in enumerate((("Ваш номер", "Phone"), ("Город", "A field of the contact"))):
        await rule.get_by_role("button", name="Add a label").click()
        await rule.get_by_role("textbox", name="Label in the mail").nth(number).fill(label)
        await rule.get_by_role("combobox", name="What it is").nth(number).click()
        await page.get_by_role("option", name=meaning).click()
    await rule.get_by_role("textbox", name="Field of the contact").fill("city")
    await picture(page, "leads")
    await page.get_by_role("button", name="Save").click()
    after = await stored(stage, channel)
    assert after.settings["leads"] == [
        {
            "sender": "@widget.example", "subject": "звонок", "region": "KZ", "within_s": 30,
            "labels": {"Ваш номер": "phone", "Город": "contact.city"},
        }
    ]  # fmt: skip
    await page.goto(f"{stage.line.origin}/channels/{channel.id}")
    await expect(rule.get_by_role("textbox", name="Field of the contact")).to_have_value("city")
    await rule.get_by_role("button", name="Remove the label").first.click()
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await rule.get_by_role("textbox", name="Label in the mail").scroll_into_view_if_needed()
    await picture(page, "leads_phone")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await rule.get_by_role("button", name="Remove the sender").click()
    await page.get_by_role("button", name="Save").click()
    assert (await stored(stage, after)).settings["leads"] == []


async def test_whoever_looks_at_a_mail_sees_that_its_original_is_gone(stage: Stage) -> None:
    """At once and without a reload: the way to the original goes, the text stays."""
    channel, subject = await mailbox(stage), f"Kettle {new_id()[-6:]}"
    conversation = await old_mail(stage, channel, subject)
    operator = await stage.operator()
    page = operator.page
    await page.goto(f"{stage.line.origin}/inbox/all/{conversation}")
    await expect(page.get_by_role("link", name="Original mail")).to_be_visible()
    channels = Channels(stage.hub.connection.database)
    await channels.change(channel.project, channel.id, channel.revision, {"raw_days": 1})
    await RawRetention(channels, RawPayloads(stage.hub.connection.database), stage.hub.pipeline.clock).sweep()
    await expect(page.get_by_text("The original is no longer kept.")).to_be_visible()
    await expect(page.get_by_role("link", name="Original mail")).to_have_count(0)
    await expect(page.get_by_text(f"About {subject}").last).to_be_visible()
    await picture(page, "original_gone")
