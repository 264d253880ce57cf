"""Secrets that the hub makes: random, shown once, kept as hashes."""

import hashlib
import secrets

SECRET_BYTES = 32
TOKEN_PREFIX = "swb_"  # noqa: S105  (lets scanners of repositories recognise a leaked token)


def new_secret() -> str:
    """256 random bits, safe in a cookie, a header and a query."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """How a secret is kept. It has 256 random bits, so a plain hash cannot be searched for it."""
    return hashlib.sha256(secret.encode()).hexdigest()
