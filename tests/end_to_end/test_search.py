"""Finding people and messages in the inbox, and going to where it was said."""

from typing import Any

import pytest
from playwright.async_api import expect

from hub.model.contact import Field
from hub.model.events import MessageReceived, Sender
from hub.model.ids import new_id
from hub.store.channels import Channels
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import PHONE, Stage, until

BEFORE, AFTER = 70, 120


async def long_conversation(stage: Stage, needle: str) -> str:
    """Somebody has written a lot, and `needle` once in the midst of it; their name."""
    number, name = new_id(), f"Sample Talker {new_id()[-6:]}"
    channel = await Channels(stage.hub.connection.database).by_key("demo-console")
    assert channel is not None
    sender = Sender(
        kind="test",
        value=number,
        name=name,
        fields=(Field(name="phone", value=f"+7916{int(number[-8:], 16) % 10**7:07}"),),
    )
    texts = [*(f"Before it {n}." for n in range(BEFORE)), needle, *(f"After it {n}." for n in range(AFTER))]
    events = [MessageReceived(external_id=new_id(), sender=sender, text=text) for text in texts]
    received = await stage.hub.pipeline.inbound.receive(channel, events)
    rows = stage.hub.connection.database["search_messages"]

    async def kept() -> bool:
        return await rows.count_documents({"_id": {"$in": [one.message for one in received]}}) == len(texts)

    await until(kept, 60)
    return name


def results(operator: OperatorAtWork, section: str) -> Any:
    """What was found."""
    return operator.list.get_by_role("region", name=section).get_by_role("link")


async def search(operator: OperatorAtWork, text: str) -> None:
    """By keyboard."""
    await operator.page.keyboard.press("/")
    await operator.page.keyboard.type(text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_message_is_found_and_opened_where_it_was_said(stage: Stage, scheme: str) -> None:
    """The line shows what was looked for; the thread opens around the message, goes on in both directions, and back."""
    needle = f"Could you put the {scheme}box behind the green door?"
    name = await long_conversation(stage, needle)
    operator = await stage.operator(scheme=scheme)
    page = operator.page
    await search(operator, f"green {scheme}boxes")
    found = results(operator, "Messages")
    await expect(found).to_have_count(1)
    await expect(found.locator("mark")).to_have_text([f"{scheme}box", "green"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(operator.message(needle)).to_be_in_viewport()
    await expect(operator.message(needle)).to_have_attribute("aria-current", "true")
    await expect(operator.message("After it 0.")).to_be_visible()
    await expect(operator.message(f"After it {AFTER - 1}.")).to_have_count(0)
    await page.mouse.move(900, 500)
    for _ in range(12):
        await page.mouse.wheel(0, -1_500)
    await expect(operator.message("Before it 20.").first).to_be_attached()
    await page.get_by_role("button", name="To the newest message").click()
    await expect(operator.message(f"After it {AFTER - 1}.")).to_be_in_viewport()
    await expect(page.get_by_role("region", name=f"Conversation with {name}")).to_be_visible()


async def test_a_person_is_found_by_phone_and_by_name(stage: Stage) -> None:
    """As the number is written at home; J and K walk through what was found, Escape is back to the list."""
    name = await long_conversation(stage, "Nothing special")
    row = await stage.hub.connection.database["contacts"].find_one({"name": name})
    assert row is not None
    phone = row["fields"][0]["value"]
    operator = await stage.operator()
    page = operator.page
    await search(operator, f"8 {phone[2:5]} {phone[5:]}")
    await expect(results(operator, "People")).to_have_count(1)
    await expect(results(operator, "People")).to_contain_text(name)
    await page.keyboard.press("Escape")
    await expect(operator.list.get_by_role("region", name="People")).to_have_count(0)
    await search(operator, name)
    await expect(results(operator, "People")).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("j")
    await expect(page.get_by_role("region", name=f"Conversation with {name}")).to_be_visible()
    await search(operator, " and nobody of this name")
    await expect(operator.list.get_by_text("Nothing found")).to_be_visible()


async def test_on_a_phone_what_was_found_is_still_there_after_going_back(stage: Stage) -> None:
    name = await long_conversation(stage, "An umbrella for a small pocket")
    operator = await stage.operator(size=PHONE)
    await operator.page.get_by_role("searchbox").fill("umbrellas pocket")
    await results(operator, "Messages").click()
    await expect(operator.message("An umbrella")).to_be_in_viewport()
    await operator.page.get_by_role("button", name="Back to the list").click()
    await expect(results(operator, "Messages")).to_contain_text(name)
