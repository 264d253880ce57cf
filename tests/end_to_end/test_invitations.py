"""Somebody is invited, begins to work, forgets the password, and gets a new one."""

import re

from playwright.async_api import Page, expect

from hub.demo.seed import PASSWORD
from hub.model.operator import Role
from tests.end_to_end.mail_page import read_mail_as
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, Stage
from tests.end_to_end.test_accessibility import complaints

FRESH = "an entirely new phrase"
REFUSED = r"status of 422"


async def at_people(stage: Stage) -> OperatorAtWork:
    """An admin who looks at the people of the project."""
    admin = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
    await admin.page.goto(f"{stage.line.origin}/people")
    await expect(admin.page.get_by_role("heading", name="People")).to_be_visible()
    return admin


async def test_the_focus_is_where_one_goes_on(stage: Stage) -> None:
    """After the link was shown at the button that began it; of a forgotten password at what is said about it."""
    admin = await at_people(stage)
    await invite(admin, "focus@example.test", "Operator")
    await expect(admin.page.get_by_role("dialog")).to_have_count(0)
    await expect(admin.page.get_by_role("button", name="Invite", exact=True)).to_be_focused()
    await admin.page.get_by_role("button", name="Take back focus@example.test").click()
    await expect(admin.page.get_by_text("focus@example.test")).to_have_count(0)
    guest = await guest_at(stage, f"{stage.line.origin}/forgot")
    await guest.get_by_label("E-mail").fill("nobody@example.test")
    await guest.keyboard.press("Enter")
    said = guest.locator("p:focus")
    await expect(said).to_be_visible()
    assert "If there is an account" in await said.inner_text()
    await guest.keyboard.press("Tab")
    await expect(guest.locator("a:focus")).to_be_visible()


async def guest_at(stage: Stage, url: str) -> Page:
    """A browser in which nobody has signed in, at a link."""
    page = await stage.page(await stage.context(bypass_csp=True), [NOT_SIGNED_IN, REFUSED])
    await page.goto(url)
    return page


async def invite(admin: OperatorAtWork, email: str, role: str) -> str:
    """Invite somebody by the dialog; the link that is shown."""
    page = admin.page
    await page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog", name="Invite")
    await dialog.get_by_role("textbox", name="E-mail").fill(email)
    await dialog.get_by_role("combobox", name="Role").click()
    await page.get_by_role("option", name=role).click()
    assert not await complaints(page)
    await dialog.get_by_role("button", name="Invite").click()
    return await shown_link(page)


async def shown_link(page: Page) -> str:
    """The link in the dialog that shows it once."""
    dialog = page.get_by_role("dialog", name="The link")
    link = await dialog.locator("code").inner_text()
    assert not await complaints(page)
    await dialog.get_by_role("button", name="Close").click()
    return link


async def test_whoever_is_invited_begins_to_work(stage: Stage) -> None:
    """The link asks for name and password, signs in, and counts no more; the invitation leaves the list."""
    admin = await at_people(stage)
    url = await invite(admin, "newcomer@example.test", "Curator")
    await expect(admin.page.get_by_role("region", name="Open invitations")).to_contain_text("newcomer@example.test")
    guest = await guest_at(stage, url)
    await expect(guest.get_by_role("heading", name="Welcome")).to_be_visible()
    await guest.get_by_role("textbox", name="Your name").fill("New Colleague")
    await guest.get_by_label("Password", exact=True).fill("12345678")
    await guest.get_by_role("button", name="Begin").click()
    await expect(guest.get_by_role("alert")).to_contain_text("easy to guess")
    assert not await complaints(guest)
    await guest.get_by_label("Password", exact=True).fill(FRESH)
    await guest.get_by_role("button", name="Begin").click()
    await expect(guest.get_by_role("button", name="New Colleague")).to_contain_text("Curator")
    late = await guest_at(stage, url)
    await expect(late.get_by_role("heading", name="This link no longer works")).to_be_visible()
    assert not await complaints(late)
    await admin.page.reload()
    await expect(admin.page.get_by_text("newcomer@example.test")).to_be_visible()
    await expect(admin.page.get_by_role("region", name="Open invitations")).to_have_count(0)


async def test_an_invitation_is_taken_back(stage: Stage) -> None:
    admin = await at_people(stage)
    url = await invite(admin, "nobody-yet@example.test", "Analyst")
    await admin.page.get_by_role("button", name="Take back nobody-yet@example.test").click()
    await expect(admin.page.get_by_text("nobody-yet@example.test")).to_have_count(0)
    guest = await guest_at(stage, url)
    await expect(guest.get_by_role("heading", name="This link no longer works")).to_be_visible()


async def test_a_reset_by_an_admin_signs_the_person_out_and_in_again(stage: Stage) -> None:
    account = await stage.account()
    person, admin = await stage.operator(account), await at_people(stage)
    await admin.page.get_by_role("button", name=f"Edit {account.name}", exact=True).click()
    await admin.page.get_by_role("button", name="New password").click()
    guest = await guest_at(stage, await shown_link(admin.page))
    await expect(guest.get_by_role("heading", name="A new password")).to_be_visible()
    assert not await complaints(guest)
    await guest.get_by_label("Password", exact=True).fill(FRESH)
    await guest.get_by_role("button", name="Save and sign in").click()
    await expect(guest.get_by_role("button", name=account.name)).to_be_visible()
    await expect(person.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=30_000)


async def test_a_forgotten_password_is_mailed_by_the_projects_channel(stage: Stage) -> None:
    """The letter goes the way of all mail; what the page says is the same for an address that nobody has."""
    mail = await read_mail_as(stage, "Sample Customer 2")
    accounts = stage.hub.people.accounts
    person = await accounts.by_email("customer2@example.com") or await accounts.add_operator(
        "customer2@example.com", "Forgetful Colleague", PASSWORD, (await stage.account()).memberships
    )
    guest = await guest_at(stage, f"{stage.line.origin}/login")
    for email in ("nobody@example.org", person.email):
        await guest.goto(f"{stage.line.origin}/login")
        await guest.get_by_role("link", name="Forgot your password?").click()
        await expect(guest.get_by_role("heading", name="Forgot your password?")).to_be_visible()
        await guest.get_by_role("textbox", name="E-mail").fill(email)
        assert not await complaints(guest)
        await guest.get_by_role("button", name="Send the link").click()
        await expect(guest.get_by_role("heading", name="Look into your mail")).to_be_visible()
        await expect(guest.get_by_role("status")).to_contain_text("If there is an account with this address")
    await mail.open_talk("A new password for Switchboard")
    letter = await mail.letters.last.inner_text()
    found = re.search(r"http://\S+/welcome#\S+", letter)
    assert found is not None, letter
    await guest.goto(found[0])
    await guest.get_by_label("Password", exact=True).fill(FRESH)
    await guest.get_by_role("button", name="Save and sign in").click()
    await expect(guest.get_by_role("button", name=person.name)).to_be_visible()
