"""A whole conversation between a visitor and an operator, from the first word to the next day's."""

from pathlib import Path

from playwright.async_api import expect

from tests.end_to_end.stage import Stage, sample


async def test_a_visitor_and_an_operator_talk(stage: Stage) -> None:
    """A visitor's words show up live in the list, the answer in the widget, with typing and read marks both ways."""
    operator = await stage.operator()
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Is the lamp in stock?")
    await expect(visitor.bubble("Is the lamp in stock?")).to_contain_text("Sent")

    await operator.open("Is the lamp in stock?")
    await expect(visitor.bubble("Is the lamp in stock?")).to_contain_text("Read")

    await visitor.field.press_sequentially("And how")
    await expect(operator.page.get_by_text("is writing…").first).to_be_visible()
    await operator.reply_field.press_sequentially("Yes, ")
    await expect(visitor.panel.get_by_text(f"{operator.account.name} is typing…")).to_be_attached()

    await operator.reply_field.fill("")
    await operator.reply("Yes, three of them.")
    await expect(visitor.bubble("Yes, three of them.")).to_contain_text(operator.account.name)
    await expect(operator.message("Yes, three of them.")).to_contain_text("Read")
    await expect(operator.page.get_by_text("You are answering")).to_be_visible()


async def test_files_go_both_ways(stage: Stage, folder: Path) -> None:
    """A file of either side arrives at the other with its name and its bytes; a picture is shown as one."""
    operator, visitor = await stage.operator(), await stage.visitor()
    await visitor.open()
    await visitor.say("Here is my list", [sample(folder, "list.txt", b"one lamp, two chairs")])
    await operator.open("Here is my list")
    async with operator.page.expect_download() as download:
        await operator.message("Here is my list").get_by_role("link", name="list.txt").click()
    await (await download.value).save_as(folder / "fetched.txt")
    assert (folder / "fetched.txt").read_bytes() == b"one lamp, two chairs"

    picture = sample(folder, "lamp.png", await visitor.launcher.or_(visitor.panel).first.screenshot())
    await operator.reply("And this is the lamp", [picture])
    shown = visitor.log.get_by_role("img", name="lamp.png")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


async def test_a_new_message_reopens_a_resolved_conversation(stage: Stage) -> None:
    """Resolved, it leaves the operator's desk; the visitor's next message brings it back."""
    operator, visitor = await stage.operator(view="unassigned"), await stage.visitor()
    await visitor.open()
    await visitor.say("Thank you, that was all")
    await operator.open("Thank you, that was all")
    await operator.page.get_by_role("button", name="Resolve").click()
    await expect(operator.page.get_by_role("button", name="Reopen")).to_be_visible()
    await expect(operator.item("Thank you, that was all")).to_have_count(0)

    await visitor.say("One more question")
    await expect(operator.item("One more question")).to_be_visible()
    await expect(operator.page.get_by_text("opened again")).to_be_visible()
