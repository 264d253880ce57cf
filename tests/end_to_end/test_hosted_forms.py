"""A hosted form in a browser: on a desk and on a phone, with scripts and without, to its end and into the inbox."""

import time

import pytest
from playwright.async_api import Page, expect

from hub.model.operator import Role
from hub.web.forms.pages import HURRY_S
from tests.end_to_end.stage import DESK, PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints

WEIGHT_BYTES = 60_000
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def fill_in(page: Page, name: str) -> None:
    """What the first page asks, with a phone number that is none."""
    await page.get_by_role("radiogroup", name="Do you agree").get_by_label("Yes").check()
    await page.get_by_label("How shall we call you?").fill(name)
    await page.get_by_label("What is your company called?").fill("Sample Ltd")
    await page.get_by_label("How many employees?").fill("120")
    await page.get_by_role("radiogroup", name="Do you have a CRM?").get_by_label("No").check()
    await page.get_by_role("radiogroup", name="When do you plan to start?").get_by_label("Now").check()
    await page.get_by_label("Your phone number?").fill("12")


async def send(page: Page) -> None:
    """Press the button no sooner than a person could."""
    shown = time.monotonic()

    async def read() -> bool:
        return time.monotonic() - shown > 1.1 * HURRY_S

    await until(read)
    async with page.expect_navigation():
        await page.get_by_role("button", name="Send").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_form_is_filled_in_to_its_end(stage: Stage, size: tuple[int, int], *, scripts: bool) -> None:
    """What is wrong is said beside it and nothing is lost; what an answer makes relevant is asked; then thanks."""
    name = f"Sample Buyer {size[0]} {'with' if scripts else 'without'} scripts"
    context = await stage.context(size=size, java_script_enabled=scripts, bypass_csp=True)
    # A page that says what is wrong is answered 422, which the browser writes down.
    page = await stage.page(context, [r"status of 422"])
    weights: list[int] = []
    page.on("response", lambda response: weights.append(int(response.headers.get("content-length", 0))))
    await page.goto(f"{stage.line.origin}/f/lead10?lang=en&utm_source=ads")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ten questions about your project")
    assert len(await page.content()) + sum(weights) < WEIGHT_BYTES
    assert await page.evaluate(WIDER) <= 0
    budget, need = page.get_by_label("What is the yearly budget?"), page.get_by_role("group", name="What do you need?")
    await fill_in(page, name)
    if scripts:  # shown at once, before anything is sent
        await expect(budget).to_be_visible()
        assert not await complaints(page)
    await send(page)
    await expect(page.get_by_role("alert").or_(page.locator("[aria-invalid=true]")).first).to_be_visible()
    await expect(page.get_by_label("How shall we call you?")).to_have_value(name)
    if scripts:
        assert not await complaints(page)
    assert await page.evaluate(WIDER) <= 0
    await page.get_by_label("Your phone number?").fill("8 912 345-67-89")
    if await budget.is_visible():
        await need.get_by_label("Chatbot").check()
        await budget.fill("900 000")
    await send(page)
    if await budget.is_visible():  # without scripts the answer was sent before the question came up
        await need.get_by_label("Chatbot").check()
        await budget.fill("900 000")
        await send(page)
    await expect(page.get_by_text(f"{name}!")).to_be_visible()

    async def arrived() -> bool:
        row = await stage.hub.connection.database["contacts"].find_one({"name": name})
        fields = {field["name"]: field["value"] for field in row["fields"]} if row else {}
        return fields.get("phone") == "+79123456789" and fields.get("utm_source") == "ads"

    await until(arrived)


async def test_the_answers_of_a_form_are_a_conversation(stage: Stage) -> None:
    """An operator reads them as a card, and the conversation waits for somebody."""
    page = await stage.page(await stage.context(), [r"status of 422"])
    await page.goto(f"{stage.line.origin}/f/lead10?lang=en")
    await fill_in(page, "Sample Reader")
    await page.get_by_label("Your phone number?").fill("8 912 345-67-88")
    await page.get_by_role("group", name="What do you need?").get_by_label("Chatbot").check()
    await page.get_by_label("What is the yearly budget?").fill("900 000")
    await send(page)
    await expect(page.get_by_text("Sample Reader!")).to_be_visible()
    operator = await stage.operator(await stage.account(Role.ADMIN))
    await operator.page.get_by_text("Sample Reader").first.click()
    await expect(operator.thread).to_contain_text("Sample Ltd")
    await expect(operator.thread).to_contain_text("+7 912 345-67-88")
