"""Passwords: argon2id in threads, at most four at once, and the rules for a new one."""

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from hub.services.errors import Invalid, TooMany

ResultT = TypeVar("ResultT")

AT_ONCE = 4
WAITING_AT_MOST = 64
SHORTEST, LONGEST = 8, 128  # characters

# Those of the usual lists that are long enough to pass otherwise.
_COMMON = """
password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword pa55word passwort 12345678
123456789 1234567890 12345678910 0123456789 987654321 9876543210 87654321 11111111 111111111 00000000 22222222
88888888 99999999 12341234 11223344 12121212 123123123 123321123 147258369 789456123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx
1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyqwerty
qazwsxedc zxcvbnm1 asdfghjk asdfghjkl asdasdasd abcd1234 abcdefgh abc12345 a1b2c3d4 aa123456 a123456789 iloveyou
iloveyou1 sunshine princess football baseball superman trustno1 welcome1 welcome123 letmein1 letmein123 admin123
admin1234 administrator adminadmin changeme changeme1 changeme123 secret123 test1234 testtest user1234 default1
computer internet whatever starwars michelle jennifer dragon123 monkey123 master123 shadow123 hello123 helloworld
йцукенгш йцукенгшщз йцукен123 пароль123 парольпароль привет123 любовь123 наташа123
"""
COMMON = frozenset(_COMMON.split())


class Passwords:
    """Hashes and verifies. The cost is the same whether or not there is a hash to compare with."""

    def __init__(self, *, memory_kib: int, passes: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash. Raises `TooMany` when too many already wait for a thread."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether `password` belongs to `encoded`; for None the same work, and false. Raises `TooMany`."""
        if encoded is None:
            if self._dummy is None:
                self._dummy = await self.hash(secrets.token_hex(16))
            await self._compare(password, self._dummy)
            return False
        return await self._compare(password, encoded)

    def outdated(self, encoded: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        try:
            return self._hasher.check_needs_rehash(encoded)
        except InvalidHashError:
            return True

    async def _compare(self, password: str, encoded: str) -> bool:
        try:
            return await self._in_thread(lambda: self._hasher.verify(encoded, password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], ResultT]) -> ResultT:
        if self._waiting >= WAITING_AT_MOST:
            raise TooMany(2, "Too many people are signing in at this moment. Please try again.")
        self._waiting += 1
        try:
            async with self._gate:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def check_new_password(password: str, email: str) -> None:
    """Raises `Invalid` for a password that is too short, too long, well known, or the person's own address."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("password_length", f"A password has {SHORTEST} to {LONGEST} characters.")
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) <= 2 or plain in (email.casefold(), email.partition("@")[0].casefold()):
        raise Invalid("password_common", "This password is easy to guess. Please choose another one.")
