"""How many requests were answered, and how fast: plain numbers, because every request pays for counting it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import accumulate
from typing import Self

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

LIMITS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, float("inf"))


@dataclass(slots=True)
class _Tally:
    """Requests of one kind: for each limit how many took no longer, but longer than the limit before; all seconds."""

    within: list[int] = field(default_factory=lambda: [0] * len(LIMITS_S))
    sum_s: float = 0.0

    def add(self, other: Self) -> None:
        self.within = [one + more for one, more in zip(self.within, other.within, strict=True)]
        self.sum_s += other.sum_s


class Traffic(Collector):
    """Counts by route and never by address. The library's own counters cost four times as much: locks and labels."""

    def __init__(self) -> None:
        self._tallies: defaultdict[tuple[str, str, int], _Tally] = defaultdict(_Tally)

    def count(self, method: str, route: str, status: int, took_s: float) -> None:
        """A request was answered. `method` and `route` are never what somebody could invent."""
        tally = self._tallies[method, route, status]
        tally.within[bisect_left(LIMITS_S, took_s)] += 1
        tally.sum_s += took_s

    def collect(self) -> Iterator[Metric]:
        """The numbers of now."""
        answered = CounterMetricFamily("hub_http_requests", "Requests answered.", labels=("method", "route", "status"))
        timed: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
        for (method, route, status), tally in self._tallies.items():
            answered.add_metric((method, route, str(status)), sum(tally.within))
            if status != HTTPStatus.SWITCHING_PROTOCOLS:  # a socket lasts as long as it likes
                timed[method, route].add(tally)
        yield answered
        seconds = HistogramMetricFamily(
            "hub_http_request_seconds", "Time until a request was answered.", labels=("method", "route")
        )
        for place, tally in timed.items():
            limits = zip(map(floatToGoString, LIMITS_S), accumulate(tally.within), strict=True)
            seconds.add_metric(place, list(limits), tally.sum_s)
        yield seconds
