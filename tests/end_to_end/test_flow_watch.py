"""What an administrator sees of sessions under way: those that are stuck, and what a contact agreed to."""

import pytest
from playwright.async_api import expect

from hub.model.operator import Role
from tests.end_to_end.stage import Stage, until
from tests.end_to_end.test_accessibility import complaints
from tests.end_to_end.test_flows import author

CONSENT = "Do you agree to personal data processing?"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_stuck_session_is_listed_opened_and_asked_again(stage: Stage, scheme: str) -> None:
    """A question that was not delivered: its row says so, asking again puts it once more, and the row is gone."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("survey")
    await expect(visitor.bubble(CONSENT)).to_be_visible()
    conversation = await stage.conversation_with("survey")
    messages = stage.hub.connection.database["messages"]
    asked = {"conversation": conversation.id, "ask": {"$ne": None}}
    failed = {"delivery.status": "failed", "delivery.reason": "The mailbox is full"}
    await messages.update_many(asked, {"$set": failed})

    page = await author(stage, role=Role.ADMIN, scheme=scheme, bypass_csp=True)
    await page.get_by_role("link", name="1 stuck").click()
    stuck = page.get_by_role("region", name="Stuck: 1")
    await expect(stuck).to_contain_text("The question was not delivered")
    await expect(stuck).to_contain_text("The mailbox is full")
    assert not await complaints(page)
    await stuck.get_by_role("button", name="Ask again").click()
    await expect(stuck).to_have_count(0)

    async def asked_twice() -> bool:
        return await messages.count_documents(asked) == 2

    await until(asked_twice)


async def test_what_a_contact_agreed_to_stands_beside_the_conversation(stage: Stage) -> None:
    """The words that were shown, with their hash, the version, the channel and the time; and the stage."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("demo")
    await expect(visitor.page.get_by_text("Do you agree to")).to_be_visible()
    await visitor.panel.get_by_role("button", name="Yes").click()
    await expect(visitor.page.get_by_text("What is your role?")).to_be_visible()
    conversation = await stage.conversation_with("demo")
    operator = await stage.operator(view="all", bypass_csp=True)
    await operator.page.goto(f"{stage.line.origin}/inbox/all/{conversation.id}")
    panel = operator.page.get_by_role("region", name="Contact")
    await expect(panel).to_contain_text("No stage yet.")
    await panel.get_by_text("Agreed", exact=True).click()
    await expect(panel).to_contain_text("Do you agree to")
    await expect(panel).to_contain_text("SHA-256 of the text that was shown")
    await expect(panel).to_contain_text("b2b 1")
    assert not await complaints(operator.page)


async def test_who_may_not_write_flows_is_not_led_to_them(stage: Stage) -> None:
    """No link in the menu, and the address says who may open it."""
    operator = await stage.operator()
    await expect(operator.page.get_by_role("link", name="Canned replies")).to_be_visible()
    await expect(operator.page.get_by_role("link", name="Flows")).to_have_count(0)
    await operator.page.goto(f"{stage.line.origin}/flows/b2b")
    await expect(operator.page.get_by_text("Flows are opened by administrators and script authors.")).to_be_visible()
