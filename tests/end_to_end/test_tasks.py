"""Calls that were promised: they come live, count down, and are taken, moved and done: by mouse, keyboard and phone."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hub.demo.seed import PASSWORD
from hub.model.content import Details
from hub.model.events import MessageReceived, Sender
from hub.model.ids import new_id
from hub.model.task import CallBackWish, Task, TaskStatus
from hub.store.channels import Channels
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import DESK, PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints


async def wish(stage: Stage, name: str, phone: str, **more: object) -> None:
    """Somebody asks to be called, as a widget of the shop reports it."""
    [shop, *_] = [one for one in await Channels(stage.hub.connection.database).enabled() if one.kind == "webchat"]
    asked = CallBackWish(phone=phone, **more)  # type: ignore[arg-type]
    event = MessageReceived(
        external_id=new_id(), sender=Sender(kind="test", value=phone, name=name), text=f"Call {name}",
        details=Details(call_back=asked),
    )  # fmt: skip
    [received] = await stage.hub.pipeline.inbound.receive(shop, [event])
    assert received.conversation is not None


async def task_of(stage: Stage, phone: str) -> Task:
    """The task as the hub holds it."""

    async def find() -> Task | None:
        row = await stage.hub.connection.database["tasks"].find_one({"phone": phone})
        return await stage.hub.pipeline.tasks.get(row["_id"]) if row else None

    return await until(find)


async def on_tasks(stage: Stage, operator: OperatorAtWork) -> Page:
    """The list of calls."""
    await operator.page.goto(f"{stage.line.origin}/tasks")
    await expect(operator.page.get_by_role("heading", name="Calls")).to_be_visible()
    return operator.page


async def picture(page: Page, name: str) -> None:
    """Keep what it looks like, where somebody wants to see it."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_call_comes_live_and_is_done(stage: Stage, scheme: str) -> None:
    """With a countdown, a number to press, in the list and in its conversation; axe has nothing to say."""
    operator = await stage.operator(scheme=scheme, bypass_csp=True)
    page = await on_tasks(stage, operator)
    phone = f"+1202555017{len(scheme)}"
    await wish(
        stage, f"Sample {scheme}", phone, reason="Prices of lamps", within_s=30, page="https://shop.example/lamps"
    )
    row = page.get_by_role("listitem").filter(has_text=f"Sample {scheme}")
    await expect(row.locator("time")).to_have_text(re.compile(r"In 0:\d\d|Late by 0:\d\d"))
    await expect(row.get_by_role("link", name=f"Call {phone}")).to_have_attribute("href", f"tel:{phone}")
    await expect(page.get_by_role("region", name="Notices")).to_contain_text(f"A call to Sample {scheme} is asked for")
    await expect(row.locator("time")).to_have_text(re.compile("Late by"), timeout=45_000)
    assert not await complaints(page)
    await picture(page, f"tasks-{scheme}")

    await row.get_by_role("button", name="Take").click()
    await expect(row).to_contain_text("You")
    await row.get_by_role("link", name=f"Sample {scheme}").click()
    strip = page.get_by_role("region", name="Promised calls")
    await expect(strip).to_contain_text("Prices of lamps")
    assert not await complaints(page)
    await picture(page, f"task-in-conversation-{scheme}")
    await strip.get_by_role("button", name="How it ended").click()
    dialog = page.get_by_role("dialog", name="How it ended")
    await dialog.get_by_label("Busy").check()
    await expect(dialog.get_by_label("Call again")).to_be_visible()
    assert not await complaints(page)
    await dialog.get_by_label("Reached").check()
    await dialog.get_by_label("Note").fill("Sends the order today")
    await dialog.get_by_role("button", name="Save").click()
    await expect(strip).to_be_hidden()
    await expect(operator.thread).to_contain_text(f"You called {phone}: Reached (Sends the order today)")
    assert (await task_of(stage, phone)).status is TaskStatus.DONE


async def test_calls_by_keyboard(stage: Stage) -> None:
    """G C goes there, J to the first, T takes it, E asks how it ended; C in a conversation promises one."""
    await wish(stage, "Sample Keys", "+12025550181", within_s=60)
    await task_of(stage, "+12025550181")
    operator = await stage.operator(expected=["status of 422"])
    page = operator.page
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Sample Keys")
    await expect(row).to_be_visible()

    async def focused() -> bool:
        await page.keyboard.press("j")
        return bool(
            await row.get_by_role("link", name="Sample Keys").evaluate("link => link === document.activeElement")
        )

    await until(focused)
    await page.keyboard.press("t")
    await expect(row).to_contain_text("You")
    await page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="How it ended")
    await dialog.get_by_label("No answer").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("1 attempt")
    moved = await task_of(stage, "+12025550181")
    assert moved.attempts[0].moved_to == moved.due_at
    await row.get_by_role("link", name="Sample Keys").press("Enter")
    await expect(page.get_by_role("region", name="Promised calls")).to_be_visible()
    await page.keyboard.press("c")
    promised = page.get_by_role("dialog", name="Promise a call")
    await promised.get_by_label("Phone").fill("hello")
    await promised.get_by_role("button", name="Promise a call").click()
    await expect(operator.notices).to_contain_text("This is no phone number")
    await promised.get_by_label("Phone").fill("+1 202 555 0182")
    await promised.get_by_label("Reason").fill("Second number")
    await promised.get_by_role("button", name="Promise a call").click()
    await expect(page.get_by_role("region", name="Promised calls")).to_contain_text("Second number")
    assert (await task_of(stage, "+12025550182")).assignee == operator.account.id


async def in_russian(stage: Stage, size: tuple[int, int]) -> Page:
    """The list of calls of somebody who has just signed in."""
    account = await stage.account(locale="ru")
    page = await stage.page(await stage.context(size=size, locale="ru-RU", bypass_csp=True), [r"status of 401"])
    await page.goto(f"{stage.line.origin}/tasks")
    await page.get_by_label("Эл. почта").or_(page.get_by_label("E-mail")).fill(account.email)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    return page


async def test_calls_on_a_phone_in_russian(stage: Stage) -> None:
    """The list fits, the number can be pressed, and an empty list says what comes there."""
    await wish(
        stage, "Образец Телефон", "+73432000099", reason="Подбор светильников для склада и офиса", within_s=3_600
    )
    await task_of(stage, "+73432000099")
    page = await in_russian(stage, PHONE)
    row = page.get_by_role("listitem").filter(has_text="Образец Телефон")
    await expect(row).to_contain_text("Подбор светильников")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not await complaints(page)
    await picture(page, "tasks-phone")
    await page.get_by_role("button", name="Мои").click()
    await expect(page.get_by_text("Звонить некому")).to_be_visible()
    assert not await complaints(page)


async def test_a_call_of_another_day_stands_beside_its_date_in_russian(stage: Stage) -> None:
    """The date is longer than a countdown: it takes a second line, not the place of the name."""
    await wish(stage, "Образец Послезавтра", "+73432000077", within_s=48 * 3_600)
    row = (await in_russian(stage, DESK)).get_by_role("listitem").filter(has_text="Образец Послезавтра")
    date = await row.locator("time").first.evaluate(
        "at => { const r = document.createRange(); r.selectNodeContents(at); return r.getBoundingClientRect().right }"
    )
    name = await row.get_by_role("link", name="Образец Послезавтра").bounding_box()
    assert name is not None
    assert date <= name["x"]
