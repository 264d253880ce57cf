"""The line breaks in the middle of a message: nothing is lost, nothing is doubled, and the screens say how it is."""

from playwright.async_api import expect

from tests.end_to_end.stage import LINK_LOST, Stage, snapshot, until


async def test_a_visitors_message_survives_a_cut_before_the_answer(stage: Stage) -> None:
    """The hub has stored a message when the line dies before the acknowledgement: sent again, it is there once."""
    line = await stage.own_line()
    visitor = await stage.visitor(line=line, expected=[LINK_LOST])
    await visitor.open()
    await visitor.say("Before the cut")
    await expect(visitor.bubble("Before the cut")).to_contain_text("Sent")
    conversation = (await stage.conversation_with("Before the cut")).id

    line.hold_answers()
    await visitor.say("In the middle of the cut")
    await stage.conversation_with("In the middle of the cut")
    await expect(visitor.bubble("In the middle of the cut")).to_contain_text("Sending…")
    line.cut()
    await expect(visitor.panel.get_by_text("No connection. Trying again…")).to_be_visible()
    await expect(visitor.bubble("In the middle of the cut")).to_contain_text("Goes out when you are online")
    await visitor.say("Written while offline")
    await expect(visitor.bubble("Written while offline")).to_contain_text("Goes out when you are online")

    line.mend()
    await expect(visitor.bubble("Written while offline")).to_contain_text("Sent")
    await expect(visitor.panel.get_by_text("No connection. Trying again…")).to_have_count(0)
    wanted = ["Before the cut", "In the middle of the cut", "Written while offline"]
    assert await stage.texts(conversation) == wanted
    assert [text for text in await visitor.texts() if text in wanted] == wanted
    await visitor.page.reload()
    await expect(visitor.bubble("Written while offline")).to_be_visible()
    assert [text for text in await visitor.texts() if text in wanted] == wanted


async def test_what_was_written_offline_survives_the_next_page(stage: Stage) -> None:
    """A visitor writes without a line and goes to another page of the shop: the message goes out from there."""
    line = await stage.own_line()
    visitor = await stage.visitor(line=line, expected=[LINK_LOST])
    await visitor.open()
    await visitor.say("Still with a line")
    await expect(visitor.bubble("Still with a line")).to_contain_text("Sent")
    line.cut()
    await expect(visitor.panel.get_by_text("No connection. Trying again…")).to_be_visible()
    await visitor.say("Without a line")
    line.mend()
    await visitor.page.reload()
    await expect(visitor.bubble("Without a line")).to_contain_text("Sent")
    conversation = (await stage.conversation_with("Without a line")).id
    assert await stage.texts(conversation) == ["Still with a line", "Without a line"]


async def test_a_reply_survives_a_cut_before_the_answer(stage: Stage) -> None:
    """The operator's line dies between request and answer: the reply is repeated under its key and is there once."""
    visitor = await stage.visitor(line=await stage.own_line())
    await visitor.open()
    await visitor.say("Do you deliver on Sundays?")
    operator = await stage.operator(expected=[LINK_LOST])
    await operator.open("Do you deliver on Sundays?")
    conversation = (await stage.conversation_with("Do you deliver on Sundays?")).id

    stage.line.hold_answers()
    await operator.reply("On Sundays from noon.")

    async def stored() -> bool:
        return "On Sundays from noon." in await stage.texts(conversation)

    await until(stored)
    stage.line.cut()
    await expect(operator.page.get_by_text("Waiting for the link…")).to_be_visible()
    await expect(operator.banner).to_be_visible()
    await visitor.say("Said while the operator was away")
    await expect(visitor.bubble("Said while the operator was away")).to_contain_text("Sent")
    stage.line.mend()

    await expect(operator.banner).to_have_count(0, timeout=20_000)
    await expect(operator.page.get_by_text("Waiting for the link…")).to_have_count(0, timeout=20_000)
    wanted = ["Do you deliver on Sundays?", "On Sundays from noon.", "Said while the operator was away"]
    await expect(operator.message("Said while the operator was away")).to_be_visible()
    assert await stage.texts(conversation) == wanted
    assert [text for text in await operator.texts() if text in wanted] == wanted
    await expect(visitor.bubble("On Sundays from noon.")).to_have_count(1)


async def test_after_a_disconnection_the_inbox_equals_a_fresh_load(stage: Stage) -> None:
    """What happened while the line was cut is on the screen afterwards, exactly as if the page had just been opened."""
    road = await stage.own_line()
    first, second = await stage.visitor(line=road), await stage.visitor(line=road)
    for visitor, text in ((first, "The first visitor is here"), (second, "The second visitor is here")):
        await visitor.open()
        await visitor.say(text)
        await expect(visitor.bubble(text)).to_contain_text("Sent")
    operator = await stage.operator(expected=[LINK_LOST])
    await operator.open("The first visitor is here")

    stage.line.cut()
    await expect(operator.banner).to_be_visible()
    third = await stage.visitor(line=road)
    await third.open()
    await third.say("The third visitor came meanwhile")
    await first.say("And the first one went on")
    await second.say("So did the second one")
    await expect(first.bubble("And the first one went on")).to_contain_text("Sent")
    await expect(second.bubble("So did the second one")).to_contain_text("Sent")
    await stage.conversation_with("The third visitor came meanwhile")
    stage.line.mend()
    await expect(operator.banner).to_have_count(0, timeout=20_000)
    await expect(operator.message("And the first one went on")).to_be_visible()
    await expect(operator.item("The third visitor came meanwhile")).to_be_visible()

    async def equal() -> bool:
        fresh = await stage.page(operator.page.context, [])
        await fresh.goto(operator.page.url)
        await expect(fresh.get_by_role("region", name="Messages").get_by_role("article").last).to_be_visible()
        seen, loaded = await snapshot(operator.page), await snapshot(fresh)
        await fresh.close()
        return seen == loaded

    await until(equal, timeout_s=15)
