"""Two contacts who are one person are merged in the inbox, seen by colleagues at once, and parted again."""

from playwright.async_api import expect

from hub.model.contact import Field
from hub.model.events import MessageReceived, Sender
from hub.model.ids import new_id
from hub.store.channels import Channels
from tests.end_to_end.stage import Stage, until


async def somebody(stage: Stage, name: str, text: str, *fields: Field) -> str:
    """A contact who has written, and can be searched for; their id."""
    channel = await Channels(stage.hub.connection.database).by_key("demo-console")
    assert channel is not None
    event = MessageReceived(
        external_id=new_id(), text=text, sender=Sender(kind="test", value=new_id(), name=name, fields=fields)
    )
    await stage.hub.pipeline.inbound.receive(channel, [event])
    conversation = await stage.conversation_with(text)
    people = stage.hub.connection.database["search_people"]
    await until(lambda: people.find_one({"_id": conversation.contact}), 20)
    return conversation.contact


async def test_an_operator_merges_two_contacts_and_undoes_it(stage: Stage) -> None:
    """What comes of it is shown first; another open inbox follows in its list and its panel; undoing gives back."""
    mark = new_id()[-6:]
    await somebody(stage, f"Sample Person {mark}", f"From the page {mark}", Field(name="city", value="Oslo"))
    await somebody(stage, f"Person {mark} of the phone", f"By phone {mark}", Field(name="city", value="Bergen"))
    operator, colleague = await stage.operator(), await stage.operator()
    await colleague.open(f"By phone {mark}")
    await expect(colleague.page.get_by_role("region", name="Contact")).to_contain_text("Bergen")
    await operator.open(f"From the page {mark}")
    page = operator.page
    await page.get_by_role("button", name="Merge with another contact").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("searchbox").fill(f"person {mark} of")
    await dialog.get_by_role("button", name=f"Person {mark} of the phone").click()
    row = dialog.get_by_role("row").filter(has_text="city")
    await expect(row).to_contain_text("Oslo")
    await dialog.get_by_role("checkbox", name="Take city: Bergen").check()
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(dialog).to_have_count(0)
    panel = page.get_by_role("region", name="Contact")
    await expect(panel).to_contain_text("Bergen")
    await expect(panel).to_contain_text(f"Merged with Person {mark} of the phone")
    await expect(panel.get_by_role("link").filter(has_text=f"By phone {mark}")).to_be_visible()

    await expect(colleague.item(f"By phone {mark}")).to_contain_text(f"Sample Person {mark}")
    await expect(colleague.page.get_by_role("region", name=f"Conversation with Sample Person {mark}")).to_be_visible()

    await panel.get_by_role("button", name="Undo").click()
    await expect(panel).to_contain_text("Oslo")
    await expect(panel.get_by_text(f"Merged with Person {mark}")).to_have_count(0)
    await expect(colleague.item(f"By phone {mark}")).to_contain_text(f"Person {mark} of the phone")
    await expect(
        colleague.page.get_by_role("region", name=f"Conversation with Person {mark} of the phone")
    ).to_be_visible()
