"""Made once: a thing bears an id of the key that its maker chose, so that a repeated request finds it."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from hub.model.ids import OperatorId, ProjectId, derived_id, new_id
from hub.services.errors import Invalid
from hub.services.secret_values import new_secret
from hub.store.request_keys import RequestKeys


@dataclass(frozen=True, slots=True)
class Making:
    """What a thing that is about to be made is called, and its secret, if it has one: the same for the same key.

    `done`: it was made by an earlier request with the key, and may have been changed or deleted since.
    """

    id: str
    secret: str
    key: str | None = None
    done: bool = False


class MadeOnce:
    """Knows the requests that make something, for a day. Without a key each makes something new."""

    def __init__(self, keys: RequestKeys, signing_key: bytes) -> None:
        self._keys, self._signing_key = keys, signing_key

    async def begin(self, operator: OperatorId, project: ProjectId, what: str, key: str | None, body: str) -> Making:
        """Begin to make a `what` as `body` says. Raises `Invalid`: the key was used for another body."""
        if key is None:
            return Making(new_id(), new_secret())
        request = derived_id("request", operator, project, what, key)
        fingerprint = self._signed(f"request:{request}:{body}").hex()
        first = await self._keys.begin(request, fingerprint, new_id())
        if first.fingerprint != fingerprint:
            raise Invalid(
                "key_reused", "This key was used for another request before. Use a new key for a new request."
            )
        # Nobody keeps the secret, and yet a repetition is told it. By the word of the first request: the same key leads
        # to another secret once it was forgotten.
        secret = base64.urlsafe_b64encode(self._signed(f"secret:{request}:{first.word}")).rstrip(b"=").decode()
        return Making(derived_id("made", request, first.word), secret, request, first.done)

    def _signed(self, text: str) -> bytes:
        return hmac.digest(self._signing_key, text.encode(), hashlib.sha256)

    async def end(self, making: Making) -> None:
        """It is made."""
        if making.key is not None and not making.done:
            await self._keys.done(making.key)
