"""Limits: token buckets in memory, for who it is first and for a network address only loosely."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

REMEMBERED = 20_000  # buckets; a forgotten one is full again, which is what an idle one is anyway


@dataclass(slots=True)
class _Bucket:
    level: float
    at_s: float


class Buckets:
    """One bucket per key: `amount` at once, refilled evenly over `per_s` seconds."""

    def __init__(self, amount: int, per_s: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._amount, self._rate, self._monotonic = float(amount), amount / per_s, monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one. 0 when it was there; else the seconds until there is one, and nothing was taken."""
        now = self._monotonic()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._amount, now)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.level = min(self._amount, bucket.level + (now - bucket.at_s) * self._rate)
        bucket.at_s = now
        if bucket.level >= 1:
            bucket.level -= 1
            return 0.0
        return (1 - bucket.level) / self._rate


def address_key(address: str) -> str:
    """What an address is counted as: IPv6 by its /64, which one household or phone has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
