"""Signing in to a mailbox at its provider: the way there and back, and each way in which it comes to nothing."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from connectors.email.connector import Email
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ProjectId, new_id
from hub.services.channel_sign_ins import ChannelSignIns
from hub.services.errors import Invalid, NotFound
from hub.store.channel_sign_ins import ChannelSignInStates
from hub.store.channels import Channels
from hub.store.connection import Database
from tests.oauth_provider import OAuthProvider, oauth_provider

SHOP, ORIGIN = "shop@example.test", "https://hub.example.test"
LOOPBACK = ip_network("127.0.0.0/8")
PROJECT = ProjectId("p" * 32)


class Admin:
    """An admin at a browser: begins a sign-in, allows it at the provider, and comes back."""

    def __init__(self, database: Database, provider: OAuthProvider, **more: Any) -> None:
        self.provider, self.channels = provider, Channels(database)
        self.session = new_id()
        options = {"origin": ORIGIN, "allowed": (LOOPBACK,), **more}
        self.sign_ins = ChannelSignIns(
            ChannelSignInStates(database), self.channels, sign_in_of=Email.provider_sign_in, **options
        )
        provider.redirect_uris.add(self.sign_ins.redirect_uri)

    async def channel(self, oauth: str = "google", **settings: Any) -> Channel:
        """A channel of this mailbox, in which nobody has signed in yet."""
        known = {
            "address": SHOP, "imap_host": "imap.example.test", "oauth": oauth, "client_id": "app-1",
            "client_secret": "app-secret", "authorize_url": f"{self.provider.url}/authorize",
            "token_url": f"{self.provider.url}/token", **settings,
        }  # fmt: skip
        channel = Channel(
            id=ChannelId(new_id()), project=PROJECT, kind="email", name="Mail", key=new_id(), settings=known,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        await self.channels.add(channel)
        return channel

    async def at_the_provider(self, channel: Channel, answer: str = "allow") -> dict[str, str]:
        """What the provider sends the browser back with."""
        url = await self.sign_ins.begin(channel, self.session, ORIGIN)
        async with (
            aiohttp.ClientSession() as browser,
            browser.post(url, data={"answer": answer}, allow_redirects=False) as back,
        ):
            assert back.status == 302, await back.text()
            place = urlsplit(back.headers["Location"])
        assert f"{place.scheme}://{place.netloc}{place.path}" == self.sign_ins.redirect_uri
        return {name: values[0] for name, values in parse_qs(place.query).items()}

    async def finishes(self, answer: Mapping[str, str]) -> Any:
        """What the inbox's page tells the hub."""
        kept = {name: answer[name] for name in ("code", "error", "error_description") if name in answer}
        return await self.sign_ins.finish(PROJECT, self.session, answer["state"], kept)

    async def refused(self, channel: Channel, answer: str = "allow") -> Invalid:
        """The refusal of a whole sign-in, after which the channel is what it was."""
        back = await self.at_the_provider(channel, answer)
        with pytest.raises(Invalid) as caught:
            await self.finishes(back)
        assert await self.channels.get(channel.id) == channel
        return caught.value


@pytest_asyncio.fixture(params=["google", "microsoft", "other"])
async def manner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def provider(manner: str) -> AsyncIterator[OAuthProvider]:
    async with oauth_provider(manner) as made:
        yield made


@pytest_asyncio.fixture
async def google() -> AsyncIterator[OAuthProvider]:
    async with oauth_provider("google") as made:
        yield made


@pytest_asyncio.fixture
async def microsoft() -> AsyncIterator[OAuthProvider]:
    async with oauth_provider("microsoft") as made:
        yield made


async def test_a_sign_in_gives_the_channel_a_refresh_token(
    database: Database, provider: OAuthProvider, manner: str
) -> None:
    """At Google, Microsoft and another one: with PKCE, in one exchange, beside what the channel has."""
    admin = Admin(database, provider)
    channel = await admin.channel(manner, scope="mail:read mail:send" if manner == "other" else "")
    finished = await admin.finishes(await admin.at_the_provider(channel))
    [form] = provider.asked
    assert form["client_secret"] == "app-secret"
    assert len(form["code_verifier"]) >= 43
    stored = await admin.channels.get(channel.id)
    assert stored is not None
    [refresh_token] = provider.refreshing
    assert stored.settings == {**channel.settings, "refresh_token": refresh_token}
    assert stored.revision == channel.revision + 1, "supervision opens it anew"
    assert finished.account == (None if manner == "other" else SHOP)
    assert finished.lasts_s is None


