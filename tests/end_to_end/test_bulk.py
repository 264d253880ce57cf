"""Several conversations at once: chosen by mouse, keys and finger, each done as a Turn of its own, and taken back."""

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from playwright.async_api import Page, expect

from hub.demo.seed import PASSWORD
from hub.model.channel import Channel
from hub.model.conversation import Conversation, Status
from hub.model.events import MessageReceived, Sender
from hub.model.ids import ChannelId, ConversationId, new_id
from hub.model.operator import Role
from hub.model.turn import TurnKind
from hub.store.channels import Channels
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints

LONG = 30_000


async def picture(page: Page, name: str) -> None:
    """A picture for whoever asks for it."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


async def a_channel(stage: Stage) -> Channel:
    """One where no bot speaks, which would be news in a conversation."""
    demo = await stage.hub.people.accounts.by_email("admin@example.test")
    assert demo is not None
    channel = Channel(
        id=ChannelId(new_id()), project=demo.memberships[0].project, kind="forms", name="Sample forms", key=new_id(),
        enabled=False, created_at=stage.hub.pipeline.clock.now(),
    )  # fmt: skip
    await Channels(stage.hub.connection.database).add(channel)
    return channel


async def conversations(stage: Stage, *names: str) -> Sequence[ConversationId]:
    """Conversations with people of these names, the last on top of the list."""
    made = []
    channel = await a_channel(stage)
    for name in names:
        sender = Sender(kind="phone", value=new_id(), name=name)
        event = MessageReceived(external_id=new_id(), sender=sender, text=f"Hello from {name}")
        [received] = await stage.hub.pipeline.inbound.receive(channel, [event])
        conversation = received.conversation
        assert conversation is not None
        made.append(conversation)
        await until(partial(stage.hub.pipeline.conversations.any, conversation), 30)  # the next one is newer
    return made


async def become(stage: Stage, made: Sequence[ConversationId], status: Status) -> Sequence[Conversation]:
    """The conversations once all have a status."""

    async def look() -> Sequence[Conversation] | None:
        found = [await stage.hub.pipeline.conversations.any(one) for one in made]
        shown = [one for one in found if one is not None and one.status is status]
        return shown if len(shown) == len(made) else None

    return await until(look, 30)


async def turns(stage: Stage, conversation: ConversationId) -> Sequence[str]:
    """The kinds of the conversation's Turns, in order."""
    rows = stage.hub.connection.database["turns"].find({"conversation": conversation}).sort("seq", 1)
    return [row["kind"] async for row in rows]


def names(letter: str, count: int) -> list[str]:
    """Names that nobody else has."""
    tag = new_id()[-5:]
    return [f"Sample {letter}{tag} {number}" for number in range(1, count + 1)]


async def test_several_are_resolved_by_one_key_and_taken_back_by_one_click(stage: Stage) -> None:
    """Box, Shift and E; each has a Turn of its own, and Undo gives each another."""
    called = names("A", 4)
    made = await conversations(stage, *called)
    operator = await stage.operator(bypass_csp=True)
    page, bar = operator.page, operator.page.get_by_role("region", name="Chosen conversations")
    await expect(operator.item(called[3])).to_be_visible(timeout=LONG)
    await operator.item(called[3]).hover()
    await page.get_by_role("checkbox", name=f"Choose {called[3]}").check()
    await page.get_by_role("checkbox", name=f"Choose {called[1]}").click(modifiers=["Shift"])
    await expect(bar).to_contain_text("3 chosen")
    await expect(page.get_by_role("checkbox", name=f"Choose {called[2]}")).to_be_checked()
    assert not await complaints(page)
    await picture(page, "bulk-desk")
    await page.keyboard.press("e")
    await expect(operator.notices).to_contain_text("3 conversations resolved", timeout=LONG)
    await expect(bar).to_be_hidden()
    await picture(page, "bulk-undo")
    await become(stage, made[1:], Status.RESOLVED)
    await become(stage, made[:1], Status.OPEN)
    await operator.notices.get_by_role("button", name="Undo").click()
    await expect(operator.notices).to_contain_text("Undone for 3 conversations", timeout=LONG)
    await become(stage, made, Status.OPEN)
    for one in made[1:]:
        assert [kind for kind in await turns(stage, one) if kind in (TurnKind.RESOLVE, TurnKind.REOPEN)] == [
            TurnKind.RESOLVE,
            TurnKind.REOPEN,
        ]


