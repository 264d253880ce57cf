"""The second factor: six digits from an authenticator app (RFC 6238), each once, and recovery codes."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyotp

from connectors.qr import qr_svg
from hub.model.ids import OperatorId
from hub.model.operator import Operator
from hub.services.errors import Conflict, Invalid
from hub.store.operators import Operators

ISSUER = "Switchboard"
STEP_S = 30
STEPS_AROUND = 1
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 16 characters in base 32


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret, the same as a URI, and the URI as a QR code."""

    secret: str
    uri: str
    qr_svg: str


class SecondFactors:
    """Switches the second factor on and off and checks its codes."""

    def __init__(self, operators: Operators, signing_key: bytes, now: Callable[[], datetime]) -> None:
        """`now` is the database's time: with this machine's clock an hour off nobody could sign in."""
        self._operators, self._now = operators, now
        self._key = hmac.digest(signing_key, b"recovery codes", "sha256")

    async def begin(self, operator: Operator) -> Enrolment:
        """A new secret. It counts only after `enable`. Raises `Conflict` when a second factor is on."""
        if operator.totp_secret is not None:
            raise Conflict("totp_on", "The second factor is on. Switch it off first.")
        secret = pyotp.random_base32()
        await self._operators.begin_totp(operator.id, secret)
        uri = pyotp.TOTP(secret).provisioning_uri(name=operator.email, issuer_name=ISSUER)
        return Enrolment(secret, uri, qr_svg(uri))

    async def enable(self, operator: OperatorId, code: str) -> list[str]:
        """Switch it on; the recovery codes, which are shown once. Raises `Invalid` for a wrong code."""
        pending = (await self._operators.second_factor(operator)).pending
        step = None if pending is None else matching_step(pending, code, self._now().timestamp())
        if pending is None or step is None:
            raise Invalid("wrong_code", "This code is not right. Check the clock of your phone and try the next one.")
        codes = [_grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES))) for _ in range(RECOVERY_CODES)]
        if not await self._operators.enable_totp(operator, pending, step, [self._hash(code) for code in codes]):
            raise Conflict("totp_changed", "Another browser has begun this too. Start again.")
        return codes

    async def disable(self, operator: OperatorId) -> None:
        """Switch it off and forget secret and recovery codes."""
        await self._operators.disable_totp(operator)

    async def use(self, operator: Operator, code: str) -> bool:
        """Whether `code` is good; a code that was used once never is again."""
        if operator.totp_secret is None:
            return False
        step = matching_step(operator.totp_secret, code, self._now().timestamp())
        if step is not None:
            return await self._operators.use_totp_step(operator.id, step)
        return await self._operators.use_recovery_code(operator.id, self._hash(code))

    def _hash(self, code: str) -> str:
        plain = "".join(c for c in code.upper() if c.isalnum())
        return hmac.new(self._key, plain.encode(), hashlib.sha256).hexdigest()


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The time step, one around now at the most, whose code this is; None for no such step."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    digits = code.replace(" ", "")
    current = int(now // STEP_S)
    found = None
    for step in range(current - STEPS_AROUND, current + STEPS_AROUND + 1):
        if hmac.compare_digest(totp.at(step * STEP_S).encode(), digits.encode()):
            found = step
    return found


def _grouped(encoded: bytes) -> str:
    code = encoded.decode()
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
