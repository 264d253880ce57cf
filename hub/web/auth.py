"""Who asks, whether this browser really meant to, and whether the route's rule lets them."""

import time
from typing import assert_never

from aiohttp import web

from hub.model.operator import Right
from hub.model.sign_in import SCOPE_RIGHTS, TokenScope
from hub.services.accounts import Accounts, Identity
from hub.services.errors import NotAllowed, NotSignedIn, TooMany
from hub.settings import Settings
from hub.web.body import BYTES, JSON
from hub.web.context import Cookie
from hub.web.problems import Refused
from hub.web.route import Access, Rule

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKENS_COUNTED = 10_000
DEVICE_LASTS_S = 365 * 86_400


class CookieNames:
    """The names of our cookies. Over https the prefix makes the browser refuse copies from other hosts or paths."""

    def __init__(self, settings: Settings) -> None:
        self.secure = settings.origin.startswith("https://")
        prefix = "__Host-" if self.secure else ""
        self.session = f"{prefix}hub_session"
        self.device = f"{prefix}hub_device"

    def put(self, response: web.StreamResponse, cookie: Cookie) -> None:
        """Set or delete a cookie. Scripts never see it."""
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=cookie.max_age_s,
            path="/",
            httponly=True,
            secure=self.secure,
            samesite="Lax",
        )


class Authenticator:
    """Recognises sessions and tokens."""

    def __init__(self, accounts: Accounts, cookies: CookieNames, requests_per_minute: int) -> None:
        self._accounts, self._cookies = accounts, cookies
        self._per_minute = PerMinute(requests_per_minute)

    async def identify(self, request: web.Request) -> Identity | None:
        """Who asks, None without proof. Raises `NotSignedIn` for a bad token, `Refused` for two kinds of proof."""
        header, cookie = request.headers.get("Authorization"), request.cookies.get(self._cookies.session)
        if header is None:
            identity = await self._accounts.viewer_of_session(cookie) if cookie else None
            check_place(request, identity)
            return identity
        if cookie:
            raise Refused(400, "two_credentials", "Send a token or a session cookie, not both.")
        scheme, _, token = header.partition(" ")
        identity = None
        if scheme.lower() == "bearer" and token.isascii():
            identity = await self._accounts.viewer_of_token(token.strip())
        if identity is None or identity.token is None:
            raise NotSignedIn("bad_token", "This token is not valid, or not any more.")
        self._per_minute.count(identity.token.id)
        return identity


def check_access(rule: Rule, identity: Identity | None) -> None:
    """Raises `NotSignedIn` or `NotAllowed` unless the rule lets this person in."""
    if rule in (Access.PUBLIC, Access.OWN):
        return
    if identity is None:
        raise NotSignedIn("not_signed_in", "Sign in first.")
    match rule:
        case Access.SIGNED_IN | Access.PUBLIC | Access.OWN:
            return
        case Access.SESSION:
            if identity.session is None:
                raise NotAllowed("This needs you to be signed in; a token is not enough.")
        case Right():
            if not identity.viewer.may(rule):
                raise NotAllowed
            if not identity.may(rule):
                scopes = " or ".join(scope for scope in TokenScope if rule in SCOPE_RIGHTS[scope])
                raise NotAllowed(f"Your role allows this, this token does not: make one with the scope {scopes}.")
        case _:
            assert_never(rule)


def check_place(request: web.Request, identity: Identity | None) -> None:
    """Raises `Refused` (409) for a page of another project, or person, than the session is in, or of, by now.

    A browser has one session for all its windows. A window that does not know yet that in another one somebody went to
    another project, or signed in, would otherwise show, or write, what belongs to that project, or in that name.
    """
    if identity is None:
        return
    if request.headers.get("X-Hub-Operator", identity.operator.id) != identity.operator.id:
        raise Refused(409, "other_operator", "Somebody else has signed in in another window. Open the page again.")
    if request.headers.get("X-Hub-Project", identity.viewer.project) != identity.viewer.project:
        raise Refused(409, "other_project", "You went to another project in another window. Open the page again.")


def check_intent(request: web.Request) -> None:
    """Raises `Refused` (403 `csrf`) for a request that another site could have made a browser send.

    A request with a token needs none of it: no browser adds a token by itself.
    """
    if request.method in SAFE_METHODS or "Authorization" in request.headers:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if request.headers.get("X-Hub") != "1" or site != "same-origin" or kind not in (JSON, BYTES):
        raise Refused(
            403, "csrf", f"Send the headers X-Hub: 1 and Content-Type: {JSON} with each request that changes something."
        )


class PerMinute:
    """Counts requests of each token in the running minute, in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._minute = 0
        self._counts: dict[str, int] = {}

    def count(self, key: str) -> None:
        """Raises `TooMany` over the limit."""
        now = time.monotonic()
        minute = int(now // 60)
        if minute != self._minute or len(self._counts) > TOKENS_COUNTED:
            self._minute, self._counts = minute, {}
        self._counts[key] = self._counts.get(key, 0) + 1
        if self._counts[key] > self._limit:
            raise TooMany(60 - now % 60, f"A token may send {self._limit} requests a minute.")