async def test_one_that_is_resolved_by_mistake_waits_again(stage: Stage) -> None:
    """E and Z in an open conversation, and the button of the notice: whoever waits is among those that wait as before.

    It is so, too, where resolving has begun a survey.
    """
    visitor, text = await stage.visitor(), f"Do not forget me {new_id()[-5:]}"
    await visitor.open()
    await visitor.say(text)
    conversation = (await stage.conversation_with(text)).id
    operator = await stage.operator(view="unattended")
    await operator.open(text)
    before = await stage.hub.pipeline.conversations.any(conversation)
    assert before is not None
    assert before.waiting_since is not None
    row = operator.page.locator(
        f"[data-conversation='{conversation}']"
    )  # by then the survey's question is what it says
    button = operator.notices.get_by_role("button", name="Undo")
    ways: list[Callable[[], Awaitable[None]]] = [partial(operator.page.keyboard.press, "z"), button.click]
    for undo in ways:
        await operator.page.keyboard.press("e")
        await expect(operator.notices).to_contain_text("Resolved:", timeout=LONG)
        await expect(row).to_have_count(0)
        await become(stage, [conversation], Status.RESOLVED)
        await undo()
        await expect(row).to_be_visible(timeout=LONG)
        [after] = await become(stage, [conversation], Status.OPEN)
        assert (after.waiting_since, after.control, after.assignee) == (
            before.waiting_since,
            before.control,
            before.assignee,
        )


async def test_all_of_it_is_done_by_keys_alone(stage: Stage) -> None:
    """X, Shift+X, a tag, Z and Escape."""
    called = names("B", 3)
    made = await conversations(stage, *called)
    operator = await stage.operator()
    page, bar = operator.page, operator.page.get_by_role("region", name="Chosen conversations")
    await operator.item(called[2]).focus()
    await page.keyboard.press("x")
    await expect(bar).to_contain_text("1 chosen")
    await operator.item(called[0]).focus()
    await page.keyboard.press("Shift+X")
    await expect(bar).to_contain_text("3 chosen")
    await page.keyboard.press("l")
    tag = f"tag-{new_id()[-6:]}"
    await page.get_by_role("combobox", name="Tags").fill(tag)
    await page.keyboard.press("Enter")
    await expect(operator.notices).to_contain_text("3 conversations tagged", timeout=LONG)

    async def tagged() -> int:
        found = [await stage.hub.pipeline.conversations.any(one) for one in made]
        return sum(one is not None and tag in one.tags for one in found)

    await until(lambda: is_so(tagged, 3), 30)
    await page.keyboard.press("z")
    await expect(operator.notices).to_contain_text("Undone for 3 conversations", timeout=LONG)
    await until(lambda: is_so(tagged, 0), 30)
    await operator.item(called[1]).focus()
    await page.keyboard.press("x")
    await page.keyboard.press("Escape")
    await expect(bar).to_be_hidden()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Choose up to here")


async def test_what_a_search_has_found_is_resolved_together(stage: Stage) -> None:
    """People and messages that were found have boxes as well; another search lets go of what was chosen before it."""
    word = f"Findable{new_id()[-6:]}"
    called = [f"{word} {number}" for number in range(3)]
    made = await conversations(stage, *called)
    operator = await stage.operator(bypass_csp=True, view="mine")
    page, bar = operator.page, operator.page.get_by_role("region", name="Chosen conversations")
    field = page.get_by_role("searchbox", name="Search people and messages")
    people = page.get_by_role("region", name="People")

    async def indexed() -> bool:
        names = [name.casefold() for name in called]
        return await stage.hub.connection.database["search_people"].count_documents({"keys": {"$in": names}}) == 3

    await until(indexed, 60)  # what was found is not looked for again so soon
    await field.fill(word)
    await expect(people.get_by_role("listitem")).to_have_count(3, timeout=LONG)
    await people.get_by_role("listitem").nth(0).hover()
    await people.get_by_role("checkbox").nth(0).check()
    await people.get_by_role("checkbox").nth(1).click(modifiers=["Shift"])
    await expect(bar).to_contain_text("2 chosen")
    assert not await complaints(page)
    await picture(page, "bulk-found")
    await field.fill("something else")
    await expect(bar).to_be_hidden()
    await field.fill(word)
    await people.get_by_role("link").nth(0).focus()
    await page.keyboard.press("x")
    await people.get_by_role("link").nth(2).focus()
    await page.keyboard.press("Shift+X")
    await expect(bar).to_contain_text("3 chosen")
    await page.keyboard.press("e")
    await expect(operator.notices).to_contain_text("3 conversations resolved", timeout=LONG)
    await become(stage, made, Status.RESOLVED)
    await expect(people.get_by_role("listitem").filter(has_text="Resolved")).to_have_count(3, timeout=LONG)
    await page.keyboard.press("z")
    await become(stage, made, Status.OPEN)


