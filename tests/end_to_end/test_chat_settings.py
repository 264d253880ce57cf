"""An admin sets a web chat up in the inbox, and a visitor meets what was set."""

from playwright.async_api import expect

from hub.model.operator import Role
from tests.end_to_end.site import site
from tests.end_to_end.stage import Stage


async def test_questions_and_words_of_the_editor_reach_the_visitor(stage: Stage) -> None:
    """A required question before the first message, its answer a fact of the contact, and a consent."""
    admin = await stage.operator(await stage.account(Role.ADMIN))
    page = admin.page
    await page.goto(f"{stage.line.origin}/channels")
    await page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Asking chat")
    await dialog.get_by_label("Line below the title").fill("We answer soon")
    await dialog.get_by_label("What visitors agree to by writing").fill("By writing you agree to a sample.")
    await dialog.get_by_role("button", name="Add a question").click()
    question = dialog.get_by_role("region", name="Question 1")
    await question.get_by_label("Question", exact=True).fill("Number of your order")
    await question.get_by_role("switch", name="Must be answered").check(force=True)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    channel = await stage.hub.connection.database["channels"].find_one({"name": "Asking chat"}, sort=[("_id", -1)])
    assert channel is not None
    async with site(stage, key=channel["key"]) as opened:
        visitor = await opened("")
        await visitor.launcher.click()
        await expect(visitor.panel.get_by_text("We answer soon")).to_be_visible()
        await expect(visitor.panel.get_by_text("By writing you agree to a sample.")).to_be_visible()
        await visitor.panel.get_by_label("Your message").fill("Where is it?")
        await visitor.panel.get_by_role("button", name="Start the chat").click()
        await expect(visitor.panel.get_by_text("Please fill this in.")).to_be_visible()
        await visitor.panel.get_by_label("Number of your order").fill("A-17")
        await visitor.panel.get_by_role("button", name="Start the chat").click()
        await expect(visitor.bubble("Where is it?")).to_contain_text("Sent")
        conversation = await stage.conversation_with("Where is it?")
        contact = await stage.hub.connection.database["contacts"].find_one({"_id": conversation.contact})
        assert contact is not None
        assert "A-17" in str(contact)
