"""Signing in to a mailbox at its provider: OAuth 2 by an authorization code, with PKCE (RFC 6749, 4.1; RFC 7636)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.abilities import Post, SignedIn
from connectors.email.config import Provider, Settings
from connectors.email.mime import usual_address
from connectors.email.oauth import json_object
from connectors.errors import SignInRefused

SAID_LENGTH = 300
IDENTITY = "openid email"
"""Asked for beside the mail: tells whose account it was that signed in (OpenID Connect Core 1.0, 5.4)."""
DOTLESS = frozenset({"gmail.com", "googlemail.com"})
NO_SCOPE = frozenset({"offline_access", "openid", "email", "profile"})
"""What a provider does not name again among the scopes that were given, though it gave them."""
_FAULT = re.compile(r"AADSTS(\d+)")
CONSENT_FAULTS = frozenset({"65001", "90008", "90094", "90095"})
REDIRECT_FAULTS = frozenset({"50011"})
CLIENT_FAULTS = frozenset({"700016", "7000215", "7000218", "7000222", "700025"})
CLIENT_CODES = frozenset({"invalid_client", "unauthorized_client", "deleted_client", "disabled_client", "org_internal"})
CONSENT_CODES = frozenset({"consent_required", "interaction_required", "admin_policy_enforced"})
PASSING_CODES = frozenset({"server_error", "temporarily_unavailable", "slow_down"})


class MailboxSignIn:
    """The `ProviderSignIn` of one mailbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._name = settings.provider_name

    @property
    def application(self) -> str:
        """A hash of the application and of the endpoint that its secret goes to."""
        settings = self._settings
        return hashlib.sha256(f"{settings.client_id}\n{settings.token_endpoint}".encode()).hexdigest()

    def url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Where the browser goes (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
        settings = self._settings
        query = {
            "response_type": "code", "client_id": settings.client_id, "redirect_uri": redirect_uri,
            "scope": settings.mail_scope, "state": state,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        match settings.oauth:
            case Provider.GOOGLE:
                # A refresh token comes with `offline`, and a second time only with the question asked again.
                query |= {"access_type": "offline", "prompt": "consent"}
            case Provider.MICROSOFT:
                # Else whoever is signed in to Windows would be taken, without a question.
                query |= {"response_mode": "query", "prompt": "select_account"}
        if settings.oauth is not Provider.OTHER:
            query |= {"scope": f"{settings.mail_scope} {IDENTITY}", "login_hint": settings.signs_in}
        if settings.oauth is Provider.MICROSOFT:
            query["scope"] += " profile"  # brings `preferred_username`; `email` is there only when the directory has it
        endpoint = settings.authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def finish(self, answer: Mapping[str, str], redirect_uri: str, verifier: str, post: Post) -> SignedIn:
        """Give the code for a refresh token (RFC 6749, 4.1.3). Raises `SignInRefused`."""
        settings = self._settings
        if "error" in answer:
            raise self._refused(answer, redirect_uri)
        if not answer.get("code"):
            raise self._other("no code", "")
        form = {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": redirect_uri,
            "client_id": settings.client_id, "code_verifier": verifier,
        }  # fmt: skip
        if settings.client_secret:
            form["client_secret"] = settings.client_secret
        status, raw = await post(settings.token_endpoint, form)
        given = json_object(raw)
        if status != 200:
            raise self._refused(given, redirect_uri, status)
        account = self._whose(given)
        self._check_scope(given)
        refresh_token = given.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            raise self._without_refresh_token()
        lasts = given.get("refresh_token_expires_in")  # Google, for applications that are not published
        lasts_s = float(lasts) if isinstance(lasts, int | float) and lasts > 0 else None
        return SignedIn({"refresh_token": refresh_token}, account, lasts_s)

    def _whose(self, given: Mapping[str, Any]) -> str | None:
        """The account that signed in, where the provider says so. Raises `SignInRefused` for another than was meant.

        The token came from the provider itself by TLS, so its signature need not be looked at (OpenID Connect Core 1.0,
        3.1.3.7, 6).
        """
        claims = _claims(given.get("id_token"))
        audience = claims.get("aud", self._settings.client_id)
        if self._settings.client_id not in (audience if isinstance(audience, list) else [audience]):
            raise self._other("the id_token is for another application", "")
        named = [claims.get(name) for name in ("email", "preferred_username", "upn")]
        accounts = [found for name in named if isinstance(name, str) and (found := usual_address(name))]
        meant = self._settings.signs_in
        if accounts and _same(meant) not in [_same(account) for account in accounts]:
            raise SignInRefused(
                "sign_in_other_account",
                f"{accounts[0]} signed in, but the mailbox is {meant}. Sign in again as {meant}. If {accounts[0]} may "
                f"open it, as a shared mailbox or an alias, enter {accounts[0]} as the account that signs in first.",
                account=accounts[0], mailbox=meant,
            )  # fmt: skip
        return accounts[0] if accounts else None

    def _check_scope(self, given: Mapping[str, Any]) -> None:
        """Whoever signs in may leave boxes unticked; then the answer names what it gave (RFC 6749, 5.1)."""
        scope = given.get("scope")
        if not isinstance(scope, str) or not scope:
            return
        missing = set(self._settings.mail_scope.lower().split()) - set(scope.lower().split()) - NO_SCOPE
        if missing:
            raise SignInRefused(
                "sign_in_scope",
                f"{self._name} gave access, but not to the mail: {' '.join(sorted(missing))} is missing. Add it to the "
                "permissions of the application, sign in again, and leave every box ticked.",
                provider=self._name, missing=" ".join(sorted(missing)),
            )  # fmt: skip

    def _without_refresh_token(self) -> SignInRefused:
        what = {
            Provider.GOOGLE: "Take the application's access away at https://myaccount.google.com/connections",
            Provider.MICROSOFT: "Add the permission offline_access to the application",
        }.get(self._settings.oauth or Provider.OTHER, "Allow the application to keep its access (offline)")
        return SignInRefused(
            "sign_in_no_refresh_token",
            f"{self._name} gave access for an hour only, and no refresh token. {what}, and sign in again.",
            provider=self._name,
        )

    def _refused(self, answer: Mapping[str, Any], redirect_uri: str, status: int = 200) -> SignInRefused:
        """What a refusal means (RFC 6749, 4.1.2.1 and 5.2; the words of Google and Microsoft), and what to do."""
        code = _short(answer.get("error"))[:60]
        said = _short(answer.get("error_description"))
        faults, name = set(_FAULT.findall(said)), self._name
        if code == "redirect_uri_mismatch" or faults & REDIRECT_FAULTS or "redirect_uri" in said:
            return SignInRefused(
                "sign_in_redirect",
                f"{name} does not know the address to come back to. Enter {redirect_uri} as redirect URI of the "
                "application, letter by letter, and sign in again.",
                said, provider=name, redirect_uri=redirect_uri,
            )  # fmt: skip
        if code in CONSENT_CODES or faults & CONSENT_FAULTS:
            return SignInRefused(
                "sign_in_consent",
                f"The organisation has to allow this application first: ask its administrator at {name} for consent, "
                "and sign in again.",
                said, provider=name,
            )  # fmt: skip
        if code == "access_denied":
            return SignInRefused(
                "sign_in_denied",
                f"The sign-in was declined at {name}. Sign in again and allow everything that is asked; an application "
                "that is still being tested lets in only the test users of its console.",
                said, provider=name,
            )  # fmt: skip
        if code in CLIENT_CODES or faults & CLIENT_FAULTS or "client_secret" in said:
            return SignInRefused(
                "sign_in_client",
                f"{name} does not accept the application ({code}). Check client ID and secret, of Microsoft the "
                "secret's value, not its ID, and whether it has run out; then sign in again.",
                said, provider=name, error=code,
            )  # fmt: skip
        if code == "invalid_grant":
            return SignInRefused(
                "sign_in_expired",
                f"What {name} answered does not count any more: it holds for minutes, and once. Sign in again, without "
                "going back in the browser.",
                said, provider=name,
            )  # fmt: skip
        if code in PASSING_CODES or status == 429 or status >= 500:
            return SignInRefused(
                "sign_in_unavailable", f"{name} cannot answer right now. Sign in again in a minute.",
                said, provider=name,
            )  # fmt: skip
        return self._other(code or str(status), said)

    def _other(self, code: str, said: str) -> SignInRefused:
        return SignInRefused(
            "sign_in_refused",
            f"{self._name} refused the sign-in ({code}). Check the channel's OAuth settings and the application in the "
            "provider's console, and sign in again.",
            said, provider=self._name, error=code,
        )  # fmt: skip


def _claims(token: object) -> Mapping[str, Any]:
    """What an id_token says; nothing where there is none that can be read."""
    parts: Sequence[str] = token.split(".") if isinstance(token, str) else ()
    if len(parts) != 3:
        return {}
    try:
        return json_object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}


def _same(address: str) -> str:
    """How addresses are compared: Google's own mailboxes are the same with dots and without."""
    local, _, domain = address.partition("@")
    return f"{local.replace('.', '') if domain in DOTLESS else local}@{domain}"


def _short(words: object) -> str:
    return " ".join(str(words or "").split())[:SAID_LENGTH]
