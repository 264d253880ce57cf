"""What an operator has begun to write is lost by nothing: not by looking elsewhere, nor by a hub that is away."""

from pathlib import Path

from playwright.async_api import expect

from hub.demo.seed import PASSWORD
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import LINK_LOST, PHONE, Stage, until

HERE_ONLY = "So far this text is kept only here."


async def _at_two_conversations(stage: Stage, one: str, other: str) -> OperatorAtWork:
    for text in (one, other):
        visitor = await stage.visitor(line=await stage.own_line())
        await visitor.open()
        await visitor.say(text)
        await expect(visitor.bubble(text)).to_contain_text("Sent")
    operator = await stage.operator(expected=[LINK_LOST])
    for text in (other, one):
        await operator.open(text)
    return operator


async def test_a_draft_outlives_a_hub_that_is_away(stage: Stage) -> None:
    """Written without a line it is still there after a look elsewhere, and on the hub when the line is back."""
    operator = await _at_two_conversations(stage, "Is the oak desk heavy?", "Is the pine desk heavy?")
    stage.line.cut()
    await expect(operator.banner).to_be_visible(timeout=30_000)
    await operator.reply_field.fill("It weighs 40 kg.")
    await operator.open("Is the pine desk heavy?")
    await expect(operator.reply_field).to_have_value("")
    await operator.open("Is the oak desk heavy?")
    await expect(operator.reply_field).to_have_value("It weighs 40 kg.")
    await expect(operator.page.get_by_text(HERE_ONLY)).to_be_visible(timeout=30_000)

    stage.line.mend()
    drafts = stage.hub.connection.database["drafts"]
    await until(lambda: drafts.find_one({"text": "It weighs 40 kg."}), 60)
    await expect(operator.page.get_by_text(HERE_ONLY)).to_have_count(0, timeout=30_000)
    await operator.page.reload()
    await expect(operator.reply_field).to_have_value("It weighs 40 kg.")


async def test_a_draft_outlives_the_page_while_the_hub_is_away(stage: Stage) -> None:
    """The page is loaded anew before the hub has got the text: the browser has kept it, and saves it then."""
    operator = await _at_two_conversations(stage, "Is the oak shelf deep?", "Is the pine shelf deep?")
    stage.line.hold_answers()
    await operator.reply_field.fill("It is 30 cm deep.")
    await expect(operator.page.get_by_text(HERE_ONLY)).to_be_visible(timeout=30_000)
    await expect(operator.page.get_by_text("The hub does not answer.")).to_be_visible(timeout=30_000)
    stage.line.cut()
    drafts = stage.hub.connection.database["drafts"]
    await drafts.delete_many({"text": "It is 30 cm deep."})  # as if the request had never arrived
    stage.line.mend()
    await operator.page.reload()
    await expect(operator.reply_field).to_have_value("It is 30 cm deep.", timeout=30_000)
    await until(lambda: drafts.find_one({"text": "It is 30 cm deep."}), 60)


async def test_chosen_files_stay_with_their_conversation(stage: Stage, tmp_path: Path) -> None:
    """Looking elsewhere takes no file away, and whoever chooses more than a message takes is told."""
    operator = await _at_two_conversations(stage, "A plan of the oak desk?", "A plan of the pine desk?")
    files = [tmp_path / f"plan{number}.txt" for number in range(12)]
    for file in files:
        file.write_text(file.name)
    await operator.page.locator("input[type=file]").set_input_files(files)
    chosen = operator.page.get_by_role("list", name="Files to send").get_by_role("listitem")
    await expect(operator.notices).to_contain_text("One message takes 10 files: 2 were not added")
    await operator.open("A plan of the pine desk?")
    await expect(chosen).to_have_count(0)
    await operator.open("A plan of the oak desk?")
    await expect(chosen).to_have_count(10)
    await operator.reply("Here they are.")
    await expect(operator.message("Here they are.")).to_contain_text("plan9.txt")
    await expect(chosen).to_have_count(0)


async def test_a_phone_says_so_too(stage: Stage) -> None:
    """There is no room for hints, but what keeps a text from the hub is no hint."""
    visitor = await stage.visitor(line=await stage.own_line())
    await visitor.open()
    await visitor.say("Is the oak bench wide?")
    await stage.conversation_with("Is the oak bench wide?")
    operator = await stage.operator(size=PHONE, expected=[LINK_LOST])
    await operator.open("Is the oak bench wide?")
    stage.line.cut()
    await operator.reply_field.fill("It seats three.")
    await expect(operator.page.get_by_text(HERE_ONLY)).to_be_visible(timeout=30_000)
    stage.line.mend()
    await expect(operator.page.get_by_text(HERE_ONLY)).to_have_count(0, timeout=30_000)


async def test_what_somebody_leaves_behind_is_shown_to_nobody_else(stage: Stage) -> None:
    """Signing out saves what was typed; what the hub refused to send waits for its author, not for the next person."""
    operator = await _at_two_conversations(stage, "Is the oak stool tall?", "Is the pine stool tall?")
    page = operator.page
    await page.route("**/api/v1/conversations/*/messages", lambda route: route.abort())
    await operator.reply("It is 45 cm tall.")
    await expect(operator.message("It is 45 cm tall.")).to_be_visible()
    await operator.reply_field.fill("And 30 cm wide.")
    await page.get_by_role("button", name=operator.account.name).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=30_000)
    assert await stage.hub.connection.database["drafts"].find_one({"text": "And 30 cm wide."})

    other = OperatorAtWork(page, await stage.account())
    await other.sign_in(PASSWORD)
    await page.goto(f"{stage.line.origin}/inbox/all")
    await other.open("Is the oak stool tall?")
    await expect(other.reply_field).to_have_value("")
    await expect(other.message("It is 45 cm tall.")).to_have_count(0)
