"""Signing in: password, second factor and the limits on guessing both."""

import hashlib
import hmac
from dataclasses import dataclass

import structlog

from hub.model.audit import AuditAction, Via
from hub.model.ids import OperatorId, new_id
from hub.model.operator import Operator
from hub.model.sign_in import SignInSession
from hub.services.audit import Audit, By, places_of
from hub.services.errors import NotSignedIn, TooMany
from hub.services.passwords import LONGEST, Passwords
from hub.services.second_factor import SecondFactors
from hub.services.secret_values import hash_of, new_secret
from hub.store.login_limits import LoginLimits
from hub.store.operators import Operators
from hub.store.sessions import Sessions

log = structlog.get_logger(__name__)

PER_ACCOUNT_AND_HOUR = 50
PER_ADDRESS_AND_HOUR = 200
WRONG = "E-mail address or password is wrong."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in.

    `address` is the network address it comes from (IPv6 as its /64), `device` the cookie that an earlier success has
    left in this browser, `label` how the list of sessions calls the browser.
    """

    email: str
    password: str
    code: str | None
    address: str
    device: str | None
    label: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A success: the cookie's secret, the session, and the device's cookie for the next time."""

    secret: str
    session: SignInSession
    operator: Operator
    device: str


class SignIn:
    """Lets people in."""

    def __init__(
        self,
        operators: Operators,
        sessions: Sessions,
        limits: LoginLimits,
        passwords: Passwords,
        second_factors: SecondFactors,
        audit: Audit,
        signing_key: bytes,
    ) -> None:
        self._operators, self._sessions, self._limits = operators, sessions, limits
        self._passwords, self._second_factors, self._audit = passwords, second_factors, audit
        self._device_key = hmac.digest(signing_key, b"known device", "sha256")
        self._limit_key = hmac.digest(signing_key, b"log-in limits", "sha256")

    async def sign_in(self, attempt: Attempt) -> SignedIn:
        """Check everything, in one time and with the same words for an unknown address.

        An attempt is counted before it is checked, so that many at once gain nothing.

        Raises:
            TooMany: over a limit; nothing was checked.
            NotSignedIn: `wrong_credentials`, `code_required` or `wrong_code`.
        """
        email = attempt.email.strip().casefold()
        operator = await self._operators.by_email(email)
        known_device = operator is not None and self._is_device(attempt.device, operator.id)
        doubling, hourly = await self._admit(attempt, email, known_device)
        good = len(attempt.password) <= LONGEST and await self._passwords.verify(
            attempt.password, operator.password_hash if operator is not None and operator.active else None
        )
        project = operator.first_project if operator is not None and good else None
        if operator is None or project is None:
            log.info("sign-in refused", reason="wrong credentials")
            # For an unknown address as well, in nobody's log, or the time of the answer would tell it from a known one.
            await self._note(AuditAction.SIGN_IN_FAILED, operator, attempt)
            raise NotSignedIn("wrong_credentials", WRONG)
        if operator.totp_secret is not None:
            await self._check_code(operator, attempt, hourly)
        await self._limits.forget(doubling, self._code_key(operator.id, attempt, known_device))
        await self._limits.give_back(*hourly)
        await self._rehash(operator, attempt.password)
        secret = new_secret()
        session = await self._sessions.start(new_id(), hash_of(secret), operator.id, project, attempt.label)
        await self._note(AuditAction.SIGNED_IN, operator, attempt)
        return SignedIn(secret, session, operator, self._device(operator.id, new_secret()))

    async def _admit(self, attempt: Attempt, email: str, known_device: bool) -> tuple[str, list[str]]:
        """Count the attempt; the doubling key and the hourly keys. Raises `TooMany`.

        A browser that was signed in before has its own counter, so that nobody can lock its owner out by guessing.
        """
        if known_device and attempt.device is not None:
            doubling, hourly = self._key("device", email, attempt.device), []
        else:
            doubling = self._key("pair", email, attempt.address)
            hourly = [self._key("account", email), self._key("address", attempt.address)]
        wait_s = await self._limits.attempt_doubling(doubling)
        for key, limit in zip(hourly, (PER_ACCOUNT_AND_HOUR, PER_ADDRESS_AND_HOUR), strict=False):
            wait_s = wait_s or await self._limits.attempt_hourly(key, limit)
        if wait_s:
            log.info("sign-in refused", reason="too many attempts")
            raise TooMany(wait_s, "Too many attempts to sign in. Please wait before the next one.")
        return doubling, hourly

    async def _check_code(self, operator: Operator, attempt: Attempt, hourly: list[str]) -> None:
        if not attempt.code:
            # The password was right: asking for the code is no failed attempt, but it proves nothing yet either, so
            # only the hourly counters are relieved and the doubling one waits for the code.
            await self._limits.give_back(*hourly)
            raise NotSignedIn("code_required", "Enter the code of your authenticator app.")
        known_device = self._is_device(attempt.device, operator.id)
        wait_s = await self._limits.attempt_doubling(self._code_key(operator.id, attempt, known_device))
        if wait_s:
            raise TooMany(wait_s, "Too many wrong codes. Please wait before the next one.")
        if not await self._second_factors.use(operator, attempt.code):
            log.info("sign-in refused", reason="wrong code", operator=operator.id)
            await self._note(AuditAction.SIGN_IN_FAILED, operator, attempt)
            raise NotSignedIn("wrong_code", "This code is not right, or it was used before. Wait for the next one.")

    async def _note(self, action: AuditAction, operator: Operator | None, attempt: Attempt) -> None:
        """Who failed to sign in is not known: the account stands there as what it was tried on."""
        done = action is AuditAction.SIGNED_IN and operator is not None
        by = By(operator.id if done and operator else None, Via.SESSION if done else Via.NOBODY, attempt.address)
        places = places_of(operator) if operator is not None else ()
        name = operator.name if operator is not None else None
        await self._audit.note(by, action, places, about=operator.id if operator else None, name=name)

    async def _rehash(self, operator: Operator, password: str) -> None:
        if operator.password_hash is not None and self._passwords.outdated(operator.password_hash):
            await self._operators.change(operator.id, password_hash=await self._passwords.hash(password))

    def _code_key(self, operator: OperatorId, attempt: Attempt, known_device: bool) -> str:
        return self._key("code", operator, attempt.device if known_device and attempt.device else attempt.address)

    def _key(self, *parts: str) -> str:
        text = "\0".join(part.replace("\0", "") for part in parts)
        return hmac.new(self._limit_key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def _device(self, operator: OperatorId, nonce: str) -> str:
        return f"{nonce}.{self._device_tag(operator, nonce)}"

    def _is_device(self, cookie: str | None, operator: OperatorId) -> bool:
        nonce, _, tag = (cookie or "").partition(".")
        return hmac.compare_digest(tag.encode("utf-8", "replace"), self._device_tag(operator, nonce).encode())

    def _device_tag(self, operator: OperatorId, nonce: str) -> str:
        return hmac.new(self._device_key, f"{operator}.{nonce}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
