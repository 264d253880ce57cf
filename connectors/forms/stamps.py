"""What tells a person's submission from a script's, and a repetition from a second one."""

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

REMEMBERED = 20_000  # digests, about 4 MB
_SIGNATURE = 20  # hex digits: 80 bits
STAMP_CHARACTERS = 100


class Stamps:
    """Signed notes of when a form was shown; each has a name of its own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, now: datetime) -> str:
        """A new one."""
        content = f"{secrets.token_hex(8)}.{int(now.timestamp() * 10):x}"
        return f"{content}.{self._signature(content)}"

    def read(self, stamp: str, now: datetime) -> tuple[str, float] | None:
        """Its name and its age in seconds; None for what we have not made."""
        content, _, signature = stamp[:STAMP_CHARACTERS].rpartition(".")
        if not hmac.compare_digest(self._signature(content).encode(), signature.encode("utf-8", "replace")):
            return None
        name, _, made = content.partition(".")
        return name, now.timestamp() - int(made, 16) / 10

    def _signature(self, content: str) -> str:
        key = f"stamp:{content}".encode("utf-8", "replace")
        return hmac.digest(self._secret, key, "sha256").hex()[:_SIGNATURE]


class Repeats:
    """Names submissions that bring no name, so that the same one within `window_s` has the same.

    Exact within one process while it runs. Another process, or one after a restart, still gives the same name within
    the same stretch of the clock: there a repetition across its end is a second submission.
    """

    def __init__(self, window_s: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._window_s, self._monotonic = window_s, monotonic
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def name(self, digest: str, now: datetime) -> str:
        """The external id of what has this digest."""
        at = self._monotonic()
        first = self._known.get(digest)
        if first is not None and at - first[0] < self._window_s:
            return first[1]
        stretch = int(now.timestamp() / self._window_s) if self._window_s else secrets.token_hex(8)
        name = f"content:{stretch}:{digest}"
        self._known.pop(digest, None)
        self._known[digest] = at, name
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return name
