"""One questionnaire in several places: from a hosted form to Telegram and the chat, and from Telegram to the form."""

import re

import pytest
from playwright.async_api import Page, Response, expect

from hub.model.flow import Source
from hub.store.channels import Channels
from hub.web.forms import pages
from tests.end_to_end.stage import DESK, PHONE, Stage, until
from tests.end_to_end.telegram_phone import TelegramPhone, running, take_phone
from tests.end_to_end.test_accessibility import complaints
from tests.end_to_end.test_site_forms import a_site
from tests.end_to_end.visitor import Visitor

FLOW = """\
flow: going
title: Your project
start: {form: going, words: [going]}
ask:
- name: text
  text: What is your name?
- part: More
- size: choice
  text: How many are you?
  options: {few: A few, many: Many}
- part: Plans
- pain: text
  text: What is your task?
outcomes:
- done: else
  say: Thank you for telling us!
"""


FRAMED = """<!doctype html><html lang="en"><title>Shop</title>
<iframe src="FORM" title="Your project" style="width:100%;border:0"></iframe>
<script>
  addEventListener("message", ({ data, source }) => {
    for (const frame of document.querySelectorAll("iframe"))
      if (frame.contentWindow === source && data?.switchboardForm)
        frame.style.height = data.switchboardForm.height + "px";
  });
</script></html>"""
"""The snippet of the guide."""


