"""Proof of work before a form (ALTCHA, https://altcha.org): open, on this hub alone, and nobody is followed.

A browser looks for a number for about a second; whoever wants to send thousands of forms looks for hours. The protocol
is ALTCHA's second version, so that its own widget can be used against the same address.
"""

import binascii
import json
from collections import OrderedDict
from datetime import datetime, timedelta

from pydantic import JsonValue

FIELD = "altcha"
ALGORITHM, COST, KEY_PREFIX = "PBKDF2/SHA-256", 1_000, "00"
"""256 derivations of a key on average: under a second in a browser, 3 ms to check."""
LASTS = timedelta(minutes=30)
REMEMBERED = 100_000
PAYLOAD_CHARACTERS = 4_000


class Proofs:
    """Challenges of one channel, and which of them were used. Each counts once in this process."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret.hex()
        self._used: OrderedDict[str, datetime] = OrderedDict()

    def challenge(self, now: datetime) -> dict[str, JsonValue]:
        """A fresh one, as the widget takes it."""
        import altcha

        # Its end is data of ours, not `expires_at`: the library would compare that with the wall clock.
        made: dict[str, JsonValue] = altcha.create_challenge(
            ALGORITHM, COST, key_prefix=KEY_PREFIX, data={"until": int((now + LASTS).timestamp())},
            hmac_secret=self._secret,
        ).to_dict()  # fmt: skip
        return made

    def holds(self, payload: str, now: datetime) -> bool:
        """Whether a payload solves a challenge of ours that has not ended and was not used."""
        import altcha

        if not payload or len(payload) > PAYLOAD_CHARACTERS:
            return False
        try:
            parameters = json.loads(binascii.a2b_base64(payload))["challenge"]["parameters"]
            nonce, cost, ends = parameters["nonce"], parameters["cost"], parameters["data"]["until"]
        except (ValueError, KeyError, TypeError):
            return False
        # Looked at before anything is derived: a forged cost would be work for us.
        if cost != COST or not isinstance(ends, int) or now.timestamp() > ends or not isinstance(nonce, str):
            return False
        if nonce in self._used or not altcha.verify_solution(payload, self._secret).verified:
            return False
        self._used[nonce] = now
        if len(self._used) > REMEMBERED:
            self._used.popitem(last=False)
        return True
