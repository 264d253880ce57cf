"""How many requests were answered, and how fast: plain numbers, because every request pays for counting it."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

LIMITS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, float("inf"))


class Traffic(Collector):
    """Counts by route and never by address. The library's own counters cost four times as much: locks and labels."""

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._within: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(LIMITS_S))
        self._sum_s: defaultdict[tuple[str, str], float] = defaultdict(float)

    def count(self, method: str, route: str, status: int, took_s: float) -> None:
        """A request was answered. `method` and `route` are never what somebody could invent."""
        self._answered[method, route, status] += 1
        if status != HTTPStatus.SWITCHING_PROTOCOLS:  # a socket lasts as long as it likes
            self._within[method, route][bisect_left(LIMITS_S, took_s)] += 1
            self._sum_s[method, route] += took_s

    def collect(self) -> Iterator[Metric]:
        """The numbers of now, in the order Prometheus wants them."""
        answered = CounterMetricFamily("hub_http_requests", "Requests answered.", labels=("method", "route", "status"))
        for (method, route, status), number in self._answered.items():
            answered.add_metric((method, route, str(status)), number)
        yield answered
        seconds = HistogramMetricFamily(
            "hub_http_request_seconds", "Time until a request was answered.", labels=("method", "route")
        )
        for place, within in self._within.items():
            limits = zip(map(floatToGoString, LIMITS_S), accumulate(within), strict=True)
            seconds.add_metric(place, list(limits), self._sum_s[place])
        yield seconds
