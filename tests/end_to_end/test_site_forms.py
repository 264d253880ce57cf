"""A form on somebody's site: set up in the channel's editor, sent from another origin, read by an operator."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from hub.model.channel import ChannelState
from hub.model.operator import Role
from hub.store.channels import Channels
from hub.web.forms import pages
from tests.end_to_end.stage import Stage, until
from tests.end_to_end.test_accessibility import complaints
from tests.serving import serving


@asynccontextmanager
async def a_site(page_html: dict[str, str]) -> AsyncIterator[str]:
    """A site of one page, on an origin of its own; gives that origin. The page may be set while it runs."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=page_html["/"], content_type="text/html")

    application = web.Application()
    application.add_routes([web.get("/", page)])
    async with serving(application) as url:
        yield url


async def made_channel(stage: Stage, page: Page, name: str, site: str) -> tuple[str, str]:
    """Makes a form channel as an admin does, once it runs; its address and the form to begin with."""
    await page.goto(f"{stage.line.origin}/channels")
    await page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox", name="Kind").click()
    await page.get_by_role("option", name="Forms").click()
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Sites that may show and send forms").fill(site)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()

    async def runs() -> bool:
        row = await stage.hub.connection.database["channels"].find_one({"name": name})
        return row is not None and row["health"]["state"] == ChannelState.RUNNING

    await until(runs)
    await edit(page, name)
    address, snippet = await page.get_by_role("dialog").locator("code").all_inner_texts()
    return address, snippet


async def edit(page: Page, name: str) -> None:
    """Opens the channel's editor."""
    card = page.locator("section, article, div").filter(has=page.get_by_text(name, exact=True))
    await card.get_by_role("button", name="Edit").last.click()
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_a_form_is_set_up_in_two_minutes_and_sent_from_a_site(stage: Stage) -> None:
    """Address, one test submission, its fields mapped; then the snippet with its script on a page of another origin."""
    shown = {"/": ""}
    async with a_site(shown) as site, aiohttp.ClientSession() as session:
        refused = [r"status of 422"]  # there is nothing of Tilda's to be tried on
        operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True, expected=refused)
        page = operator.page
        address, snippet = await made_channel(stage, page, "Sample site", site)
        async with session.post(address, json={"q1": "Try", "q2": "8 912 345-67-89"}) as answer:
            assert answer.status == 200

        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Show the fields of the last submission").click()
        await dialog.get_by_role("combobox", name="What q2 is").click()
        await page.get_by_role("option", name="Phone").click()
        await dialog.get_by_role("combobox", name="What q1 is").click()
        await page.get_by_role("option", name="A field of the contact").click()
        await expect(dialog.get_by_label("Field of the contact for q1")).to_have_value("q1")
        await dialog.get_by_label("Field of the contact for q1").fill("Wish")
        outcome = dialog.get_by_role("region", name="What would become of it")
        await expect(outcome).to_contain_text("+79123456789 · phone: +79123456789, wish: Try")
        await expect(outcome).to_contain_text("A new contact is made.")
        await dialog.get_by_role("combobox", name="What sends").click()
        await page.get_by_role("option", name="Tilda").click()
        await dialog.get_by_role("button", name="Show the fields of the last submission").click()
        await expect(dialog.get_by_text("Send one test submission", exact=False).last).to_be_visible()
        await dialog.get_by_role("combobox", name="What sends").click()
        await page.get_by_role("option", name="Forms of your site").click()
        await dialog.get_by_role("button", name="Show the fields of the last submission").click()
        await expect(outcome).to_contain_text("wish: Try")
        assert not await complaints(page)
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        [channel] = [
            one for one in await Channels(stage.hub.connection.database).enabled() if one.name == "Sample site"
        ]
        assert channel.settings["mapping"] == [{"field": "q2", "to": "phone"}, {"field": "q1", "to": "contact.wish"}]

        shown["/"] = f'<!doctype html><html lang="en"><title>Shop</title><main>{snippet}</main></html>'
        visitor = await (await stage.context()).new_page()
        await visitor.goto(f"{site}/?utm_source=ads")
        await expect(visitor.locator("input[name=_stamp]")).to_be_attached()
        await visitor.get_by_label("Name").fill("Sample Buyer")
        await visitor.get_by_label("Phone").fill("8 912 345-67-80")
        await visitor.get_by_label("Message").fill("Do you sell lamps?")

        async def sent() -> bool:  # too quick for a person at first, which the page says
            await visitor.get_by_role("button", name="Send").click()
            await expect(visitor.get_by_role("status")).to_have_text(re.compile("That was too quick|Thank you"))
            return await visitor.get_by_role("status").inner_text() == "Thank you! We have your message."

        await until(sent)
        await page.goto(f"{stage.line.origin}/inbox/all")
        await operator.open("Do you sell lamps?")
        await expect(operator.message("Do you sell lamps?")).to_contain_text("utm_source: ads")