async def is_so(count: object, wanted: int) -> bool:
    """Whether a count has come to what is wanted."""
    return bool(await count() == wanted)  # type: ignore[operator]


async def test_what_the_hub_refuses_is_told_and_stays_chosen(stage: Stage) -> None:
    """An operator may not move what a colleague holds; the rest is done."""
    called = names("C", 3)
    made = await conversations(stage, *called)
    colleague = await stage.operator()
    await colleague.open(called[1])
    await colleague.page.keyboard.press("t")
    await expect(colleague.page.get_by_text("You are answering").first).to_be_visible(timeout=LONG)
    operator = await stage.operator(bypass_csp=True, expected=[r"status of 403"])
    page, bar = operator.page, operator.page.get_by_role("region", name="Chosen conversations")
    for name in called:
        await operator.item(name).hover()
        await page.get_by_role("checkbox", name=f"Choose {name}").check()
    await bar.get_by_role("button", name="Assign").click()
    await page.get_by_role("combobox", name="Assign").fill("Team")
    await page.get_by_role("option").first.click()
    await expect(operator.notices).to_contain_text("2 conversations assigned", timeout=LONG)
    await expect(bar.get_by_role("alert")).to_contain_text("1 conversation was not changed")
    await expect(bar.get_by_role("alert")).to_contain_text(f"{called[1]}: Only curators and admins move")
    await expect(bar).to_contain_text("1 chosen")
    await expect(page.get_by_role("checkbox", name=f"Choose {called[1]}")).to_be_checked()
    assert not await complaints(page)
    await picture(page, "bulk-refused")
    await become(stage, made, Status.OPEN)


async def test_undo_leaves_alone_where_something_has_happened_since(stage: Stage) -> None:
    """The customer writes again: that is news, not something to be swept away."""
    called = names("D", 2)
    made = await conversations(stage, *called)
    operator = await stage.operator()
    page = operator.page
    for name in called:
        await operator.item(name).hover()
        await page.get_by_role("checkbox", name=f"Choose {name}").check()
    await page.keyboard.press("s")
    await page.get_by_role("option").first.click()
    await expect(operator.notices).to_contain_text("2 conversations snoozed", timeout=LONG)
    await become(stage, made, Status.SNOOZED)
    database = stage.hub.connection.database
    contact = await database["messages"].find_one({"conversation": made[0], "direction": "in"})
    assert contact is not None
    address = await database["addresses"].find_one({"contact": contact["contact"]})
    assert address is not None
    again = MessageReceived(
        external_id=new_id(), sender=Sender(kind="phone", value=address["value"]), text="One more thing"
    )
    channel = await Channels(database).get(contact["channel"])
    assert channel is not None
    await stage.hub.pipeline.inbound.receive(channel, [again])
    await become(stage, made[:1], Status.OPEN)
    await operator.notices.get_by_role("button", name="Undo").click()
    await expect(operator.notices).to_contain_text("Undone for 1 conversation", timeout=LONG)
    await expect(operator.notices).to_contain_text("1 conversation stays as it is")
    await become(stage, made, Status.OPEN)


async def test_on_a_phone_a_finger_that_stays_begins_to_choose(stage: Stage) -> None:
    """In Russian, in the dark: hold one, tap the next, resolve both."""
    called = names("E", 2)
    made = await conversations(stage, *called)
    account = await stage.account(Role.OPERATOR, "ru")
    context = await stage.context(size=PHONE, scheme="dark", has_touch=True, bypass_csp=True)
    page = await stage.page(context, [NOT_SIGNED_IN])
    await page.goto(f"{stage.line.origin}/inbox/all")
    await OperatorAtWork(page, account).fill_in(account.email, PASSWORD)
    first = page.get_by_role("link").filter(has_text=called[1])
    await expect(first).to_be_visible(timeout=LONG)
    await hold(page, called[1])
    bar = page.get_by_role("region", name="Выбранные диалоги")
    await expect(bar).to_contain_text("Выбран 1")
    await page.get_by_role("link").filter(has_text=called[0]).tap()
    await expect(bar).to_contain_text("Выбрано 2")
    assert "/inbox/all" in page.url
    assert not await complaints(page)
    await picture(page, "bulk-phone-ru")
    await bar.get_by_role("button", name="Завершить").click()
    await expect(page.get_by_text("Завершено 2 диалога")).to_be_visible(timeout=LONG)
    await become(stage, made, Status.RESOLVED)


async def hold(page: Page, text: str) -> None:
    """Put a finger on a row and leave it there."""
    box = await page.get_by_role("link").filter(has_text=text).bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    await expect(page.get_by_role("checkbox", checked=True).first).to_be_visible()
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
