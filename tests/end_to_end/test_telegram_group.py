"""Operators in a Telegram group and at the inbox: one conversation, in step on both sides."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import expect
from pydantic import JsonValue

from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.model.channel import Channel
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.projects import Projects
from tests.connectors.telegram.group import Forum, make_group, text_of
from tests.connectors.telegram.site import Site
from tests.end_to_end.stage import Stage, until
from tests.end_to_end.test_accessibility import complaints

TOKEN = "43:SAMPLE-TOKEN"


@asynccontextmanager
async def a_group(stage: Stage) -> AsyncIterator[tuple[Forum, Person]]:
    """A second bot of the project, with an operators' group; switched off at the end."""
    simulator = TelegramSimulator(seed=2, limits=None)
    bot = simulator.add_bot(TOKEN)
    chat = make_group(simulator, bot)
    customer = simulator.person(bot, 778, "Sample", last_name="Buyer")
    member = simulator.person(bot, 9011, "Sample", last_name="Colleague")
    channels = Channels(stage.hub.connection.database)
    project = (await Projects(stage.hub.connection.database).all())[0]
    async with simulator.serving() as api_url:
        settings: dict[str, JsonValue] = {
            "token": TOKEN, "api_url": api_url, "link_url": f"{stage.line.origin}/t", "operators_group": str(chat.id),
        }  # fmt: skip
        channel = Channel(
            id=ChannelId(new_id()), project=project.id, kind="telegram", name="Second bot", key=new_id(),
            settings=settings, created_at=project.created_at,
        )  # fmt: skip
        await channels.add(channel)
        try:
            site = Site(stage.hub, channel, simulator, bot, customer)
            yield Forum(site, chat, member.at(chat), member.at(chat)), member
        finally:
            known = await channels.get(channel.id)
            assert known is not None
            await channels.change(known.project, known.id, known.revision, {"enabled": False})


async def test_the_inbox_and_the_group_are_in_step(stage: Stage) -> None:
    """Linked in the settings; answered, edited, taken back and resolved here, seen there, and the other way round.

    The group speaks the project's language, which is Russian here.
    """
    async with a_group(stage) as (group, member):
        operator = await stage.operator(view="unassigned", bypass_csp=True)
        page, name = operator.page, operator.account.name

        async def running() -> bool:
            return stage.hub.supervisor.connector(group.site.channel.id) is not None

        await until(running, 60)
        await page.goto(f"{stage.line.origin}/settings")
        await page.get_by_role("button", name="Link", exact=True).click()
        offer = page.get_by_text(re.compile(r"^/link [A-Z2-9]+$"))
        code = page.get_by_role("img", name="QR code of the link")
        assert await code.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        assert not await complaints(page)
        member.say(await offer.inner_text())
        await group.until(lambda: f"Теперь вы — {name}" in text_of(member.last))
        await expect(page.get_by_text("Linked", exact=False).first).to_be_visible()

        group.site.person.say("Do you have green lamps?")
        await page.goto(f"{stage.line.origin}/inbox/unassigned")
        await operator.open("Do you have green lamps?")

        def mine() -> int:
            [topic] = [one.id for one in group.chat.topics.values() if one.name == "Sample Buyer"]
            return topic

        topic = await group.until(mine)
        await group.until(lambda: group.shown(topic) == ["Sample Buyer\nDo you have green lamps?"])
        group.say("Yes, in to sizes", topic=topic)
        await expect(operator.message("Yes, in to sizes")).to_be_visible()
        await group.until(lambda: group.site.person.last["text"] == "Yes, in to sizes")
        await expect(page.get_by_text("You answer", exact=False).or_(page.get_by_text(name)).first).to_be_visible()

        await operator.message("Yes, in to sizes").hover()
        await operator.message("Yes, in to sizes").get_by_role("button", name="Change this message").click()
        await page.get_by_role("menuitem", name="Edit").click()
        await page.get_by_role("textbox", name="New text").fill("Yes, in two sizes")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(operator.message("Yes, in two sizes")).to_contain_text("edited")
        await group.until(lambda: group.site.person.last["text"] == "Yes, in two sizes")

        await operator.reply("For a colleague")
        await group.until(lambda: f"{name} (оператор)\nFor a colleague" in "\n".join(group.shown(topic)))
        await operator.message("For a colleague").hover()
        await operator.message("For a colleague").get_by_role("button", name="Change this message").click()
        await page.get_by_role("menuitem", name="Delete").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert not await complaints(page)
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await group.until(lambda: group.site.person.last["text"] == "Yes, in two sizes")
        await group.until(lambda: "Сообщение удалено." in "\n".join(group.shown(topic)))
        await expect(operator.thread.get_by_text("Deleted", exact=True)).to_be_visible()

        await page.get_by_role("button", name="Resolve").first.click()
        await group.until(lambda: group.chat.topics[topic].closed)
        group.site.person.say("One more thing")
        await group.until(lambda: not group.chat.topics[topic].closed)
        await group.until(lambda: "One more thing" in "\n".join(group.shown(topic)))
