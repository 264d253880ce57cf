"""Who a visitor is: tokens of ours, identities signed by the page, and signed links to files.

Nothing is stored: whatever has to be known again later is in the token, under the channel's own key. A token is sent in
a header or a frame, never in an address.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import jwt

from connectors.errors import PayloadInvalid
from hub.model.strict_json import BadJson, parse_json

ANONYMOUS_KIND = "webchat"
USER_KIND = "webchat-user"
TOKEN_BYTES = 2_048
VISITOR_BITS = 144
REMEMBERED_TOKENS = 5_000  # of visitors who write; about 2 MB
IDENTITY_LASTS = timedelta(hours=24)
"""How long a signed-in visitor may go on without a fresh word of the page."""
JWT_AGE = timedelta(hours=24)
"""The oldest identity that is believed; pages should make them for minutes."""
JWT_LEEWAY_S = 60
LINK_LASTS = timedelta(hours=24)
"""How long a link to a file works; the widget gets new ones with every welcome."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser (`id`, random), and the user of the page behind it when the page has signed for them (`user`)."""

    id: str
    user: str | None = None
    name: str | None = None
    expires: int | None = None
    """Unix seconds until which `user` counts."""

    @property
    def address(self) -> tuple[str, str]:
        """The address kind and value of the contact. A signed user is the same contact on every device."""
        return (USER_KIND, self.user) if self.user is not None else (ANONYMOUS_KIND, self.id)

    @property
    def uploader(self) -> str:
        """How this visitor's files are marked."""
        return f"visitor:{self.id}"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a page has signed about its user."""

    user: str
    name: str | None


class IdentityError(PayloadInvalid):
    """The identity is forged, for another channel, or too old."""

    def __init__(self, reason: str, code: Literal["identity_invalid", "identity_expired"] = "identity_invalid") -> None:
        super().__init__(reason, code)


class Identity:
    """The keys of one channel."""

    def __init__(self, secret: bytes, generation: int, *, accept_previous: bool) -> None:
        self._secret = secret
        oldest = max(1, generation - 1) if accept_previous else generation
        self._known: dict[str, Visitor] = {}
        self._jwt_keys = [identity_key(secret, number) for number in range(generation, oldest - 1, -1)]

    def new_visitor(self) -> Visitor:
        """A browser that nobody has seen."""
        return Visitor(id=secrets.token_urlsafe(VISITOR_BITS // 8))

    def token(self, visitor: Visitor) -> str:
        """The token that stands for the visitor."""
        claims = {"v": visitor.id, "u": visitor.user, "n": visitor.name, "x": visitor.expires}
        body = _encode(json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{body}.{self._sign('visitor', body)}"

    def visitor(self, token: str, now: datetime) -> Visitor | None:
        """The visitor a token stands for; None for a token that we did not make or whose user no longer counts."""
        visitor = self._known.get(token) or self._read(token)
        if visitor is None or (
            visitor.user is not None and (visitor.expires is None or now.timestamp() > visitor.expires)
        ):
            return None
        if token not in self._known:
            self._known[token] = visitor
            if len(self._known) > REMEMBERED_TOKENS:
                del self._known[next(iter(self._known))]
        return visitor

    def _read(self, token: str) -> Visitor | None:
        body, _, signature = token.partition(".")
        if len(token) > TOKEN_BYTES or not hmac.compare_digest(
            signature.encode(), self._sign("visitor", body).encode()
        ):
            return None
        try:
            claims = parse_json(_decode(body))
        except (BadJson, ValueError):  # signed by us, so this is a token of another version
            return None
        if not isinstance(claims, dict) or not isinstance(claims.get("v"), str):
            return None
        user, expires, name = claims.get("u"), claims.get("x"), claims.get("n")
        return Visitor(
            id=str(claims["v"]),
            user=str(user) if user is not None else None,
            name=name if isinstance(name, str) else None,
            expires=expires if isinstance(expires, int) else None,
        )

    def signed(self, token: str, now: datetime) -> Signed:
        """What the page has signed: HS256 with `sub`, `exp`, and maybe `iat`, `name`. Raises `IdentityError`."""
        claims = self._verified(token)
        expires, issued = _time_of(claims["exp"]), _time_of(claims.get("iat", now.timestamp()))
        # Compared here and not in the library: the database's clock counts, not this machine's.
        if now.timestamp() > expires + JWT_LEEWAY_S:
            raise IdentityError("The identity has expired.", "identity_expired")
        if now.timestamp() > issued + JWT_AGE.total_seconds():
            raise IdentityError("The identity is too old.", "identity_expired")
        user, name = claims["sub"], claims.get("name")
        if not isinstance(user, str) or not 0 < len(user) <= 255:
            raise IdentityError("The identity's `sub` must be a text of 1 to 255 characters.")
        return Signed(user=user, name=name if isinstance(name, str) and name else None)

    def _verified(self, token: str) -> dict[str, object]:
        for key in self._jwt_keys:
            try:
                claims: dict[str, object] = jwt.decode(
                    token,
                    key,
                    algorithms=["HS256"],
                    options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                             "verify_aud": False, "verify_sub": False},
                )  # fmt: skip
            except jwt.InvalidSignatureError:
                continue
            except (jwt.InvalidTokenError, ValueError) as error:
                raise IdentityError("The identity cannot be read.") from error
            return claims
        raise IdentityError("The identity is not signed with this channel's key.")

    def link(self, attachment: str, now: datetime) -> str:
        """The `t` that opens one file for a day."""
        expires = int((now + LINK_LASTS).timestamp())
        return f"{expires}.{self._sign('file', f'{attachment}.{expires}')}"

    def opens(self, link: str, attachment: str, now: datetime) -> bool:
        """Whether a `t` opens this file now."""
        expires, _, signature = link.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("file", f"{attachment}.{expires}").encode()):
            return False
        return now.timestamp() <= int(expires)  # ours, so it is a number

    def _sign(self, purpose: str, text: str) -> str:
        return _encode(hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).digest())


def identity_key(secret: bytes, generation: int) -> str:
    """The key a page signs its users with, to be shown to an admin: 64 hex digits."""
    return hmac.new(secret, f"identity:{generation}".encode(), hashlib.sha256).hexdigest()


def known_as(signed: Signed, visitor: Visitor, now: datetime) -> Visitor:
    """The visitor after the page has signed. Another user than before starts as another browser."""
    same = visitor.user in (None, signed.user)
    expires = int((now + IDENTITY_LASTS).timestamp())
    browser = visitor.id if same else secrets.token_urlsafe(VISITOR_BITS // 8)
    return Visitor(id=browser, user=signed.user, name=signed.name, expires=expires)


def _time_of(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise IdentityError("A time in the identity is no number.")
    return value


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
