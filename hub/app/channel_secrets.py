"""Channel secrets: what each channel signs with, made from the hub's own key."""

import hmac

from hub.settings import Settings


def channel_secret(settings: Settings, kind: str, key: str) -> bytes:
    """The 32 bytes that only one channel has: by its public key, so that `hub console` finds them without the store."""
    return hmac.digest(settings.signing_key, f"channel:{kind}:{key}".encode(), "sha256")