async def test_the_way_there_asks_for_what_each_provider_needs(database: Database, google: OAuthProvider) -> None:
    admin = Admin(database, google)

    async def asked(**settings: Any) -> dict[str, str]:
        url = await admin.sign_ins.begin(await admin.channel(**settings), admin.session, None)
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    ours = await asked()
    assert (ours["response_type"], ours["code_challenge_method"], ours["client_id"]) == ("code", "S256", "app-1")
    assert (ours["access_type"], ours["prompt"], ours["login_hint"]) == ("offline", "consent", SHOP)
    assert ours["scope"].split() == ["https://mail.google.com/", "openid", "email"]
    theirs = await asked(oauth="microsoft")
    assert theirs["prompt"] == "select_account"
    assert {
        "https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access",
    } <= set(theirs["scope"].split())  # fmt: skip
    assert theirs["state"] != ours["state"]
    assert theirs["code_challenge"] != ours["code_challenge"]
    other = await asked(oauth="other", scope="mail:imap_full mail:smtp", authorize_url="https://o.example.org/a?x=1")
    assert (other["scope"], other["x"]) == ("mail:imap_full mail:smtp", "1")


async def test_a_state_counts_once_and_only_for_the_session_that_began(
    database: Database, google: OAuthProvider
) -> None:
    """Somebody else's answer opens nothing (RFC 6749, 10.12), and takes nothing away from whoever began."""
    admin, other = Admin(database, google), Admin(database, google)
    back = await admin.at_the_provider(await admin.channel())
    for finishing in (
        other.finishes(back),
        admin.finishes({**back, "state": back["state"] + "x"}),
        admin.sign_ins.finish(ProjectId("q" * 32), new_id(), back["state"], {"code": back["code"]}),
    ):
        with pytest.raises(Invalid) as caught:
            await finishing
        assert caught.value.code == "sign_in_unknown"
    assert not google.asked, "the code went nowhere"
    assert (await admin.finishes(back)).account == SHOP
    with pytest.raises(Invalid) as caught:
        await admin.finishes(back)
    assert caught.value.code == "sign_in_unknown"
    assert len(google.asked) == 1


async def test_an_old_state_does_not_count(database: Database, google: OAuthProvider) -> None:
    admin = Admin(database, google)
    back = await admin.at_the_provider(await admin.channel())
    await database["channel_sign_ins"].update_many({}, {"$set": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}})
    with pytest.raises(Invalid) as caught:
        await admin.finishes(back)
    assert caught.value.code == "sign_in_unknown"


def _expires(provider: OAuthProvider) -> None:
    provider.code_life_s = -1


def _no_refresh_token(provider: OAuthProvider) -> None:
    provider.refresh_tokens = False


def _unticked(provider: OAuthProvider) -> None:
    provider.granted = "openid email"


def _of_somebody_else(provider: OAuthProvider) -> None:
    provider.account = "admin@example.test"


def _wrong_secret(provider: OAuthProvider) -> None:
    provider.clients["app-1"] = "another"


def _busy(provider: OAuthProvider) -> None:
    provider.refusals.append((503, {"error": "temporarily_unavailable"}))


def _odd(provider: OAuthProvider) -> None:
    provider.refusals.append((400, {"error": "unsupported_grant_type"}))


def _words(error: str, said: str, status: int = 400) -> Callable[[OAuthProvider], None]:
    return lambda provider: provider.refusals.append((status, {"error": error, "error_description": said}))


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (_expires, "sign_in_expired", "Sign in again"),
        (_no_refresh_token, "sign_in_no_refresh_token", "myaccount.google.com"),
        (_unticked, "sign_in_scope", "https://mail.google.com/ is missing"),
        (_of_somebody_else, "sign_in_other_account", "Sign in again as shop@example.test"),
        (_wrong_secret, "sign_in_client", "Check client ID and secret"),
        (_busy, "sign_in_unavailable", "in a minute"),
        (_odd, "sign_in_refused", "unsupported_grant_type"),
        (_words("invalid_request", "client_secret is missing."), "sign_in_client", "Check client ID"),
        (_words("deleted_client", "The OAuth client was deleted.", 401), "sign_in_client", "deleted_client"),
        (_words("redirect_uri_mismatch", ""), "sign_in_redirect", f"Enter {ORIGIN}/oauth/callback"),
        (_words("admin_policy_enforced", ""), "sign_in_consent", "administrator"),
    ],
)
async def test_what_google_refuses_says_what_to_do(
    database: Database, google: OAuthProvider, fault: Callable[[OAuthProvider], None], code: str, says: str
) -> None:
    admin = Admin(database, google)
    channel = await admin.channel()
    fault(google)
    refusal = await admin.refused(channel)
    assert refusal.code == code
    assert says in refusal.detail
    assert refusal.extra["channel"] == channel.id, "the page offers another try"


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (_expires, "sign_in_expired", "Sign in again"),
        (_no_refresh_token, "sign_in_no_refresh_token", "offline_access"),
        (_wrong_secret, "sign_in_client", "the secret's value"),
        (_words("invalid_client", "AADSTS7000222: The provided client secret keys are expired.", 401),
         "sign_in_client", "run out"),
        (_words("invalid_grant", "AADSTS65001: The user or administrator has not consented"),
         "sign_in_consent", "administrator"),
        (_words("invalid_request", "AADSTS50011: The redirect URI does not match"), "sign_in_redirect", "letter"),
    ],
)  # fmt: skip
async def test_what_microsoft_refuses_says_what_to_do(
    database: Database, microsoft: OAuthProvider, fault: Callable[[OAuthProvider], None], code: str, says: str
) -> None:
    """Its number in the description tells more than the error itself."""
    admin = Admin(database, microsoft)
    channel = await admin.channel("microsoft")
    fault(microsoft)
    refusal = await admin.refused(channel)
    assert refusal.code == code
    assert says in refusal.detail
    if code in ("sign_in_expired", "sign_in_client"):
        assert "AADSTS" in str(refusal.extra["said"])


