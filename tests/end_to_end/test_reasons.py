"""Why something did not work, in the language of whoever reads it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from connectors.base import unreadable
from connectors.errors import PayloadInvalid
from connectors.reasons import sentence, why
from hub.demo.seed import PASSWORD
from hub.model.channel import Channel, ChannelState
from hub.model.events import MessageReceived, Sender
from hub.model.ids import ChannelId, ConversationId, new_id
from hub.model.operator import Role
from hub.store.channels import Channels
from hub.store.parked import ParkedEvents
from tests.end_to_end.conftest import free_port
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints


async def picture(page: Page, name: str) -> None:
    """A picture for whoever asks for it."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled", full_page=True)


@asynccontextmanager
async def channel(stage: Stage, kind: str, **settings: object) -> AsyncIterator[Channel]:
    """A channel that the hub runs, and no longer when the test is over."""
    demo = await stage.hub.people.accounts.by_email("admin@example.test")
    assert demo is not None
    made = Channel(
        id=ChannelId(new_id()), project=demo.memberships[0].project, kind=kind, name=f"Sample {kind} {new_id()[-6:]}",
        key=new_id(), created_at=stage.hub.pipeline.clock.now(), settings=dict(settings),  # type: ignore[arg-type]
    )  # fmt: skip
    store = Channels(stage.hub.connection.database)
    await store.add(made)
    stage.hub.supervisor.look()
    yield made
    await store.change(made.project, made.id, made.revision, {"enabled": False})
    stage.hub.supervisor.look()


async def in_russian(stage: Stage, role: Role) -> Page:
    """The inbox of somebody who reads Russian."""
    account = await stage.account(role, "ru")
    page = await stage.page(await stage.context(bypass_csp=True), [NOT_SIGNED_IN])
    await page.goto(f"{stage.line.origin}/inbox/all")
    await OperatorAtWork(page, account).fill_in(account.email, PASSWORD)
    await expect(page.get_by_role("heading", name="Все", exact=True)).to_be_visible(timeout=30_000)
    return page


async def submission(stage: Stage, form: Channel) -> ConversationId:
    """What somebody sent by a form."""
    event = MessageReceived(
        external_id=new_id(), sender=Sender(kind="phone", value=f"+7912{new_id()[-7:]}", name="Sample Customer"),
        text="Do you sell lamps?",
    )  # fmt: skip
    [received] = await stage.hub.pipeline.inbound.receive(form, [event])
    assert received.conversation is not None
    return received.conversation


async def test_a_message_that_was_not_delivered_says_why_in_russian_and_in_english(stage: Stage) -> None:
    """The same stored reason: each operator reads it in a language of their own."""
    async with channel(stage, "forms") as form:
        await until(lambda: running(stage, form), 30)
        conversation = await submission(stage, form)
        page = await in_russian(stage, Role.OPERATOR)
        await page.goto(f"{stage.line.origin}/inbox/all/{conversation}")
        await page.get_by_role("textbox", name="Ответ клиенту").fill("Да, продаём.")
        await page.get_by_role("button", name="Отправить", exact=True).click()
        failed = page.get_by_text("Не доставлено: На форму ответить нельзя. Напишите на почту")
        await expect(failed).to_be_visible(timeout=30_000)
        assert not await complaints(page)
        place = await stage.hub.pipeline.conversations.any(conversation)
        assert place is not None
        blocked = {"unreachable": sentence(why("telegram_blocked"))}
        await stage.hub.connection.database["addresses"].update_one({"contact": place.contact}, {"$set": blocked})
        await page.reload()
        await expect(page.get_by_text("Недоступен: Клиент заблокировал бота.")).to_be_visible(timeout=30_000)
        await expect(failed).to_be_visible(timeout=30_000)
        await picture(page, "reason-ru")

        page = (await stage.operator(await stage.account(), size=PHONE, scheme="dark")).page
        await page.goto(f"{stage.line.origin}/inbox/all/{conversation}")
        await expect(page.get_by_text("Not delivered: A form cannot be answered.")).to_be_visible(timeout=30_000)
        await picture(page, "reason-en-phone")


