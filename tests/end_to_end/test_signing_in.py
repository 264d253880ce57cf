"""Signing in and out in a browser."""

import pyotp
from playwright.async_api import WebSocket, expect

from hub.demo.seed import PASSWORD
from hub.model.operator import Operator
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, Stage


async def at_the_door(stage: Stage, account: Operator, *expected: str) -> OperatorAtWork:
    """A browser that has opened the inbox and was shown the log-in."""
    page = await stage.page(await stage.context(), [NOT_SIGNED_IN, *expected])
    await page.goto(f"{stage.line.origin}/inbox/mine")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    return OperatorAtWork(page, account)


async def test_whoever_is_not_signed_in_is_asked_for_once(stage: Stage) -> None:
    page = await stage.page(await stage.context(), [NOT_SIGNED_IN])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/v1/me") else None)
    await page.goto(f"{stage.line.origin}/login", wait_until="networkidle")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert len(asked) == 1


async def test_wrong_credentials_are_told_and_too_many_wait(stage: Stage) -> None:
    """A wrong password is said in words; after some guesses the form tells how long to wait; then it lets in."""
    operator = await at_the_door(stage, await stage.account(), "status of 429")
    for _ in range(10):
        await operator.fill_in(operator.account.email, "not the password")
        wait = operator.page.get_by_text("Too many attempts.")
        refused = operator.page.get_by_text("This e-mail and password do not match.")
        await expect(wait.or_(refused)).to_be_visible()
        if await wait.is_visible():
            break
    await expect(operator.page.get_by_text("Too many attempts.")).to_be_visible()
    await expect(operator.page.get_by_role("button", name="Sign in")).to_be_disabled()


async def test_after_signing_in_one_is_where_one_wanted_to_go(stage: Stage) -> None:
    """The address that was asked for comes up after the log-in; a reload needs none."""
    operator = await at_the_door(stage, await stage.account())
    await operator.sign_in(PASSWORD)
    await expect(operator.page).to_have_url(f"{stage.line.origin}/inbox/mine")
    await operator.page.reload()
    await expect(operator.list).to_be_visible()


async def test_a_second_factor_is_set_up_and_asked_for(stage: Stage) -> None:
    """Switched on in the settings, the code is asked for at the next log-in; a wrong one is refused."""
    operator = await stage.operator()
    page = operator.page
    await page.goto(f"{stage.line.origin}/settings")
    await page.get_by_role("button", name="Set up").click()
    code = pyotp.TOTP(await page.locator("form code").inner_text())
    await expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    await page.get_by_role("textbox", name="Code").fill(code.now())
    await page.get_by_role("button", name="Switch on", exact=True).click()
    await expect(page.get_by_text("Keep these recovery codes")).to_be_visible()
    recovery = (await page.locator("code[class*=_code_]").inner_text()).split()[0]
    await page.get_by_role("button", name="I have kept it").click()
    await expect(page.get_by_text("Switched on")).to_be_visible()

    again = await at_the_door(stage, operator.account)
    await again.sign_in(PASSWORD)
    await expect(again.page.get_by_role("heading", name="One more step")).to_be_visible()
    field = again.page.get_by_role("textbox", name="Code")
    await expect(field).to_be_focused()
    await field.fill("000000")
    await again.page.get_by_role("button", name="Confirm").click()
    await expect(again.page.get_by_text("This code is not right.")).to_be_visible()
    await field.fill(recovery)
    await again.page.get_by_role("button", name="Confirm").click()
    await expect(again.list).to_be_visible()


async def test_signing_out_closes_the_socket(stage: Stage) -> None:
    """Signing out ends the inbox's socket in every tab, and the screens go back to the log-in."""
    operator = await stage.operator()
    other = await stage.page(operator.page.context, [NOT_SIGNED_IN])
    sockets: list[WebSocket] = []
    other.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108  (a bare method is refused)
    await other.goto(f"{stage.line.origin}/inbox/all")
    await expect(other.get_by_role("region", name="Conversations:")).to_be_visible()

    await operator.page.get_by_role("button", name=operator.account.name).click()
    await operator.page.get_by_role("menuitem", name="Sign out").click()
    for page in (operator.page, other):
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert sockets
    assert all(socket.is_closed() for socket in sockets)
