"""The pictures of the documentation: `make screenshots` takes them. pytest runs this file only when it is named."""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from hub.demo.seed import PASSWORD
from hub.model.ids import new_id
from hub.model.operator import Operator
from hub.services.accounts import viewer_of
from hub.services.commands import Reply
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage

IMAGES = Path(__file__).parents[2] / "docs/images"
AFTERNOON = 15
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match target="pattern"><test name="family" compare="eq"><string>system-ui</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string><string>Noto Sans</string></edit></match>
<match target="pattern"><test name="family" compare="eq"><string>sans-serif</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string><string>Noto Sans</string></edit></match>
</fontconfig>"""
"""What a bare machine draws as its system font is not what a reader's machine would: Inter is closer, where it is."""


def afternoon() -> str:
    """A time zone in which it is the afternoon now: sample conversations that began an hour ago began today."""
    west = (datetime.now(UTC).hour - AFTERNOON) % 24
    return f"Etc/GMT+{west}" if west <= 12 else f"Etc/GMT-{24 - west}"


async def take(page: Page, name: str) -> None:
    """Write the picture once everything has settled."""
    await page.evaluate("document.fonts.ready.then(() => true)")
    await page.evaluate("document.activeElement?.blur()")
    await page.mouse.move(0, 0)
    IMAGES.mkdir(exist_ok=True)
    await page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A browser with a better system font."""
    fonts = tmp_path_factory.mktemp("fonts") / "fonts.conf"
    fonts.write_text(FONTS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(stage: Stage) -> Operator:
    """The demo's operator, who has conversations of his own."""
    account = await stage.hub.people.accounts.by_email("operator@example.test")
    assert account is not None
    return account


async def desk(stage: Stage, account: Operator, scheme: str, size: tuple[int, int], **more: Any) -> OperatorAtWork:
    """The demo operator's inbox in Russian, as the demo has it."""
    context = await stage.context(size=size, scheme=scheme, locale="ru-RU", timezone_id=afternoon(), **more)
    page = await stage.page(context, [NOT_SIGNED_IN])
    await page.goto(f"{stage.line.origin}/inbox/unattended")
    await page.locator("input[name=email]").fill(account.email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    return OperatorAtWork(page, account)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_picture_of_the_inbox(stage: Stage, clerk: Operator, scheme: str) -> None:
    """List, a thread with a note, and the contact."""
    operator = await desk(stage, clerk, scheme, (1440, 900))
    await operator.page.get_by_role("link").filter(has_text="Покупатель 3").first.click()
    await expect(operator.page.get_by_text("Заказ 10-4482").first).to_be_visible()
    await expect(operator.page.locator("a[aria-current=true][data-unread]")).to_have_count(0)
    await take(operator.page, f"inbox-{scheme}")


async def test_picture_of_the_inbox_on_a_phone(stage: Stage, clerk: Operator) -> None:
    """The thread on a phone."""
    operator = await desk(stage, clerk, "light", PHONE, device_scale_factor=2)
    await operator.page.get_by_role("link").filter(has_text="Покупатель 3").first.click()
    await expect(operator.page.get_by_text("Заказ 10-4482").first).to_be_visible()
    await take(operator.page, "inbox-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_picture_of_the_widget(stage: Stage, clerk: Operator, scheme: str) -> None:
    """A conversation on the demo shop."""
    await take(await talk(stage, clerk, (1440, 900), scheme=scheme), f"widget-{scheme}")


async def test_picture_of_the_widget_on_a_phone(stage: Stage, clerk: Operator) -> None:
    """The same on a phone."""
    page = await talk(stage, clerk, PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)
    await take(page, "widget-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_picture_of_a_flow(stage: Stage, scheme: str) -> None:
    """The editor: outline, text, and the preview in the middle of a survey."""
    account = await stage.hub.people.accounts.by_email("admin@example.test")
    assert account is not None
    page = (await desk(stage, account, scheme, (1440, 900))).page
    await expect(page.get_by_role("navigation").first).to_be_visible()
    await page.goto(f"{stage.line.origin}/flows/b2b")
    await page.get_by_role("button", name="Да", exact=True).click()
    await page.get_by_role("button", name="Финдиректор").click()
    await expect(page.get_by_text("Сколько у вас сотрудников?").last).to_be_visible()
    await take(page, f"flow-{scheme}")


async def test_picture_of_a_form(stage: Stage) -> None:
    """A page of the same survey."""
    context = await stage.context(size=(900, 900), locale="ru-RU")
    page = await stage.page(context, [])
    await page.goto(f"{stage.line.origin}/f/b2b")
    await page.wait_for_timeout(1_100)  # nobody is quicker, and the form knows
    await page.get_by_label("Да").check()
    await page.get_by_role("button", name="Дальше").click()
    await page.get_by_label("Другое").check()
    await take(page, "form-light")


async def talk(stage: Stage, clerk: Operator, size: tuple[int, int], **options: Any) -> Page:
    """A visitor's page after a short conversation."""
    context = await stage.context(size=size, locale="ru-RU", timezone_id=afternoon(), **options)
    page = await stage.page(context, [])
    await page.goto(f"{stage.line.origin}/demo/shop/")
    await page.get_by_role("button", name="Открыть чат").click()
    question = "Здравствуйте! Лампа «Образец 1» есть в наличии?"
    await say(page, question)
    await expect(page.get_by_text("Мы на связи")).to_be_visible()
    conversation = (await stage.conversation_with(question)).id
    viewer = viewer_of(clerk, clerk.memberships[0])

    async def answer(text: str) -> None:
        await stage.hub.pipeline.turns.act(
            viewer, conversation, Reply(text=text, seen_position=0, confirm=True), new_id()
        )
        await expect(page.get_by_text(text)).to_be_visible()

    await answer("Да, осталось три, везём завтра.")
    await say(page, "Отлично, тогда беру две 👍")
    await answer("Оформляем! Напишите, пожалуйста, адрес.")
    return page


async def say(page: Page, text: str) -> None:
    """Write and send."""
    field = page.get_by_role("textbox", name="Напишите сообщение…")
    await field.fill(text)
    await field.press("Enter")
    await expect(page.get_by_text(text)).to_be_visible()


async def test_picture_of_the_telegram_phone(stage: Stage) -> None:
    """A customer in the middle of the sample survey."""
    context = await stage.context(size=(1120, 880), locale="ru-RU", timezone_id=afternoon())
    page = await stage.page(context, [])
    await page.goto(f"{stage.line.origin}/demo/telegram/")
    screen = page.get_by_role("region", name="Telegram")
    await screen.get_by_role("button", name="Покупатель 1").click()
    await screen.get_by_role("button", name="Старт", exact=True).click()
    keys = screen.get_by_role("log").locator(".inline-keyboard").get_by_role("button")
    await keys.filter(has_text="Да").first.click(timeout=60_000)
    await keys.filter(has_text="Собственник").click()
    await expect(screen.get_by_text("Сколько у вас сотрудников?")).to_be_visible()
    await screen.get_by_role("textbox").fill("около 250")
    await screen.get_by_role("textbox").press("Enter")
    for tick in ("Почта", "Telegram"):
        await keys.filter(has_text=tick).click()
        await expect(keys.filter(has_text=tick).filter(has_text="✅")).to_be_visible()
    await take(page, "telegram-phone-light")