async def running(stage: Stage, made: Channel) -> bool:
    """Whether the channel runs."""
    return (await health(stage, made))["state"] == ChannelState.RUNNING


async def health(stage: Stage, made: Channel) -> dict[str, object]:
    """How the channel is doing, as it is stored."""
    row = await stage.hub.connection.database["channels"].find_one({"_id": made.id})
    found: dict[str, object] = (row or {})["health"]
    return found


async def test_what_is_amiss_with_a_channel_is_said_in_russian_with_the_servers_own_words_below(stage: Stage) -> None:
    """Nobody listens at the mailbox's port; what came and could not be read is explained as well."""
    port = free_port()
    settings = {
        "address": "shop@example.org", "imap_host": "127.0.0.1", "imap_port": port, "imap_security": "none",
        "smtp_port": port, "smtp_security": "none", "password": "secret",
    }  # fmt: skip
    async with channel(stage, "email", **settings) as mailbox:
        await ParkedEvents(stage.hub.connection.database).park(
            mailbox, unreadable(b"no mail", PayloadInvalid("This has no headers.", "no_headers"))
        )

        async def in_trouble() -> bool:
            return bool((await health(stage, mailbox)).get("error_why"))

        await until(in_trouble, 30)
        page = await in_russian(stage, Role.ADMIN)
        await page.goto(f"{stage.line.origin}/channels")
        said = page.get_by_text(f"127.0.0.1:{port} недоступен. Хаб попробует снова сам.").first
        await expect(said).to_be_visible(timeout=30_000)
        await expect(said.locator("q")).to_contain_text(str(port))
        assert not await complaints(page)
        await picture(page, "channel-ru")
        await page.get_by_role("link", name="Отложенные события").click()
        row = page.get_by_role("listitem").filter(has_text=mailbox.name)
        await expect(row).to_contain_text("Здесь нет заголовков: это не письмо.", timeout=30_000)
        await expect(row.locator("q")).to_have_text("This has no headers.")
        await picture(page, "parked-ru")


async def test_a_message_that_its_service_defers_says_when_it_is_tried_again(stage: Stage) -> None:
    """With the service's own words; the time is that of the reader's clock."""
    async with channel(stage, "forms") as form:
        await until(lambda: running(stage, form), 30)
        conversation = await submission(stage, form)
        page = await in_russian(stage, Role.OPERATOR)
        await page.goto(f"{stage.line.origin}/inbox/all/{conversation}")
        await page.get_by_role("textbox", name="Ответ клиенту").fill("Да, продаём.")
        await page.get_by_role("button", name="Отправить", exact=True).click()
        await expect(page.get_by_text("Не доставлено: ")).to_be_visible(timeout=30_000)
        deferred = {
            "delivery.status": "queued", "delivery.due_at": stage.hub.pipeline.clock.now() + timedelta(hours=2),
            "delivery.why": why("smtp_deferred", "4.7.1 Greylisted", status=451).model_dump(),
        }  # fmt: skip
        messages = stage.hub.connection.database["messages"]
        out = {"conversation": conversation, "direction": "out"}
        await messages.update_one(out, {"$set": deferred, "$inc": {"revision": 1}})
        again = page.get_by_text("Следующая попытка:")
        await expect(again).to_be_visible(timeout=30_000)
        await expect(again).to_contain_text("4.7.1 Greylisted")
        assert not await complaints(page)
        await picture(page, "deferred-ru")
        page = (await stage.operator(await stage.account(), size=PHONE, scheme="dark")).page
        await page.goto(f"{stage.line.origin}/inbox/all/{conversation}")
        await expect(page.get_by_text("Tries again at")).to_be_visible(timeout=30_000)
        await picture(page, "deferred-en-phone")
