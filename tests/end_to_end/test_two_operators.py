"""Two operators and one conversation: one holds it, the other is told; and nobody answers what he has not read."""

from playwright.async_api import Route, expect

from tests.end_to_end.stage import Stage, until


async def test_of_two_who_take_a_conversation_one_wins(stage: Stage) -> None:
    """Both press "Take" at once: one answers, the other reads who was quicker."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Who takes me?")
    accounts = [await stage.account() for _ in range(2)]
    both = [await stage.operator(account, expected=["status of 409"]) for account in accounts]
    for operator in both:
        await operator.open("Who takes me?")
    conversation = await stage.conversation_with("Who takes me?")
    stage.line.hold_answers()  # neither screen hears of the other's click before its own
    for operator in both:
        await operator.page.get_by_role("button", name="Take", exact=True).click()

    async def holder() -> str | None:
        found = await stage.hub.pipeline.conversations.any(conversation.id)
        return found.assignee if found else None

    held_by = await until(holder)
    stage.line.mend()
    winner, loser = sorted(both, key=lambda operator: operator.account.id != held_by)
    await expect(winner.page.get_by_text("You are answering")).to_be_visible()
    await expect(loser.page.get_by_text(f"{winner.account.name} has already taken this conversation.")).to_be_visible()
    await expect(loser.page.get_by_text(f"{winner.account.name} is answering")).to_be_visible()
    assert await holder() == winner.account.id


async def test_a_reply_to_an_old_state_is_held_back(stage: Stage) -> None:
    """A visitor writes while the operator does: a warning, a refusal by the hub, and "Send anyway" sends."""
    visitor, operator = await stage.visitor(), await stage.operator(expected=["status of 409"])
    await visitor.open()
    await visitor.say("Two lamps, please")
    await operator.open("Two lamps, please")
    conversation = (await stage.conversation_with("Two lamps, please")).id

    await operator.reply_field.fill("Two lamps are on their way.")
    await visitor.say("No, make it three")
    await expect(operator.page.get_by_text("wrote meanwhile:")).to_be_visible()
    await operator.page.get_by_role("button", name="Send", exact=True).click()

    conflict = operator.page.get_by_role("alert").filter(has_text="A newer message arrived before this was sent")
    await expect(conflict).to_contain_text("No, make it three")
    assert await stage.texts(conversation) == ["Two lamps, please", "No, make it three"]
    await expect(visitor.bubble("Two lamps are on their way.")).to_have_count(0)
    await conflict.get_by_role("button", name="Send anyway").click()
    await expect(visitor.bubble("Two lamps are on their way.")).to_be_visible()
    await expect(conflict).to_have_count(0)
    assert (await stage.texts(conversation))[-1] == "Two lamps are on their way."


async def test_a_warned_operator_may_accept_or_edit(stage: Stage) -> None:
    """Having accepted the newer message the operator sends without a question; a held-back one can be edited."""
    visitor, operator = await stage.visitor(), await stage.operator(expected=["status of 409"])
    await visitor.open()
    await visitor.say("A blue chair, please")
    await operator.open("A blue chair, please")
    await operator.reply_field.fill("A blue chair it is.")
    await visitor.say("Or rather a green one")
    await operator.page.get_by_role("button", name="Got it").click()
    await operator.reply("A green chair it is.")
    await expect(visitor.bubble("A green chair it is.")).to_be_visible()

    await operator.reply_field.fill("Anything else?")
    await visitor.say("And a table")
    await expect(operator.page.get_by_text("wrote meanwhile:")).to_be_visible()
    await operator.reply_field.press("Enter")
    await operator.page.get_by_role("alert").get_by_role("button", name="Edit").click()
    await expect(operator.reply_field).to_have_value("Anything else?")
    await operator.reply("A table, too.")
    await expect(visitor.bubble("A table, too.")).to_be_visible()
    await expect(visitor.bubble("Anything else?")).to_have_count(0)


async def test_a_kept_draft_is_no_answer_to_something_old(stage: Stage) -> None:
    """What was begun is there before the messages, on a slow line: those are no news, and it is sent unasked."""
    visitor, operator = await stage.visitor(), await stage.operator()
    await visitor.open()
    await visitor.say("Is the red sofa still there?")
    await operator.open("Is the red sofa still there?")
    await operator.reply_field.fill("It is, and")
    drafts = stage.hub.connection.database["drafts"]
    await until(lambda: drafts.find_one({"text": "It is, and"}), 30)

    async def slowly(route: Route) -> None:
        await expect(operator.reply_field).to_have_value("It is, and")
        await route.continue_()

    await operator.page.route("**/messages?*", slowly)
    await operator.page.reload()
    await expect(operator.message("Is the red sofa still there?")).to_be_visible()
    await expect(operator.page.get_by_text("wrote meanwhile:")).to_have_count(0)
    await operator.reply("It is, and a blue one, too.")
    await expect(visitor.bubble("It is, and a blue one, too.")).to_be_visible()


async def test_operators_see_each_other(stage: Stage) -> None:
    """Who else looks at a conversation, and who writes in it, stands at its head."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Is anybody there?")
    one, other = await stage.operator(), await stage.operator()
    await one.open("Is anybody there?")
    await other.open("Is anybody there?")
    here = one.page.get_by_role("list", name="Also here")
    await expect(here).to_contain_text(f"{other.account.name} is here")
    await other.reply_field.press_sequentially("Just a")
    await expect(here).to_contain_text(f"{other.account.name} is writing…")
