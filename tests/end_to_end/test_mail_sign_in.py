"""Signing in to a mailbox from the channel's editor, at a provider that the tests play, and each way back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP
from playwright.async_api import Page, expect

from hub.demo.mail.imap_server import imap_server
from hub.demo.mail.post_office import Owner, PostOffice
from hub.demo.seed import PASSWORD
from hub.model.channel import Channel, ChannelState
from hub.model.ids import ChannelId, ProjectId, new_id
from hub.model.operator import Role
from hub.store.channels import Channels
from tests.end_to_end.stage import NOT_SIGNED_IN, PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints
from tests.oauth_provider import OAuthProvider, oauth_provider

SHOP = "shop@example.test"
REFUSED = r"status of 422"
"""A sign-in that comes to nothing is a refusal of the hub, and the browser writes those down."""


@asynccontextmanager
async def mailbox(provider: OAuthProvider, folder: Path) -> AsyncIterator[dict[str, int]]:
    """IMAP and SMTP that let in by the provider's access tokens alone."""
    office = PostOffice(folder, [Owner(SHOP, "Shop")])
    office.load()
    loop = asyncio.get_running_loop()
    made = lambda: SMTP(provider, auth_require_tls=False, auth_exclude_mechanism=["PLAIN", "LOGIN"], loop=loop)  # noqa: E731
    smtp = await loop.create_server(made, "127.0.0.1", 0)
    async with imap_server(office, lambda user, secret: user == SHOP and secret in provider.valid) as imap:
        yield {"imap_port": imap, "smtp_port": smtp.sockets[0].getsockname()[1]}
    smtp.close()
    await smtp.wait_closed()


async def channel_at(
    stage: Stage, project: ProjectId, provider: OAuthProvider, ports: dict[str, int], oauth: str = "google"
) -> Channel:
    """A channel whose provider is on this machine; it is switched on when somebody has signed in."""
    channel = Channel(
        id=ChannelId(new_id()), project=project, kind="email", name=f"Mail {new_id()[:6]}", key=new_id(), enabled=False,
        settings={
            "address": SHOP, "imap_host": "127.0.0.1", "imap_security": "none", "smtp_security": "none", "oauth": oauth,
            "client_id": "app-1", "authorize_url": f"{provider.url}/authorize", "token_url": f"{provider.url}/token",
            **ports,
        },
        created_at=stage.hub.pipeline.clock.now(),
    )  # fmt: skip
    await Channels(stage.hub.connection.database).add(channel)
    return channel


def lets_in(stage: Stage, provider: OAuthProvider) -> None:
    """The provider's page is on a server of its own, and knows the hub's address."""
    stage.watches[-1].origins += (provider.url,)
    provider.redirect_uris.add(f"{stage.line.origin}/oauth/callback")


async def stored(stage: Stage, channel: Channel) -> Channel:
    found = await Channels(stage.hub.connection.database).get(channel.id)
    assert found is not None
    return found


