"""A provider of mailboxes with a sign-in: an authorization server as RFC 6749 and 7636 want it, in the words of others.

It refuses whatever the two documents let it refuse, so that a client which is lax is found out, and answers as the
documents of Google and Microsoft say they do: the shape of errors, what comes beside a code, when a refresh token is
given.
"""

import base64
import hashlib
import html
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.serving import serving

CODE_LIFE_S = 600.0
HEAD = "<!doctype html><html lang=en><link rel=icon href=data:,><title>Sample provider</title>"
_VERIFIER = re.compile(r"^[A-Za-z0-9._~-]{43,128}$")
_CHALLENGE = re.compile(r"^[A-Za-z0-9_-]{43}$")
MICROSOFT_NUMBERS = {
    "invalid_grant": 70008, "invalid_client": 7000215, "invalid_scope": 70011, "invalid_request": 900144,
}  # fmt: skip


@dataclass
class Code:
    """A code that was given out."""

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    account: str
    until: float
    offline: bool
    used: bool = False


@dataclass
class OAuthProvider:
    """One authorization server. `manner` is whose words it speaks: `google`, `microsoft` or `plain`.

    Knobs: `account` signs in whatever was hinted; `granted` is given instead of what was asked; `refusals` are answered
    by the token endpoint before it looks at anything.
    """

    manner: str = "plain"
    url: str = ""
    clients: dict[str, str] = field(default_factory=lambda: {"app-1": "app-secret"})
    redirect_uris: set[str] = field(default_factory=set)
    account: str | None = None
    granted: str | None = None
    code_life_s: float = CODE_LIFE_S
    refresh_tokens: bool = True
    refresh_life_s: int | None = None
    refusals: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    consented: set[str] = field(default_factory=set)
    valid: set[str] = field(default_factory=set)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    # The page of the sign-in -----------------------------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.StreamResponse:
        """What the browser sees (RFC 6749, 4.1.1): who does not know client or address sends nobody anywhere."""
        query = request.query
        if query.get("client_id") not in self.clients or query.get("redirect_uri") not in self.redirect_uris:
            what = "client" if query.get("client_id") not in self.clients else "redirect_uri_mismatch"
            page = f"{HEAD}<h1>Error 400: {what}</h1>"
            return web.Response(status=400, text=page, content_type="text/html")
        fault = self._fault(query)
        if fault:
            return self._back(query, {"error": fault, "error_description": f"{fault} at the sign-in"})
        account = html.escape(self.account or query.get("login_hint", ""))
        action = html.escape(f"/authorize?{request.query_string}")
        return web.Response(
            text=f"{HEAD}<h1>Allow {account}?</h1>"
            f"<form method=post action='{action}'><button name=answer value=allow>Allow</button>"
            "<button name=answer value=deny>Cancel</button></form>",
            content_type="text/html",
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The person allowed or declined."""
        query, said = request.query, (await request.post()).get("answer")
        if said != "allow":
            refused = {"error": "access_denied"}
            if self.manner == "microsoft":
                refused |= {"error_subcode": "cancel"}
            return self._back(query, refused)
        code = secrets.token_urlsafe(24)
        account = self.account or query.get("login_hint") or "owner@example.test"
        again = account in self.consented and "consent" not in query.get("prompt", "")
        offline = {
            "google": query.get("access_type") == "offline" and not again,
            "microsoft": "offline_access" in query["scope"].split(),
        }.get(self.manner, True)
        self.consented.add(account)
        self.codes[code] = Code(
            query["client_id"], query["redirect_uri"], query["code_challenge"], self.granted or query["scope"], account,
            time.monotonic() + self.code_life_s, offline,
        )  # fmt: skip
        more = {
            "google": {"scope": query["scope"], "authuser": "0", "prompt": "consent"},
            "microsoft": {"session_state": "5f4dcc3b"},
        }.get(self.manner, {})
        return self._back(query, {"code": code, **more})

    def _fault(self, query: Mapping[str, str]) -> str | None:
        if query.get("response_type") != "code":
            return "unsupported_response_type"
        if query.get("code_challenge_method") != "S256" or not _CHALLENGE.match(query.get("code_challenge", "")):
            return "invalid_request"
        return None if query.get("scope") and query.get("state") else "invalid_request"

    def _back(self, query: Mapping[str, str], answer: Mapping[str, str]) -> web.StreamResponse:
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode({**answer, 'state': query['state']})}")

    # The token endpoint ----------------------------------------------------------------------------------------------

    async def token(self, request: web.Request) -> web.Response:
        """RFC 6749, 4.1.3, 5 and 6; RFC 7636, 4.6."""
        if request.content_type != "application/x-www-form-urlencoded":
            return self._refuse("invalid_request", "The body has to be a form.")
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.refusals:
            status, answer = self.refusals.pop(0)
            return web.json_response(answer, status=status)
        if self.clients.get(form.get("client_id", "")) != form.get("client_secret", ""):
            return self._refuse("invalid_client", "Unauthorized", 401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._for_code(form)
            case "refresh_token":
                account = self.refreshing.get(form.get("refresh_token", ""))
                return self._tokens(account, None) if account else self._refuse("invalid_grant", "Bad Request")
        return self._refuse("unsupported_grant_type", "Invalid grant_type")

    def _for_code(self, form: Mapping[str, str]) -> web.Response:
        code, verifier = self.codes.get(form.get("code", "")), form.get("code_verifier", "")
        if code is None:
            return self._refuse("invalid_grant", "Malformed auth code.")
        if code.redirect_uri != form.get("redirect_uri"):
            return self._refuse("redirect_uri_mismatch" if self.manner == "google" else "invalid_grant", "Bad Request")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if not _VERIFIER.match(verifier) or challenge != code.challenge:
            return self._refuse("invalid_grant", "Invalid code verifier.")
        if code.used or time.monotonic() > code.until or code.client_id != form["client_id"]:
            return self._refuse("invalid_grant", "The provided value for the input parameter 'code' has expired.")
        code.used = True
        return self._tokens(code.account, code)

    def _tokens(self, account: str, code: Code | None) -> web.Response:
        access = f"access-{secrets.token_hex(4)}"
        self.valid.add(access)
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": 3599}
        if code is not None:
            answer["scope"] = code.scope
            if "openid" in code.scope.split():
                answer["id_token"] = self._id_token(account, code.client_id)
        if self.refresh_tokens and (code.offline if code else self.manner == "microsoft"):
            refresh = f"refresh-{secrets.token_hex(4)}"
            self.refreshing[refresh] = account
            answer["refresh_token"] = refresh
            if self.refresh_life_s is not None:
                answer["refresh_token_expires_in"] = self.refresh_life_s
        return web.json_response(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _id_token(self, account: str, client_id: str) -> str:
        claims: dict[str, Any] = {"iss": self.url, "aud": client_id, "sub": "1", "exp": int(time.time()) + 3600}
        claims |= {"preferred_username": account} if self.manner == "microsoft" else {"email": account}
        parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
        return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "c2ln"])

    def _refuse(self, error: str, said: str, status: int = 400) -> web.Response:
        answer: dict[str, Any] = {"error": error, "error_description": said}
        if self.manner == "microsoft":
            number = MICROSOFT_NUMBERS.get(error, 90000)
            answer["error_description"] = f"AADSTS{number}: {said}\r\nTrace ID: 0000\r\nTimestamp: 2026-01-01 00:00:00Z"
            answer |= {"error_codes": [number], "trace_id": "0000", "correlation_id": "0000"}
        return web.json_response(answer, status=status)

    # The mailbox behind it -------------------------------------------------------------------------------------------

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802
        """The log-in of an SMTP server that takes nothing else."""
        token = base64.b64decode(arguments[1]).decode().partition("\x01auth=Bearer ")[2].strip("\x01")
        return AuthResult(success=token in self.valid, handled=token in self.valid)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes every mail."""
        return "250 2.0.0 OK"


@asynccontextmanager
async def oauth_provider(manner: str = "plain") -> AsyncIterator[OAuthProvider]:
    """A provider that answers while the body runs."""
    provider = OAuthProvider(manner)
    application = web.Application()
    application.router.add_get("/authorize", provider.page)
    application.router.add_post("/authorize", provider.answer)
    application.router.add_post("/token", provider.token)
    async with serving(application) as url:
        provider.url = url
        yield provider