@pytest.fixture(autouse=True)
def _nobody_is_too_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests fill in faster than a person."""
    monkeypatch.setattr(pages, "HURRY_S", 0.0)


async def published(stage: Stage) -> None:
    """The questionnaire, once."""
    [channel, *_] = [one for one in await Channels(stage.hub.connection.database).enabled() if one.kind == "forms"]
    library = stage.hub.pipeline.flow_library
    if await library.draft(channel.project, "going") is None:
        sources = [Source(name="going.yml", text=FLOW)]
        draft = await library.save(channel.project, "going", sources, revision=0, by=None)
        await library.publish(channel.project, "going", revision=draft.revision, by=None)


async def form(stage: Stage, *, size: tuple[int, int] = DESK, scripts: bool = True) -> Page:
    """Somebody at the form, who has given their name."""
    await published(stage)
    context = await stage.context(size=size, bypass_csp=scripts, java_script_enabled=scripts)
    page = await stage.page(context, [])
    await page.goto(f"{stage.line.origin}/f/going?lang=en")
    await page.get_by_label("What is your name?").fill("Sample Name")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("How many are you?")).to_be_visible()
    return page


async def session(stage: Stage, conversation_of: str) -> dict[str, object]:
    """The one session of whoever gave this answer."""

    async def find() -> dict[str, object] | None:
        rows = stage.hub.connection.database["flow_sessions"].find({"flow": "going"})
        async for row in rows.sort("touched_at", -1):
            given = (row["session"]["answers"].get("pain") or {}).get("value")
            if given == conversation_of and row["state"] == "done":
                return dict(row)
        return None

    return await until(find, 20)


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_a_form_goes_on_in_telegram(stage: Stage, size: tuple[int, int]) -> None:
    """By one click, in the same session; the form's link shows from then on what was answered there."""
    customer = "Sample Customer 7" if size == DESK else "Sample Customer 8"
    phone_page = await stage.page(await stage.context(), [])
    await phone_page.goto(f"{stage.line.origin}/demo/telegram/")
    await running(stage.hub)
    page = await form(stage, size=size)
    assert not await complaints(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.reload()
    link = page.get_by_role("link", name="Continue in Telegram")
    address = await link.get_attribute("href")
    assert address is not None
    await phone_page.goto(address)
    phone = TelegramPhone(phone_page, customer)
    await phone.open()
    await phone.start()
    await phone.answer("How many are you?", "Many")
    task = f"Lamps from {size[0]}"
    await phone.answer("What is your task?", text=task)
    await expect(phone.message("Thank you for telling us!")).to_be_visible()
    kept = await session(stage, task)
    answers = kept["session"]["answers"]  # type: ignore[index]
    assert {name: one["value"] for name, one in answers.items()} == {
        "name": "Sample Name", "size": "many", "pain": task,
    }  # fmt: skip

    async def led_along() -> bool:  # the form learns it by a timer, within about a second
        await page.reload()
        return await page.get_by_text("Thank you for telling us!").count() == 1

    await until(led_along)


async def test_telegram_goes_on_in_the_form(stage: Stage) -> None:
    """Who asks for the form gets a link; what was answered on the phone is there, and the end is said in both."""
    await published(stage)
    phone = await take_phone(stage, "Sample Customer 9")
    await begin_in_telegram(stage, phone)
    await phone.answer("What is your name?", text="From the phone")
    await expect(phone.message("How many are you?")).to_be_visible()
    await phone.say("form")
    told = phone.message("You can answer all questions at once here")
    address = (re.search(r"https?://\S+/f/going/\S+", await told.inner_text()) or [""])[0]
    assert address
    page = await stage.page(await stage.context(), [])
    await page.goto(address)
    await expect(page.get_by_text("How many are you?")).to_be_visible()
    await page.get_by_label("A few").check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("What is your task?").fill("Chairs, by form")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you for telling us!")).to_be_visible()
    kept = await session(stage, "Chairs, by form")
    answers = kept["session"]["answers"]  # type: ignore[index]
    assert answers["name"]["value"] == "From the phone"
    await expect(phone.message("Thank you for telling us!")).to_be_visible()


async def begin_in_telegram(stage: Stage, phone: TelegramPhone) -> None:
    """Press Start; an operator begins the questionnaire there."""
    await phone.start_with_a_person()
    database = stage.hub.connection.database

    async def row() -> dict[str, object] | None:
        found = await database["conversations"].find_one(
            {"channel_kind": "telegram", "contact_name": phone.customer}, sort=[("last_activity_at", -1)]
        )
        return dict(found) if found else None

    conversation = str((await until(row))["_id"])
    operator = await stage.operator()
    answer = await operator.page.request.post(
        f"{stage.line.origin}/api/v1/conversations/{conversation}/hand_back",
        data={"key": "begin", "to": "bot", "flow": "going"}, headers={"X-Hub": "1"},
    )  # fmt: skip
    assert answer.ok, await answer.text()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_form_without_scripts_offers_the_same(stage: Stage, scripts: bool) -> None:
    """The ways on are plain links; nothing else is needed for them."""
    page = await form(stage, scripts=scripts)
    await expect(page.get_by_role("link", name="Continue in chat")).to_have_attribute(
        "href", re.compile(r"/chat/v1/demo-shop/continue\?word=s")
    )


async def test_a_form_goes_on_in_the_chat(stage: Stage) -> None:
    """By one click: the chat opens on a page of the hub, asks what is open, and finishes the same session."""
    page = await form(stage)
    address = await page.get_by_role("link", name="Continue in chat").get_attribute("href")
    assert address is not None
    chat = await stage.page(await stage.context(), [])
    await chat.goto(address)
    visitor = Visitor(chat)
    await expect(visitor.bubble("How many are you?")).to_be_visible()
    await chat.get_by_role("button", name="A few").click()
    await expect(visitor.bubble("What is your task?")).to_be_visible()
    await visitor.say("Tables, by chat")
    await expect(visitor.bubble("Thank you for telling us!")).to_be_visible()
    kept = await session(stage, "Tables, by chat")
    assert kept["session"]["answers"]["name"]["value"] == "Sample Name"  # type: ignore[index]


async def test_a_form_in_a_frame_is_as_high_as_it_needs_to_be(stage: Stage) -> None:
    """On a site of its own origin, through every page to the thank-you; all of a page weighs less than 60 kB."""
    await published(stage)
    channels, shown = Channels(stage.hub.connection.database), {"/": ""}
    [channel, *_] = [one for one in await channels.enabled() if one.kind == "forms"]
    async with a_site(shown) as site:
        settings = {**channel.settings, "sites": [site]}
        assert await channels.change(channel.project, channel.id, channel.revision, {"settings": settings})
        shown["/"] = FRAMED.replace("FORM", f"{stage.line.origin}/f/going?lang=en")
        page = await (await stage.context(size=PHONE)).new_page()
        weight: list[int] = []

        async def weigh(response: Response) -> None:
            if response.ok and response.url.startswith(stage.line.origin):
                weight.append(len(await response.body()))

        page.on("response", weigh)

        async def framed() -> bool:  # the hub remembers a form's channel for a moment
            await page.goto(site)
            return await page.frame_locator("iframe").get_by_label("What is your name?").count() == 1

        await until(framed)
        inside = page.frame_locator("iframe")
        first = sum(weight)
        page.remove_listener("response", weigh)
        assert 0 < first < 60_000 * 2  # it may have been loaded twice
        await inside.get_by_label("What is your name?").fill("Framed")
        for answer in ("A few", "Shelves"):
            await fits(page)
            await inside.get_by_role("button", name="Continue").click()
            if answer == "A few":
                await inside.get_by_label("A few").check()
            else:
                await inside.get_by_label("What is your task?").fill(answer)
        await fits(page)
        await inside.get_by_role("button", name="Send").click()
        await expect(inside.get_by_text("Thank you for telling us!")).to_be_visible()
        await fits(page)


async def fits(page: Page) -> None:
    """The frame neither scrolls nor leaves much room below what it holds."""

    async def right() -> bool:
        frame = page.frames[1]
        outer = await page.locator("iframe").evaluate("frame => frame.clientHeight")
        inner = await frame.evaluate(
            "[document.documentElement.scrollHeight, document.body.getBoundingClientRect().bottom]"
        )
        return bool(inner[0] <= outer + 1 and outer - inner[1] < 60)

    await until(right)
