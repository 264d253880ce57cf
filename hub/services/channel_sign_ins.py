"""Signing in to a channel's account at its provider: begun by an admin, finished once by the same session."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import structlog

from connectors.abilities import ProviderSignIn, SignedIn
from connectors.errors import ChannelConfigError, SignInRefused
from hub.model.channel import Channel
from hub.model.ids import ProjectId
from hub.model.sign_in import ChannelSignIn
from hub.services.egress import AddressRefused, Network, guarded_session
from hub.services.errors import Conflict, Invalid, NotFound
from hub.services.secret_values import hash_of, new_secret
from hub.store.channel_sign_ins import ChannelSignInStates
from hub.store.channels import Channels

log = structlog.get_logger(__name__)

PATH = "/oauth/callback"
"""The inbox's page that finishes a sign-in. It stands in the consoles of the providers: it never changes."""
TIMEOUT_S = 15.0
ANSWER_BYTES = 64 * 1024
TRIES = 3
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Finished:
    """A channel whose account is open now; `lasts_s` where the provider says that the sign-in ends by itself."""

    channel: Channel
    account: str | None
    lasts_s: float | None


class ChannelSignIns:
    """The sign-ins of all channels."""

    def __init__(
        self,
        states: ChannelSignInStates,
        channels: Channels,
        *,
        sign_in_of: Callable[[Channel], ProviderSignIn | None],
        origin: str,
        allowed: Sequence[Network],
    ) -> None:
        """`sign_in_of` may raise `ChannelConfigError`. `allowed`: networks of our own that may be asked for tokens."""
        self._states, self._channels, self._sign_in_of = states, channels, sign_in_of
        self._origin, self._allowed = origin, allowed

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the browser back to; it is entered in the provider's console."""
        return f"{self._origin}{PATH}"

    async def begin(self, channel: Channel, session: str, page_origin: str | None) -> str:
        """Where the browser goes to sign in. `page_origin`: where the admin has the inbox open.

        Raises `Invalid` for a channel without such a sign-in, and where the way back would lead elsewhere.
        """
        sign_in = self._of(channel)
        if page_origin is not None and page_origin != self._origin:
            raise Invalid(
                "sign_in_elsewhere",
                f"The provider sends you back to {self._origin}, where you are not signed in. Open the inbox there, "
                "or correct base_url in the hub's settings.",
                origin=self._origin,
            )
        here = urlsplit(self._origin)
        if here.scheme != "https" and here.hostname not in LOCAL_HOSTS:
            raise Invalid(
                "sign_in_not_https",
                f"Providers send nobody back to {self._origin}: the hub's public address (base_url) has to be https.",
                origin=self._origin,
            )
        state, verifier = new_secret(), new_secret()
        await self._states.add(
            hash_of(state),
            ChannelSignIn(
                session=session, project=channel.project, channel=channel.id, verifier=verifier,
                application=sign_in.application,
            ),
        )  # fmt: skip
        return sign_in.url(self.redirect_uri, state, _challenge(verifier))

    async def finish(self, project: ProjectId, session: str, state: str, answer: Mapping[str, str]) -> Finished:
        """Take what the provider answered, and keep what it opens the account with.

        Raises `Invalid` (nothing changes, and the sign-in has to be begun anew), `NotFound`, `Conflict`.
        """
        begun = await self._states.redeem(hash_of(state), session)
        if begun is None or begun.project != project:
            raise Invalid(
                "sign_in_unknown",
                "This sign-in was finished already, is older than ten minutes, or was begun in another session. Open "
                "the channel and sign in again.",
            )
        channel = await self._channels.in_project(project, begun.channel)
        if channel is None:
            raise NotFound("This channel")
        sign_in = self._of(channel)
        if sign_in.application != begun.application:
            raise Invalid(
                "sign_in_changed", "The channel's application was changed meanwhile. Sign in again.", channel=channel.id
            )
        try:
            signed_in = await sign_in.finish(answer, self.redirect_uri, begun.verifier, self._post)
        except SignInRefused as error:
            log.info("sign-in was refused", channel=channel.id, code=error.code)
            facts = {**error.facts, "said": error.said, "channel": channel.id}
            raise Invalid(error.code, error.reason, **facts) from None
        return Finished(await self._keep(channel, signed_in), signed_in.account, signed_in.lasts_s)

    def _of(self, channel: Channel) -> ProviderSignIn:
        try:
            sign_in = self._sign_in_of(channel)
        except ChannelConfigError as error:
            raise Invalid("channel_settings", str(error)) from None
        if sign_in is None:
            raise Invalid("no_sign_in", "This channel's settings name no provider to sign in at.")
        return sign_in

    async def _keep(self, channel: Channel, signed_in: SignedIn) -> Channel:
        """Beside whatever else somebody changes meanwhile: the code is used up, and what it gave comes only once."""
        known: Channel | None = channel
        for _ in range(TRIES):
            if known is None:
                raise NotFound("This channel")
            values = {"settings": {**known.settings, **signed_in.settings}}
            changed = await self._channels.change(known.project, known.id, known.revision, values)
            if changed is not None:
                return changed
            known = await self._channels.in_project(channel.project, channel.id)
        raise Conflict("changed_meanwhile", "Somebody is changing this channel. Sign in again.")

    async def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Send a form to a provider, vetted as every address that people typed in. Raises `SignInRefused`."""
        host = urlsplit(url).hostname or url
        try:
            async with (
                guarded_session(self._allowed, TIMEOUT_S) as session,
                session.post(url, data=form, allow_redirects=False, headers={"Accept": "application/json"}) as answer,
            ):
                return answer.status, await answer.content.read(ANSWER_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(getattr(error, "os_error", None), AddressRefused):
                raise SignInRefused(
                    "sign_in_address",
                    f"{host} is not on the public web. Correct token_url; a network of your own has to be allowed in "
                    "the hub's settings (internal_networks).",
                    host=host,
                ) from error
            raise SignInRefused(
                "sign_in_unavailable", f"{host} cannot be reached. Sign in again in a minute.", provider=host
            ) from error


def _challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