async def no_overflow(page: Page) -> bool:
    """Nothing of the page stands out of a phone's screen."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


async def test_an_admin_signs_in_with_google_and_the_mailbox_runs(stage: Stage, tmp_path: Path) -> None:
    """The address for the console is shown, the secret typed, the provider asked; its tokens open IMAP and SMTP."""
    async with oauth_provider("google") as provider, mailbox(provider, tmp_path) as ports:
        operator = await stage.operator(await stage.account(Role.ADMIN), bypass_csp=True)
        page = operator.page
        channel = await channel_at(stage, operator.account.memberships[0].project, provider, ports)
        lets_in(stage, provider)
        await page.goto(f"{stage.line.origin}/channels/{channel.id}")
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator("code")).to_have_text(f"{stage.line.origin}/oauth/callback")
        await expect(dialog).to_contain_text("Nobody has signed in yet")
        await dialog.get_by_label("Application's secret").fill("app-secret")
        assert not await complaints(page)
        await dialog.get_by_role("button", name="Sign in with Google").click()
        await expect(page.get_by_role("heading", name=f"Allow {SHOP}?")).to_be_visible()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text(f"Signed in. The channel “{channel.name}” is starting.")).to_be_visible()
        await expect(page).to_have_url(f"{stage.line.origin}/channels")
        settings = (await stored(stage, channel)).settings
        assert settings["refresh_token"] in provider.refreshing
        assert settings["client_secret"] == "app-secret"
        noted = {"object": channel.id, "changes.name": "settings.refresh_token"}
        assert await stage.hub.connection.database["audit"].find_one(noted), "the audit log says who let the hub in"

        await page.get_by_role("button", name=f"Edit {channel.name}").click()
        await expect(dialog).to_contain_text("Somebody has signed in")
        await dialog.get_by_label("Switched on").check()
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()

        async def runs() -> bool:
            return (await stored(stage, channel)).health.state is ChannelState.RUNNING

        await until(runs, 60)
        await page.go_back()
        await expect(page.get_by_text("There is no answer of a provider here")).to_have_count(0)
        assert "code=" not in page.url, "the code stays in no history"
        await Channels(stage.hub.connection.database).change(
            channel.project, channel.id, (await stored(stage, channel)).revision, {"enabled": False}
        )

        async def stopped() -> bool:
            return (await stored(stage, channel)).health.state is ChannelState.STOPPED

        await until(stopped, 60)


async def test_what_the_provider_refuses_is_said_in_russian_on_a_phone(stage: Stage, tmp_path: Path) -> None:
    """Declined, then somebody else's account, then the right one: each time the page offers the next try."""
    async with oauth_provider("microsoft") as provider, mailbox(provider, tmp_path) as ports:
        account = await stage.account(Role.ADMIN, locale="ru")
        context = await stage.context(size=PHONE, locale="ru-RU", bypass_csp=True)
        page = await stage.page(context, [NOT_SIGNED_IN, REFUSED])
        await page.goto(f"{stage.line.origin}/channels")
        await page.get_by_label("Эл. почта").fill(account.email)
        await page.get_by_label("Пароль", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Войти").click()
        await expect(page.get_by_role("heading", name="Каналы")).to_be_visible()
        channel = await channel_at(stage, account.memberships[0].project, provider, ports, "microsoft")
        lets_in(stage, provider)
        await page.goto(f"{stage.line.origin}/channels/{channel.id}")
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Секрет приложения").fill("app-secret")
        button = dialog.get_by_role("button", name="Войти через Microsoft")
        await button.scroll_into_view_if_needed()
        assert await no_overflow(page)
        await button.click()
        await page.get_by_role("button", name="Cancel").click()
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("Microsoft: во входе отказано. Войдите ещё раз и разрешите всё")
        assert not await complaints(page)
        assert await no_overflow(page)

        provider.account = "somebody@example.test"
        await page.get_by_role("button", name="Войти ещё раз").click()
        await page.get_by_role("button", name="Allow").click()
        await expect(alert).to_contain_text(f"Вошли как somebody@example.test, а ящик — {SHOP}")
        assert "refresh_token" not in (await stored(stage, channel)).settings

        provider.account = None
        said = "AADSTS7000222: The provided client secret keys are expired."
        provider.refusals.append((401, {"error": "invalid_client", "error_description": said}))
        await page.get_by_role("button", name="Войти ещё раз").click()
        await page.get_by_role("button", name="Allow").click()
        await expect(alert).to_contain_text("Microsoft не принимает приложение (invalid_client)")
        await expect(page.get_by_text("Провайдер пишет: AADSTS7000222")).to_be_visible()
        assert await no_overflow(page)
        await page.get_by_role("button", name="Открыть канал").click()
        await expect(button).to_be_visible()
        await button.click()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text(f"Вход выполнен. Канал «{channel.name}» запускается.")).to_be_visible()
        assert (await stored(stage, channel)).settings["refresh_token"] in provider.refreshing


async def test_a_new_channel_of_another_provider_is_saved_by_the_sign_in(stage: Stage) -> None:
    """Its endpoints are typed in; a browser of somebody else can do nothing with the answer."""
    async with oauth_provider() as provider:
        operator = await stage.operator(await stage.account(Role.ADMIN), expected=[REFUSED])
        page = operator.page
        lets_in(stage, provider)
        await page.goto(f"{stage.line.origin}/channels")
        await page.get_by_role("button", name="New channel").click()
        dialog, name = page.get_by_role("dialog"), f"Other {new_id()[:6]}"
        await dialog.get_by_role("combobox", name="Kind").click()
        await page.get_by_role("option", name="E-mail").click()
        await dialog.get_by_label("Name", exact=True).fill(name)
        await dialog.get_by_role("textbox", name="Address", exact=True).fill(SHOP)
        await dialog.get_by_role("combobox", name="How to sign in").click()
        await page.get_by_role("option", name="Another provider (OAuth 2)").click()
        await dialog.get_by_label("Address of the sign-in").fill(f"{provider.url}/authorize")
        await dialog.get_by_label("Address of the tokens").fill(f"{provider.url}/token")
        await dialog.get_by_label("Permissions (scope)").fill("mail:imap_full mail:smtp")
        await dialog.get_by_label("Application (client) ID").fill("app-1")
        await dialog.get_by_label("Application's secret").fill("app-secret")
        await dialog.get_by_label("IMAP server").fill("imap.example.test")
        await dialog.get_by_label("Switched on").uncheck()
        await dialog.get_by_role("button", name="Sign in at the provider").click()

        async with page.expect_request(lambda request: "/oauth/callback?" in request.url) as coming:
            await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text(f"Signed in. The channel “{name}” is starting.")).to_be_visible()
        [channel] = [
            one
            for one in await Channels(stage.hub.connection.database).of_project(operator.account.memberships[0].project)
            if one.name == name
        ]
        assert channel.settings["refresh_token"] in provider.refreshing
        assert channel.settings["scope"] == "mail:imap_full mail:smtp"

        other = await stage.operator(await stage.account(Role.ADMIN), expected=[REFUSED])
        await other.page.goto((await coming.value).url)
        await expect(other.page.get_by_role("alert")).to_contain_text("begun in another session")
        assert len(provider.asked) == 1, "the code went nowhere a second time"