async def test_a_sign_in_that_is_declined_says_so(database: Database, provider: OAuthProvider, manner: str) -> None:
    admin = Admin(database, provider)
    channel = await admin.channel(manner, scope="mail" if manner == "other" else "")
    refusal = await admin.refused(channel, "deny")
    assert refusal.code == "sign_in_denied"
    assert "allow everything" in refusal.detail
    assert not provider.asked


async def test_a_shared_mailbox_is_opened_by_who_is_named(database: Database, microsoft: OAuthProvider) -> None:
    admin = Admin(database, microsoft)
    microsoft.account = "owner@example.test"
    channel = await admin.channel("microsoft", account="owner@example.test")
    assert (await admin.finishes(await admin.at_the_provider(channel))).account == "owner@example.test"


async def test_a_sign_in_that_ends_by_itself_is_told(database: Database, google: OAuthProvider) -> None:
    """Google's applications in test mode: seven days."""
    admin = Admin(database, google)
    google.refresh_life_s = 604_799
    assert (await admin.finishes(await admin.at_the_provider(await admin.channel()))).lasts_s == 604_799


async def test_what_changes_meanwhile_is_kept_or_stops_it(database: Database, google: OAuthProvider) -> None:
    """Another name stays beside the token; another application cannot finish; a deleted channel is gone."""
    admin = Admin(database, google)
    channel = await admin.channel()
    back = await admin.at_the_provider(channel)
    await admin.channels.change(PROJECT, channel.id, 0, {"name": "Renamed"})
    finished = await admin.finishes(back)
    assert (finished.channel.name, finished.channel.revision) == ("Renamed", 2)
    back = await admin.at_the_provider(channel)
    await admin.channels.change(PROJECT, channel.id, 2, {"settings": {**channel.settings, "client_id": "app-2"}})
    with pytest.raises(Invalid, match="application was changed"):
        await admin.finishes(back)
    gone = await admin.channel()
    back = await admin.at_the_provider(gone)
    await database["channels"].delete_one({"_id": gone.id})
    with pytest.raises(NotFound):
        await admin.finishes(back)


async def test_tokens_are_asked_for_on_the_public_web_only(database: Database, google: OAuthProvider) -> None:
    """An address that was typed in leads into none of our networks."""
    admin = Admin(database, google, allowed=())
    refusal = await admin.refused(await admin.channel())
    assert (refusal.code, google.asked) == ("sign_in_address", [])


@pytest.mark.parametrize(
    ("origin", "page", "code"),
    [
        ("http://hub.example.test", None, "sign_in_not_https"),
        (ORIGIN, "https://10.0.0.7", "sign_in_elsewhere"),
        ("http://localhost:8080", "http://localhost:8080", None),
    ],
)
async def test_nobody_is_sent_away_who_could_not_come_back(
    database: Database, google: OAuthProvider, origin: str, page: str | None, code: str | None
) -> None:
    admin = Admin(database, google, origin=origin)
    channel = await admin.channel()
    if code is None:
        assert await admin.sign_ins.begin(channel, admin.session, page)
        return
    with pytest.raises(Invalid) as caught:
        await admin.sign_ins.begin(channel, admin.session, page)
    assert caught.value.code == code


async def test_a_mailbox_with_a_password_has_no_sign_in(database: Database, google: OAuthProvider) -> None:
    admin = Admin(database, google)
    with pytest.raises(Invalid) as caught:
        await admin.sign_ins.begin(await admin.channel(oauth=None), admin.session, None)  # type: ignore[arg-type]
    assert caught.value.code == "no_sign_in"