async def test_a_contact_gets_a_link_to_a_form_from_the_inbox(stage: Stage) -> None:
    """Made in the contact's panel; who follows it finds what is known of them, and a second use leads to the first."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Please send me the form")
    operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
    page = operator.page
    await operator.open("Please send me the form")
    await page.get_by_role("button", name="Link to a form").click()
    dialog = page.get_by_role("dialog", name="Link to a form")
    await dialog.get_by_role("combobox", name="Questionnaire").click()
    await (
        page.get_by_role("option", name="Заказать звонок").or_(page.get_by_role("option", name="Call me back")).click()
    )
    await dialog.get_by_label("An answer").fill("topic=Lamps for the office")
    await dialog.get_by_role("button", name="Make the link").click()
    address = await dialog.locator("code").inner_text()
    assert "/f/callback?for=" in address
    assert not await complaints(page)
    reader = await stage.page(await stage.context(), [])
    await reader.goto(f"{address}&lang=en")
    await expect(
        reader.get_by_text("Lamps for the office").or_(reader.locator("[value='Lamps for the office']"))
    ).to_have_count(1)


async def test_a_call_back_widgets_page_event_is_a_call_to_make(stage: Stage) -> None:
    """The script finds the number in whatever the widget tells the page; a page of another site is refused."""
    shown = {"/": ""}
    async with a_site(shown) as site:
        operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
        address, _ = await made_channel(stage, operator.page, "Widgets", site)
        shown["/"] = f"""<!doctype html><html lang="en"><title>Shop</title><script src="{address}/script.js"></script>
            <script>
              const listeners = {{}};
              window.cbhEvents = {{ on: (name, listener) => (listeners[name] = listener) }};
              cbhEvents.on("callbackSubmit", async (told) => {{
                document.title = String(await switchboardForms.callBack(told));
              }});
              const press = () => listeners.callbackSubmit({{ form: {{ tel: "8 (912) 345-67-77" }} }});
            </script><button onclick="press()">Call me</button>"""
        visitor = await (await stage.context()).new_page()
        await visitor.goto(f"{site}/?utm_source=ads")
        await visitor.get_by_role("button", name="Call me").click()
        await expect(visitor).to_have_title("true")
        row = await stage.hub.connection.database["tasks"].find_one({"phone": "+79123456777"})
        assert row is not None
        assert row["page"] == f"{site}/"


async def test_forms_that_ask_for_a_proof_of_work_send_themselves(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a site by the channel's script and on a hosted page, under its policy: nobody presses anything for it."""
    monkeypatch.setattr(pages, "HURRY_S", 0.0)
    shown = {"/": ""}
    channels = Channels(stage.hub.connection.database)
    async with a_site(shown) as site:
        operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
        _, snippet = await made_channel(stage, operator.page, "Proved", site)
        await ask_for_proofs(channels, "Proved", fill_s=0)
        shown["/"] = f'<!doctype html><html lang="en"><title>Shop</title><main>{snippet}</main></html>'
        visitor = await (await stage.context()).new_page()
        await visitor.goto(site)
        await visitor.get_by_label("Name").fill("Proved Buyer")
        await visitor.get_by_label("Message").fill("I have worked for this")

        async def sent() -> bool:
            await visitor.get_by_role("button", name="Send").click()
            await expect(visitor.get_by_role("status")).to_have_text(re.compile("could not|quick|Thank you"))
            return await visitor.get_by_role("status").inner_text() == "Thank you! We have your message."

        await until(sent, 30)
        await operator.page.goto(f"{stage.line.origin}/inbox/all")
        await operator.open("I have worked for this")
        await expect(operator.message("I have worked for this")).not_to_contain_text("altcha")

    demo = next(one for one in await channels.enabled() if one.key == "demo-forms")
    await ask_for_proofs(channels, demo.name)
    try:
        reader = await stage.page(await stage.context(), [])

        async def asks() -> bool:
            await reader.goto(f"{stage.line.origin}/f/b2b?lang=en")
            return await reader.locator("input[name=altcha]").count() == 1

        await until(asks)
        await reader.get_by_label("Yes").first.check()
        await reader.get_by_role("button", name="Continue").click()
        await expect(reader.locator("input[name=altcha]")).to_have_count(0, timeout=30_000)
        assert "/f/b2b/" in reader.url
    finally:
        await ask_for_proofs(channels, demo.name, altcha=False)


async def ask_for_proofs(channels: Channels, name: str, **settings: object) -> None:
    """Switch the proof of work on, as an admin does by the API."""
    channel = next(one for one in await channels.enabled() if one.name == name)
    change = {**channel.settings, "altcha": True, **settings}
    assert await channels.change(channel.project, channel.id, channel.revision, {"settings": change})
